"""The exploration proves what it says, shows what it cannot prove, and finds a fault."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from cli.app import application
from fsm.client.conversation import ConversationSession
from fsm.client.conversation_table import CLOSING_SERVER
from fsm.client.events import AudioReceived
from fsm.client.playback import PlaybackSession
from fsm.server import ServerSession
from verify import report
from verify.bounds import Bounds, ServerKind
from verify.explore import Explorer
from verify.ladder import ladder
from verify.mutant_suite import HUNTED
from verify.mutants import Fault, Mutant
from verify.rules import Rule
from verify.suite import PLAIN, PROVEN, UNPROVABLE

SMALL = Bounds("small", requests=1, losses=0, person=("list", "play 1", "stop", "interrupt"))
EXPLORED_WHOLE = ("server", "conversation", "link", "prompt")


def run(*arguments):
    # With one command only, its name would not be one of the arguments.
    return CliRunner().invoke(application("verify", "config"), ["verify", *arguments])


def broken(bounds):
    """The ladder to what is broken; nothing if nothing is."""
    explorer = Explorer(bounds)
    found = explorer.run()
    if found.broken is None:
        return ""
    return "\n".join([*ladder(explorer.model, found.path), str(found.broken)])


@pytest.mark.timeout(250)
def test_everything_holds_and_what_cannot_is_shown():
    argv = [sys.executable, "-m", "cli.app", "verify"]
    proof = subprocess.run(argv, capture_output=True, text=True, timeout=240)
    assert proof.returncode == 0, proof.stdout + proof.stderr
    assert "Holds in every state" in proof.stdout
    for bounds in PROVEN:
        assert bounds.name in proof.stdout
    for table in EXPLORED_WHOLE:
        # A row that nothing reaches is dead, or the bounds are too narrow.
        fired = re.search(rf"\b{table}\s+(\d+)\s+of\s+(\d+)", proof.stdout)
        assert fired and fired[1] == fired[2], proof.stdout
    for case in UNPROVABLE:
        assert f"Not provable when {case.bounds.name}" in proof.stdout
    assert max(map(len, proof.stdout.splitlines())) <= 100


def test_the_same_server_falling_silent_is_noticed_when_it_closes_its_answers():
    (case,) = (case for case in UNPROVABLE if case.bounds.name == "a plain server falls silent")
    assert broken(replace(case.bounds, server=ServerKind.CLOSING)) == ""


def test_one_exploration_within_bounds_of_ones_own():
    proof = run("--requests", "1", "--losses", "0", "--chunks", "1")
    assert proof.exit_code == 0, proof.output
    assert "1, 0, 1+1, 0" in proof.output


def test_a_broken_rule_is_exit_code_1():
    found = run("--requests", "1", "--losses", "0", "--any-time")
    assert found.exit_code == 1
    assert f"broken: {Rule.WHOLE.value}" in found.output


@pytest.mark.parametrize("options", [["--chunks", "4"], ["--server", "http"], ["--trouble", "x"]])
def test_what_cannot_be_explored_is_exit_code_2(options):
    assert run(*options).exit_code == 2


def test_a_fault_is_found_and_shown_by_the_shortest_exchange():
    """The closing message of a late song is taken for the wanted song's."""
    row = next(
        row
        for row in ConversationSession.table.group(CLOSING_SERVER, AudioReceived)
        if row.guard == "closes_late_song"
    )
    said = []
    with Mutant(ConversationSession, row, Fault.DELETED).installed():
        assert not report.prove(HUNTED[:1], said.append)
    shown = "\n".join(said)
    assert "PLAY 1" in shown
    assert "|< RESP 200 (closing)" in shown
    assert "broken: " in shown
    assert all(len(line) <= 100 for line in shown.splitlines())


def test_an_exchange_without_an_end_is_found():
    row = next(row for row in PlaybackSession.table.rows if row.effect == "tell_played")
    with Mutant(PlaybackSession, row, Fault.IDLE).installed():
        assert broken(SMALL)
    assert not broken(SMALL)


def test_the_tables_are_sound_again_after_a_mutant():
    original = ServerSession.table
    with Mutant(ServerSession, original.rows[0], Fault.DELETED).installed():
        assert ServerSession.table is not original
    assert ServerSession.table is original


def test_explorations_have_names_of_their_own():
    for suite in (PROVEN, HUNTED):
        names = [bounds.name for bounds in suite]
        assert len(set(names)) == len(names)
    assert all(bounds.full for bounds in PLAIN), "a short message would end a plain server's song"
