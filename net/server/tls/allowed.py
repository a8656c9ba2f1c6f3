"""Which clients may come in: a file with a name or a fingerprint a line.

It is read again when it changes. It knows nothing of connections.
"""

from __future__ import annotations

import logging
import os
from pathlib import Path

from net.server.securing import FILES_LOG
from net.tls.contexts import TlsFileError
from net.tls.identity import parse_fingerprint, safe_name

log = logging.getLogger(FILES_LOG)

MAX_BYTES = 1 << 20

Stamp = tuple[int, int, int]


def stamp_of(path: Path) -> Stamp | None:
    """Return what changes when the file does; None for one that cannot be looked at."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


class Everybody:
    """Where there is no such file: whoever has got through the handshake may come in."""

    def __contains__(self, client: object) -> bool:
        return True

    def look(self) -> None:
        """There is nothing to look at."""


class AllowList:
    """The clients in one file. Raises TlsFileError: it cannot be read.

    Of a client, which is a name and a fingerprint, either may stand there. A file that cannot be
    read any more, or not be understood, leaves the list as it was.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = stamp_of(path)
        self._entries = _read(path)

    def __repr__(self) -> str:
        return f"<AllowList {len(self._entries)} of {str(self._path)!a}>"

    def __contains__(self, client: object) -> bool:
        assert isinstance(client, tuple)
        name, mark = client
        self.look()
        # A name that looks like a fingerprint is not taken for one.
        named = parse_fingerprint(name) is None and name in self._entries
        return named or mark in self._entries

    def look(self) -> None:
        """Read the file again, if it has changed."""
        stamp = stamp_of(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._entries = _read(self._path)
        except TlsFileError as error:
            log.error("%s; the clients that may come in stay the same", error)
        else:
            log.info("%d clients may come in, says %a", len(self._entries), str(self._path))


def _read(path: Path) -> frozenset[str]:
    """Return the names and fingerprints; an empty line and what follows `#` are none."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read(MAX_BYTES + 1)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise TlsFileError(f"{str(path)!a} cannot be read: {reason}") from None
    if len(text) > MAX_BYTES:
        raise TlsFileError(f"{str(path)!a} has more than 1 MiB: is it the right file?")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return frozenset(parse_fingerprint(line) or safe_name(line) for line in lines if line)
