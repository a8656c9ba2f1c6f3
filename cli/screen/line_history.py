"""What was typed at the prompt, kept from one session to the next."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from platformdirs import user_state_path
from prompt_toolkit.history import FileHistory, History, InMemoryHistory

KEPT_BYTES = 256 * 1024


class ForgivingHistory(FileHistory):
    """A file that cannot be read or written costs the history, never the prompt."""

    def load_history_strings(self) -> Iterable[str]:
        """The newest first."""
        with contextlib.suppress(OSError):
            return list(super().load_history_strings())
        return []

    def store_string(self, string: str) -> None:
        """Append it."""
        with contextlib.suppress(OSError):
            super().store_string(string)


def line_history(path: Path | None = None) -> History:
    """The history in that file, by default where this system keeps such files."""
    path = path or user_state_path("alfine") / "history"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        _shorten(path)
    except OSError:
        return InMemoryHistory()
    return ForgivingHistory(str(path))


def _shorten(path: Path) -> None:
    """Let the file not grow for ever: keep its newer half once it is too long."""
    if path.stat().st_size > KEPT_BYTES:
        newer = path.read_bytes()[-KEPT_BYTES // 2 :]
        # Every entry begins with an empty line.
        path.write_bytes(newer[newer.find(b"\n\n") + 1 :])
