"""What a server announces: its name, where others reach it, its songs and its certificate."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from cli.options.tls import is_open_to_strangers
from discovery.announcer import Announcer
from discovery.record import Announcement, instance_name
from songs import Library


def name_of(given: str | None, music_dir: str) -> str:
    """Return what the server is called: Music on attic, unless another name is given."""
    if given:
        return instance_name(given)
    folder = os.path.basename(os.path.abspath(music_dir)) or "Music"
    machine = socket.gethostname().partition(".")[0]
    return instance_name(f"{folder} on {machine}" if machine else folder)


@dataclass(frozen=True, slots=True)
class Announced:
    """The announcement of a server that runs; where there is none, it does nothing.

    update: what the server is, or shows, may have changed. withdraw: it takes no more clients.
    """

    update: Callable[[], None] = lambda: None
    withdraw: Callable[[], None] = lambda: None


@contextmanager
def to_others(
    named: str | None,
    listeners: Sequence[socket.socket],
    library: Library,
    mark: Callable[[], str] | None,
) -> Iterator[Announced]:
    """Announce the server while the block runs; a change of its songs is announced by itself.

    named: None announces nothing. Nor is anything announced that only this machine can reach.
    mark: returns the fingerprint of the certificate that is shown; None: it is in clear.
    """
    if named is None or not any(map(is_open_to_strangers, listeners)):
        yield Announced()
        return
    listening = tuple(listened_on(listeners))
    port = listeners[0].getsockname()[1]
    announcer = Announcer(Announcement(named, port, listening, 0, tls=mark is not None))

    def update() -> None:
        songs, versions = library.listed
        announcer.update(len(songs), versions.plain, mark() if mark is not None else "")

    update()
    library.call_on_publish(update)
    announcer.start()
    update()
    try:
        yield Announced(update, announcer.withdraw)
    finally:
        announcer.stop()


def listened_on(listeners: Sequence[socket.socket]) -> Iterator[str]:
    """Yield the addresses that sockets listen on; one of both families has 0.0.0.0 as well."""
    for listener in listeners:
        address = listener.getsockname()[0].partition("%")[0]
        yield address
        if address == "::" and not listener.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY):
            yield "0.0.0.0"
