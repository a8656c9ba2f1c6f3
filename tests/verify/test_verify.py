"""The exploration proves what it says, shows what it cannot prove, and finds a fault."""

import re
import subprocess
import sys
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from cli.app import application
from fsm.client.conversation import CLOSING_SERVER, ConversationSession
from fsm.client.events import AudioReceived
from fsm.client.link import LinkSession
from fsm.client.prompt import PromptSession
from fsm.client.song import SongSession
from fsm.server import ServerSession
from verify import report, suite
from verify.bounds import Bounds, ServerKind
from verify.explore import Explorer
from verify.ladder import ladder
from verify.mutant_suite import SEARCHED
from verify.mutants import SESSIONS, Fault, Mutant
from verify.rules import Rule
from verify.suite import PLAIN, PROVEN, UNPROVABLE, UNSAID

SMALL = Bounds("small", requests=1, losses=0, person=("list", "play 1", "stop", "interrupt"))
EXPLORED_WHOLE = (ServerSession, ConversationSession, LinkSession, PromptSession)
NOT_REACHED = {
    "conversation": [
        "OFFERING --ListReceived--> OFFERING",
        "PLAIN_LISTING --ListReceived--> PLAIN_LISTING",
    ],
}
"""A list of more than 20,000 messages is needed for these."""


def run(*arguments):
    # With one command only, its name would not be one of the arguments.
    return CliRunner().invoke(application("verify", "config"), ["verify", *arguments])


def broken(bounds):
    """The ladder to what is broken, "" if nothing is."""
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
    for session in EXPLORED_WHOLE:
        # A row that nothing reaches is dead, or the bounds are too narrow.
        name = session.table.name
        fired = re.search(rf"\b{name}\s+(\d+)\s+of\s+(\d+)", proof.stdout)
        assert fired, proof.stdout
        missing = len(NOT_REACHED.get(name, ()))
        assert int(fired[1]) == int(fired[2]) - missing == len(session.table.rows) - missing
    for case in UNPROVABLE:
        assert f"Not provable when {case.bounds.name}" in proof.stdout
    assert max(map(len, proof.stdout.splitlines())) <= 100


def test_the_rows_that_are_not_reached_exist():
    rows = {f"{kind.table.name}: {row}" for kind in SESSIONS for row in kind.table.rows}
    for name, missing in NOT_REACHED.items():
        assert {f"{name}: {row}" for row in missing} <= rows


def test_what_the_machines_declare_and_do_not_say_is_found():
    """The suite of one exploration leaves much unsaid; one event more or less is named."""
    lines = []
    assert not report.prove([SMALL], lines.append, UNSAID)
    assert "broken: link never says ListNeeded" in lines
    explorer = Explorer(SMALL)
    said = explorer.run().said
    unsaid = {(kind.table.name, event) for kind in SESSIONS for event in kind.says} - said
    assert report.prove([SMALL], lines.append, frozenset(unsaid))
    one_less = frozenset(sorted(unsaid, key=str)[1:])
    assert not report.prove([SMALL], lines.append, one_less)


def test_an_event_that_is_not_declared_is_found(monkeypatch):
    says = tuple(event for event in SongSession.says if event.__name__ != "SongWanted")
    monkeypatch.setattr(SongSession, "says", says)
    assert "song does not declare SongWanted" in broken(SMALL)


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
    bounds = Bounds("late", losses=0, chunks=(1, 1), person=("list", "play 1", "stop", "interrupt"))
    rows = ConversationSession.table.group(CLOSING_SERVER, AudioReceived)
    row = next(row for row in rows if row.when == "last_late_song")
    lines = []
    with Mutant(ConversationSession, row, Fault.DELETED).installed():
        assert not report.prove([bounds], lines.append)
    shown = "\n".join(lines)
    assert "PLAY 1" in shown
    assert "|< RESP 200 (closing)" in shown
    assert "broken: " in shown
    assert all(len(line) <= 100 for line in shown.splitlines())


def test_an_exchange_without_an_end_is_found():
    row = next(row for row in SongSession.table.rows if "tell_played" in row.effects)
    dropped = row.effects.index("say_over")
    with Mutant(SongSession, row, Fault.DROPPED, dropped=dropped).installed():
        assert broken(SMALL)
    assert not broken(SMALL)


def test_the_song_ahead_may_be_dropped_while_a_fence_is_passed():
    """This was found by exploring a server that no longer closes its answers after a loss."""
    row = next(
        row
        for row in ConversationSession.table.rows
        if (row.state.name, row.event.__name__) == ("FENCING", "SongAbandoned")
    )
    (bounds,) = (bounds for bounds in suite.PLAIN if bounds.after_loss is not None)
    with Mutant(ConversationSession, row, Fault.DELETED).installed():
        assert "SongAbandoned in FENCING" in broken(bounds)


def test_the_tables_are_correct_again_after_a_mutant():
    original = ServerSession.table
    with Mutant(ServerSession, original.rows[0], Fault.DELETED).installed():
        assert ServerSession.table is not original
    assert ServerSession.table is original


def test_explorations_have_names_of_their_own():
    for bounds in (PROVEN, SEARCHED):
        names = [b.name for b in bounds]
        assert len(set(names)) == len(names)
    assert all(bounds.full for bounds in PLAIN), "a short message would end a plain server's song"
