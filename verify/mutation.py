"""Can the proof fail? Faults are put into the tables, and the explorer looks for each of them."""

from __future__ import annotations

import gc
import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from verify.mutant_search import Graph
from verify.mutant_suite import HUNTED
from verify.mutants import Fault, Mutant, mutants, refused

PROCESSES = 2
PATIENCE_S = 3.0
"""Of CPU time: a faulty table may talk to itself for ever, and that is found as well."""

REFUSED = "the table itself"
ENDLESS = "it talks to itself for ever"


class OutOfPatience(BaseException):
    """It does not come to an end."""


class Hunters:
    """All that is explored to find faults; made once, used for any number of them."""

    def __init__(self) -> None:
        self.graphs = [Graph(bounds) for bounds in HUNTED]

    def finder(self, mutant: Mutant) -> str:
        """In which exploration it is found, or how else; nothing if it is not."""
        if refused(mutant):
            return REFUSED
        try:
            with mutant.installed(), patience():
                found = (graph.name for graph in self.graphs if graph.hunt(mutant) is not None)
                return next(found, "")
        except OutOfPatience:
            return ENDLESS


def deleted_and_redirected() -> Iterator[Mutant]:
    """Every row deleted, and every row sent to one wrong state."""
    redirected = None
    for mutant in mutants():
        first = mutant.fault is Fault.REDIRECTED and mutant.row is not redirected
        if mutant.fault is Fault.DELETED or first:
            yield mutant
        redirected = mutant.row if first else redirected


@contextmanager
def patience() -> Iterator[None]:
    """Raises OutOfPatience in whatever takes too long."""
    signal.signal(signal.SIGVTALRM, _out_of_patience)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _out_of_patience(number: int, frame: FrameType | None) -> None:
    raise OutOfPatience


# A process that is forked has these already: nothing but numbers and words goes to and fro.
_look: Callable[[Mutant], str]
_chosen: Sequence[Mutant]


def search(look: Callable[[Mutant], str], chosen: Sequence[Mutant]) -> list[str]:
    """What `look` says of each of these mutants, in two processes."""
    global _look, _chosen
    _look, _chosen = look, chosen
    # What is here stays; without this each process would copy all of it.
    gc.collect()
    gc.freeze()
    try:
        with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
            return pool.map(_look_at, range(len(chosen)), chunksize=8)
    finally:
        gc.unfreeze()


def _look_at(number: int) -> str:
    return _look(_chosen[number])
