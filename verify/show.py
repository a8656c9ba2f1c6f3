"""One ordinary exchange: what a person types, and what comes of it when nothing goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verify.bounds import Bounds
from verify.exchange.world import World
from verify.model.moves import Model, Move
from verify.model.person import LEAVE, TYPED
from verify.rules import Broken
from verify.watched import Memory

WORDS = (*TYPED, LEAVE)
"""What may be typed: the songs of the model are A, whose ID is 1, and B, whose ID is 2."""
BOUNDS = Bounds("shown", losses=0, chunks=(3, 2), prebuffer=2, person=WORDS)
MOST_MOVES = 2000
_ORDER = (
    "connects",
    "writes",
    "client_receives",
    "server_receives",
    "server_sends",
    "report_received",
    "times_out",
    "server_drops",
    "disconnects",
    "exits",
    "plays_out",
    "stalls",
)
"""What happens first, where several moves can come: messages before time."""


class CannotShow(ValueError):
    """A word that cannot be typed there. The text says which, in one line."""


def ordinary(bounds: Bounds, words: Sequence[str]) -> tuple[Model, tuple[Move, ...]]:
    """Return the moves of the exchange in which a person types these words, each as soon as it can.

    words: of WORDS. It ends at rest, or at the move that breaks a rule. Raises CannotShow.
    """
    # Whatever may be typed is not held back by how much is on its way.
    wide = replace(bounds, person=WORDS, requests=len(words) + 4, messages=len(words) + 12)
    model = Model(wide, Memory())
    world, moves, left = model.start(), list[Move](), list(words)
    try:
        while len(moves) < MOST_MOVES and (move := _next(model, world, left)) is not None:
            moves.append(move)
            model.apply(world, move)
    except Broken:
        left = []
    if left:
        raise CannotShow(f"{left[0]!a} cannot be typed there: the client waits for an answer")
    return model, tuple(moves)


def _next(model: Model, world: World, left: list[str]) -> Move | None:
    """Return what happens next: the next word if it can be typed, else what is sure to happen."""
    moves = model.moves(world)
    # A person can leave at any time, but who types it does so at the prompt.
    if left and not (left[0] == LEAVE and model.client.locked(world.client)):
        typed = [move for move in moves if (move.name, move.arg) == ("person_acts", left[0])]
        if typed:
            left.pop(0)
            return typed[0]
    elif not left and model.at_rest(world):
        return None
    certain = [move for move in moves if move.certain]
    return min(certain, key=lambda move: _ORDER.index(move.name), default=None)
