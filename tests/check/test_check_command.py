"""`alfine check` as a program: what it prints, writes and returns."""

import json
import re
import socket
from xml.etree import ElementTree

import jsonschema
import pytest

from check.server.cases import CASES
from check.server.steps import Action
from tests.check import page
from tests.check.checking import PATIENCE_S
from tests.end_to_end.programs import ROOT, run, serving
from tests.peers.plain_server import Habits, PlainServer

SCHEMA = json.loads((ROOT / "docs" / "schema" / "check-1.json").read_text())
PATIENT = ("--timeout", PATIENCE_S, "--connections", 16, "--long-song", 1)


@pytest.fixture(scope="module")
def port(music):
    with serving(music) as server:
        yield server.port


def command(*arguments):
    return run("-m", "cli.app", "check", *arguments)


def test_a_good_server_is_told_in_text(port):
    ran = command("127.0.0.1", port, *PATIENT, "--only", "2.3", "--only", "2.4.3-2")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith(f"127.0.0.1:{port}; songs: 150; songs tried: 1, 150, 2;")
    assert "2.3  Server Messages and Format" in lines
    assert "  ok    2.4.3-2  STOP with no song is not answered" in lines
    assert not any("2.4.1" in line for line in lines)
    assert lines[-1].startswith("17 passed, 0 failed, 0 warned, 0 skipped; ")
    assert max(map(len, lines)) <= 80


def test_a_fault_fails_the_run_and_is_told_whole(music, tmp_path):
    junit = tmp_path / "check.xml"
    with PlainServer(music, Habits(not_found_for_stop=True)) as server:
        ran = command("localhost", server.port, *PATIENT, "--only", "2.4.3-2", "--junit", junit)
    assert ran.code == 1
    words = " ".join(ran.out.split())
    assert 'MUST, RFC 2.4.3: "If a song is not playing, there is no effect."' in words
    assert "sent STOP END END" in words
    assert "expected fence" in words
    assert "came ERRO 404 END END" in words
    assert "so an error came where the list was expected" in words
    [failure] = ElementTree.parse(junit).getroot().iter("failure")
    assert failure.get("message") == "an error came where the list was expected"


def test_a_warning_does_not_fail_the_run(music):
    with PlainServer(music, Habits()) as server:
        ran = command("127.0.0.1", server.port, *PATIENT, "--only", "P3-4", "--plain")
    assert ran.code == 0
    assert "0 passed, 0 failed, 1 warned, 0 skipped" in ran.out


def test_json_is_a_line_each(port, music):
    options = ("--json", "--only", "2.4.2", "--music", music)
    ran = command("127.0.0.1", port, *PATIENT, *options)
    assert (ran.code, ran.err) == (0, "")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    for line in lines:
        jsonschema.validate(line, SCHEMA)
    first, *cases, last = lines
    assert (first["side"], first["offers"], first["songs"]) == (
        "server",
        ["ends", "from", "tags"],
        150,
    )
    assert [each["number"] for each in cases] == [
        case.number for case in CASES if case.section == "2.4.2"
    ]
    assert last["passed"] == len(cases)


def test_no_server_is_3(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for host in ("127.0.0.1", "[::1]"):
        ran = command(host, port)
        assert (ran.code, ran.out) == (3, "")
        assert ran.err.startswith(f"alfine check: no connection to {host}:{port}: ")
        assert len(ran.err.splitlines()) == 1


def test_a_name_that_no_host_can_have_is_3():
    ran = command("a..b", 1)
    words = "alfine check: no connection to a..b:1: no host can be called 'a..b'\n"
    assert (ran.code, ran.out, ran.err) == (3, "", words)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("127.0.0.1", "HOST PORT"),
        ("127.0.0.1 0", "from 1 to 65535"),
        ("127.0.0.1 65536", "from 1 to 65535"),
        ("127.0.0.1 x", "from 1 to 65535"),
        ("127.0.0.1 ²", "from 1 to 65535"),
        ("127.0.0.1 1 2", "HOST PORT"),
        ("[::1 1", "is written as [::1]"),
        ("127.0.0.1 1 --only 2.9", "called '2.9'"),
        ("127.0.0.1 1 --timeout 0", "0.1"),
        ("127.0.0.1 1 --connections 0", "1"),
        ("127.0.0.1 1 --music /nowhere", "/nowhere"),
    ],
)
def test_a_mistake_is_one_line(arguments, message):
    ran = command(*arguments.split())
    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 1
    assert message in ran.err


def test_a_junit_file_that_cannot_be_written_is_told_before_anything_is_tried(port):
    ran = command("127.0.0.1", port, "--junit", "/nowhere/check.xml")
    assert (ran.code, ran.out) == (2, "")
    assert "/nowhere/check.xml: No such file or directory" in ran.err


def test_the_page_lists_the_cases_as_they_are():
    text = page.PAGE.read_text()
    assert text == page.rewritten(text), "write it anew: python -m tests.check.page"
    for case in CASES:
        assert f"| {case.number} | {case.requires.value} | {case.title} |" in text


def test_the_page_explains_every_word():
    text = page.PAGE.read_text().partition("## The cases")[0]
    for action in Action:
        assert f"`{action.value}`" in text or action is Action.END
    for name in {name for case in CASES for name in re.findall(r"{[a-z]+}", case.sends)}:
        assert f"`{name}`" in text
    words = {word for case in CASES for word in case.expects.partition(", where ")[0].split()}
    told = set(re.findall(r"`(.*?)`", text))
    for word in words - {"||"}:
        assert {word, word.replace("song-", "long-")} & told, word
