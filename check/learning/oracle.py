"""Looks for letters by which the server is not the machine that has been learned so far (AALpy)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from aalpy.base import Oracle
from aalpy.oracles import RandomWMethodEqOracle

from check.learning.letters import Letter
from check.learning.machine import START, Mealy

WALKS, WALK_LETTERS = 3, 3
"""For each state that was found, so many more words are said, to find another state."""
PROBES = 1
"""So many letters, the first of the alphabet (LIST), tell apart the states that the table has."""

Word = tuple[Letter, ...]


class TableOracle(Oracle):  # type: ignore[misc]  # AALpy has no types
    """Says every letter in every state that the table has, then walks by chance."""

    def __init__(self, letters: Sequence[Letter], sul: Any, table: Mealy) -> None:
        super().__init__(letters, sul)
        self._words = list(words(table))
        self._walks = RandomWMethodEqOracle(letters, sul, WALKS, WALK_LETTERS)

    def find_cex(self, hypothesis: Any) -> Word | None:
        """Return letters to which the hypothesis answers otherwise, None if none are found."""
        self._walks.sul = self.sul  # the learner has put its cache before it
        for word in self._words:
            answers = self.sul.query(word)
            supposed = hypothesis.execute_sequence(hypothesis.initial_state, word)
            for length, (answer, other) in enumerate(zip(answers, supposed, strict=True), 1):
                if answer != other:
                    return word[:length]
        found: Word | None = self._walks.find_cex(hypothesis)
        return found


def words(table: Mealy) -> Iterator[Word]:
    """Yield the way to each state, each letter in it, and what tells the next states apart."""
    for way in ways(table).values():
        for letter in table.letters:
            for probe in table.letters[:PROBES]:
                yield (*way, letter, probe)


def ways(table: Mealy) -> dict[str, Word]:
    """Return by which letters each state is reached that answers differently to some of them."""
    found: dict[str, Word] = {START: ()}
    work = deque([START])
    while work:
        state = work.popleft()
        for letter in table.letters:
            after = table.steps[state, letter].after
            if after not in found:
                found[after] = (*found[state], letter)
                work.append(after)
    return {state: way for state, way in found.items() if _answers(table, state) > 1}


def _answers(table: Mealy, state: str) -> int:
    return len({table.steps[state, letter].answer for letter in table.letters})
