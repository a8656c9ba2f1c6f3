"""All that can happen next: every move of either side, of time, of the player and of bad luck."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from fsm.client import events as on
from fsm.events import Event
from verify.bounds import Bounds, ServerKind, Trouble
from verify.client_rules import Judge
from verify.client_side import ClientSide
from verify.messages import END, NEXT, PRESENT
from verify.person import INTERRUPT, LATE_LINE, LEAVE, Person
from verify.server_side import ServerSide
from verify.snapshots import Actor
from verify.troubles import Luck
from verify.world import (
    CONNECTING,
    DOWN,
    GONE,
    GONE_ON,
    HERE,
    HUNG_UP,
    LEAVING,
    RETRY_DUE,
    RUNNING,
    SILENT,
    UP,
    World,
)

CUT = on.ConnectionLost("cut")
SILENT_FOR_10_S = on.ServerSilent(10.0)


class Move(NamedTuple):
    """Something that can happen: a method of the model, and what it is given.

    certain: it happens sooner or later if nothing else does. The rest is a person's will or bad
    luck, and no answer may depend on it.
    """

    name: str
    arg: Any = None
    certain: bool = True

    def __str__(self) -> str:
        return self.name if self.arg is None else f"{self.name} {self.arg}"


SERVER_HEARS, SERVER_SENDS = Move("server_hears"), Move("server_sends")
SERVER_LETS_GO, CLIENT_HEARS = Move("server_lets_go"), Move("client_hears")
CONNECTS, HANGS_UP, EXITS = Move("connects"), Move("hangs_up"), Move("exits")
STALLS, LOSES = Move("stalls"), Move("loses", certain=False)
TIME_IS_UP = Move("server_time_is_up", certain=False)
REPORT_HEARD, PLAYS_OUT = Move("report_heard"), Move("plays_out")
RUNS_DRY = Move("runs_dry", certain=False)


class Model:
    """The moves of one client, one server and what is between them."""

    def __init__(self, bounds: Bounds, judge: Judge | None = None) -> None:
        self.bounds = bounds
        self.judge = judge or Judge(bounds)
        self.client = ClientSide(bounds, self.judge)
        self.server = ServerSide(bounds)
        self.person = Person(bounds, self.client, self.judge)
        self.luck = Luck(bounds)
        words = (*bounds.person, INTERRUPT, LEAVE, LATE_LINE)
        self._does = {word: Move("person_does", word, certain=False) for word in words}
        self._fails = {trouble: Move("troubles", trouble, certain=False) for trouble in Trouble}
        self._timers: dict[Event, Move] = {}
        falls_silent = Trouble.FALLS_SILENT in bounds.trouble
        self._may_be_silent = falls_silent or bounds.server is not ServerKind.CLOSING

    @property
    def actors(self) -> list[Actor]:
        """Both sides."""
        return [self.client.actor, *self.server.actors]

    def start(self) -> World:
        """The program has been started and tries to connect."""
        losses = -1 if self.bounds.losses is None else self.bounds.losses
        bounds = self.bounds
        return World(self.client.actor.start, bounds.library, losses, bounds.troubles)

    def moves(self, world: World) -> list[Move]:
        """Whatever can happen now."""
        moves = [self._does[word] for word in self.person.may(world)]
        moves += self._wire(world)
        if world.left is not GONE:
            moves += self._time(world)
            moves += self._player(world)
            moves += [self._fails[trouble] for trouble in self.luck.may(world)]
        return moves

    def _wire(self, world: World) -> Iterator[Move]:
        if world.server is not None:
            if world.requests:
                yield SERVER_HEARS
            if self.server.can_send(world):
                yield SERVER_SENDS
            if world.left is GONE or world.responses[-1:] == (END,):
                yield SERVER_LETS_GO
            elif world.due.ending:
                yield TIME_IS_UP
        if world.left is not GONE:
            if world.responses:
                yield CLIENT_HEARS
            if world.left is LEAVING:
                yield EXITS
            yield from self._connection(world)

    def _connection(self, world: World) -> Iterator[Move]:
        if world.connection == CONNECTING:
            yield CONNECTS
        elif world.connection == HUNG_UP:
            yield HANGS_UP
        elif world.connection == UP and world.losses:
            yield LOSES

    def _time(self, world: World) -> Iterator[Move]:
        """Timers run out; the client is told when nothing has come for 10 s."""
        quiet = world.quiet
        for timer in world.timers:
            if quiet or timer == RETRY_DUE or not self.bounds.timely:
                yield self._timers.setdefault(timer, Move("times_out", timer))
        silent = quiet and not world.timers and world.connection == UP
        if silent and self._may_be_silent:
            yield STALLS

    def _player(self, world: World) -> Iterator[Move]:
        if world.reports:
            yield REPORT_HEARD
        if world.player != RUNNING or world.paused or world.following == GONE_ON:
            return
        if world.finished:
            yield PLAYS_OUT
        elif self.bounds.dry and not world.reports:
            yield RUNS_DRY

    def apply(self, world: World, move: Move) -> None:
        """Let it happen. Raises Broken."""
        method = getattr(self, move.name)
        if move.arg is None:
            method(world)
        else:
            method(world, move.arg)

    def at_rest(self, world: World) -> bool:
        """Nothing is on its way, nothing is owed to anybody, and the prompt is free."""
        if world.left is not HERE:
            return world.left is GONE and world.server is None
        return (
            world.quiet
            and world.due.nothing
            and not world.timers
            and not world.reports
            and (_over(world) or (world.paused and world.finished))
            and world.lists_owed == 0
            and world.connection in (UP, DOWN)
            and world.settled
            and not self.client.locked(world.client)
        )

    # The moves, by their names

    def server_hears(self, world: World) -> None:
        """The server takes a request."""
        self.server.hear(world)

    def server_sends(self, world: World) -> None:
        """The server hands a message to the connection."""
        self.server.send(world)

    def server_lets_go(self, world: World) -> None:
        """A server that has closed, or whose client has, finds the connection gone."""
        self._lose_server(world)

    def _lose_server(self, world: World) -> None:
        """Nothing more comes of the server than what is on its way."""
        responses = world.responses
        self.server.lose(world)
        world.responses = responses

    def server_time_is_up(self, world: World) -> None:
        """A server that is ending waits for its songs no longer."""
        self.server.end_now(world)

    def client_hears(self, world: World) -> None:
        """The client takes a response."""
        self.client.hear(world)
        if world.connection == DOWN:
            self.server.lose(world)

    def connects(self, world: World) -> None:
        """An attempt to connect succeeds."""
        world.connection = UP
        self.server.accept(world)
        self.client.fire(world, on.Connected())

    def loses(self, world: World) -> None:
        """The connection is cut, and all that is in flight with it."""
        world.losses -= world.losses > 0
        if self.bounds.max_retries is not None:
            # One that is lost again at once is an attempt that has failed.
            world.excuse(PRESENT, NEXT)
        self._cut(world)

    def stalls(self, world: World) -> None:
        """Nothing has come for 10 s, and the client is told so."""
        self.client.fire(world, SILENT_FOR_10_S)

    def hangs_up(self, world: World) -> None:
        """The client has closed the connection and hears that it is gone."""
        self._cut(world)

    def _cut(self, world: World) -> None:
        self.server.lose(world)
        if world.connection in (UP, HUNG_UP):
            world.connection = DOWN
            self._tell_loss(world, CUT)

    def _tell_loss(self, world: World, event: Event) -> None:
        """The client hears that there is no connection; one that has not even begun ends."""
        # What came of a list that did not become whole tells nobody anything.
        world.known = world.known[:1]
        before = world.settled
        self.judge.loss_told(world, self.client.fire(world, event).effects)
        if world.settled and not before:
            world.left = GONE

    def times_out(self, world: World, timer: Event) -> None:
        """A timer of the client's runs out."""
        self.client.time_out(world, timer)

    def report_heard(self, world: World) -> None:
        """What the player reported reaches the client."""
        self.client.report(world)

    def plays_out(self, world: World) -> None:
        """The player has come to the end of the buffer."""
        self.client.sound.plays_out(world)

    def runs_dry(self, world: World) -> None:
        """The player needs more than there is."""
        self.client.sound.runs_dry(world)

    def exits(self, world: World) -> None:
        """The program ends, and its socket is closed."""
        if world.connection == UP:
            world.requests += (END,)
        world.left, world.connection = GONE, DOWN
        world.responses = ()
        world.timers, world.reports = frozenset(), ()

    def person_does(self, world: World, word: str) -> None:
        """The person types a command, presses Ctrl-C, or leaves."""
        self.person.does(world, word)

    def troubles(self, world: World, trouble: Trouble) -> None:
        """Something else goes wrong."""
        world.troubles -= 1
        if trouble is Trouble.FILE_FAILS:
            self.server.fail(world)
        elif trouble is Trouble.SERVER_ENDS:
            self.server.end(world)
        elif trouble is Trouble.FALLS_SILENT:
            self._lose_server(world)
        elif trouble is Trouble.CONNECT_FAILS:
            world.connection = DOWN
            if self.bounds.max_retries is not None:
                world.excuse(PRESENT, NEXT)
            self._tell_loss(world, on.ConnectFailed("refused"))
        elif trouble in (Trouble.RENUMBERED, Trouble.SONG_GONE):
            self.luck.befall(world, trouble, lambda: self._cut(world))
        else:
            self.luck.befall(world, trouble)


def _over(world: World) -> bool:
    """Nothing is played, and nothing is to be."""
    return world.player == SILENT and world.wanted is None
