"""Can the proof fail? Faults are put into the tables, and the explorer searches for each."""

from __future__ import annotations

import gc
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from fsm.table import TableError
from verify.mutation.graph import Graph
from verify.mutation.mutants import Fault, Mutant, mutants
from verify.mutation.suite import SEARCHED
from verify.watched import Memory

PROCESSES = 2
TIME_LIMIT_S = 6.0
"""Of CPU time: machines of a faulty table may tell each other things for ever."""

REFUSED = "the table itself"
ENDLESS = "it talks to itself for ever"


class TimeLimitReached(BaseException):
    """What a faulty table does has not come to an end in TIME_LIMIT_S."""


class Searcher:
    """All graphs in which faults are searched for; made once, used for any number of them."""

    def __init__(self) -> None:
        memory = Memory()
        self.graphs = [Graph(bounds, memory) for bounds in SEARCHED]

    def found_by(self, mutant: Mutant) -> str:
        """Return what finds the mutant: the name of an exploration, REFUSED, ENDLESS, or ""."""
        try:
            with mutant.installed(), time_limit():
                found = (graph.name for graph in self.graphs if graph.search(mutant) is not None)
                return next(found, "")
        except TableError:
            return REFUSED
        except TimeLimitReached:
            return ENDLESS


def deleted_and_redirected() -> Iterator[Mutant]:
    """Yield every row deleted, and every row sent to one wrong state."""
    redirected = None
    for mutant in mutants():
        first = mutant.fault is Fault.REDIRECTED and mutant.row is not redirected
        if mutant.fault is Fault.DELETED or first:
            yield mutant
        redirected = mutant.row if first else redirected


@contextmanager
def time_limit() -> Iterator[None]:
    """Raise TimeLimitReached in what takes longer than TIME_LIMIT_S of CPU time."""
    signal.signal(signal.SIGVTALRM, _time_limit_reached)
    signal.setitimer(signal.ITIMER_VIRTUAL, TIME_LIMIT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _time_limit_reached(number: int, frame: FrameType | None) -> None:
    raise TimeLimitReached


# A process that is forked has these already: only numbers and words are sent between them.
_function: Callable[[Mutant], str]
_chosen: Sequence[Mutant]


def in_processes(function: Callable[[Mutant], str], chosen: Sequence[Mutant]) -> list[str]:
    """Return what the function returns for each of the mutants; PROCESSES run at once."""
    global _function, _chosen
    _function, _chosen = function, chosen
    # What is in memory stays; else garbage collection would make each process copy all of it.
    gc.collect()
    gc.freeze()
    try:
        with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
            return pool.map(_call, range(len(chosen)), chunksize=8)
    finally:
        gc.unfreeze()


def _call(number: int) -> str:
    return _function(_chosen[number])
