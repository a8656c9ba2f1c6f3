"""A Mealy machine: what is answered to each letter in each state, and how two of them differ."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from check.learning.letters import Letter

START = "START"


@dataclass(frozen=True, slots=True)
class Step:
    """What a letter does: what is answered, and the next state."""

    answer: str
    after: str


@dataclass(frozen=True, slots=True)
class Mealy:
    """A machine that begins in START. steps: by state and letter."""

    steps: dict[tuple[str, Letter], Step]

    @property
    def states(self) -> list[str]:
        """The states, in the order in which they are reached."""
        return list(dict.fromkeys(state for state, _ in self.steps))

    @property
    def letters(self) -> list[Letter]:
        """The letters, in their order."""
        return list(dict.fromkeys(letter for _, letter in self.steps))


@dataclass(frozen=True, slots=True)
class Difference:
    """A letter that is answered otherwise. path: by which letters its state is reached."""

    path: tuple[Letter, ...]
    state: str
    letter: Letter
    answer: str
    expected: str


def differences(learned: Mealy, table: Mealy) -> list[Difference]:
    """Return where the learned machine answers otherwise, each at its shortest path.

    States are compared as far as the same letters lead: behind a letter that is answered otherwise
    nothing is comparable.
    """
    found: dict[tuple[str, Letter], Difference] = {}
    seen = {(START, START)}
    work = deque([(START, START, tuple[Letter, ...]())])
    while work:
        here, there, path = work.popleft()
        for letter in learned.letters:
            real, right = learned.steps[here, letter], table.steps[there, letter]
            if real.answer != right.answer:
                difference = Difference(path, here, letter, real.answer, right.answer)
                found.setdefault((here, letter), difference)
            elif (real.after, right.after) not in seen:
                seen.add((real.after, right.after))
                work.append((real.after, right.after, (*path, letter)))
    return list(found.values())


def named(machine: Mealy) -> Mealy:
    """Return the same machine with states that are called by the letters that lead to them."""
    names = {START: START}
    work = deque([START])
    while work:
        state = work.popleft()
        for letter in machine.letters:
            after = machine.steps[state, letter].after
            if after not in names:
                way = str(letter) if state == START else f"{names[state]}; {letter}"
                names[after] = f"after {way}" if state == START else way
                work.append(after)
    ordered = list(names)
    return Mealy(
        {
            (names[state], letter): Step(
                machine.steps[state, letter].answer,
                names[machine.steps[state, letter].after],
            )
            for state in ordered
            for letter in machine.letters
        }
    )
