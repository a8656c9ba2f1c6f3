"""Do the conversations that are written by hand notice that a table is faulty?

The tests that are drawn from the tables cannot: they would be as wrong as the table.
"""

import importlib
import inspect
import itertools
import signal

PATIENCE_S = 3.0
"""Of CPU time: a faulty table may talk to itself for ever, and that is found as well."""

CONVERSATIONS = {
    "server": ("server", "server_conversations"),
    "conversation": ("conversation", "client_conversations"),
    "link": ("link", "client_conversations"),
    "playback": ("playback", "client_conversations", "queue_conversations"),
    "prompt": ("prompt",),
    "queue": ("queue", "queue_conversations"),
    "transport": ("transport", "transport_conversations"),
    "ahead": ("ahead", "queue_conversations"),
}
"""For each table those in which its machine has a part."""


class OutOfPatience(BaseException):
    """The conversation does not come to an end."""


def _out_of_patience(number, frame):
    raise OutOfPatience


def _cases(name):
    """Every test of a module, with each of the arguments that it is parametrized with."""
    module = importlib.import_module(f"tests.fsm.test_{name}")
    tests = [test for name, test in vars(module).items() if name.startswith("test_")]
    return [(test, case) for test in tests for case in _arguments(test)]


def _arguments(test):
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    cases = [dict(zip(names, values)) for names, values in ()]
    each = [[_named(mark.args[0], values) for values in mark.args[1]] for mark in marks]
    cases = [{k: v for part in parts for k, v in part.items()} for parts in itertools.product(*each)]
    assert all(set(case) == set(inspect.signature(test).parameters) for case in cases), test
    return cases


def _named(names, values):
    values = getattr(values, "values", values)
    if isinstance(names, str):
        names = [name.strip() for name in names.split(",")]
        values = values if len(names) > 1 else (values,)
    return dict(zip(names, values, strict=True))


ALL = {}


def cases(table):
    if table not in ALL:
        ALL[table] = [c for n in CONVERSATIONS[table] for c in _cases(n)]
    return ALL[table]



def fails(table):
    """Does one of that table's conversations fail? It may also never end."""
    signal.signal(signal.SIGVTALRM, _out_of_patience)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE_S)
    try:
        for test, arguments in cases(table):
            test(**arguments)
    except BaseException as e:  # pytest's own failures are no Exceptions
        return True
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return False
