"""Drawings coloured by how often their rows have fired: by a trace, or by a test run."""

import json
import re

import click
import pytest

from cli.protocol import diagrams as command
from cli.protocol.heat import HeatUnknown, times_fired
from diagrams.draw import machine_dot
from diagrams.files import write_heat
from diagrams.heat import COLD, Heat, colour, width
from diagrams.machines import MACHINES
from fsm.server import SERVER, ServerSession
from tests.fired_rows import as_json, fired
from tests.needs import needs_program
from tests.traces.record import RECORDED

STARTS = "IDLE --PlayRequested [song_known] / start_song--> STREAMING"


def edges(dot):
    """The colour of each arrow that has a label."""
    found = re.findall(r'"(\w+)" -> "(\w+)" \[label=.* color="(#\w+)" penwidth="([\d.]+)"\]', dot)
    return {(tail, head): (shade, float(wide)) for tail, head, shade, wide in found}


def test_without_heat_nothing_is_drawn_otherwise():
    assert machine_dot(SERVER) == machine_dot(SERVER, None)
    assert "penwidth" not in machine_dot(SERVER)


def test_an_edge_has_the_colour_of_its_rows():
    drawn = edges(machine_dot(SERVER, Heat({STARTS: 500})))
    assert drawn["IDLE", "STREAMING"] == (colour(500), float(width(500)))
    assert drawn["IDLE", "LISTING"] == (COLD, 1.0)


def test_every_row_says_how_often_it_has_fired():
    times = {str(row): number + 1 for number, row in enumerate(SERVER.rows)}
    dot = machine_dot(SERVER, Heat(times))
    assert "never" not in dot
    # The rows that have an entry of their own.
    assert f"×{times[STARTS]}<" in dot
    assert "never" in machine_dot(SERVER, Heat({}))


def test_more_is_warmer():
    shades = [colour(times) for times in (0, 1, 10, 11, 100, 101, 1000, 1001, 10**9)]
    assert len(set(shades)) == 5
    assert shades[1] == shades[2] != shades[3] == shades[4] != shades[5]
    assert sorted(map(width, (0, 1, 10, 100, 10**9)), key=float) == [
        *("1.0", "1.0", "2.0", "3.0", "4.0"),
    ]


def test_a_trace_says_how_often_each_row_has_fired():
    server = times_fired(RECORDED / "list-play-stop-server.jsonl")
    assert server.keys() == {"server"}
    assert server["server"][STARTS] == 1
    client = times_fired(RECORDED / "transport-client.jsonl")
    assert client.keys() == {machine.table.name for machine in MACHINES} - {"server", "handshake"}
    rows = {machine.table.name: set(map(str, machine.table.rows)) for machine in MACHINES}
    for name, counted in client.items():
        assert counted.keys() <= rows[name]


def test_a_trace_in_which_nothing_has_happened_is_one(tmp_path):
    path = tmp_path / "t.jsonl"
    header = (RECORDED / "list-play-stop-server.jsonl").read_text().splitlines()[0]
    path.write_text(header + "\n")
    assert times_fired(path) == {}
    path.write_text(header.replace('"trace":1', '"trace":99') + "\n")
    with pytest.raises(HeatUnknown, match="newer alfine"):
        times_fired(path)


def test_so_does_what_a_test_run_has_counted(tmp_path):
    path = tmp_path / "rows.json"
    path.write_text(as_json(fired))
    assert times_fired(path).keys() >= {machine.table.name for machine in MACHINES}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b'{"rows": 5}',
        b'{"rows": {"server": {"x": "many"}}}',
        b"\xff\x1b[2J",
        b"[" * 9999,
    ],
)
def test_what_is_neither_is_told_in_one_line(tmp_path, content):
    path = tmp_path / "x\x1b.json"
    path.write_bytes(content)
    with pytest.raises(HeatUnknown) as told:
        times_fired(path)
    assert str(told.value).isprintable()


def test_the_committed_drawings_are_not_coloured(tmp_path, capsys):
    (tmp_path / "pyproject.toml").touch()
    with pytest.raises(click.exceptions.Exit) as left:
        command.diagrams.callback(False, tmp_path, RECORDED / "switch-server.jsonl")
    assert left.value.exit_code == 2
    assert "--to DIR" in capsys.readouterr().err


def test_each_machine_is_drawn_into_the_directory_of_choice(tmp_path):
    texts = []

    def render(text, kind):
        texts.append((text, kind))
        return b"<svg/>"

    written = write_heat(tmp_path / "a" / "b", {"server": {STARTS: 3}}, (ServerSession,), render)
    assert [path.name for path in written] == ["server.svg"]
    assert written[0].read_bytes() == b"<svg/>"
    [(text, kind)] = texts
    assert kind == "svg"
    assert "×3<" in text


@needs_program("dot")
def test_dot_draws_them(tmp_path):
    counted = tmp_path / "rows.json"
    counted.write_text(json.dumps({"rows": {"prompt": {}}}))
    command.diagrams.callback(False, tmp_path / "drawn", counted)
    assert len(list((tmp_path / "drawn").glob("*.svg"))) == len(MACHINES)
