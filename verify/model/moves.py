"""All that can happen next: the moves of either side, of time, the player and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from fsm.client import events as on
from fsm.events import Event
from verify.bounds import Bounds, Trouble
from verify.exchange.messages import END, NEXT, PRESENT
from verify.exchange.world import (
    CONNECTING,
    DISCONNECTING,
    DOWN,
    GONE,
    GONE_ON,
    HERE,
    LEAVING,
    RETRY_DUE,
    RUNNING,
    SILENT,
    UP,
    World,
)
from verify.model.client_side import ClientSide
from verify.model.person import INTERRUPT, LATE_LINE, LEAVE, SENT, Person
from verify.model.server_side import ServerSide
from verify.model.troubles import Troubles
from verify.properties.client_rules import ClientRules
from verify.snapshots import Actor
from verify.watched import Memory

CUT = on.ConnectionLost("cut")
SILENT_FOR_10_S = on.ServerSilent(10.0)
FLOW = on.FlowMeasured(arrival_bytes_per_s=1e6, song_bytes_per_s=4e4)


class Move(NamedTuple):
    """Something that can happen: a method of the model, and its argument.

    certain: it happens sooner or later if nothing else does. What is not certain is done by a
    person or goes wrong, and no answer may depend on it.
    """

    name: str
    arg: Any = None
    certain: bool = True

    def __str__(self) -> str:
        return self.name if self.arg is None else f"{self.name} {self.arg}"


SERVER_RECEIVES, SERVER_SENDS = Move("server_receives"), Move("server_sends")
SERVER_ACCEPTS = Move("server_accepts", certain=False)
SERVER_DROPS, CLIENT_RECEIVES = Move("server_drops"), Move("client_receives")
CONNECTS, DISCONNECTS, EXITS = Move("connects"), Move("disconnects"), Move("exits")
STALLS, LOSES = Move("stalls"), Move("loses", certain=False)
TIME_IS_UP = Move("server_time_is_up", certain=False)
REPORT_RECEIVED, PLAYS_OUT = Move("report_received"), Move("plays_out")
WRITES = Move("writes")
RUNS_DRY, MEASURES = Move("runs_dry", certain=False), Move("measures", certain=False)


class Model:
    """The moves of one client, one server and what is between them."""

    def __init__(self, bounds: Bounds, memory: Memory, rules: ClientRules | None = None) -> None:
        self.bounds = bounds
        self.rules = rules or ClientRules(bounds)
        self.client = ClientSide(bounds, self.rules, memory)
        self.server = ServerSide(bounds, memory)
        self.person = Person(bounds, self.client, self.rules)
        self.troubles = Troubles(bounds)
        words = (*bounds.person, INTERRUPT, LEAVE, LATE_LINE)
        # Who pauses from another program while the prompt waits goes on from there sometime.
        self._acts = {word: Move("person_acts", word, certain=word in SENT) for word in words}
        self._fails = {trouble: Move("fails", trouble, certain=False) for trouble in Trouble}
        self._timers: dict[Event, Move] = {}
        self._may_be_silent = Trouble.FALLS_SILENT in bounds.trouble or not bounds.closes

    @property
    def actors(self) -> list[Actor]:
        """Both sides."""
        return [self.client.actor, *self.server.actors]

    def start(self) -> World:
        """Return the world in which the client has been started and connects."""
        losses = -1 if self.bounds.losses is None else self.bounds.losses
        bounds = self.bounds
        return World(self.client.actor.start, bounds.library, losses, bounds.troubles)

    def moves(self, world: World) -> list[Move]:
        """Return all that can happen now."""
        moves = [self._acts[word] for word in self.person.possible(world)]
        moves += self._wire(world)
        if world.left is not GONE:
            moves += self._time(world)
            moves += self._player(world)
            moves += [self._fails[trouble] for trouble in self.troubles.possible(world)]
        return moves

    def _wire(self, world: World) -> Iterator[Move]:
        if world.server is not None:
            if world.requests:
                yield SERVER_RECEIVES
            if self.server.can_send(world):
                yield SERVER_SENDS
            if world.setup_held and world.left is not GONE and not world.due.ignores_requests:
                yield SERVER_ACCEPTS
            if world.left is GONE or world.responses[-1:] == (END,):
                yield SERVER_DROPS
            elif world.due.ending:
                yield TIME_IS_UP
        if world.left is not GONE:
            if world.responses:
                yield CLIENT_RECEIVES
            if world.fence_unwritten and world.connection == UP:
                yield WRITES
            if world.left is LEAVING:
                yield EXITS
            yield from self._connection(world)

    def _connection(self, world: World) -> Iterator[Move]:
        if world.connection == CONNECTING:
            yield CONNECTS
        elif world.connection == DISCONNECTING:
            yield DISCONNECTS
        elif world.connection == UP and world.losses:
            yield LOSES

    def _time(self, world: World) -> Iterator[Move]:
        """Timers that run out, and the report that nothing has come for 10 s."""
        quiet = world.quiet
        for timer in world.timers:
            if quiet or timer == RETRY_DUE or not self.bounds.timely:
                yield self._timers.setdefault(timer, Move("times_out", timer))
        silent = quiet and not world.timers and world.connection == UP
        if silent and self._may_be_silent:
            yield STALLS
        if self.bounds.flow and not self.client.flow_measured(world.client):
            yield MEASURES

    def _player(self, world: World) -> Iterator[Move]:
        if world.reports:
            yield REPORT_RECEIVED
        if world.player != RUNNING or world.paused or world.following == GONE_ON:
            return
        if world.finished:
            yield PLAYS_OUT
        elif self.bounds.dry and not world.reports:
            yield RUNS_DRY

    def apply(self, world: World, move: Move) -> None:
        """Let a move happen. Raises Broken."""
        method = getattr(self, move.name)
        if move.arg is None:
            method(world)
        else:
            method(world, move.arg)

    def at_rest(self, world: World) -> bool:
        """Tell whether nothing is in flight or owed, and the prompt is unlocked."""
        if world.left is not HERE:
            return world.left is GONE and world.server is None
        return (
            world.quiet
            and world.due.nothing
            and not world.timers
            and not world.reports
            and (_nothing_plays(world) or (world.paused and world.finished))
            and world.lists_owed == 0
            and world.connection in (UP, DOWN)
            and world.settled
            and not self.client.locked(world.client)
        )

    # The moves, by their names

    def server_receives(self, world: World) -> None:
        """The server receives a request."""
        self.server.receive(world)

    def server_sends(self, world: World) -> None:
        """The server sends a message."""
        self.server.send(world)

    def server_accepts(self, world: World) -> None:
        """The server, which seemed to be plain, accepts SETUP."""
        self.server.accept_setup(world)

    def server_drops(self, world: World) -> None:
        """A server that has closed, or whose client has, drops the connection."""
        self._lose_server(world)

    def _lose_server(self, world: World) -> None:
        """Nothing more comes from the server than what is in flight."""
        responses = world.responses
        self.server.lose(world)
        world.responses = responses

    def server_time_is_up(self, world: World) -> None:
        """A server that is ending waits for its songs no longer."""
        self.server.end_now(world)

    def client_receives(self, world: World) -> None:
        """The client receives a response."""
        ends = world.responses[:1] == (END,)
        before = world.settled
        self.client.receive(world)
        if ends:
            world.fence_unwritten = False
            self.server.lose(world)
            if world.settled and not before:
                world.left = GONE

    def writes(self, world: World) -> None:
        """What the client has sent has left."""
        self.client.write(world)

    def connects(self, world: World) -> None:
        """An attempt to connect succeeds."""
        world.connection = UP
        self.server.accept(world)
        self.client.fire(world, on.Connected())
        if self.bounds.listed and not world.settled:
            self.client.fire(world, on.TitlesNeeded())

    def loses(self, world: World) -> None:
        """The connection is cut, and with it all that is in flight."""
        world.losses -= world.losses > 0
        if self.bounds.max_retries is not None:
            # A connection that is lost again at once counts as an attempt that has failed.
            world.allow_failure(PRESENT, NEXT)
        self._cut(world)

    def stalls(self, world: World) -> None:
        """Nothing has come for 10 s, and the client is told."""
        self.client.fire(world, SILENT_FOR_10_S)

    def measures(self, world: World) -> None:
        """The program has measured how fast audio arrives."""
        self.client.fire(world, FLOW)

    def disconnects(self, world: World) -> None:
        """The client has closed the connection and is told that it is gone."""
        self._cut(world)

    def _cut(self, world: World) -> None:
        self.server.lose(world)
        if world.connection in (UP, DISCONNECTING):
            world.connection = DOWN
            world.fence_unwritten = False
            self._report_loss(world, CUT)

    def _report_loss(self, world: World, event: Event) -> None:
        """Tell the client that there is no connection; one that has not yet begun then ends."""
        # Of a list that did not become whole no song is known.
        world.known = world.known[:1]
        before = world.settled
        self.client.lose(world, event)
        if world.settled and not before:
            world.left = GONE

    def times_out(self, world: World, timer: Event) -> None:
        """A timer of the client runs out."""
        self.client.time_out(world, timer)

    def report_received(self, world: World) -> None:
        """A report of the player reaches the client's machines."""
        self.client.receive_report(world)

    def plays_out(self, world: World) -> None:
        """The player comes to the end of the buffer."""
        self.client.sound.plays_out(world)

    def runs_dry(self, world: World) -> None:
        """The player needs more than there is."""
        self.client.sound.runs_dry(world)

    def exits(self, world: World) -> None:
        """The client's program ends, and its socket is closed."""
        if world.connection == UP:
            world.requests += (END,)
        world.left, world.connection = GONE, DOWN
        world.responses = ()
        world.timers, world.reports = frozenset(), ()

    def person_acts(self, world: World, word: str) -> None:
        """The person types a command, presses Ctrl-C, or leaves."""
        self.person.act(world, word)

    def fails(self, world: World, trouble: Trouble) -> None:
        """Something else goes wrong."""
        world.troubles -= 1
        match trouble:
            case Trouble.FILE_FAILS:
                self.server.fail(world)
            case Trouble.SERVER_ENDS:
                self.server.end(world)
            case Trouble.FALLS_SILENT:
                self._lose_server(world)
            case Trouble.CONNECT_FAILS:
                self._fail_to_connect(world)
            case _:
                self.troubles.happen(world, trouble, lambda: self._cut(world))

    def _fail_to_connect(self, world: World) -> None:
        world.connection = DOWN
        if self.bounds.max_retries is not None:
            world.allow_failure(PRESENT, NEXT)
        self._report_loss(world, on.ConnectFailed("refused"))


def _nothing_plays(world: World) -> bool:
    """Nothing is played, and nothing is to be."""
    return world.player == SILENT and world.wanted is None
