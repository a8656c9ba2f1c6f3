"""One handshake of TLS, with a client that may be anyone, do anything and go at any time.

Its rules say whom the server lets in, and that whoever it does not let in is told why. In its world
the connection is what the server makes of it, and what the client is told are the responses.
"""

from __future__ import annotations

from enum import Enum
from typing import assert_never, cast

from fsm import effects as do
from fsm import events as on
from fsm.effects import HandshakeEffect
from fsm.events import Event
from fsm.handshake import HandshakeSession, HandshakeState
from verify.bounds import Bounds, Trouble
from verify.exchange.messages import ERRO, Message, message
from verify.exchange.world import CONNECTING, DISCONNECTING, DOWN, UP, World
from verify.model.moves import LOSES, SERVER_DROPS, Model, Move
from verify.rules import Broken, Rule
from verify.snapshots import Actor
from verify.watched import Memory

ALERT = message(None, "(an alert of TLS)")
LOST, SHUTDOWN = on.ConnectionLost("cut"), on.ShutdownRequested()

MAY_COME_IN = message(on.HandshakeCompleted("kitchen", "SHA256:1"), "is a client that may come in")
CROWDED = message(on.HandshakeCompleted("bedroom", "SHA256:2"), "is one with connections enough")
STRANGERS = (
    message(on.HandshakeCompleted("cellar", "SHA256:3"), "is a stranger"),
    message(on.HandshakeCompleted("kitchen", "SHA256:3"), "has another's name"),
    message(on.HandshakeCompleted("cellar", "SHA256:1"), "has another's fingerprint"),
    message(on.HandshakeCompleted("garage", "SHA256:4"), "is a stranger of a crowded name"),
    message(on.HandshakeCompleted("", ""), "shows no certificate"),
)
FAILS = message(on.HandshakeFailed("no certificate"), "fails in its handshake")
TAKES_TOO_LONG = message(on.HandshakeTimedOut(), "takes too long")
ALLOWED = frozenset({("kitchen", "SHA256:1"), ("bedroom", "SHA256:2")})
CROWDED_NAMES = frozenset({"bedroom", "garage"})

CONNECTION = {
    HandshakeState.SHAKING: CONNECTING,
    HandshakeState.SECURED: UP,
    HandshakeState.REFUSED: DISCONNECTING,
    HandshakeState.GONE: DOWN,
}
"""What each state says of the connection. UP: the client is in. DISCONNECTING: what it was told is
sent, and the end of the connection behind it."""


class AnyHandshake(Model):
    """A server, and the handshake of a client that may be anyone."""

    def __init__(self, bounds: Bounds, memory: Memory) -> None:
        super().__init__(bounds, memory)
        session = HandshakeSession(ALLOWED, CROWDED_NAMES)
        self._actor = Actor({"handshake": session}, memory)
        outcomes = (MAY_COME_IN, CROWDED, *STRANGERS, FAILS, TAKES_TOO_LONG)
        # Only time is sure to pass.
        self._comes_to = [
            Move("handshake_comes_to", what, certain=what is TAKES_TOO_LONG) for what in outcomes
        ]

    @property
    def actors(self) -> list[Actor]:
        """The server's side."""
        return [self._actor]

    def start(self) -> World:
        """Return the world in which the handshake has begun."""
        world = super().start()
        world.server = self._actor.start
        return world

    def moves(self, world: World) -> list[Move]:
        """Return all that can happen until the client is in or has gone."""
        if world.connection in (UP, DOWN):
            return []
        moves = self._comes_to if world.connection == CONNECTING else [SERVER_DROPS]
        return [*moves, LOSES, self._fails[Trouble.SERVER_ENDS]]

    def at_rest(self, world: World) -> bool:
        """Tell whether the client is in, or has gone."""
        return world.connection in (UP, DOWN)

    # The moves, by their names

    def handshake_comes_to(self, world: World, what: Message) -> None:
        """The keys are agreed on, or they are not, or time is up."""
        assert what.event is not None
        if what is FAILS:
            world.responses = (ALERT,)
        self._fire(world, what.event)

    def server_drops(self, world: World) -> None:
        """The connection is closed behind what the client was told."""
        self._cut(world)

    def fails(self, world: World, trouble: Trouble) -> None:
        """The server is told to end."""
        self._fire(world, SHUTDOWN)

    def _cut(self, world: World) -> None:
        world.connection = DOWN
        self._fire(world, LOST)

    # What comes of it

    def _fire(self, world: World, event: Event) -> None:
        assert world.server is not None
        outcome = self._actor.fire(world.server, event)
        if outcome.fault is not None:
            raise outcome.fault
        world.server = outcome.after
        for effect in outcome.effects:
            self._perform(world, cast("HandshakeEffect", effect), event)
        (state,) = outcome.after.states
        if false := _false_claim(state, world):
            raise Broken(Rule.STATES, f"handshake is {state.name}: {false}")

    def _perform(self, world: World, effect: HandshakeEffect, event: Event) -> None:
        if world.connection == DOWN:
            raise Broken(Rule.STATES, "something is done with a connection that is closed")
        may_come_in = event == MAY_COME_IN.event
        match effect:
            case do.Admit(client):
                if not may_come_in or client != "kitchen":
                    raise Broken(Rule.LETS_IN, f"{client or 'nobody'} is let in")
                world.connection = UP
            case do.SendNotFound():
                if may_come_in or not isinstance(event, on.HandshakeCompleted):
                    raise Broken(Rule.LETS_IN, "it is refused, and may come in or is not known")
                world.responses += (ERRO,)
            case do.CloseWhenSent():
                if not world.responses:
                    raise Broken(Rule.REFUSAL_TOLD, "the connection is closed without a word")
                world.connection = DISCONNECTING
            case do.CloseAtOnce():
                if isinstance(event, on.HandshakeCompleted | on.HandshakeFailed):
                    raise Broken(Rule.REFUSAL_TOLD, "the connection is reset in place of a word")
                world.connection = DOWN
            case _:
                assert_never(effect)


def _false_claim(state: Enum, world: World) -> str:
    """Return what the state says and is not true, "" if all is."""
    if world.connection != CONNECTION[cast("HandshakeState", state)]:
        return f"the connection is {world.connection}"
    if world.connection == UP and world.responses:
        return "the client is in, and was told that it may not come in"
    if world.connection == DISCONNECTING and len(world.responses) != 1:
        return "the client is not told once why it is refused"
    return ""
