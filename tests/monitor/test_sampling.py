"""Samples of a server's connections: all of them, then what has changed, and never a wrong sum."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm import events as on
from fsm.handshake import HandshakeSession
from fsm.server import ServerState
from fsm.table import take
from monitor.record import Record
from monitor.server.catalogue import server_catalogue
from monitor.server.local import LocalServer
from tests.monitor.fake_server import FakeServer

IDLE, LISTING, STREAMING = 0, 1, 2


def local(server: FakeServer, max_dots: int = 100, clock=lambda: 50.0) -> LocalServer:
    return LocalServer(server, server.record, server_catalogue(), max_dots, clock)


def test_the_first_sample_has_all_of_it():
    server = FakeServer()
    names = [server.connect(), server.connect(on.PlayRequested(1)), server.connect()]
    server.connections[names[1]].sent_bytes = 700
    server.counters.sent_bytes = 40
    sample = local(server).begin()
    assert sample["full"]
    assert sample["dots"] == [(names[0], 0, IDLE), (names[1], 0, STREAMING), (names[2], 0, IDLE)]
    assert sample["counts"] == [[2, 0, 1, 0, 0, 0, 0, 0]]
    assert [count for _, count in sample["rows"]] == [1]
    assert (sample["sent_bytes"], sample["measured_at"]) == (740, 50.0)


def test_then_only_what_has_changed():
    server = FakeServer()
    first, second = server.connect(), server.connect()
    watched = local(server)
    watched.begin()
    third = server.connect(on.ListRequested())
    server.tell(first, on.PlayRequested(1), on.StopRequested(), on.PlayRequested(2))
    server.close(second)
    sample = watched.changes()
    assert not sample["full"]
    assert sorted(set(sample["dots"])) == [(first, 0, STREAMING), (third, 0, LISTING)]
    assert sample["gone"] == [second]
    assert sample["counts"] == [[0, 1, 1, 0, 0, 0, 0, 0]]
    assert sorted(count for _, count in sample["rows"]) == [1, 1, 1, 2]
    assert [change["after"] for change in sample["changes"]] == [
        *("LISTING", "STREAMING", "IDLE", "STREAMING", "CLOSED")
    ]
    again = watched.changes()
    assert (again["dots"], again["gone"], again["rows"], again["changes"]) == ([], [], [], [])


def test_one_that_comes_and_goes_between_two_samples_is_only_seen_in_the_rows():
    server = FakeServer()
    watched = local(server)
    watched.begin()
    server.close(server.connect(on.PlayRequested(1)))
    sample = watched.changes()
    assert (sample["dots"], sample["gone"]) == ([], [])
    assert sum(sample["counts"][0]) == 0
    assert len(sample["rows"]) == 2


def test_the_end_of_a_handshake_is_not_the_end_of_its_connection():
    catalogue = server_catalogue(tls=True)
    server = FakeServer(record=Record(catalogue))
    watched = LocalServer(server, server.record, catalogue, 100)
    watched.begin()
    shaken = on.HandshakeCompleted("", "")
    take(HandshakeSession([("", "")]), shaken, "#1 a", server.record.observe)
    name = server.connect()
    assert name == "#1 a"
    sample = watched.changes()
    assert (sample["dots"], sample["gone"]) == ([(name, 0, IDLE)], [])
    server.tell(name, on.PlayRequested(1))
    sample = watched.changes()
    assert (sample["dots"], sample["gone"]) == ([(name, 0, STREAMING)], [])
    assert sample["counts"][0] == [0, 0, 1, 0, 0, 0, 0, 0]


def test_of_too_many_the_others_are_counted_and_get_a_dot_when_there_is_room():
    server = FakeServer()
    names = [server.connect() for _ in range(5)]
    watched = local(server, max_dots=2)
    sample = watched.begin()
    assert [name for name, *_ in sample["dots"]] == names[:2]
    assert (sample["hidden"], sample["counts"][0][IDLE]) == (3, 5)
    server.tell(names[4], on.PlayRequested(1))
    assert watched.changes()["dots"] == []
    server.close(names[3])
    sample = watched.changes()
    assert (sample["gone"], sample["hidden"]) == ([], 2)
    server.close(names[0])
    watched.changes()
    server.tell(names[4], on.StopRequested())
    sample = watched.changes()
    assert (sample["dots"], sample["hidden"]) == ([(names[4], 0, IDLE)], 1)


def test_bytes_are_added_up_once_a_second_alone():
    now = [10.0]
    server = FakeServer()
    name = server.connect()
    watched = local(server, clock=lambda: now[0])
    watched.begin()
    server.connections[name].sent_bytes = 500
    now[0] = 10.9
    assert watched.changes()["sent_bytes"] == 0
    now[0] = 11.0
    assert watched.changes()["sent_bytes"] == 500


def test_the_history_of_a_connection_and_of_none():
    server = FakeServer()
    name = server.connect(on.PlayRequested(1))
    server.connections[name].song_id = 1
    watched = local(server)
    history = watched.history(name)
    assert history["about"][0].startswith("STREAMING: ")
    assert history["about"][2] == "last song: 1. Title 1"
    [step] = history["steps"]
    assert (step["event"], step["arrives"]) == ("PlayRequested 1", True)
    assert (step["before"], step["after"], step["rfc"]) == ("IDLE", "STREAMING", "2.4.2")
    assert step["outcomes"] == [("StartSong 1", True)]
    server.close(name)
    assert watched.history(name)["about"] == ["The connection is closed."]
    assert watched.history("#9 nobody") is None


ACTIONS = st.sampled_from(["connect", "play", "stop", "list", "listed", "end", "close", "sample"])


@given(st.lists(st.tuples(ACTIONS, st.integers(0, 7))), st.sampled_from([1, 3, 100]))
def test_what_a_page_adds_up_is_what_there_is(actions, max_dots):
    """A page that keeps the dots as it is told has them all, in their states, at every sample."""
    server = FakeServer()
    watched = local(server, max_dots)
    dots = {name: state for name, _, state in watched.begin()["dots"]}
    events = {
        "play": on.PlayRequested(1),
        "stop": on.StopRequested(),
        "list": on.ListRequested(),
        "listed": on.ListSent(),
        "end": on.RequestsEnded(),
    }
    for action, which in [*actions, ("sample", 0)]:
        names = list(server.connections)
        if action == "connect":
            server.connect()
        elif action == "sample":
            sample = watched.changes()
            for name in sample["gone"]:
                del dots[name]
            dots.update({name: state for name, _, state in sample["dots"]})
            there = {name: each.state for name, each in server.connections.items()}
            numbers = list(ServerState)
            assert {name: numbers[state] for name, state in dots.items()} == {
                name: there[name] for name in dots
            }
            assert len(dots) == min(max_dots, len(dots)) <= len(there)
            assert len(there) == len(dots) + sample["hidden"]
            counts = [list(there.values()).count(state) for state in numbers]
            assert sample["counts"] == [counts]
        elif names:
            name = names[which % len(names)]
            if action == "close":
                server.close(name)
            elif server.connections[name].session.table.group(
                server.connections[name].state, type(events[action])
            ):
                server.tell(name, events[action])


def test_a_catalogue_numbers_every_row_and_state_once():
    catalogue = server_catalogue()
    assert sorted(catalogue.row_numbers.values()) == list(range(len(catalogue.rows)))
    assert catalogue.finals == {ServerState.CLOSED}
    [machine] = catalogue.describe()
    assert len(machine["rows"]) == len(catalogue.rows)
    assert [state["name"] for state in machine["states"]] == [s.name for s in ServerState]


@pytest.mark.parametrize("number", range(8))
def test_every_pair_of_states_that_a_row_joins_has_an_arrow(number):
    from diagrams.machines import MACHINES
    from monitor.catalogue import Catalogue

    catalogue = Catalogue([MACHINES[number]])
    [(name, svg)] = catalogue.drawings()
    assert svg.startswith("<svg")
    assert svg.endswith("</svg>")
    assert " style=" not in svg  # the page's policy would not have it
    for row in catalogue.rows:
        title = row.state.name
        if row.next_state is not row.state:
            title += f"&#45;&gt;{row.next_state.name}"
        assert f"<title>{title}</title>" in svg, (name, title)
