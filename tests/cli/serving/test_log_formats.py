"""How lines of the log look, and what of a song a client has taken."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from cli.serving import log_formats
from tests.end_to_end.programs import Program, serving
from tests.peers.plain_client import PlainClient

SCHEMA = json.loads(
    (Path(__file__).parents[3] / "docs" / "schema" / "log-1.json").read_text("utf-8")
)
DATE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
TAKEN = r"took to its end song 1: "


def play_whole(port):
    """Play a song to its end."""
    with PlainClient(port) as client:
        client.send(b"SETUP ends END END")
        client.play(1)
        client.until(lambda message: message.is_audio and not message.data, 30)


def test_a_line_has_a_date(music_dir):
    with serving(music_dir) as server:
        play_whole(server.port)
        server.wait_for(TAKEN)
        lines = server.out.splitlines()
    assert all(re.match(f"{DATE} ", line) for line in lines), lines


def test_as_json_each_line_is_an_object_of_the_schema(music_dir):
    with serving(music_dir, 0, "--log", "json", "--workers", "2") as server:
        play_whole(server.port)
        server.wait_for(TAKEN)
        server.process.terminate()
        server.wait_for("all workers have stopped")
        lines = [json.loads(line) for line in server.out.splitlines()]
    for line in lines:
        jsonschema.validate(line, SCHEMA)
    [took] = [line for line in lines if "took" in line]
    assert took["took"]["song"]["id"] == 1
    assert took["took"]["part"] == 1
    assert took["took"]["whole"] is True
    assert took["worker"] in (1, 2)
    assert took["connection"] == 1
    assert took["address"].startswith("127.0.0.1:")
    assert took["text"].startswith("took to its end song 1: ")
    assert any("2 workers" in line["text"] for line in lines)


def test_the_journal_gets_no_time(music_dir):
    program = Program(
        *("-m", "cli.server", music_dir, "0"),
        prefix=("sh", "-c", 'JOURNAL_STREAM=$(stat -Lc %d:%i /proc/$$/fd/1) exec "$@"', "sh"),
    )
    try:
        program.wait_for("listening on")
        lines = program.out.splitlines()
    finally:
        program.close()
    assert re.fullmatch(r"\d+ songs?", lines[0])
    assert not any(re.match(DATE, line) for line in lines)


def test_only_who_has_the_journal_as_stdout_writes_for_it(monkeypatch):
    monkeypatch.setenv("JOURNAL_STREAM", "1:2")
    assert not log_formats.is_journal()
    monkeypatch.delenv("JOURNAL_STREAM")
    assert not log_formats.is_journal()
    assert not isinstance(log_formats.formatter("text"), log_formats.JournalFormatter)


def test_a_warning_in_the_journal_is_one():
    record = log_formats.logging.LogRecord("a", 30, "", 0, "%d songs", (3,), None)
    assert log_formats.JournalFormatter().format(record) == "<4>3 songs"


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("#3 1.2.3.4:5", {"connection": 3, "address": "1.2.3.4:5"}),
        ("w2 #3 ::1:5", {"worker": 2, "connection": 3, "address": "::1:5"}),
        ("#3 1.2.3.4:5 anna b", {"connection": 3, "address": "1.2.3.4:5", "name": "anna b"}),
    ],
)
def test_whose_line_it_is(name, members):
    line = log_formats.LINE
    record = log_formats.logging.LogRecord("a", 20, "", 0, line, (name, "IDLE", "LIST"), None)
    told = json.loads(log_formats.JsonFormatter().format(record))
    assert told.items() >= (members | {"state": "IDLE", "text": "LIST", "level": "info"}).items()
    jsonschema.validate(told, SCHEMA)
