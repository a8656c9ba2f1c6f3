"""The exploration proves what it says, shows what it cannot prove, and finds a fault."""

import subprocess
import sys

import pytest

from fsm.conversation import ConversationSession
from fsm.conversation_table import CLOSING_SERVER
from fsm.events import AudioReceived
from verify import report
from verify.hunted import HUNTED
from verify.mutants import Fault, mutants
from verify.suite import PROVEN, UNPROVABLE


def run(*arguments):
    argv = [sys.executable, "-m", "cli.app", "verify", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, timeout=240)


@pytest.mark.timeout(250)
def test_everything_holds_and_what_cannot_is_shown():
    proof = run()
    assert proof.returncode == 0, proof.stdout + proof.stderr
    assert "Holds in every state" in proof.stdout
    for bounds in PROVEN:
        assert bounds.name in proof.stdout
    for case in UNPROVABLE:
        assert f"Not provable when {case.bounds.name}" in proof.stdout


def test_one_exploration_within_bounds_of_ones_own():
    proof = run("--requests", "1", "--losses", "0", "--chunks", "1")
    assert proof.returncode == 0
    assert "1 requests, 0 losses, 1+1 chunks" in proof.stdout


def test_a_kind_of_server_that_there_is_not():
    assert run("--server", "http").returncode == 2


def test_a_fault_is_found_and_shown_by_the_shortest_exchange():
    """The closing message of a late song is taken for the wanted song's."""
    fault = next(
        mutant
        for mutant in mutants()
        if mutant.session is ConversationSession
        and mutant.fault is Fault.DELETED
        and mutant.row.state is CLOSING_SERVER
        and mutant.row.event is AudioReceived
        and mutant.row.guard == "closes_late_song"
    )
    said = []
    with fault.installed():
        assert not report.prove(HUNTED[:1], said.append)
    shown = "\n".join(said)
    assert "PLAY 1" in shown
    assert "|< RESP 200 (closing)" in shown
    assert "broken: " in shown
    assert all(len(line) <= 100 for line in shown.splitlines())
