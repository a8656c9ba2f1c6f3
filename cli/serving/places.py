"""What a server needs of its machine before it starts: directories, descriptors, an event loop."""

from __future__ import annotations

import contextlib
import errno
import tempfile
from dataclasses import replace
from pathlib import Path

import platformdirs

from cli.serving.options.songs import Songs
from cli.serving.refused import Refused
from cli.state import state_directory
from net.server.accepting.sockets import LoopFactory, loop_factory
from net.server.limits import (
    OWN_DESCRIPTORS,
    Limits,
    descriptors,
    possible_clients,
    raise_descriptors,
)
from songs import CatalogueError, Library, MusicDirError

FULL_OR_READ_ONLY = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def library(songs: Songs) -> tuple[Library, str]:
    """Return the library, of which nothing is read yet, and a warning or "". Raises Refused."""
    catalogue, warning = _catalogue(songs)
    try:
        return Library(songs.music_dir, catalogue, songs.options()), warning
    except (MusicDirError, CatalogueError, ValueError) as error:
        raise Refused(str(error)) from None


def _catalogue(songs: Songs) -> tuple[Path | str | None, str]:
    """Return where IDs and tags are kept; None and why, where other users might plant a link."""
    try:
        return songs.catalogue_place(), ""
    except OSError as error:
        if songs.state_dir is not None:
            raise Refused(
                f"the state directory {str(songs.state_dir)!a} cannot be used: {error.strerror}"
            ) from None
        return None, (
            "Songs may have other IDs at the next start, which reads every tag again: "
            f"{str(state_directory())!a} is no place to keep them ({error.strerror}); give another "
            "by --state-dir."
        )


def cache_directory(asked_for: Path | None) -> Path:
    """Return the directory asked for, else the user's own, else that for temporary files.

    Raises Refused: what is asked for cannot be used.
    """
    directory = asked_for or Path(platformdirs.user_cache_dir("alfine"))
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            return directory
    except OSError as error:
        if error.errno in FULL_OR_READ_ONLY and directory.is_dir():
            return directory  # it costs time: songs are framed as they are sent
        if asked_for is not None:
            raise Refused(
                f"the cache directory {str(directory)!a} cannot be used: {error.strerror}"
            ) from None
    with contextlib.suppress(FileNotFoundError):  # nor is there a place for temporary files
        return Path(tempfile.gettempdir())
    return directory


def event_loop(name: str) -> tuple[str, LoopFactory]:
    """Return the chosen loop's name and what makes it. Raises Refused: it is not installed."""
    try:
        return loop_factory(name)
    except ModuleNotFoundError:
        raise Refused(
            f"there is no event loop {name!r} here: auto and asyncio always work"
        ) from None


def reserve_descriptors(clients: int | None) -> None:
    """Have descriptors for so many clients. Raises Refused: there may not be as many."""
    if clients is None:
        return
    raise_descriptors(clients + OWN_DESCRIPTORS)
    if clients + OWN_DESCRIPTORS > descriptors():
        raise Refused(
            f"--clients {clients} needs more descriptors than the {descriptors()} that this "
            "process may have; raise them (ulimit -n), or ask for fewer"
        )


def with_descriptors(limits: Limits, read: Library | None) -> tuple[Limits, str]:
    """Return the limits with as many clients as there are descriptors for, and a warning or "".

    read: None if it is not known how many songs it has.
    """
    songs = limits.clients if read is None else len(read.songs)
    clients = possible_clients(limits.clients, songs)
    if clients == limits.clients:
        return limits, ""
    return replace(limits, clients=clients), (
        f"{clients} clients, not {limits.clients}: each may need two descriptors for a song of its "
        f"own, and this process may have {descriptors()} (ulimit -Hn)"
    )
