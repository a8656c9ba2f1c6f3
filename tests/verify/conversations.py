"""Runs the conversations written by hand against a table, which may be a faulty one.

Tests that are drawn from the tables are left out: they would be as wrong as the table.
"""

import importlib
import itertools
from functools import cache
from unittest import mock

from fsm.table import Session
from verify.mutation.searcher import time_limit

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
    "handshake": ("test_handshake",),
}
"""For each table the modules of `tests.fsm` in which its machine has a part."""


def fail(tests):
    """Whether one of the tests fails, or does not end."""
    try:
        with time_limit():
            for test, arguments in tests:
                test(**arguments)
    except BaseException:  # pytest's own failures are no Exceptions
        return True
    return False


@cache
def of_table(table):
    """Every test of that table, with each of the arguments that it is parametrized with."""
    modules = [importlib.import_module(f"tests.fsm.{name}") for name in CONVERSATIONS[table]]
    tests = [test for m in modules for name, test in vars(m).items() if name.startswith("test_")]
    return [(test, arguments) for test in tests for arguments in _arguments(test)]


def that_try(group):
    """The tests in which rows of that group are tried, and those that may read the table itself."""
    return [test for test, groups in _groups_of_each(group[0]) if group in groups or not groups]


@cache
def _groups_of_each(table):
    """Each test of that table with the groups of rows that it tries; the table is correct."""
    return [(case, _groups(*case)) for case in of_table(table)]


def _groups(test, arguments):
    handle, groups = Session.handle, set()

    def noting(session, event):
        groups.add((session.table.name, session.state, type(event)))
        return handle(session, event)

    with mock.patch.object(Session, "handle", noting):
        test(**arguments)
    return groups


def _arguments(test):
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    each = [[_named(mark.args[0], case) for case in mark.args[1]] for mark in marks]
    for parts in itertools.product(*each):
        yield {name: value for part in parts for name, value in part.items()}


def _named(names, case):
    if isinstance(names, str):
        return {names: case}
    return dict(zip(names, case, strict=True))
