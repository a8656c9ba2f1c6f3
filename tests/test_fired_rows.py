"""The rows that the tests fire are counted, and a whole run fails if one is left out."""

import json
from collections import Counter
from types import SimpleNamespace

import pytest

from fsm import events as on
from fsm.server import IDLE, SERVER, ServerSession
from tests import fired_rows

LIST = ("server", "IDLE --ListRequested / send_list--> LISTING")
ALL = Counter({(name, str(row)): 1 for name, row in fired_rows.ROWS.values()})
TESTPATHS = pytest.Config.ArgsSource.TESTPATHS


def config(**options):
    chosen = dict.fromkeys(
        (
            "keyword",
            "markexpr",
            "deselect",
            "ignore",
            "ignore_glob",
            "lf",
            "collectonly",
            "stepwise",
        )
    )
    option = SimpleNamespace(**chosen | options)
    return SimpleNamespace(args_source=options.get("source", TESTPATHS), option=option)


def test_a_row_that_fires_here_is_counted():
    before = fired_rows.collected()[LIST]
    ServerSession({1}).handle(on.ListRequested())
    assert fired_rows.collected()[LIST] == before + 1


def test_a_row_that_a_test_forces_is_not():
    before = fired_rows.collected()
    forced = type("Forced", (ServerSession,), {"song_known": lambda self, event: True})({})
    forced.handle(on.PlayRequested(9))
    assert forced.state is not IDLE
    assert fired_rows.collected() == before


def test_what_workers_have_counted_is_added(monkeypatch):
    monkeypatch.setattr(fired_rows, "fired", Counter({LIST: 2}))
    node = SimpleNamespace(workeroutput={"fired_rows": [(*LIST, 5)]})
    fired_rows.pytest_testnodedown(node, None)
    fired_rows.pytest_testnodedown(SimpleNamespace(), "it crashed")
    assert fired_rows.fired == Counter({LIST: 7})


def test_rows_that_nothing_has_fired_are_named():
    assert fired_rows.never_fired(ALL) == []
    assert fired_rows.never_fired(ALL - Counter({LIST: 1})) == [": ".join(LIST)]
    assert len(fired_rows.never_fired(Counter())) == len(ALL)


@pytest.mark.parametrize(
    "options",
    [{"keyword": "x"}, {"lf": True}, {"deselect": ["x"]}, {"collectonly": True}, {"source": None}],
    ids=str,
)
def test_a_run_of_some_tests_is_not_judged(options):
    assert fired_rows.is_whole(config())
    assert not fired_rows.is_whole(config(**options))


@pytest.mark.parametrize(
    ("fired", "code", "after"),
    [
        (ALL, pytest.ExitCode.OK, pytest.ExitCode.OK),
        (ALL - Counter({LIST: 1}), pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED),
        (Counter(), pytest.ExitCode.INTERRUPTED, pytest.ExitCode.INTERRUPTED),
    ],
    ids=["all", "one is left out", "not all tests ran"],
)
def test_a_whole_run_fails_if_one_is_left_out(monkeypatch, tmp_path, fired, code, after):
    monkeypatch.setattr(fired_rows, "fired", Counter(fired))
    monkeypatch.setattr(fired_rows, "FILE", tmp_path / "build" / "rows.json")
    monkeypatch.setattr(fired_rows, "_counts", Counter())
    session = SimpleNamespace(config=config(), exitstatus=code)
    fired_rows.pytest_sessionfinish(session, code)
    assert session.exitstatus is after
    written = json.loads((tmp_path / "build" / "rows.json").read_text())
    assert written["rows"]["server"].keys() == {str(row) for row in SERVER.rows}
    assert written["rows"]["server"][LIST[1]] == fired[LIST]


def test_a_worker_hands_its_counts_over(monkeypatch):
    monkeypatch.setattr(fired_rows, "_counts", Counter({id(SERVER.rows[0]): 3}))
    worker = SimpleNamespace(workeroutput={})
    fired_rows.pytest_sessionfinish(SimpleNamespace(config=worker), 0)
    assert worker.workeroutput["fired_rows"] == [("server", str(SERVER.rows[0]), 3)]
