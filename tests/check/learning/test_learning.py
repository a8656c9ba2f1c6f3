"""Servers are learned: alfine's own is the table's machine, one with a fault is not."""

import asyncio
import sys

import pytest
from click.testing import CliRunner

from check.learning.letters import alphabet
from check.learning.machine import START, Mealy, Step, differences, named
from check.learning.table import table_machine
from check.server.facts import Facts, Options, Song
from cli.app import application
from diagrams.learned import DIFFERENT, LearnedStep, learned_dot
from fsm.words import ENDS
from tests.check.broken_servers import AnswersStop, Client, Server
from tests.end_to_end.programs import run, serving
from tests.end_to_end.songs import music
from tests.needs import needs_module, needs_program

ALFINE = application()
FACTS = Facts(
    list_messages=(b"1. a END 2. b",),
    entries=((1, "a"), (2, "b")),
    offers=frozenset({ENDS}),
    songs=(Song(1, b"x" * 100), Song(2, b"x" * 9000)),
    options=Options(long_bytes=5000),
)
PLAIN = Facts(list_messages=(b"1. a",), entries=((1, "a"),), songs=(Song(1, b"x" * 100),))


def answers(machine, state=START):
    return {str(letter): step.answer for (at, letter), step in machine.steps.items() if at == state}


# The table's own machine


def test_what_the_table_does_with_each_letter():
    table = named(table_machine(alphabet(FACTS), FACTS))
    assert table.states == [START, "after TEARDOWN", "after SETUP ends"]
    assert answers(table) == {
        "LIST": "a list",
        "PLAY 1": "audio",
        "PLAY 999999999": "an error",
        "STOP": "nothing",
        "TEARDOWN": "the end of the connection",
        "NOPE": "an error",
        "SETUP ends": "RESP 101",
        "PLAY 2, in it LIST": "audio; a list; audio",
        "PLAY 2, in it PLAY 1": "audio, cut short",
        "PLAY 2, in it PLAY 999999999": "audio, cut short; an error",
        "PLAY 2, in it STOP": "audio, cut short",
        "PLAY 2, in it TEARDOWN": "audio, cut short; the end of the connection",
    }
    closed = answers(table, "after SETUP ends")
    assert closed["LIST"] == "a list; a list's closing message"
    assert closed["PLAY 1"] == "audio; a song's closing message"
    assert closed["STOP"] == "nothing"
    assert closed["PLAY 2, in it STOP"] == "audio, cut short; a song's closing message"
    assert set(answers(table, "after TEARDOWN").values()) == {"the connection has ended"}


def test_a_server_without_extensions_is_not_asked_for_them():
    letters = [str(letter) for letter in alphabet(PLAIN)]
    assert letters == ["LIST", "PLAY 1", "PLAY 999999999", "STOP", "NOPE"]
    assert named(table_machine(alphabet(PLAIN), PLAIN)).states == [START]


# How machines differ


def machine(**answers):
    """A machine in which PLAY leads to another state and STOP back; answers by state and letter."""
    moves = {("START", "PLAY"): "PLAYING", ("PLAYING", "STOP"): "START"}
    return Mealy(
        {
            (state, letter): Step(
                answers.get(f"{state}_{letter}", "ok"), moves.get((state, letter), state)
            )
            for state in ("START", "PLAYING")
            for letter in ("PLAY", "STOP")
        }
    )


def test_equal_machines_do_not_differ_whatever_their_states_are_called():
    assert differences(machine(), named(machine())) == []


def test_a_difference_is_told_with_the_letters_that_lead_to_it():
    (found,) = differences(machine(PLAYING_STOP="no"), machine())
    assert (found.path, found.state, found.letter) == (("PLAY",), "PLAYING", "STOP")
    assert (found.answer, found.expected) == ("no", "ok")


def test_a_state_that_the_table_does_not_have_is_found_by_its_answers():
    learned = machine()
    learned.steps["PLAYING", "STOP"] = Step("ok", "STUCK")
    stuck = {("STUCK", letter): Step("gone", "STUCK") for letter in ("PLAY", "STOP")}
    learned.steps.update(stuck)
    assert [each.path for each in differences(learned, machine())] == [("PLAY", "STOP")] * 2


# The drawing


def test_what_differs_is_red_and_says_what_the_table_does():
    steps = [
        LearnedStep("START", "PLAY 1", "audio", "after it"),
        LearnedStep("START", "STOP", "an error", "START", "nothing"),
        LearnedStep("after it", "STOP", "nothing", "START"),
    ]
    text = learned_dot("127.0.0.1 9", steps)
    assert f'<FONT COLOR="{DIFFERENT}" POINT-SIZE="10">STOP / an error</FONT>' in text
    assert f'<FONT COLOR="{DIFFERENT}" POINT-SIZE="10">the table: nothing</FONT>' in text
    assert text.count(DIFFERENT) == 3
    assert "1 answers are not the table's" in text
    same = learned_dot("127.0.0.1 9", [step._replace(expected=None) for step in steps])
    assert DIFFERENT not in same


# Servers


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("music")
    (path / "1 short.mp3").write_bytes(music(1.0, seed=1))
    (path / "2 long.mp3").write_bytes(music(40.0, seed=2, kbits=320))
    return path


@needs_module("aalpy")
@needs_program("dot")
def test_alfines_own_server_is_the_machine_of_its_table(folder, tmp_path):
    drawing = tmp_path / "learned.svg"
    with serving(folder) as server:
        address = ("127.0.0.1", server.port)
        options = ("--learn", "--long-song", 1, "--draw", drawing, "--timeout", 10)
        done = run("-m", "cli.app", "check", *address, *options)
    assert done.code == 0, done.out + done.err
    assert "3 states, 12 letters" in done.out
    assert "It does what the table does." in done.out
    svg = drawing.read_text()
    assert "after SETUP ends" in svg
    assert DIFFERENT not in svg


async def learned_from(server, *options):
    async with server:
        port = str(server.port)
        command = ["check", "127.0.0.1", port, "--learn", "--timeout", "1", *options]
        return await asyncio.to_thread(CliRunner().invoke, ALFINE, command)


@needs_module("aalpy")
@needs_program("dot")
def test_a_server_that_answers_stop_is_found_out(tmp_path):
    drawing = tmp_path / "learned.svg"
    songs = {1: Server().songs[1]}
    done = asyncio.run(learned_from(AnswersStop(songs), "--draw", str(drawing)))
    assert done.exit_code == 1
    assert "2 differences from the table:" in done.output
    assert done.output.count("  STOP") == 2
    assert "  STOP, after SETUP ends\n      it answers:  an error\n" in done.output
    assert "      the table:   nothing\n" in done.output
    assert "it has no song of 6 MiB" in " ".join(done.output.split())
    assert DIFFERENT in drawing.read_text()


@needs_module("aalpy")
@needs_program("dot")
def test_a_drawing_that_cannot_be_written_is_told_in_one_line(tmp_path):
    songs = {1: Server().songs[1]}
    drawing = tmp_path / "none" / "learned.svg"
    done = asyncio.run(learned_from(AnswersStop(songs), "--draw", str(drawing)))
    assert done.exit_code == 2
    assert done.stderr == (
        f"alfine check: the drawing '{drawing}' cannot be written: No such file or directory\n"
    )


class Moody(Client):
    """Answers every second request that it does not understand twice, whoever sends it."""

    count = 0

    def not_understood(self, head):
        Moody.count += 1
        for _ in range(1 + (Moody.count % 2 == 0)):
            super().not_understood(head)


@needs_module("aalpy")
def test_a_server_that_is_no_machine_is_called_so():
    class MoodyServer(Server):
        def client(self, reader, writer):
            return Moody(self, reader, writer)

    done = asyncio.run(learned_from(MoodyServer({1: Server().songs[1]})))
    assert done.exit_code == 1
    assert "it is no machine, as far as can be seen: " in done.output
    assert "an error; an error" in done.output


@needs_module("aalpy")
def test_where_there_is_no_server_the_exit_code_is_3():
    done = CliRunner().invoke(ALFINE, ["check", "127.0.0.1", "9", "--learn"])
    assert done.exit_code == 3
    assert "no connection to 127.0.0.1:9" in done.output


@pytest.mark.parametrize("options", [["--draw", "a.svg"], ["--learn", "--only", "2.4.1"]])
def test_options_that_do_not_belong_together_are_a_mistake(options):
    assert CliRunner().invoke(ALFINE, ["check", "127.0.0.1", "9", *options]).exit_code == 2


def test_without_aalpy_one_line_says_what_to_install(monkeypatch):
    for name in {"aalpy", *(name for name in sys.modules if name.startswith("aalpy."))}:
        monkeypatch.setitem(sys.modules, name, None)
    for name in ("learn", "asked", "oracle"):
        monkeypatch.delitem(sys.modules, f"check.learning.{name}", raising=False)
    done = CliRunner().invoke(ALFINE, ["check", "127.0.0.1", "9", "--learn"])
    assert (done.exit_code, done.output) == (
        2,
        "alfine check: learning needs AALpy: alfine's extra [learn]\n",
    )
