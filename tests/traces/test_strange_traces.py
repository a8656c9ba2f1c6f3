"""Traces that somebody has changed: each is run and drawn, or told in one printable line."""

import copy
import json
import random
import xml.dom.minidom

import pytest

from diagrams.ladder import svg
from tests.traces.record import RECORDED
from tests.traces.test_recorded import HEADER, run
from traces import ladder
from traces.reading import Line, Reader, TraceError
from traces.replaying.replay import Difference
from traces.story import sentences

ROUNDS = 200
ESCAPE = "\x1b[31m\x07\u202e"
STRANGE = (
    *(None, True, -1, 10**30, 1.5, float("nan"), float("inf"), "", ESCAPE, "\ud800"),
    *([], {}, [[[]]], {"a": 1}, {"audio": 5}, {"audio": 10**20}, {"type": "RetryDue"}),
    *({"song": [1, "x"]}, {"PlayRequested": {"song_id": 3}}, {"Request": "LIST"}, "IDLE", "step"),
)


def places(value, path=()):
    """The path to each value within a value."""
    inner = enumerate(value) if isinstance(value, list) else ()
    for key, part in value.items() if isinstance(value, dict) else inner:
        yield (*path, key)
        yield from places(part, (*path, key))


def change(line, chance):
    """Replace, delete or rename one value in a line."""
    *path, last = chance.choice(list(places(line)))
    for key in path:
        line = line[key]
    kind = chance.random()
    if kind < 0.2:
        del line[last]
    elif kind < 0.3 and isinstance(line, dict):
        line[chance.choice(("audio", "song", "CommandEntered", "Request"))] = line.pop(last)
    else:
        line[last] = copy.deepcopy(chance.choice(STRANGE))


def draw(path):
    with Reader(path) as reader:
        title = f"{reader.header.program}, {reader.header.started}"
        drawn = svg(ladder.drawn(ladder.exchanges(reader)), title)
    xml.dom.minidom.parseString(drawn.encode(errors="replace"))


def complaint(attempt, path):
    """What is said of the trace; "" if nothing is wrong with it."""
    try:
        attempt(path)
    except (TraceError, Difference) as error:
        return str(error)
    return ""


@pytest.mark.parametrize("trace", sorted(RECORDED.glob("*.jsonl")), ids=lambda path: path.stem)
def test_a_changed_trace_is_run_or_told(tmp_path, trace):
    original = [json.loads(line) for line in trace.read_text().splitlines()]
    path = tmp_path / "changed.jsonl"
    told = 0
    for seed in range(ROUNDS):
        chance = random.Random(seed)
        lines = copy.deepcopy(original)
        change(chance.choice(lines), chance)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        for text in filter(None, (complaint(run, path), complaint(draw, path))):
            told += 1
            assert text.isprintable(), seed
            assert len(text) < 1000, seed
    assert told


def written(tmp_path, header, *lines):
    path = tmp_path / "t.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in (header, *lines)))
    return path


def test_a_row_of_the_trace_is_printable_where_it_is_told(tmp_path):
    step = {"machine": ESCAPE, "before": "IDLE", "after": "IDLE", "row": ESCAPE * 9999}
    step |= {"event": {"StopRequested": {}}, "outcomes": []}
    path = written(tmp_path, json.loads(HEADER), {"connection": 1, "at": 0, "kind": "step", **step})
    with pytest.raises(Difference, match="StopRequested") as told:
        run(path)
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 1000


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"at": 10**400}, "a time that no clock shows"),
        ({"parts": [{"audio": 4, "base64": "é"}]}, "base64 that is none"),
    ],
)
def test_what_json_can_say_and_no_trace_does_is_told(tmp_path, changed, why):
    opened = {"connection": 1, "at": 0, "kind": "opened"}
    line = {**opened, "kind": "bytes", "sender": "client", "length": 4, "parts": ["LIST"]}
    header = json.loads(HEADER) | {"side": "proxy"}
    with pytest.raises(TraceError, match=f"line 3 .*{why}"):
        run(written(tmp_path, header, opened, line | changed))


@pytest.mark.parametrize("outcome", [{"PlayRequested": 3}, {"PlayRequested": [3]}])
def test_an_outcome_that_is_none_is_shown_as_it_is(outcome):
    step = {"machine": "server", "row": "a row", "outcomes": [outcome]}
    first, second = sentences(Line(1, 1, 0.0, "step", step))
    assert first.endswith("server: a row")
    assert second.strip() == ascii(outcome)


def test_a_connection_that_closes_twice_is_no_fault(tmp_path):
    header = json.loads(HEADER) | {"side": "proxy"}
    line = {"connection": 1, "at": 0}
    closed = line | {"kind": "closed"}
    assert run(written(tmp_path, header, line | {"kind": "opened"}, closed, closed)) == 3
