"""Runs the trace of a server again: requests out of the bytes, steps, and the answers as bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from fsm import effects as do
from fsm import events as on
from fsm.client import events as answer
from fsm.effects import Effect
from fsm.events import Event
from fsm.server import ServerSession
from fsm.table import Step, UnexpectedEvent
from net.dialects import WireError
from net.responses import ResponseDecoder
from net.wire import MAX_REQUEST_BYTES, RequestDecoder
from traces import parts, values
from traces.reading import Header, Line
from traces.recorder import CLIENT
from traces.replaying.replay import Difference, Expected, LineUnknown, compare
from traces.values import Describer

_ENDINGS = (do.CloseWhenSent, do.CloseAtBoundary)


class ServerReplay:
    """All connections of one process (a Side)."""

    def __init__(self, header: Header) -> None:
        self._request_bytes = header.options.get("request_size", MAX_REQUEST_BYTES)
        if not isinstance(self._request_bytes, int):
            raise LineUnknown("no request_size")
        self._connections: dict[int, _Connection] = {}

    def take(self, line: Line) -> None:
        if line.kind == "opened":
            if line.members.get("refused") is not True:
                self._connections[line.connection] = _Connection(self._request_bytes)
            return
        if (connection := self._connections.get(line.connection)) is None:
            return  # it was refused: no machine has seen it
        match line.kind:
            case "bytes":
                connection.bytes(line)
            case "step":
                connection.step(line)
            case "closed":
                del self._connections[line.connection]


class _Songs:
    """What the server's library says of the one song that is asked for."""

    known = False

    def __contains__(self, song_id: object) -> bool:
        return self.known


class _Connection:
    def __init__(self, request_bytes: int) -> None:
        self._songs = _Songs()
        self._session = ServerSession(self._songs)
        self._decoder = RequestDecoder(request_bytes)
        self._expected = Expected(on.REQUESTS)
        self._answers = _Answers()
        self._describer = Describer()
        self._ending = False
        """What the client still sends is discarded."""

    def bytes(self, line: Line) -> None:
        data = parts.restore(line.members["parts"], line.members["length"])
        if line.members["sender"] != CLIENT:
            self._answers.sent(data)
            return
        self._expected.end()
        if not self._ending:
            self._expected.add(*(self._decoder.feed(data) if data else [on.RequestsEnded()]))

    def step(self, line: Line) -> None:
        event = values.restore(line.members["event"])
        if not isinstance(event, Event):
            raise LineUnknown("no event")
        if isinstance(event, on.ConnectionLost):
            self._expected.clear()
        self._expected.tell(event, lambda expected, told: expected == told)
        self._songs.known = line.members.get("song_known") is True
        step = _fired(self._session, event)
        compare(line, step, self._describer)
        self._ending = self._ending or any(isinstance(e, _ENDINGS) for e in step.outcomes)
        self._answers.take(event, step.outcomes)


def _fired(session: ServerSession, event: Event) -> Step:
    before = session.state
    try:
        outcomes = session.handle(event)
    except UnexpectedEvent as error:
        raise Difference(f"there is no row any more: {error}") from None
    assert session.fired is not None
    return Step("server", event, before, session.state, outcomes, session.fired)


def _accepted(tokens: Sequence[str]) -> tuple[str, ...]:
    """Return the tokens of a RESP 101 without the facts in it, which no machine decides."""
    return tuple(token for token in tokens if "=" not in token)


class _Answers:
    """What the effects have the server send, compared with what it has sent."""

    def __init__(self) -> None:
        self._decoder = ResponseDecoder()
        self._due: deque[Effect] = deque()
        self._list_msgs = 0
        self._playing = self._finishing = False
        """A song is being sent; a message of a song that was stopped is."""
        self._judged = True

    def take(self, event: Event, outcomes: Sequence[Any]) -> None:
        """Note what an event has led to."""
        if isinstance(event, on.ListSent) and self._due:
            self._due.popleft()
            self._list_msgs = 0
        if isinstance(event, on.SongSent | on.SongFailed):
            self._playing = False
        for effect in outcomes:
            match effect:
                case do.StartSong():
                    self._playing = True
                case do.StopSong():
                    self._finishing = self._finishing or self._decoder.in_message
                    self._playing = False
                case do.CloseAtBoundary():
                    self._judged = False  # of what waits nothing is sent
                case do.CloseWhenSent():
                    pass
                case _:
                    self._due.append(effect)

    def sent(self, data: bytes) -> None:
        """Raise Difference if these bytes are not what the effects say."""
        if not self._judged:
            return
        try:
            messages = self._decoder.feed(data)
        except WireError as error:
            raise Difference(f"the server has sent what is no message: {error}") from None
        for message in messages:
            self._check(message)

    def _check(self, message: Event) -> None:
        due = self._due[0] if self._due else None
        match message, due:
            case answer.AudioReceived(data), _ if data and (self._playing or self._finishing):
                self._finishing = False
            case answer.ListReceived(), do.SendSongList():
                self._list_msgs += 1  # its end is told: ListSent
            case answer.ListReceived(()), None:
                pass
            case answer.AudioReceived(b""), do.SendClosing():
                self._due.popleft()
            case answer.NotFoundReceived(), do.SendNotFound():
                self._due.popleft()
            case answer.SetupReceived(said), do.SendSetupReply(tokens) if _accepted(said) == tokens:
                self._due.popleft()
            case _:
                wanted_now = type(due).__name__ if due else "nothing but audio"
                raise Difference(
                    f"the server has sent {type(message).__name__}, and {wanted_now} is due"
                )
