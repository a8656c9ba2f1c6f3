"""Says in words what the machines report, and keeps how badly the run went, for its exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cli.playing.chosen import Chosen
from cli.playing.notices import Notices
from cli.usage import FAILED, OK
from cli.words.plain import ERRORS, FAILURES, REFUSALS, Formatter, sentence
from fsm.client.effects import Report, Tell
from fsm.client.events import ListedSong


class Reporter:
    """Prints the reports, but what is refused to another program is told to that program alone.

    show: prints a text, and whether it is an error. worst_code: of what has failed so far.
    """

    def __init__(
        self,
        formatter: Formatter,
        chosen: Chosen,
        notices: Notices,
        has_person: bool,
        show: Callable[[str, bool], None],
    ) -> None:
        self._formatter = formatter
        self._chosen = chosen
        self._notices = notices
        self._has_person = has_person
        self._show = show
        self._refusals: list[str] | None = None
        """What is refused of a request of another program; None while there is none."""
        self.worst_code = OK

    def __repr__(self) -> str:
        return f"<Reporter worst_code={self.worst_code}>"

    def tell(self, tell: Tell, songs: Sequence[ListedSong]) -> None:
        """Print a report, or keep it for the program that is refused something."""
        if tell.report in FAILURES:
            self.note_failure()
        if tell.report is Report.SONG_PLAYING:
            self._notices.playing()
        song = self._chosen.take_told(tell)
        if tell.report in REFUSALS:
            if self._refusals is not None:
                server = self._formatter.server
                self._refusals.append(sentence(tell.report, server, song, tell.detail, songs))
                return
            self.note_failure(OK if self._has_person else FAILED)
        self._show(self._formatter.report(tell, song, songs), tell.report in ERRORS)

    def refusals(self, act: Callable[[], None]) -> list[str]:
        """Do what another program asks for; return what the machines refuse of it, in words."""
        refusals: list[str] = []
        self._refusals = refusals
        act()
        self._refusals = None
        return refusals

    def note_failure(self, code: int = FAILED) -> None:
        """Note that a command has failed."""
        self.worst_code = max(self.worst_code, code)
