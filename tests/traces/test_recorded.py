"""The traces in recorded/ are what the machines of today do; a change of a table shows in them."""

import json
from pathlib import Path

import jsonschema
import pytest

from fsm.client.conversation.session import ConversationSession
from fsm.client.song.session import SongSession
from fsm.server import ServerSession
from fsm.table import TableError
from tests.traces.record import EXCHANGES, RECORDED
from traces.reading import Reader, TraceError
from traces.replaying.replay import Difference, replay
from traces.replaying.sides import side_of
from verify.mutation.mutants import Fault, mutants

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schema/trace-1.json").read_text())
TRACES = sorted(RECORDED.glob("*.jsonl"))
each_trace = pytest.mark.parametrize("trace", TRACES, ids=lambda path: path.stem)


def run(path):
    """Run a trace again; return how many lines that were."""
    with Reader(path) as reader:
        return sum(1 for _ in replay(reader, side_of(reader)))


def changed(tmp_path, trace, change):
    """A copy of a trace in which `change` has changed one line; it returns whether it has."""
    found = [json.loads(line) for line in trace.read_text().splitlines()]
    assert any(change(line) for line in found), "nothing to change"
    path = tmp_path / "changed.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in found))
    return path


def test_each_exchange_is_there():
    assert {path.stem.rpartition("-")[0] for path in TRACES} == EXCHANGES.keys()


@each_trace
def test_the_machines_do_the_same_today(trace):
    assert run(trace) == len(trace.read_text().splitlines()) - 1


@each_trace
def test_every_line_is_as_the_schema_says(trace):
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for line in trace.read_text().splitlines():
        validator.validate(json.loads(line))


@each_trace
def test_it_can_be_looked_at_in_a_terminal(trace):
    assert all(byte == 10 or 0x20 <= byte < 0x7F for byte in trace.read_bytes())


def is_table(mutant):
    try:
        mutant.table()
    except TableError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "name", "side"),
    [
        (ServerSession, "list-play-stop-server", "server"),
        (ConversationSession, "loss-client", "conversation"),
        (SongSession, "switch-client", "song"),
    ],
    ids=["server", "conversation", "song"],
)
def test_a_changed_table_shows_and_names_the_row(kind, name, side):
    trace = RECORDED / f"{name}.jsonl"
    steps = [json.loads(line) for line in trace.read_text().splitlines()]
    fired = {step["row"] for step in steps if step.get("machine") == side}
    chosen = {
        (str(mutant.row), mutant.fault): mutant
        for mutant in mutants()
        if mutant.session is kind and str(mutant.row) in fired
        if mutant.fault in (Fault.DELETED, Fault.REDIRECTED, Fault.DROPPED) and is_table(mutant)
    }
    assert {row for row, _ in chosen} == fired
    for mutant in chosen.values():
        with mutant.installed(), pytest.raises(Difference) as told:
            run(trace)
        assert "line " in str(told.value)
        assert mutant.row.event.__name__ in str(told.value), mutant


def first(kind, member, value):
    """Change a member of the first line of this kind, and no other."""
    done = []

    def change(line):
        if done or line["kind"] != kind:
            return False
        line[member] = value(line[member])
        return done.append(True) is None

    return change


OTHER_SETUP = "SETUP ends from tags END END"
"""As long as the one that was sent."""


@pytest.mark.parametrize(
    ("name", "kind", "member", "value", "told"),
    [
        ("list-play-stop-server", "step", "row", lambda _: "IDLE", "the trace has row IDLE"),
        ("list-play-stop-server", "step", "after", lambda _: "CLOSED", "after CLOSED"),
        ("list-play-stop-server", "step", "outcomes", lambda _: [], "nothing"),
        ("list-play-stop-server", "bytes", "parts", lambda _: [OTHER_SETUP], "bytes say"),
        ("list-play-stop-server", "step", "event", lambda _: {"StopRequested": {}}, "bytes say"),
        ("list-play-stop-client", "step", "event", lambda _: {"ListReceived": {}}, "do not say"),
        (
            "list-play-stop-client",
            "bytes",
            "parts",
            lambda _: [OTHER_SETUP],
            "no effect says",
        ),
        ("list-play-stop-client", "step", "machine", lambda _: "queue", "fires"),
        ("proxy-proxy", "violation", "legal", lambda _: ["nothing"], "another violation"),
        ("proxy-proxy", "violation", "message", lambda _: "LIST", "another violation"),
    ],
)
def test_a_trace_that_says_something_else_is_a_difference(
    tmp_path, name, kind, member, value, told
):
    path = changed(tmp_path, RECORDED / f"{name}.jsonl", first(kind, member, value))
    with pytest.raises(Difference, match=told) as difference:
        run(path)
    assert str(difference.value).isprintable()


def test_an_answer_that_no_effect_says_is_a_difference(tmp_path):
    def change(line):
        answered = line["kind"] == "bytes" and str(line["parts"][0]).startswith("RESP 101 ")
        if answered:
            line |= {"parts": ["ERRO 404 END END"], "length": 16}
        return answered

    path = changed(tmp_path, RECORDED / "list-play-stop-server.jsonl", change)
    with pytest.raises(Difference, match="NotFoundReceived, and SendSetupReply is due"):
        run(path)


def test_another_state_at_a_reconnection_is_a_difference(tmp_path):
    def change(line):
        again = line["kind"] == "opened" and line["connection"] == 2
        if again:
            line["state"]["link"]["values"]["attempts"] = 99
        return again

    path = changed(tmp_path, RECORDED / "loss-client.jsonl", change)
    with pytest.raises(Difference, match="link remembers another 'attempts'"):
        run(path)


@pytest.mark.parametrize("name", ["loss-client", "loss-server"])
def test_a_trace_that_begins_at_a_later_connection_runs_as_well(tmp_path, name):
    """As one from which older connections were dropped."""
    lines = (RECORDED / f"{name}.jsonl").read_text().splitlines()
    kept = [line for line in lines if not line.startswith('{"connection":1,')]
    assert len(kept) < len(lines)
    path = tmp_path / "later.jsonl"
    path.write_text(
        "\n".join([kept[0], '{"kind":"dropped","connections":1,"lines":9}', *kept[1:], ""])
    )
    assert run(path) == len(kept) - 1


def test_a_last_line_that_was_not_finished_is_left_out(tmp_path):
    text = (RECORDED / "switch-client.jsonl").read_text()
    path = tmp_path / "killed.jsonl"
    path.write_text(text[: len(text) // 2])
    assert run(path) == text[: len(text) // 2].count("\n") - 1


HEADER = (RECORDED / "switch-client.jsonl").read_text().splitlines()[0]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is no trace"),
        (b"ID3\0\xff\xfb\n", "is no trace"),
        (b'{"kind": "trace"}\n', "is no trace"),
        (b'{"kind": "trace", "trace": 1}\n', "does not begin"),
        (b'{"kind": "trace", "trace": 99}\n', "newer alfine"),
        (HEADER.replace('"client"', '"moon"').encode() + b"\n", "of no side"),
        (HEADER.encode() + b"\n{broken\n", "line 2 is no JSON"),
        (HEADER.encode() + b"\n" + b"[" * 100_000 + b"\n", "line 2 is no JSON"),
        (HEADER.encode() + b'\n{"kind": "dance", "connection": 1, "at": 0}\n', "line 2 is no line"),
        (HEADER.encode() + b'\n{"kind": "bytes", "connection": 1, "at": 0}\n', "has no sender"),
        (
            HEADER.encode() + b'\n{"kind":"opened","connection":1,"at":0,"state":{"moon":{}}}\n',
            "no state of the client's machines",
        ),
    ],
)
def test_a_broken_or_foreign_or_newer_file_is_told_in_one_line(tmp_path, content, told):
    path = tmp_path / "bad\x1b.jsonl"
    path.write_bytes(content)
    with pytest.raises(TraceError, match=told) as error:
        run(path)
    assert str(error.value).isprintable()


def test_what_cannot_be_read_is_told_in_one_line(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(TraceError) as error:
            run(path)
        assert str(error.value).isprintable()
