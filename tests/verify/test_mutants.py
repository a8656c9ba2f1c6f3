"""The proof can fail: a fault in any row of any table is found, by the explorer or by a test.

Each row in turn is deleted, and sent to a wrong state. Whoever survives is printed, with the reason
where there is a good one.
"""

import contextlib
import gc
import io
import multiprocessing
from pathlib import Path

import pytest

from verify.hunt import Graph
from verify.mutants import Fault, mutants, refused
from verify.suite import HUNTED

CONVERSATIONS = sorted(
    str(path)
    for path in (Path(__file__).parent.parent / "fsm").glob("test_*.py")
    if path.name != "test_tables.py"  # drawn from the tables: it cannot find a wrong one
)
AT_LEAST_CAUGHT = 0.95
PROCESSES = 2


def one_wrong_state_each():
    """Every row deleted, and every row sent to the first state that it does not lead to."""
    redirected = set()
    for mutant in mutants():
        if mutant.fault is Fault.DELETED:
            yield mutant
        elif mutant.fault is Fault.REDIRECTED and mutant.row not in redirected:
            redirected.add(mutant.row)
            yield mutant


MUTANTS = list(one_wrong_state_each())
GRAPHS = []


def caught_by(number):
    """Who finds this mutant; "" for nobody."""
    mutant = MUTANTS[number]
    if refused(mutant):
        return "the table itself"
    with mutant.installed():
        for graph in GRAPHS:
            if graph.hunt(mutant) is not None:
                return "the explorer"
        return "a conversation" if conversations_fail() else ""


def conversations_fail():
    """Does a conversation written by hand fail?"""
    silence = io.StringIO()
    with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
        options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
        return pytest.main([*options, *CONVERSATIONS]) != 0


@pytest.mark.timeout(600)
def test_faulty_rows_are_found(capsys):
    assert not conversations_fail(), "without a fault nothing is to be found"
    GRAPHS.extend(Graph(bounds) for bounds in HUNTED)
    gc.freeze()  # else every forked process copies what it looks at
    with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
        verdicts = pool.map(caught_by, range(len(MUTANTS)), chunksize=4)
    survivors = [mutant for mutant, found in zip(MUTANTS, verdicts, strict=True) if not found]
    caught = 1 - len(survivors) / len(MUTANTS)
    with capsys.disabled():
        print(f"\n{len(MUTANTS)} faulty tables, {caught:.1%} found; by")
        for finder in sorted(set(filter(None, verdicts))):
            print(f"    {finder}: {verdicts.count(finder)}")
        for mutant in survivors:
            print(f"    survives: {mutant}")
    assert caught >= AT_LEAST_CAUGHT
