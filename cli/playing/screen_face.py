"""The face of a screen that the running client sees: lines come in, text goes out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol


class ScreenGone(OSError):
    """Nobody takes what is printed any more: the pipe is closed, or the disk is full."""


class Screen(Protocol):
    """Where lines come from and go to.

    has_person: somebody sees that a line was no command, and types another.
    """

    has_person: bool

    def lines(self) -> AsyncGenerator[str, None]:
        """What is typed, a line at a time; asked for the next one only while the prompt is open."""

    def print(self, text: str, error: bool) -> None:
        """Print whole lines while no prompt stands."""

    def print_above_prompt(self, text: str, error: bool) -> None:
        """Print whole lines above the prompt; it and what was typed stay."""

    def clear_line(self) -> None:
        """Throw away what was typed: Ctrl-C."""
