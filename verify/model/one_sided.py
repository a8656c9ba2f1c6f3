"""One side alone, with a peer that may send anything at any time.

Whether what the client does is right cannot be asked here. What is: every machine has a row for
every message, moment and silence, and the exchange comes to rest.
"""

from __future__ import annotations

from collections.abc import Iterator

from fsm import events as on
from fsm.client import events as client_on
from fsm.client.conversation.table import GREETING, OFFERING
from fsm.client.effects import Report
from fsm.client.events import ListedSong
from fsm.effects import Effect
from fsm.events import Event
from fsm.words import Request
from verify.bounds import Bounds, Trouble
from verify.exchange.messages import (
    AUDIO_CLOSING,
    END,
    ERRO,
    LIST_CLOSING,
    Message,
    message,
    setup_reply,
)
from verify.exchange.world import GONE, HERE, LEAVING, UP, Next, World
from verify.model.moves import (
    EXITS,
    LOSES,
    SERVER_DROPS,
    SERVER_RECEIVES,
    SERVER_SENDS,
    STALLS,
    TIME_IS_UP,
    Model,
    Move,
)
from verify.properties.client_rules import ClientRules
from verify.rules import Broken, Rule
from verify.watched import Memory

RESPONSES = (
    message(client_on.ListReceived((ListedSong(1, "A"),)), "RESP 100 1. A"),
    LIST_CLOSING,
    message(client_on.AudioReceived(b"a"), "RESP 200 A 1/1"),
    AUDIO_CLOSING,
    setup_reply("ends", "from", library=0),
    setup_reply(),
    ERRO,
    message(client_on.MessageNotUnderstood("it says HELO"), "HELO"),
    END,
)
REQUESTS = (
    message(on.ListRequested(), "LIST"),
    message(on.PlayRequested(1), "PLAY 1"),
    message(on.PlayRequested(9), "PLAY 9"),
    message(on.PlayFromRequested(1, 1), "PLAY 1 1"),
    message(on.PlayFromRequested(1, 3), "PLAY 1 3"),
    message(on.PlayFromRequested(9, 0), "PLAY 9 0"),
    message(on.StopRequested(), "STOP"),
    message(on.SetupRequested(("ends",)), "SETUP ends"),
    message(on.SetupRequested(("ends", "tags", "from")), "SETUP ends tags from"),
    message(on.SetupRequested(("other",)), "SETUP other"),
    message(on.TeardownRequested(), "TEARDOWN"),
    message(on.RequestNotUnderstood("HELO"), "HELO"),
    message(on.RequestTooLong(), "(4096 bytes without an end)"),
    message(on.RequestTimedOut(), "(10 s without an end)"),
    END,
)


class ConnectionRules(ClientRules):
    """Only the rules that concern the connection: what such a server sends is never wrong."""

    def check_states(self, world: World) -> None:
        """Check what is said of the connection: it is true whatever the peer is like."""
        if false := self.claims.connection(world):
            raise Broken(Rule.STATES, false)

    def answered(self, world: World, event: Event, effects: tuple[Effect, ...]) -> None:
        """Await nothing any more."""
        world.awaited = None

    def appended(self, world: World, owner: int) -> None:
        """Keep only that there is something in the buffer, so that there are fewer states."""
        world.buffer, world.msgs_since = b"a", 0

    def next_appended(self, world: World, owner: int) -> None:
        """Keep only that there is something in the next song's buffer."""
        world.next = Next(b"a", 0)

    def check_buffers(self, world: World) -> None:
        """Check nothing."""

    def next_queued(self, world: World) -> None:
        """Check nothing."""

    def next_completed(self, world: World) -> None:
        """Check nothing."""

    def dropped(self, world: World, command: str) -> None:
        """Check nothing."""

    def refilled(self, world: World) -> None:
        """Check nothing."""

    def completed(self, world: World) -> None:
        """Check nothing."""

    def supposed(self, world: World) -> None:
        """Check nothing."""

    def loss_told(self, world: World, effects: tuple[Effect, ...]) -> None:
        """Check nothing."""

    def sent(self, world: World, word: Request) -> None:
        """Check nothing: which lists were typed is not kept."""

    def shown(
        self, world: World, songs: tuple[ListedSong, ...], fields: tuple[client_on.Fields, ...]
    ) -> None:
        """Check nothing."""

    def told(self, world: World, report: Report, of_next: bool) -> None:
        """Check nothing."""


class AnyServer(Model):
    """A client, and a server that may send any message at any time, `troubles` of them."""

    def __init__(self, bounds: Bounds, memory: Memory) -> None:
        super().__init__(bounds, memory, ConnectionRules(bounds))
        self._any_response = [Move("any_response", sent, certain=False) for sent in RESPONSES]

    def _wire(self, world: World) -> Iterator[Move]:
        if world.left is not GONE:
            yield from self._connection(world)
            if world.left is LEAVING:
                yield EXITS
            if world.connection == UP:
                yield from self._any_response if world.troubles else ()
                yield STALLS

    def apply(self, world: World, move: Move) -> None:
        """Let a move happen; the server has received whatever was requested, and forgotten it."""
        super().apply(world, move)
        world.requests, world.lists_owed = (), 0
        world.wanted, world.ahead, world.upcoming = None, None, ()

    def any_response(self, world: World, sent: Message) -> None:
        """The server sends this, whatever was requested."""
        world.troubles -= 1
        if sent is END:
            world.responses = (END,)
            self.client_receives(world)
            return
        assert sent.event is not None
        before = world.client.states
        kind = self.client.conversation(world.client)
        expects = kind in (OFFERING, GREETING) or self.client.setup_open(world.client)
        self.client.fire(world, sent.event)
        unasked = isinstance(sent.event, client_on.SetupReceived) and not expects
        if unasked and world.client.states != before:
            raise Broken(Rule.STATES, f"{sent} that nobody asked for changes a state")

    def at_rest(self, world: World) -> bool:
        """Tell whether the person can go on, even if the server sends nothing more."""
        return world.left is GONE or (
            world.left is HERE and world.settled and not self.client.locked(world.client)
        )


class AnyClient(Model):
    """A server, and a client that may send any request at any time, and always receives."""

    def __init__(self, bounds: Bounds, memory: Memory) -> None:
        super().__init__(bounds, memory)
        self._any_request = [Move("any_request", sent, certain=False) for sent in REQUESTS]

    def start(self) -> World:
        """Return the world in which the client has connected."""
        world = super().start()
        self.server.accept(world)
        world.connection = UP
        return world

    def moves(self, world: World) -> list[Move]:
        """Return all that can happen now, to the server and its song's file."""
        if world.server is None:
            return []
        closed = world.responses == (END,)
        receives = SERVER_DROPS if closed else SERVER_RECEIVES
        moves = [LOSES, *([receives] if closed or world.requests else [])]
        moves += [TIME_IS_UP] * (world.due.ending and not closed)
        if not closed and self.server.can_send(world):
            moves.append(SERVER_SENDS)
        if len(world.requests) + len(world.answers) < self.bounds.requests:
            moves += self._any_request if world.left is HERE else ()
        return moves + [self._fails[trouble] for trouble in self.troubles.possible(world)]

    def loses(self, world: World) -> None:
        """The connection is cut."""
        self.server.lose(world)

    def any_request(self, world: World, sent: Message) -> None:
        """The client sends this."""
        world.requests += (sent,)
        if sent is END:
            world.left = LEAVING

    def server_sends(self, world: World) -> None:
        """The server sends a message, which is received at once."""
        super().server_sends(world)
        world.responses = world.responses[-1:] if world.responses[-1:] == (END,) else ()

    def fails(self, world: World, trouble: Trouble) -> None:
        """Something goes wrong; it may happen any number of times."""
        world.troubles += 1
        super().fails(world, trouble)

    def at_rest(self, world: World) -> bool:
        """Tell whether all that was requested has been sent."""
        return world.server is None or (world.quiet and world.due.nothing)
