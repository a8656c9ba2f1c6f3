"""Keeps the lines that were typed at the prompt from one session to the next."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from platformdirs import user_state_path
from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from cli.memory import files

MAX_FILE_BYTES = 256 * 1024


class BestEffortHistory(FileHistory):
    """A history whose file may fail: the lines are lost then, and the prompt goes on."""

    def load_history_strings(self) -> Iterable[str]:
        """Return the lines, the newest first."""
        with contextlib.suppress(OSError):
            return list(super().load_history_strings())
        return []

    def store_string(self, string: str) -> None:
        """Append a line."""
        with contextlib.suppress(OSError):
            super().store_string(string)


def line_history(path: Path | None = None) -> History:
    """Return the history in that file; by default in the user's state directory."""
    path = path or user_state_path("alfine") / "history"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        _shorten(path)
    except OSError:
        return InMemoryHistory()
    return BestEffortHistory(str(path))


def _shorten(path: Path) -> None:
    """Keep the newer half of a file that has grown beyond MAX_FILE_BYTES."""
    if path.stat().st_size > MAX_FILE_BYTES:
        newer = path.read_bytes()[-MAX_FILE_BYTES // 2 :]
        # Cut at a whole entry: each begins with an empty line.
        files.replace(path, newer[newer.find(b"\n\n") + 1 :])
