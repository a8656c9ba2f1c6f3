"""Searches for the rule that a faulty table breaks, without exploring everything anew.

A graph is an exploration of the correct tables that keeps which rows decided each step. With one
fault only the steps that its rows decide are taken again, and what is new from there is explored.
What is found is what a whole exploration would find.
"""

from __future__ import annotations

from collections import deque

from verify.bounds import Bounds
from verify.exchange.world import State, state_of
from verify.explore import Explorer
from verify.model.moves import Move
from verify.mutation.mutants import Mutant
from verify.rules import Broken, Rule
from verify.snapshots import Outcome
from verify.watched import Group, Memory

MOST_NEW_STATES = 20_000
"""A fault can make the state space infinite: the search ends there."""


class Graph:
    """The states of the correct tables within some bounds, their steps, and what decided them."""

    def __init__(self, bounds: Bounds, memory: Memory) -> None:
        self.name = bounds.name
        explorer = Explorer(bounds, memory=memory)
        self.model, self.states = explorer.model, explorer.states
        self.numbers = explorer.numbers
        self.deciding: dict[Group, set[int]] = {}
        """For each group of rows the states from which it decides some step."""
        self.steps: list[list[tuple[int, bool]]] = []
        """For each state where its steps lead, and whether each is certain."""
        used: list[Outcome] = []
        for actor in self.model.actors:
            actor.used = used
        explorer.watch = lambda number, move, reached: self._note(used, number, move, reached)
        found = explorer.run()
        assert found.broken is None, f"{bounds.name}: {found.broken}"
        self._pad(len(self.states))
        for actor in self.model.actors:
            actor.used = None
        world = self.model.start()
        self.at_rest = bytearray(len(self.states))
        for number, state in enumerate(self.states):
            world.load(state)
            self.at_rest[number] = self.model.at_rest(world)

    def _note(self, used: list[Outcome], number: int, move: Move, reached: int) -> None:
        self._pad(number + 1)
        self.steps[number].append((reached, move.certain))
        for outcome in used:
            for group in outcome.groups:
                self.deciding.setdefault(group, set()).add(number)
        used.clear()

    def _pad(self, size: int) -> None:
        """Give a state from which nothing more can happen an empty list of steps."""
        while len(self.steps) < size:
            self.steps.append([])

    def search(self, mutant: Mutant) -> Broken | None:
        """Return the rule that the mutant breaks within these bounds. It must be installed."""
        deciding = self.deciding.get(mutant.group)
        if deciding is None:
            return None
        for actor in self.model.actors:
            actor.rewrite(mutant.group)
        try:
            return _Search(self, deciding).run()
        finally:
            for actor in self.model.actors:
                actor.rewrite(None)


class _Search:
    """One walk through a graph, with one fault."""

    def __init__(self, graph: Graph, deciding: set[int]) -> None:
        self._graph, self._deciding = graph, deciding
        self._new: list[State] = []
        self._new_numbers: dict[State, int] = {}
        self._seen = bytearray(len(graph.states))
        self._queue: deque[int] = deque()
        self._certain: dict[int, list[int]] = {}
        """For each state those from which a certain step leads to it."""
        self._world = graph.model.start()

    def run(self) -> Broken | None:
        """Follow the steps; then look for states from which it cannot come to rest."""
        self._see(0)
        known = len(self._graph.states)
        cut_off = False
        while self._queue:
            number = self._queue.popleft()
            if number < known and number not in self._deciding:
                self._follow(number)
            elif len(self._new) > MOST_NEW_STATES:
                cut_off = True
            elif (broken := self._explore(number)) is not None:
                return broken
        return None if cut_off else self._look_back()

    def _see(self, number: int) -> None:
        if number < len(self._seen) and not self._seen[number]:
            self._seen[number] = 1
            self._queue.append(number)

    def _follow(self, number: int) -> None:
        """Take the steps of the correct tables."""
        for reached, certain in self._graph.steps[number]:
            if not self._seen[reached]:
                self._seen[reached] = 1
                self._queue.append(reached)
            if certain:
                self._certain.setdefault(reached, []).append(number)

    def _explore(self, number: int) -> Broken | None:
        """Take the steps of the faulty table."""
        world, model = self._world, self._graph.model
        state = self._state(number)
        world.load(state)
        for move in model.moves(world):
            world.load(state)
            try:
                model.apply(world, move)
            except Broken as broken:
                if broken.rule in model.bounds.ignored:
                    continue
                return broken
            reached = self._number(state_of(world))
            if move.certain:
                self._certain.setdefault(reached, []).append(number)
        return None

    def _state(self, number: int) -> State:
        known = len(self._graph.states)
        return self._graph.states[number] if number < known else self._new[number - known]

    def _number(self, state: State) -> int:
        number = self._graph.numbers.get(state)
        if number is not None:
            self._see(number)
            return number
        number = self._new_numbers.get(state)
        if number is None:
            number = self._new_numbers[state] = len(self._graph.states) + len(self._new)
            self._new.append(state)
            self._queue.append(number)
        return number

    def _look_back(self) -> Broken | None:
        """Return the rule broken by a state that was seen and from which nothing leads to rest."""
        known = len(self._graph.states)
        good = bytearray(known + len(self._new))
        todo = [n for n in range(known) if self._seen[n] and self._graph.at_rest[n]]
        for number, state in enumerate(self._new, known):
            self._world.load(state)
            if self._graph.model.at_rest(self._world):
                todo.append(number)
        for number in todo:
            good[number] = 1
        while todo:
            for before in self._certain.get(todo.pop(), ()):
                if not good[before]:
                    good[before] = 1
                    todo.append(before)
        seen = self._seen + b"\1" * len(self._new)
        if all(good[n] or not seen[n] for n in range(len(good))):
            return None
        return Broken(Rule.COMES_TO_REST, "there is a state from which it never comes to rest")
