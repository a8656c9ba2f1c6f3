"""Prints notices: they answer no command, and stay apart from the answers that a script reads."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from cli.words.formatters.plain import missing_ids
from fsm.client.events import ListedSong


class Notices:
    """Prints notices with `show` where a person is at the prompt, else on stderr.

    warning: what is wrong with the audio output; printed once, when the first song plays.
    """

    def __init__(self, has_person: bool, show: Callable[[str], None], warning: str = "") -> None:
        self.has_person = has_person
        self._show = show
        self._warning = warning

    def waiting(self, server: str, connected: bool) -> None:
        """Say that the server has not answered yet, but only where somebody reads it."""
        if self.has_person or (sys.stderr is not None and sys.stderr.isatty()):
            self._print(
                f"{'waiting for an answer from' if connected else 'connecting to'} {server}"
            )

    def warn(self, text: str) -> None:
        """Say this when the first song plays; "" is nothing."""
        self._warning = text

    def playing(self) -> None:
        """Print the warning when a song begins to play."""
        if self._warning:
            self._print(self._warning)
            self._warning = ""

    def refused_frames(self, frames: int, seconds: float) -> None:
        """Say that a part of the song that has just ended was silent."""
        self._print(
            f"{frames} frames of the song ({seconds:.1f} s) could not be decoded, and were silent: "
            "the file is damaged"
        )

    def remark(self, text: str) -> None:
        """Say something odd about the server."""
        self._print(text)

    def gaps(self, songs: Sequence[ListedSong]) -> None:
        """Say which IDs a list leaves out, but only to a person."""
        if self.has_person and (text := missing_ids(songs)):
            self._print(text)

    def _print(self, text: str) -> None:
        if self.has_person:
            self._show(text)
        else:
            print(text, file=sys.stderr)
