"""The servers that a client has met: which certificate each showed first, in a file of its user's.

A line is HOST PORT FINGERPRINT. It knows nothing of TLS itself.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from net.tls.identity import parse_fingerprint

MAX_BYTES = 1 << 20


class DamagedLine(ValueError):
    """The line of a server says no fingerprint. The text says which line, and what to do."""


class KnownServers:
    """The servers in one file, which is made when the first one is remembered.

    path: in a directory that only this user may change.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"<KnownServers {str(self.path)!a}>"

    def fingerprint(self, host: str, port: int) -> str | None:
        """Return what the server showed first; None for one that is not known.

        Raises OSError, and DamagedLine: it is known, but not by what.
        """
        for number, line in enumerate(self._lines(), 1):
            if _may_be_of(line, host, port):
                _, *rest = line.split()
                mark = parse_fingerprint("".join(rest[1:]))
                if mark is None or rest[0] != str(port):
                    raise DamagedLine(
                        f"line {number} of {str(self.path)!a} does not say what {host} {port} has "
                        "to show: write its fingerprint there, or remove the line to meet it anew"
                    )
                return mark
        return None

    def remember(self, host: str, port: int, mark: str) -> None:
        """Write down what a server has to show, in the place of what it had to. Raises OSError."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._locked():
            lines = [line for line in self._lines() if not _may_be_of(line, host, port)]
            self._replace([*lines, f"{host.lower()} {port} {mark}"])

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Let no other client replace the file meanwhile: it would not have this one's line."""
        beside = self.path.with_name(f".{self.path.name}.lock")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _replace(self, lines: list[str]) -> None:
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".known-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
            os.replace(name, self.path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise

    def _lines(self) -> list[str]:
        try:
            with open(self.path, encoding="utf-8", errors="replace") as file:
                text = file.read(MAX_BYTES)
        except FileNotFoundError:
            return []
        return text.splitlines()


def _may_be_of(line: str, host: str, port: int) -> bool:
    """Return whether a line is that of this server, or is one of its host without a port."""
    match line.split():
        case [known, number, *_] if number.isdigit():
            return (known, number) == (host.lower(), str(port))
        case [known, *_]:
            return known == host.lower()
    return False
