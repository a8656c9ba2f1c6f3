"""The ladder of a trace: its own side's steps, the messages, and the other side."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from diagrams.ladder import Arrow, Rung, svg
from tests.traces.record import RECORDED
from traces import ladder
from traces.reading import Reader


def exchanges(name):
    with Reader(RECORDED / f"{name}.jsonl") as reader:
        return ladder.exchanges(reader)


def both(client, server):
    with Reader(client) as ours, Reader(server) as theirs:
        return ladder.both(ours, theirs)


def column(rungs, name):
    return [getattr(rung, name) for rung in rungs if getattr(rung, name)]


def in_order(found, *wanted):
    """Whether texts that begin like these come in this order, among others."""
    rest = iter(found)
    return all(any(text.startswith(each) for text in rest) for each in wanted)


def test_a_clients_trace_shows_its_machines_and_the_server_as_seen():
    rungs = ladder.drawn(exchanges("list-play-stop-client"))
    assert in_order(
        column(rungs, "middle"),
        "SETUP ends tags from",
        "RESP 101 alfine/1 ends tags",
        "PLAY 2",
        "STOP",
        "TEARDOWN",
    )
    assert in_order(
        column(rungs, "left"),
        "conversation -> OFFERING",
        "conversation -> CLOSING_SERVER",
        "PlayRequested 2",
        "song -> REQUESTED",
        "StopRequested",
        "song -> UNWANTED",
        "InputEnded",
    )
    assert in_order(column(rungs, "right"), "-> LISTING", "-> IDLE", "-> STREAMING", "-> IDLE")


def test_a_servers_trace_shows_its_machine_and_the_client_as_seen():
    rungs = ladder.drawn(exchanges("list-play-stop-server"))
    assert in_order(column(rungs, "right"), "-> LISTING", "-> STREAMING", "-> IDLE", "-> CLOSED")
    assert in_order(column(rungs, "left"), "-> OFFERING", "-> CLOSING_SERVER", "-> LEAVING")


def test_audio_messages_in_a_row_are_one_rung():
    rungs = ladder.drawn(exchanges("list-play-stop-server"))
    audio = [text for text in column(rungs, "middle") if text.startswith("RESP 200")]
    assert 2 <= len(audio) <= 4
    assert audio[-1] == "RESP 200, empty"
    many = [Rung(middle="RESP 200, 4096 bytes", arrow=Arrow.TO_LEFT)] * 3
    [joined] = ladder.joined(many)
    assert joined.middle == "RESP 200 x 3, 12288 bytes"


def test_each_connection_of_several_is_named():
    middles = column(ladder.drawn(exchanges("loss-client")), "middle")
    assert [text for text in middles if text.startswith("connection ")] == [
        f"connection {e.connection} {e.address}" for e in exchanges("loss-client")
    ]


def test_a_violation_is_marked():
    rungs = ladder.drawn(exchanges("proxy-proxy"))
    wrong = [rung.middle for rung in rungs if rung.wrong]
    assert "PLAY 2" in wrong
    assert any(text.startswith("legal: ") for text in wrong)
    assert any(text.startswith("cut after 30000 bytes") for text in wrong)


@pytest.mark.parametrize("hours", [0, 5, -7])
def test_of_two_traces_each_side_is_its_own_whatever_the_clocks_say(tmp_path, hours):
    client, server = (RECORDED / f"list-play-stop-{side}.jsonl" for side in ("client", "server"))
    first, *rest = server.read_text().splitlines()
    header = json.loads(first)
    header["started"] = f"2026-01-01T{12 + hours:02}:00:00+00:00"
    moved = tmp_path / "server.jsonl"
    # The line between them was held, and another address is seen by the server.
    address = exchanges("list-play-stop-client")[0].address
    theirs = exchanges("list-play-stop-server")[0].address
    moved.write_text("\n".join([json.dumps(header), *rest, ""]).replace(theirs, address))
    [exchange] = both(client, moved)
    rungs = ladder.joined(rung for _, rung in exchange.rungs)
    assert in_order(column(rungs, "right"), "-> LISTING", "-> STREAMING", "-> IDLE", "-> CLOSED")
    everything = [rung.left or rung.middle or rung.right for rung in rungs]
    assert in_order(everything, "PLAY 2", "-> STREAMING", "song -> COLLECTING", "STOP")
    assert in_order(everything, "TEARDOWN", "-> CLOSING", "-> CLOSED")
    # A message is drawn once, as its sender has it.
    assert everything.count("PLAY 2") == 1
    assert everything.count("SETUP ends tags from") == 1


def test_traces_of_different_exchanges_are_told():
    with pytest.raises(ladder.NotTheSame, match="no connection in common"):
        both(RECORDED / "switch-client.jsonl", RECORDED / "loss-server.jsonl")


def test_a_long_ladder_ends_somewhere(monkeypatch):
    monkeypatch.setattr(ladder, "MOST_RUNGS", 10)
    rungs = ladder.drawn(exchanges("transport-client"))
    assert len(rungs) == 11
    assert rungs[-1].middle.startswith("and ")


@pytest.mark.parametrize("path", sorted(RECORDED.glob("*.jsonl")), ids=lambda path: path.stem)
def test_every_recorded_trace_can_be_drawn(path: Path):
    rungs = ladder.drawn(exchanges(path.stem))
    root = ET.fromstring(svg(rungs, path.stem))
    shown = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert in_order(shown, "client", "server", *column(rungs, "right")[:1])


class NotWalked(list):
    """A list that is too long to be walked through for each entry of another."""

    def __iter__(self):
        raise AssertionError("walked through")


@pytest.mark.parametrize(("passed", "at"), [(0, 0.5), (1, 0.5), (2, 1.5), (9, 1.5), (10, 2.5)])
def test_when_so_many_bytes_had_been_sent_is_found_without_a_walk(passed, at):
    assert ladder._when(NotWalked([(0.5, 1), (1.5, 9), (2.5, 9)]), passed) == at
    assert ladder._when(NotWalked(), passed) == 0.0
