"""What the running client needs of a screen: lines come in, text goes out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol


class ScreenGone(OSError):
    """What is printed cannot be written any more: the pipe is closed, or the disk is full."""


class Screen(Protocol):
    """Where commands come from and text goes to.

    has_person: a person types the commands, and can correct one that was mistyped.
    """

    has_person: bool

    def lines(self) -> AsyncGenerator[str, None]:
        """Yield the lines; the caller asks for the next one only while the prompt is open."""

    def print(self, text: str, error: bool) -> None:
        """Print whole lines while no prompt is shown. Raises ScreenGone."""

    def print_above_prompt(self, text: str, error: bool) -> None:
        """Print whole lines above the prompt; it and what was typed stay. Raises ScreenGone."""

    def clear_line(self) -> None:
        """Discard what was typed (Ctrl-C)."""

    def close_pager(self) -> None:
        """Show a long text no longer: a signal ends the run, and nobody is waited for."""
