"""What the server's table does with the letters: the machine that a server is compared with."""

from __future__ import annotations

from collections import deque

from check.learning.answers import GONE, answer
from check.learning.letters import Letter
from check.learning.machine import START, Mealy, Step
from check.server.facts import Facts
from check.server.messages import Kind
from fsm import effects as do
from fsm import events as on
from fsm.server import ServerSession
from net.wire import parse_request


def table_machine(letters: list[Letter], facts: Facts) -> Mealy:
    """Return the machine of the server's table, as far as these letters lead.

    Its states are those of the table's session between two letters.
    """
    steps: dict[tuple[str, Letter], Step] = {}
    names = {_Run(facts).state: START}
    work = deque([tuple[Letter, ...]()])
    while work:
        path = work.popleft()
        for letter in letters:
            run = _Run(facts)
            for before in path:
                run.say(before)
            here = names[run.state]
            came = run.say(letter)
            if run.state not in names:
                names[run.state] = str((*path, letter))
                work.append((*path, letter))
            steps[here, letter] = Step(came, names[run.state])
    return Mealy(steps)


class _Run:
    """One connection: the table's session, and a server that sends what it says to its end."""

    def __init__(self, facts: Facts) -> None:
        self._songs = {song.song_id: len(song.audio) for song in facts.songs}
        self._listed = bool(facts.entries)
        self._session = ServerSession(facts.song_ids)
        self._waiting: list[do.Effect] = []
        self._came: list[Kind] = []
        self._song: int | None = None
        self._begun = self._stopped = self._closing = self._gone = False

    @property
    def state(self) -> tuple[object, ...]:
        """All on which the answers depend."""
        return (GONE,) if self._gone else (self._session.state, self._session.ends)

    def say(self, letter: Letter) -> str:
        """Let it be said, and return what is answered until the server is at rest."""
        if self._gone:
            return GONE
        self._came, self._stopped = [], False
        for request in letter.requests:
            self._tell(parse_request(request.text))
            self._send_answers()
            if self._song is not None and not self._begun:
                self._came.append(Kind.AUDIO)
                self._begun = True
        self._rest()
        return answer(self._came, self._stopped)

    def _rest(self) -> None:
        while self._song is not None and not self._closing:
            self._came.append(Kind.AUDIO)
            self._song = None
            self._tell(on.SongSent())
            self._send_answers()
        if self._closing:
            self._came.append(Kind.END)
            self._gone = True

    def _tell(self, event: on.Event) -> None:
        for effect in self._session.handle(event):
            match effect:
                case do.StartSong(song_id):
                    self._song, self._begun = song_id, False
                case do.StopSong():
                    self._stopped = self._stopped or self._song is not None
                    self._song = None
                case do.CloseAtBoundary():
                    self._waiting, self._closing = [], True
                case do.CloseWhenSent():
                    self._closing = True
                case _:
                    self._waiting.append(effect)

    def _send_answers(self) -> None:
        while self._waiting:
            effect = self._waiting.pop(0)
            match effect:
                case do.SendSongList(closes):
                    self._came += self._list(closes)
                    self._tell(on.ListSent())
                case do.SendSetupReply():
                    self._came.append(Kind.SETUP)
                case do.SendClosing():
                    self._came.append(Kind.CLOSING)
                case do.SendNotFound():
                    self._came.append(Kind.ERROR)

    def _list(self, closes: bool) -> list[Kind]:
        if not self._listed:
            return [Kind.LIST_CLOSING if closes else Kind.EMPTY_LIST]
        return [Kind.LIST, Kind.LIST_CLOSING] if closes else [Kind.LIST]
