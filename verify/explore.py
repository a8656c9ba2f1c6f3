"""Explores every state breadth first, then looks back from the states at rest."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fsm.table import Row
from verify.bounds import Bounds, Peers
from verify.exchange.world import State, state_of
from verify.model.handshakes import AnyHandshake
from verify.model.moves import Model, Move
from verify.model.one_sided import AnyClient, AnyServer
from verify.rules import Broken, Rule
from verify.watched import Memory, Said


@dataclass(slots=True)
class Exploration:
    """What was found. path: the shortest one to a state where a rule is broken."""

    bounds: Bounds
    states: int = 0
    transitions: int = 0
    depth: int = 0
    seconds: float = 0.0
    rows: set[tuple[str, Row]] = field(default_factory=set)
    said: set[Said] = field(default_factory=set)
    broken: Broken | None = None
    path: tuple[Move, ...] = ()
    exhausted: bool = True


def model_of(bounds: Bounds, memory: Memory) -> Model:
    """Return the model that belongs to the bounds."""
    kinds: dict[Peers, type[Model]] = {
        Peers.BOTH: Model,
        Peers.ANY_SERVER: AnyServer,
        Peers.ANY_CLIENT: AnyClient,
        Peers.ANY_HANDSHAKE: AnyHandshake,
    }
    return kinds[bounds.peers](bounds, memory)


@contextmanager
def garbage_collection_off() -> Iterator[None]:
    """Switch garbage collection off meanwhile: what is found is kept to the end anyway."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Explorer:
    """One breadth-first exploration; it keeps the move by which it reached each state first.

    memory: what other explorations of the same tables have found out about sessions.
    """

    def __init__(
        self, bounds: Bounds, most_states: int = 5_000_000, memory: Memory | None = None
    ) -> None:
        self.model = model_of(bounds, memory or Memory())
        self.bounds = bounds
        self._most_states = most_states
        start = state_of(self.model.start())
        self.states: list[State] = [start]
        self.numbers: dict[State, int] = {start: 0}
        self._reached_by: list[tuple[int, Move | None]] = [(-1, None)]
        self._certain: list[list[int]] = [[]]
        """For each state those from which a certain move leads to it."""
        self.watch: Callable[[int, Move, int], None] | None = None
        """Called with every step: from which state, by which move, to which."""
        self._transitions = 0
        self._depth = 0

    def run(self) -> Exploration:
        """Explore; then look for states from which the exchange cannot come to rest."""
        began = time.perf_counter()
        broken: Broken | None = None
        path: tuple[Move, ...] = ()
        with garbage_collection_off():
            at = self._forward()
        if isinstance(at, tuple):
            broken, path = at
        elif len(self.states) <= self._most_states and (stuck := self._stuck()) is not None:
            broken = Broken(Rule.COMES_TO_REST, "from here it never comes to rest")
            path = self.path_to(stuck)
        return Exploration(
            self.bounds,
            len(self.states),
            self._transitions,
            self._depth,
            time.perf_counter() - began,
            self.rows(),
            self.said(),
            broken,
            path,
        )

    def _forward(self) -> tuple[Broken, tuple[Move, ...]] | None:
        world, model = self.model.start(), self.model
        states, numbers, came, certain = self.states, self.numbers, self._reached_by, self._certain
        number, level_ends = 0, 1
        while number < len(states):
            if number == level_ends:
                self._depth += 1
                level_ends = len(states)
            state = states[number]
            world.load(state)
            for move in model.moves(world):
                world.load(state)
                try:
                    model.apply(world, move)
                except Broken as broken:
                    if broken.rule in self.bounds.ignored:
                        continue
                    return broken, (*self.path_to(number), move)
                self._transitions += 1
                reached = state_of(world)
                known = numbers.setdefault(reached, len(states))
                if known == len(states):
                    states.append(reached)
                    came.append((number, move))
                    certain.append([])
                if self.watch is not None:
                    self.watch(number, move, known)
                if move.certain:
                    certain[known].append(number)
            number += 1
            if len(states) > self._most_states:
                break
        return None

    def _stuck(self) -> int | None:
        """Return the first state from which no chain of certain moves leads to rest."""
        world = self.model.start()
        good = bytearray(len(self.states))
        todo = []
        for number, state in enumerate(self.states):
            world.load(state)
            if self.model.at_rest(world):
                good[number] = 1
                todo.append(number)
        while todo:
            for before in self._certain[todo.pop()]:
                if not good[before]:
                    good[before] = 1
                    todo.append(before)
        bad = good.find(0)
        return None if bad < 0 else bad

    def path_to(self, number: int) -> tuple[Move, ...]:
        """Return the shortest path to a state."""
        moves = []
        while number:
            number, move = self._reached_by[number]
            assert move is not None
            moves.append(move)
        return tuple(reversed(moves))

    def release(self) -> None:
        """Drop all that was found: it refers to itself, and garbage collection may be off."""
        self.states, self.numbers, self._reached_by, self._certain = [], {}, [], []
        for actor in self.model.actors:
            actor.release()

    def rows(self) -> set[tuple[str, Row]]:
        """Return the rows that have fired."""
        return {row for actor in self.model.actors for row in actor.rows_fired()}

    def said(self) -> set[Said]:
        """Return the events that the machines have told each other."""
        return {said for actor in self.model.actors for said in actor.events_said()}
