"""The servers that a client has met: which certificate each showed first, in a file of its user's.

A line is HOST PORT FINGERPRINT. It knows nothing of TLS itself.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from net.tls.identity import parse_fingerprint

MAX_BYTES = 1 << 20


class KnownServers:
    """The servers in one file, which is made when the first one is remembered.

    path: in a directory that only this user may change.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __repr__(self) -> str:
        return f"<KnownServers {str(self.path)!a}>"

    def fingerprint(self, host: str, port: int) -> str | None:
        """Return what the server showed first; None for one that is not known. Raises OSError."""
        for line in self._lines():
            match line.split():
                case [known, number, mark] if (known, number) == (host.lower(), str(port)):
                    return parse_fingerprint(mark)
        return None

    def remember(self, host: str, port: int, mark: str) -> None:
        """Add a server. Raises OSError."""
        lines = [*self._lines(), f"{host.lower()} {port} {mark}"]
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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
