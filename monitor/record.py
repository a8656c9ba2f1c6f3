"""What a process keeps of its machines' steps: how often each row has fired, and the last steps.

It observes and changes nothing. A step costs it a few additions; nothing is put into words here.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from enum import Enum

from fsm.table import Step
from monitor.catalogue import Catalogue

KEPT_STEPS = 24
"""Of each machine, or connection."""
KEPT_ENDED = 64
"""So many that have reached a final state keep their steps, for whoever looks at one just then."""
KEPT_CHANGES = 20
"""Changes of state between two samples; more of them nobody could read."""


class Entry:
    """A step, or several of the same row in a row, of which the last is kept. Times: Unix."""

    __slots__ = ("last_at", "since", "step", "times")

    def __init__(self, at: float, step: Step) -> None:
        self.since = self.last_at = at
        self.step = step
        self.times = 1

    def __repr__(self) -> str:
        return f"<Entry {self.step.row} × {self.times}>"


History = deque[Entry]


class Record:
    """The steps of all machines of one process, each under its name.

    fired: how often, by the numbers of the catalogue. clock: for tests.
    """

    def __init__(self, catalogue: Catalogue, clock: Callable[[], float] = time.time) -> None:
        self._numbers = catalogue.row_numbers
        self._finals = catalogue.finals
        self._clock = clock
        self.fired = [0] * len(catalogue.rows)
        self._histories: dict[str, History] = {}
        self._ended: OrderedDict[str, History] = OrderedDict()
        self._watched = False
        self._touched: dict[str, Enum] = {}
        self._changes: deque[tuple[float, Step]] = deque(maxlen=KEPT_CHANGES)

    def __repr__(self) -> str:
        return f"<Record {sum(self.fired)} steps of {len(self._histories)}>"

    def observe(self, step: Step) -> None:
        """Observe one step (an `Observer`)."""
        self.fired[self._numbers[id(step.row)]] += 1
        now = self._clock()
        self._keep(now, step)
        if self._watched:
            self._touched[step.machine] = step.after
            if step.after is not step.before:
                self._changes.append((now, step))

    def _keep(self, now: float, step: Step) -> None:
        history = self._histories.get(step.machine)
        if history is None:
            history = self._histories[step.machine] = deque(maxlen=KEPT_STEPS)
        if len(history) > 1 and history[-1].step.row is history[-2].step.row is step.row:
            # 2,500 messages of audio are two entries: the first, and all the others.
            last = history[-1]
            last.step, last.last_at, last.times = step, now, last.times + 1
        else:
            history.append(Entry(now, step))
        if step.after in self._finals:
            self._ended[step.machine] = self._histories.pop(step.machine)
            if len(self._ended) > KEPT_ENDED:
                self._ended.popitem(last=False)

    def history(self, name: str) -> list[Entry]:
        """Return the last steps of one machine, the oldest first; [] for one that is not known."""
        return list(self._histories.get(name) or self._ended.get(name) or ())

    # While somebody watches

    def watch(self, watched: bool) -> None:
        """Begin or end to keep what `take_touched` and `take_changes` return."""
        self._watched = watched
        self._touched = {}
        self._changes.clear()

    def take_touched(self) -> dict[str, Enum]:
        """Return which machines took a step since the last call, and their states."""
        touched, self._touched = self._touched, {}
        return touched

    def take_changes(self) -> list[tuple[float, Step]]:
        """Return the last changes of state since the last call, and when they were."""
        changes = list(self._changes)
        self._changes.clear()
        return changes
