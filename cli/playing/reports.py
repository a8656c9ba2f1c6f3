"""Words what the machines report, and holds it back until the title of its song is here.

It decides nothing. It keeps how badly the run went, for the exit code.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from cli.browsing.answer import answer_of
from cli.browsing.song_ids import NotChosen
from cli.playing.chosen import Chosen
from cli.playing.notices import Notices
from cli.usage import FAILED, OK
from cli.words.formatters.plain import ERRORS, FAILURES, REFUSALS, Formatter, sentence
from cli.words.moment import SongName, Status
from cli.words.safe_text import shown
from fsm.client.conversation.table import CLOSING_SERVER
from fsm.client.effects import Report, Tell
from fsm.client.events import ListedSong
from fsm.client.machines import ClientSession

_BEGINNINGS = (Report.SONG_ARRIVING, Report.SONG_PLAYING)
"""What is told of a song that begins. Where a list that has its title is on its way, it waits for
that: the server sends it before it goes on with a song (RFC 2.4.1)."""


class Reports:
    """Words what is told, in its order, but what is refused to another program: to that alone.

    own_title: returns what the present song's own tag calls it. print_line: called with a text;
    True: it is a complaint. worst_code: of what has failed so far.
    """

    def __init__(
        self,
        session: ClientSession,
        chosen: Chosen,
        formatter: Formatter,
        notices: Notices,
        own_title: Callable[[], str | None],
        print_line: Callable[[str, bool], None],
    ) -> None:
        self._session = session
        self._chosen = chosen
        self._formatter = formatter
        self._notices = notices
        self._own_title = own_title
        self._print = print_line
        self._held: deque[tuple[Tell, SongName]] = deque()
        self._list_commands: deque[tuple[str, str]] = deque()
        self.answer: Sequence[ListedSong] = ()
        """The songs that the last answer was about."""
        self._refusals: list[str] | None = None
        """What is refused of a request of another program; None while there is none."""
        self.told_refusals = 0
        """So many have been told to the person."""
        self.worst_code = OK

    def __repr__(self) -> str:
        return f"<Reports held={[tell.report.name for tell, _ in self._held]}>"

    def expect_list(self, word: str, rest: str) -> None:
        """Answer with the list that comes next this command, and what was typed behind it."""
        self._list_commands.append((word, rest))

    def show(self, songs: Sequence[ListedSong], status: Status) -> None:
        """Print what was asked of a list, and which IDs it leaves out.

        Not those of a server like alfine's: there the IDs of songs that are gone stay unused.
        """
        word, rest = self._list_commands.popleft() if self._list_commands else ("list", "")
        try:
            answer = answer_of(word, rest, songs)
        except NotChosen as error:
            self.note_failure()
            self._print(self._formatter.error(f"{shown(rest)}: {error}", word), True)
            return
        self.answer = answer.listed
        self._print(self._formatter.listing(answer, status), False)
        if not rest and self._session.conversation.state is not CLOSING_SERVER:
            self._notices.gaps(songs)

    def tell(self, tell: Tell) -> None:
        """Print a report, or hold it back while the title of its song is on its way."""
        if tell.report in FAILURES:
            self.note_failure()
        if tell.report is Report.LIST_FAILED:
            self._list_commands.clear()
        if tell.report is Report.SONG_PLAYING:
            self._notices.playing()
        song = self._chosen.take_told(tell)
        if song is not None and song.title is None and tell.report in _BEGINNINGS:
            song = SongName(song.song_id, self._own_title())
        if tell.report in REFUSALS:
            if self._refusals is not None:
                self._refusals.append(self._sentence(tell, song))
                return
            self.told_refusals += 1
            self.note_failure(OK if self._notices.has_person else FAILED)
        if song is not None and self._waits_for_title(tell, song):
            self._held.append((tell, song))
            return
        self.release()
        self._word(tell, song)

    def release(self) -> None:
        """Print what was held back: the title has come, or nothing waits for it any longer."""
        while self._held:
            tell, song = self._held.popleft()
            self._word(tell, self._chosen.titled(song))

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

    def _sentence(self, tell: Tell, song: SongName | None) -> str:
        songs = self._session.link.songs
        return sentence(tell.report, self._formatter.server, song, tell.detail, songs)

    def _waits_for_title(self, tell: Tell, song: SongName) -> bool:
        return tell.report in _BEGINNINGS and song.title is None and self._session.list_coming

    def _word(self, tell: Tell, song: SongName | None) -> None:
        text = self._formatter.report(tell, song, self._session.link.songs)
        self._print(text, tell.report in ERRORS)
