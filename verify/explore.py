"""Breadth first through every state, and back again from where the exchange has come to rest."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from fsm.table import Row
from verify.bounds import Bounds, Peers
from verify.model import Model, Move
from verify.one_sided import AnyClient, AnyServer
from verify.rules import Broken, Rule
from verify.snapshots import Said
from verify.world import State, freeze


@dataclass(slots=True)
class Exploration:
    """What was found. path: the shortest way to the state where a rule is broken."""

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


def model_of(bounds: Bounds) -> Model:
    """The model that belongs to the bounds."""
    kinds: dict[Peers, type[Model]] = {
        Peers.BOTH: Model,
        Peers.ANY_SERVER: AnyServer,
        Peers.ANY_CLIENT: AnyClient,
    }
    return kinds[bounds.peers](bounds)


@contextmanager
def no_search_for_garbage() -> Iterator[None]:
    """What is found is kept to the end: looking for garbage among it would only cost time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Explorer:
    """One breadth-first search; remembers how it came to each state."""

    def __init__(self, bounds: Bounds, most_states: int = 5_000_000) -> None:
        self.model = model_of(bounds)
        self.bounds = bounds
        self._most_states = most_states
        start = freeze(self.model.start())
        self.states: list[State] = [start]
        self.numbers: dict[State, int] = {start: 0}
        self._came: list[tuple[int, Move | None]] = [(-1, None)]
        self._certain: list[list[int]] = [[]]
        """For each state those from which it follows without anybody's will or bad luck."""
        self.watch: Callable[[int, Move, int], None] | None = None
        """Told of every step: from which state, by which move, to which."""
        self._transitions = 0
        self._depth = 0

    def run(self) -> Exploration:
        """Explore, and look back."""
        began = time.perf_counter()
        broken: Broken | None = None
        path: tuple[Move, ...] = ()
        with no_search_for_garbage():
            at = self._forward()
        if isinstance(at, tuple):
            broken, path = at
        elif len(self.states) <= self._most_states and (stuck := self._stuck()) is not None:
            broken = Broken(Rule.COMES_TO_REST, "from here it never comes to rest")
            path = self.way(stuck)
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
        states, numbers, came, certain = self.states, self.numbers, self._came, self._certain
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
                    return broken, (*self.way(number), move)
                self._transitions += 1
                reached = freeze(world)
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
        """The first state from which no chain of certain moves leads to rest."""
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

    def way(self, number: int) -> tuple[Move, ...]:
        """The shortest way to a state."""
        moves = []
        while number:
            number, move = self._came[number]
            assert move is not None
            moves.append(move)
        return tuple(reversed(moves))

    def forget(self) -> None:
        """Let go of all that was found; else it would hold itself until it is searched for."""
        self.states, self.numbers, self._came, self._certain = [], {}, [], []
        for actor in self.model.actors:
            actor.forget()

    def rows(self) -> set[tuple[str, Row]]:
        """The rows that have fired."""
        return {row for actor in self.model.actors for row in actor.rows_fired()}

    def said(self) -> set[Said]:
        """The events that the machines have told each other."""
        return {said for actor in self.model.actors for said in actor.events_said()}
