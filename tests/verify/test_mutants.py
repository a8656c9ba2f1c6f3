"""The proof can fail: a fault in any row of any table is found, by the explorer or by a test.

Each row in turn is deleted, and sent to a wrong state. Whoever survives is printed.
"""

import gc
import importlib
import inspect
import multiprocessing
import os
import signal

import pytest

from verify.hunt import Graph
from verify.mutants import Fault, mutants, refused
from verify.suite import HUNTED

CONVERSATIONS = [
    importlib.import_module(f"tests.fsm.test_{name}")
    for name in (
        "client_conversations",
        "server_conversations",
        "queue_conversations",
        "transport_conversations",
        "prompt",
    )
]
"""Written by hand; the tests that are drawn from the tables cannot find a wrong one."""
AT_LEAST_CAUGHT = 0.95
PROCESSES = 2
PATIENCE_S = 20
"""A faulty table may talk to itself for ever: that is found as well."""


PROTOCOL = {"server", "conversation", "link", "prompt"}
"""The tables that the explorer's person reaches whole; it does not seek, pause or queue."""


def one_wrong_state_each():
    """Every row deleted, and every row sent to the first state that it does not lead to."""
    redirected = set()
    for mutant in mutants():
        if mutant.session.table.name not in PROTOCOL:
            continue
        if mutant.fault is Fault.DELETED:
            yield mutant
        elif mutant.fault is Fault.REDIRECTED and mutant.row not in redirected:
            redirected.add(mutant.row)
            yield mutant


EVERY = int(os.environ.get("ALFINE_EVERY_MUTANT", "6"))
"""The usual run takes every sixth; with 1 in the environment all of them, in two minutes more."""
MUTANTS = list(one_wrong_state_each())[::EVERY]
GRAPHS = []


def caught_by(number):
    """Who finds this mutant; "" for nobody."""
    mutant = MUTANTS[number]
    if refused(mutant):
        return "the table itself"
    signal.alarm(PATIENCE_S)
    try:
        with mutant.installed():
            if any(graph.hunt(mutant) is not None for graph in GRAPHS):
                return "the explorer"
            if conversations_fail():
                return "a conversation"
    except TimeoutError:
        return "talking for ever"
    finally:
        signal.alarm(0)
    return ""


def conversations_fail():
    """Does a conversation written by hand fail?"""
    for module in CONVERSATIONS:
        for name, test in vars(module).items():
            if name.startswith("test_") and not inspect.signature(test).parameters:
                try:
                    test()
                except TimeoutError:
                    raise
                except BaseException:  # pytest's own failures are no Exceptions
                    return True
    return False


def out_of_patience(number, frame):
    raise TimeoutError


@pytest.mark.timeout(300)
def test_faulty_rows_are_found(capsys):
    assert not conversations_fail(), "without a fault nothing is to be found"
    GRAPHS.extend(Graph(bounds) for bounds in HUNTED)
    gc.freeze()  # else every forked process copies what it looks at
    signal.signal(signal.SIGALRM, out_of_patience)
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
