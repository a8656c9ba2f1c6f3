"""Random walks through exchanges that are too large to be explored whole.

The moves, and the rules that each of them is held against, are those of `alfine verify`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from verify.bounds import Bounds, Peers, ServerKind, Trouble
from verify.exchange.world import World
from verify.explore import model_of
from verify.model.moves import Model, Move
from verify.model.person import LEAVE, TYPED
from verify.rules import Broken
from verify.suites.default import PROVEN
from verify.watched import Memory

WALK_MOVES = 400
REST_MOVES = 3000
"""Of what is certain to happen, which is to bring a walk to rest at its end."""
KEPT_MOVES = 50_000
"""After so many the model is made anew: it keeps every state of the machines."""

ALL = (*TYPED, "interrupt", LEAVE)
_PLAYER = (
    Trouble.UNDECODABLE,
    Trouble.OUTPUT_FAILS,
    Trouble.CONNECT_FAILS,
    Trouble.DEVICE_GOES,
    Trouble.NEXT_BUFFER_FULL,
)
_SERVER = (Trouble.FILE_FAILS, Trouble.SERVER_ENDS, Trouble.FALLS_SILENT)
EVERYTHING = Bounds(
    "everything at once",
    requests=3,
    losses=None,
    person=ALL,
    chunks=(3, 2),
    prebuffer=2,
    dry=True,
    flow=True,
    troubles=4,
    trouble=(*_SERVER, *_PLAYER),
)
_PLAIN = replace(EVERYTHING, full=True, troubles=0, trouble=())
LARGE = (
    EVERYTHING,
    replace(_PLAIN, name="everything, plain, refuses", server=ServerKind.REFUSING),
    replace(_PLAIN, name="everything, plain, ignores", server=ServerKind.IGNORING),
    replace(_PLAIN, name="everything, plain, repeats", server=ServerKind.REPEATING),
    replace(_PLAIN, name="everything, plain, told", server=ServerKind.IGNORING, plain=True),
    replace(
        EVERYTHING,
        name="everything, any server",
        peers=Peers.ANY_SERVER,
        timely=False,
        trouble=_PLAYER,
    ),
)


def widened(bounds: Bounds) -> Bounds:
    """Return what `alfine verify` explores with more at once than it can explore.

    Not where a person would then act on a part of a list, of which the model says nothing; nor
    where the model's server ends by what is no request.
    """
    known_whole = {Trouble.RENUMBERED, Trouble.SONG_GONE} & set(bounds.trouble)
    more = 0 if known_whole or bounds.server is ServerKind.ONE_SONG else 1
    return replace(bounds, requests=bounds.requests + more, messages=12)


BOUNDS = (*LARGE, *map(widened, PROVEN))


class Walks:
    """Walks within some bounds. moves: how many there were. rests: how often it came to rest."""

    def __init__(self, bounds: Bounds, rng: Random) -> None:
        self.bounds, self._rng = bounds, rng
        self.moves = self.walks = 0
        self.trail: list[Move] = []

    def go(self, count: int) -> None:
        """Make so many moves, in many walks. Raises Broken, with the walk as a note."""
        while self.moves < count:
            model, until = model_of(self.bounds, Memory()), min(count, self.moves + KEPT_MOVES)
            while self.moves < until:
                try:
                    self._walk(model)
                except Exception as error:
                    error.add_note(f"{self.bounds.name}: {' / '.join(map(str, self.trail))}")
                    raise

    def _walk(self, model: Model) -> None:
        world, self.trail = model.start(), []
        self.walks += 1
        for _ in range(WALK_MOVES):
            if (move := self._choose(model.moves(world))) is None:
                return
            if not self._move(model, world, move):
                return
        if self.bounds.peers is Peers.BOTH:  # another side may never answer
            self._come_to_rest(model, world)

    def _come_to_rest(self, model: Model, world: World) -> None:
        for _ in range(REST_MOVES):
            if model.at_rest(world):
                return
            certain = [move for move in model.moves(world) if move.certain]
            assert certain, f"nothing can happen, and it is not at rest: {world}"
            if not self._move(model, world, self._rng.choice(certain)):
                return
        raise AssertionError(f"it does not come to rest: {world}")

    def _choose(self, moves: list[Move]) -> Move | None:
        """Prefer what goes on by itself, so that more is in flight than what a person does."""
        rng = self._rng
        certain = [move for move in moves if move.certain]
        others = list(self._others(moves))
        if certain and (not others or rng.random() < 0.75):
            return rng.choice(certain)
        return rng.choice(others) if others else None

    def _others(self, moves: list[Move]) -> Iterator[Move]:
        for move in moves:
            if not move.certain and (move.arg != LEAVE or self._rng.random() < 0.02):
                yield move

    def _move(self, model: Model, world: World, move: Move) -> bool:
        """Make a move; return whether the walk goes on."""
        self.trail.append(move)
        self.moves += 1
        try:
            model.apply(world, move)
        except Broken as broken:
            if broken.rule not in self.bounds.ignored:
                raise
            return False
        return True
