"""Words what the machines report, and holds it back until the title of its song is here.

It decides nothing. It keeps how badly the run went, for the exit code.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

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
from fsm.client.link.session import SONG_GONE
from fsm.client.machines import ClientSession
from fsm.client.song.table import UNWANTED

_BEGINNINGS = (Report.SONG_ARRIVING, Report.SONG_PLAYING)
"""What is told of a song that begins. Where a list that has its title is on its way, it waits for
that: the server sends it before it goes on with a song (RFC 2.4.1)."""
TITLE_WAIT_S = 5.0
"""... so long at most: a server may send songs, and never answer LIST."""


class Timer(Protocol):
    """What is called later, unless it is cancelled."""

    def cancel(self) -> None: ...


def _call_later(seconds: float, act: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(seconds, act)


class Reports:
    """Words what is told, in its order, but what is refused to another program: to that alone.

    own_title: returns what the present song's own tag calls it. print_line: called with a text;
    True: it is a complaint. call_later: as an event loop has it. worst_code: of what has failed so
    far.
    """

    def __init__(
        self,
        session: ClientSession,
        chosen: Chosen,
        formatter: Formatter,
        notices: Notices,
        own_title: Callable[[], str | None],
        print_line: Callable[[str, bool], None],
        call_later: Callable[[float, Callable[[], None]], Timer] = _call_later,
    ) -> None:
        self._session = session
        self._chosen = chosen
        self._formatter = formatter
        self._notices = notices
        self._own_title = own_title
        self._print, self._call_later = print_line, call_later
        self._held: deque[tuple[Tell, SongName | None]] = deque()
        self._patience: Timer | None = None
        """Ends the wait for the title of what is held back."""
        self._arriving_id: int | None = None
        """Of this song it has been told that it arrives, and not yet that it is played."""
        self._gone: Tell | None = None
        """Songs have been left out; what is lost with them may be the same line."""
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
        self._note(tell)
        song = self._named(tell)
        if tell.report in REFUSALS and self._refused(tell, song):
            return
        tell = self._joined(tell)
        waits = self._waits_for_title(tell, song)
        if tell.report in _BEGINNINGS:
            self._arriving_id = tell.song_id if tell.report is Report.SONG_ARRIVING else None
        if waits:
            self._hold(tell, song)
            return
        self.release()
        if tell.report is Report.SONGS_GONE and self._formatter.joins:
            self._gone = tell
        else:
            self._word(tell, song)

    def settle(self) -> None:
        """Print what need not be held back, when all is told that came of one event."""
        self._word_gone()
        stopped = self._session.song.state is UNWANTED  # later it would be said of a silent client
        if stopped or not self._session.list_coming:
            self.release()

    def release(self) -> None:
        """Print what was held back: the title has come, or nothing waits for it any longer."""
        self._word_gone()
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        while self._held:
            tell, song = self._held.popleft()
            self._word(tell, song and self._chosen.titled(song))

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

    def _note(self, tell: Tell) -> None:
        """Note what a report means for the run, whether it is printed or not."""
        if tell.report in FAILURES:
            self.note_failure()
        if tell.report is Report.LIST_FAILED:
            self._list_commands.clear()
        if tell.report is Report.SONG_PLAYING:
            self._notices.playing()

    def _named(self, tell: Tell) -> SongName | None:
        """Return the song that it is about; one that begins goes by its own tag at the least."""
        song = self._chosen.take_told(tell)
        if song is not None and song.title is None and tell.report in _BEGINNINGS:
            return SongName(song.song_id, self._own_title())
        return song

    def _refused(self, tell: Tell, song: SongName | None) -> bool:
        """Note a refusal; return whether it was another program's, which is told it alone."""
        if self._refusals is not None:
            self._refusals.append(self._sentence(tell, song))
            return True
        self.told_refusals += 1
        self.note_failure(OK if self._notices.has_person else FAILED)
        return False

    def _sentence(self, tell: Tell, song: SongName | None) -> str:
        songs = self._session.link.songs
        return sentence(tell.report, self._formatter.server, song, tell.detail, songs)

    def _waits_for_title(self, tell: Tell, song: SongName | None) -> bool:
        """Tell whether the title may still come: not where the song follows another one. It was
        requested behind the list, or long before, and is here; the list is not."""
        if tell.report is Report.SONG_PLAYING and tell.song_id != self._arriving_id:
            return False
        untitled = song is not None and song.title is None
        return tell.report in _BEGINNINGS and untitled and self._session.list_coming

    def _hold(self, tell: Tell, song: SongName | None) -> None:
        self._held.append((tell, song))
        if self._patience is None:
            self._patience = self._call_later(TITLE_WAIT_S, self.release)

    def _joined(self, tell: Tell) -> Tell:
        """Return the report with the songs that are gone as its song is; print these otherwise."""
        gone = self._gone
        if gone is not None and tell.report is Report.SONG_CUT_OFF and tell.detail == SONG_GONE:
            self._gone = None
            return Tell(tell.report, tell.song_id, f"{SONG_GONE}; left out as well: {gone.detail}")
        self._word_gone()
        return tell

    def _word_gone(self) -> None:
        if (gone := self._gone) is not None:
            self._gone = None
            self._word(gone, None)

    def _word(self, tell: Tell, song: SongName | None) -> None:
        text = self._formatter.report(tell, song, self._session.link.songs)
        self._print(text, tell.report in ERRORS)
