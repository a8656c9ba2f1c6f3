"""What is no answer to any command: it must not stand among the answers that a script reads."""

from __future__ import annotations

import sys
from collections.abc import Callable


class Notices:
    """Says it above a person's prompt with `say`, else on stderr.

    warning: what is wrong with where the music goes; it is said when there is music.
    """

    def __init__(self, has_person: bool, say: Callable[[str], None], warning: str = "") -> None:
        self._has_person = has_person
        self._say = say
        self._warning = warning

    def waiting(self, server: str, connected: bool) -> None:
        """It takes long until it is known what the server is; told only where somebody looks."""
        if self._has_person or (sys.stderr is not None and sys.stderr.isatty()):
            self._tell(f"{'waiting for an answer from' if connected else 'connecting to'} {server}")

    def playing(self) -> None:
        """Something plays."""
        if self._warning:
            self._tell(self._warning)
            self._warning = ""

    def _tell(self, text: str) -> None:
        if self._has_person:
            self._say(text)
        else:
            print(text, file=sys.stderr)
