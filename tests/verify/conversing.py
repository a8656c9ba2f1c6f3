"""Do the conversations that are written by hand notice that a table is faulty?

The tests that are drawn from the tables cannot: they would be as wrong as the table.
"""

import importlib
import itertools
import signal
from contextlib import contextmanager
from functools import cache

CONVERSATIONS = {
    "server": ("server", "server_conversations"),
    "conversation": ("conversation", "client_conversations"),
    "link": ("link", "client_conversations"),
    "playback": ("playback", "client_conversations", "queue_conversations"),
    "ahead": ("ahead", "queue_conversations"),
    "queue": ("queue", "queue_conversations"),
    "transport": ("transport", "transport_conversations"),
    "prompt": ("prompt",),
}
"""For each table the modules of `tests.fsm` in which its machine has a part."""

PATIENCE_S = 3.0
"""Of CPU time: a faulty table may talk to itself for ever, and that is noticed as well."""


class OutOfPatience(BaseException):
    """It does not come to an end."""


def fail(table):
    """Does one of that table's conversations fail, or never end?"""
    try:
        with patience():
            for test, arguments in _cases(table):
                test(**arguments)
    except BaseException:  # pytest's own failures are no Exceptions
        return True
    return False


@contextmanager
def patience():
    """Raises OutOfPatience in whatever takes too long."""
    signal.signal(signal.SIGVTALRM, _out_of_patience)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _out_of_patience(number, frame):
    raise OutOfPatience


@cache
def _cases(table):
    """Every test of that table, with each of the arguments that it is parametrized with."""
    modules = [importlib.import_module(f"tests.fsm.test_{name}") for name in CONVERSATIONS[table]]
    tests = [test for m in modules for name, test in vars(m).items() if name.startswith("test_")]
    return [(test, arguments) for test in tests for arguments in _arguments(test)]


def _arguments(test):
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    each = [[_named(mark.args[0], case) for case in mark.args[1]] for mark in marks]
    for parts in itertools.product(*each):
        yield {name: value for part in parts for name, value in part.items()}


def _named(names, case):
    if isinstance(names, str):
        return {names: case}
    return dict(zip(names, case, strict=True))
