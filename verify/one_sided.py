"""One side alone, against a peer that may say anything at any time.

Whether an answer is right cannot be asked here of the client; that no message, no moment and no
silence brings a machine into a state without a row can.
"""

from __future__ import annotations

from collections.abc import Iterator

from fsm import events as on
from fsm.client import events as client_on
from fsm.client.conversation import OFFERING
from fsm.client.effects import Report
from fsm.client.events import ListedSong
from fsm.effects import Effect
from fsm.events import Event
from verify.bounds import Bounds, Trouble
from verify.client_rules import Judge
from verify.messages import AUDIO_CLOSING, END, ERRO, LIST_CLOSING, Message, message, setup_reply
from verify.model import (
    EXITS,
    LOSES,
    SERVER_HEARS,
    SERVER_LETS_GO,
    SERVER_SENDS,
    STALLS,
    TIME_IS_UP,
    Model,
    Move,
)
from verify.rules import Broken, Rule
from verify.world import GONE, HERE, LEAVING, UP, Next, World

SAID = (
    message(client_on.ListReceived((ListedSong(1, "A"),)), "RESP 100 1. A"),
    LIST_CLOSING,
    message(client_on.AudioReceived(b"a"), "RESP 200 A 1/1"),
    AUDIO_CLOSING,
    setup_reply(ends=True),
    setup_reply(ends=False),
    ERRO,
)
ASKED = (
    message(on.ListRequested(), "LIST"),
    message(on.PlayRequested(1), "PLAY 1"),
    message(on.PlayRequested(9), "PLAY 9"),
    message(on.StopRequested(), "STOP"),
    message(on.SetupRequested(("ends",)), "SETUP ends"),
    message(on.SetupRequested(("other",)), "SETUP other"),
    message(on.TeardownRequested(), "TEARDOWN"),
    message(on.RequestNotUnderstood("HELO"), "HELO"),
    message(on.RequestTooLong(), "(4096 bytes without an end)"),
    message(on.RequestTimedOut(), "(10 s without an end)"),
    END,
)


class NoJudge(Judge):
    """Judges nothing: what a stranger says is neither right nor wrong."""

    def claimed(self, world: World) -> None:
        """What is said of the connection is true whatever the peer is like."""
        if false := self.claims.connection(world):
            raise Broken(Rule.STATES, false)

    def answered(self, world: World, event: Event, effects: tuple[Effect, ...]) -> None:
        """Of no interest."""
        world.awaited = None

    def appended(self, world: World, owner: int) -> None:
        """Only that there is something in the buffer matters here."""
        world.buffer, world.fresh = b"a", 0

    def appended_ahead(self, world: World, owner: int) -> None:
        """As above."""
        world.next = Next(b"a", 0)

    def switched(self, world: World) -> None:
        """Of no interest."""

    def queued(self, world: World) -> None:
        """Of no interest."""

    def completed_ahead(self, world: World) -> None:
        """Of no interest."""

    def silenced(self, world: World, by: str) -> None:
        """Of no interest."""

    def refilled(self, world: World) -> None:
        """Of no interest."""

    def completed(self, world: World) -> None:
        """Of no interest."""

    def shown(self, world: World, songs: tuple[ListedSong, ...]) -> None:
        """Of no interest."""

    def told(self, world: World, report: Report, ahead: bool) -> None:
        """Of no interest."""


class AnyServer(Model):
    """A client, and a server that may send any message at any time, `troubles` of them."""

    def __init__(self, bounds: Bounds) -> None:
        super().__init__(bounds, NoJudge(bounds))
        self._says = [Move("says", said, certain=False) for said in SAID]

    def _wire(self, world: World) -> Iterator[Move]:
        if world.left is not GONE:
            yield from self._connection(world)
            if world.left is LEAVING:
                yield EXITS
            if world.connection == UP:
                yield from self._says if world.troubles else ()
                yield STALLS

    def apply(self, world: World, move: Move) -> None:
        """Let it happen; the server has heard whatever was asked, and forgotten it."""
        super().apply(world, move)
        world.requests, world.lists_owed = (), 0
        world.wanted, world.ahead, world.upcoming = None, None, ()

    def says(self, world: World, said: Message) -> None:
        """The server says this, whatever it was asked."""
        world.troubles -= 1
        assert said.event is not None
        before = world.client.states
        kind = self.client.conversation(world.client)
        self.client.fire(world, said.event)
        unasked = isinstance(said.event, client_on.SetupReceived) and kind is not OFFERING
        if unasked and world.client.states != before:
            raise Broken(Rule.STATES, f"{said} that nobody asked for changes a state")

    def at_rest(self, world: World) -> bool:
        """The person can go on, even if the server says nothing more."""
        return world.left is GONE or (
            world.left is HERE and world.settled and not self.client.locked(world.client)
        )


class AnyClient(Model):
    """A server, and a client that may ask for anything at any time, and never stops listening."""

    def __init__(self, bounds: Bounds) -> None:
        super().__init__(bounds)
        self._asks = [Move("asks", asked, certain=False) for asked in ASKED]

    def start(self) -> World:
        """The client has connected."""
        world = super().start()
        self.server.accept(world)
        world.connection = UP
        return world

    def moves(self, world: World) -> list[Move]:
        """Ask, hear, send; the song's file may fail and the connection may be lost."""
        if world.server is None:
            return []
        closed = world.responses == (END,)
        moves = [LOSES, *([SERVER_LETS_GO] if closed else [SERVER_HEARS] if world.requests else [])]
        moves += [TIME_IS_UP] * (world.due.ending and not closed)
        if not closed and self.server.can_send(world):
            moves.append(SERVER_SENDS)
        if len(world.requests) + len(world.line) < self.bounds.requests:
            moves += self._asks if world.left is HERE else ()
        return moves + [self._fails[trouble] for trouble in self.luck.may(world)]

    def loses(self, world: World) -> None:
        """The connection is cut; who the client was does not matter."""
        self.server.lose(world)

    def asks(self, world: World, asked: Message) -> None:
        """The client sends a request."""
        world.requests += (asked,)
        if asked is END:
            world.left = LEAVING

    def server_sends(self, world: World) -> None:
        """The client has what is sent at once."""
        super().server_sends(world)
        world.responses = world.responses[-1:] if world.responses[-1:] == (END,) else ()

    def troubles(self, world: World, trouble: Trouble) -> None:
        """It may happen any number of times."""
        world.troubles += 1
        super().troubles(world, trouble)

    def at_rest(self, world: World) -> bool:
        """All that was asked for has been sent."""
        return world.server is None or (world.quiet and world.due.nothing)
