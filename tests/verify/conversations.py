"""Runs the conversations written by hand against a table, which may be a faulty one.

Tests that are drawn from the tables are left out: they would be as wrong as the table.
"""

import importlib
import itertools
from functools import cache

from verify.mutation import time_limit

CONVERSATIONS = {
    "server": ("test_server", "test_server_conversations"),
    "conversation": ("client.test_conversation", "client.test_client_conversations"),
    "link": ("client.test_link", "client.test_client_conversations"),
    "song": (
        "client.test_song",
        "client.test_client_conversations",
        "client.test_queue_conversations",
    ),
    "player": (
        "client.test_player",
        "client.test_client_conversations",
        "client.test_queue_conversations",
    ),
    "queue": (
        "client.test_queue",
        "client.test_queue_conversations",
        "client.test_sleep_conversations",
    ),
    "transport": (
        "client.test_transport",
        "client.test_transport_conversations",
        "client.test_sleep_conversations",
    ),
    "prompt": ("client.test_prompt",),
}
"""For each table the modules of `tests.fsm` in which its machine has a part."""


def fail(table):
    """Whether one of that table's conversations fails, or does not end."""
    try:
        with time_limit():
            for test, arguments in _cases(table):
                test(**arguments)
    except BaseException:  # pytest's own failures are no Exceptions
        return True
    return False


@cache
def _cases(table):
    """Every test of that table, with each of the arguments that it is parametrized with."""
    modules = [importlib.import_module(f"tests.fsm.{name}") for name in CONVERSATIONS[table]]
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
