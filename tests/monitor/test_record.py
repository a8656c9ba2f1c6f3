"""What is kept of the steps of machines, and what it takes."""

import pytest

from fsm import events as on
from fsm.server import CLOSED, IDLE, STREAMING, ServerSession
from fsm.table import take
from monitor.record import KEPT_ENDED, KEPT_STEPS, Record
from monitor.server.catalogue import server_catalogue


@pytest.fixture
def record():
    return Record(server_catalogue(), clock=lambda: 5.0)


def run(record, *events, name="#1 a"):
    session = ServerSession({1, 2})
    for event in events:
        take(session, event, name, record.observe)


def test_each_row_that_fires_is_counted_by_its_number(record):
    catalogue = server_catalogue()
    run(record, on.PlayRequested(1), on.SongSent(), on.PlayRequested(1), on.PlayRequested(9))
    fired = {
        (row.state.name, row.event.__name__, row.when): count
        for row, count in zip(catalogue.rows, record.fired, strict=True)
        if count
    }
    assert fired == {
        ("IDLE", "PlayRequested", "song_known"): 2,
        ("STREAMING", "SongSent", None): 1,
        ("STREAMING", "PlayRequested", None): 1,
    }


def test_the_last_steps_of_each_are_kept_and_no_more(record):
    events = [on.PlayRequested(1), on.StopRequested()] * KEPT_STEPS
    run(record, *events)
    run(record, on.ListRequested(), name="#2 b")
    kept = record.history("#1 a")
    assert len(kept) == KEPT_STEPS
    assert [entry.step.after for entry in kept[-2:]] == [STREAMING, IDLE]
    assert [entry.step.event for entry in record.history("#2 b")] == [on.ListRequested()]
    assert record.history("#3 c") == []


def test_many_alike_are_two_entries(record):
    run(record, *[on.PlayRequested(9)] * 1000, on.StopRequested())
    assert [entry.times for entry in record.history("#1 a")] == [1, 999, 1]


def test_of_those_that_have_ended_the_last_are_kept(record):
    for number in range(KEPT_ENDED + 1):
        run(record, on.ConnectionLost("gone"), name=f"#{number}")
    assert record.history("#0") == []
    assert [entry.step.after for entry in record.history("#1")] == [CLOSED]
    assert record._histories == {}


def test_what_nobody_watches_is_not_kept_for_them(record):
    run(record, on.PlayRequested(1))
    assert (record.take_touched(), record.take_changes()) == ({}, [])
    record.watch(True)
    run(record, on.PlayRequested(1), on.PlayRequested(2))
    assert record.take_touched() == {"#1 a": STREAMING}
    assert [(at, step.after) for at, step in record.take_changes()] == [(5.0, STREAMING)]
    assert (record.take_touched(), record.take_changes()) == ({}, [])
    record.watch(False)
    run(record, on.PlayRequested(1))
    assert record.take_touched() == {}
