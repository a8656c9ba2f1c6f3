"""Do the conversations that are written by hand notice that a table is faulty?

The tests that are drawn from the tables cannot: they would be as wrong as the table.
"""

import importlib
import itertools
from functools import cache

from verify.mutation import patience

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


def fail(table):
    """Does one of that table's conversations fail, or never end?"""
    try:
        with patience():
            for test, arguments in _cases(table):
                test(**arguments)
    except BaseException:  # pytest's own failures are no Exceptions
        return True
    return False


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
