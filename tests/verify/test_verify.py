"""The exploration proves what it says, shows what it cannot prove, and finds a fault."""

import re
from dataclasses import replace

import pytest
from click.testing import CliRunner

from cli.app import application
from fsm.client.conversation.session import ConversationSession
from fsm.client.conversation.table import (
    BREAKING,
    CLOSING_SERVER,
    FENCING,
    GIVING_UP,
    LEAVING,
    RENEWING,
)
from fsm.client.conversation.table import PLAIN as IS_PLAIN
from fsm.client.events import AudioReceived, FenceUnanswered, RequestWritten, SongNamed
from fsm.client.link.session import LinkSession
from fsm.client.prompt import PromptSession
from fsm.client.song.session import SongSession
from fsm.handshake import HandshakeSession
from fsm.server import ServerSession
from fsm.table import Table
from verify import report
from verify.bounds import Bounds, ServerKind
from verify.explore import Explorer
from verify.ladder import ladder
from verify.mutation.mutants import SESSIONS, Fault, Mutant
from verify.mutation.suite import SEARCHED
from verify.rules import Rule
from verify.suites.default import PROVEN, UNSAID
from verify.suites.plain import PLAIN, UNPROVABLE

SMALL = Bounds("small", requests=1, losses=0, person=("list", "play 1", "stop", "interrupt"))
EXPLORED_WHOLE = (
    ServerSession,
    ConversationSession,
    LinkSession,
    PromptSession,
    HandshakeSession,
)
NOT_REACHED = {
    "conversation": [
        "CLOSING_SERVER --ListReceived [list_owed] / disconnect_endless--> BREAKING",
        "CLOSING_SERVER --ListReceived [of_old_list]--> CLOSING_SERVER",
        "ANSWERED --MessageNotUnderstood / stop_timers, disconnect_garbled--> BREAKING",
        "ANSWERED --NotFoundReceived [song_open] / forget_song, expect_no_audio, "
        "say_refused--> ANSWERED",
        "ANSWERED --SetupReceived--> ANSWERED",
        "PLAIN_LISTING --ListReceived / stop_timers, disconnect_endless--> BREAKING",
        "PASSING --AudioReceived [carries_audio] / list_answered, for"
        "get_song, disconnect_anew--> RENEWING",
        "PASSING --AudioReceived--> PASSING",
        "PASSING --NotFoundReceived--> PASSING",
        "PLAIN --SongAbandoned / forget_song--> PLAIN",
        "ASKING --SongAbandoned / forget_song--> ASKING",
        "ANSWERED --NotFoundReceived--> ANSWERED",
        "FENCING --SetupReceived--> FENCING",
        "PASSING --SetupReceived--> PASSING",
        "FENCING --ServerSilent--> FENCING",
        "PASSING --ServerSilent--> PASSING",
        "FENCING --MessageNotUnderstood / stop_timers, disconnect_garbled--> BREAKING",
        "PASSING --MessageNotUnderstood / stop_timers, disconnect_garbled--> BREAKING",
        "ANSWERED --ServerClosed [nothing_owed] / forget_all, stop_ti"
        "mers, say_rested--> UNCONNECTED",
        "FENCING --ServerClosed [nothing_owed] / forget_all, stop_tim"
        "ers, say_rested--> UNCONNECTED",
        "PASSING --ServerClosed [nothing_owed] / forget_all, stop_tim"
        "ers, say_rested--> UNCONNECTED",
        "ANSWERED --ServerClosed [list_awaited] / tell_list_failed, s"
        "ay_ended_in_order, forget_all, stop_timers--> UNCONNECTED",
        "FENCING --ServerClosed [list_awaited] / tell_list_failed, sa"
        "y_ended_in_order, forget_all, stop_timers--> UNCONNECTED",
        "PASSING --ServerClosed [list_awaited] / tell_list_failed, sa"
        "y_ended_in_order, forget_all, stop_timers--> UNCONNECTED",
        "GIVING_UP --ServerClosed [list_awaited] / tell_list_failed, "
        "say_ended, forget_all--> UNCONNECTED",
        "BREAKING --ServerClosed [list_awaited] / tell_list_failed, s"
        "ay_unusable, forget_all--> UNCONNECTED",
        "BREAKING --ServerClosed / say_unusable, forget_all--> UNCONNECTED",
    ],
    "link": [
        "CONNECTING --PlaceWanted / owe_place--> RECONNECTING",
        "ONLINE --PlaceWanted / owe_place, request_rest--> SKIPPING",
        "RESTING --PlaceWanted / owe_place, connect--> RECONNECTING",
        "SKIPPING --PlaceWanted / owe_place, request_rest--> SKIPPING",
        "UNLISTED --PlaceWanted / owe_place, need_list--> FINDING",
        "FINDING --ConnectionRested / doubt_ids--> RESTING",
        "SKIPPING --ConnectionRested / doubt_ids--> RESTING",
        "SKIPPING --ConnectionRenewed / connect--> CONNECTING",
        "UNLISTED --TitlesNeeded [titles_unknown] / need_titles--> UNLISTED",
        "SKIPPING --TitlesNeeded [titles_unknown] / need_titles--> SKIPPING",
        "UNLISTED --AudioFromServer--> UNLISTED",
        "FINDING --AudioFromServer--> FINDING",
    ],
}
"""A song that is here from its middle on, whose server has then gone or is another; a title that is
needed just when a song is found again by its ID; a list of more than 20,000 messages, or an end or
an error at a moment at which no server that is explored makes one, is needed for these. The
conversations written by hand have each of them.
"""


def is_known(row):
    """A row that changes nothing, where the client closes the connection, or no fence is written.

    Whatever comes then is ignored, and what comes in an exploration is only a part of that. A song
    that was named when the last of its audio came is not named again when none comes.
    """
    closes = row.state in (RENEWING, GIVING_UP, BREAKING, LEAVING)
    ignored = row.next_state is row.state and not row.effects
    return ignored and (closes or row.event in (RequestWritten, SongNamed))


def run(*arguments):
    return CliRunner().invoke(application(), ["verify", *arguments])


def broken(bounds):
    """The ladder to what is broken, "" if nothing is."""
    explorer = Explorer(bounds)
    found = explorer.run()
    if found.broken is None:
        return ""
    return "\n".join([*ladder(explorer.model, found.path), str(found.broken)])


@pytest.mark.timeout(600)
def test_everything_holds_and_what_cannot_is_shown(monkeypatch):
    explorations, print_rules = [], report._print_rules
    monkeypatch.setattr(
        report,
        "_print_rules",
        lambda found, print_line: (explorations.extend(found), print_rules(found, print_line)),
    )
    proof = run()
    assert proof.exit_code == 0, proof.output
    assert "Holds in every state" in proof.output
    for bounds in PROVEN:
        assert bounds.name in proof.output
    for case in UNPROVABLE:
        assert f"Not provable when {case.bounds.name}" in proof.output
    assert max(map(len, proof.output.splitlines())) <= 100
    fired = set().union(*(found.rows for found in explorations))
    for session in EXPLORED_WHOLE:
        # A row that nothing reaches is dead, or the bounds are too narrow.
        name, rows = session.table.name, session.table.rows
        missing = [row for row in rows if (name, row) not in fired and not is_known(row)]
        assert sorted(map(str, missing)) == sorted(NOT_REACHED.get(name, ()))
        count = sum((name, row) in fired for row in rows)
        assert re.search(rf"\b{name}\s+{count}\s+of\s+{len(rows)}\b", proof.output)


def test_what_the_machines_declare_and_do_not_say_is_found():
    """The suite of one exploration leaves much unsaid; one event more or less is named."""
    lines = []
    assert not report.prove([SMALL], lines.append, UNSAID)
    assert "broken: link never says SongsRenumbered" in lines
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


def test_a_server_that_falls_silent_is_noticed_whether_it_closes_its_answers_or_not():
    (bounds,) = (bounds for bounds in PLAIN if bounds.name == "plain, falls silent")
    assert broken(bounds) == ""
    assert broken(replace(bounds, server=ServerKind.CLOSING)) == ""


def test_one_exploration_within_bounds_of_ones_own():
    proof = run("--requests", "1", "--losses", "0", "--chunks", "1")
    assert proof.exit_code == 0, proof.output
    assert "1, 0, 1+1, 0" in proof.output


def test_a_broken_rule_is_exit_code_1():
    slow = ("--any-time", "--plain", "--server", "ignoring")
    found = run("--requests", "1", "--losses", "0", *slow)
    assert found.exit_code == 1, found.output
    assert f"broken: {Rule.PLAYED_WHOLE.value}" in found.output


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


def with_rows(session, *changes):
    """The table of a session with some of its rows changed."""
    rows = list(session.table.rows)
    for change in changes:
        rows = [change(row) for row in rows]
    assert rows != list(session.table.rows)
    return Table(session.table.name, session.table.initial, rows)


def passes_unanswered(row):
    """The fence that 1 s of silence passed, without an answer."""
    if (row.state, row.event) == (FENCING, FenceUnanswered):
        return replace(row, next_state=IS_PLAIN, then="expect_no_audio, take_up_waiting")
    return row


def counted_from_the_wish(row):
    """The fence whose second began with the wish, not when its LIST had left."""
    if "send_fence" in row.effects:
        return replace(row, next_state=FENCING, then=f"{row.then}, wait_for_fence")
    return row


@pytest.mark.parametrize(
    "changes",
    [(passes_unanswered,), (passes_unanswered, counted_from_the_wish)],
    ids=["passed without an answer", "... and counted from the wish"],
)
def test_the_old_fence_is_found_by_a_slow_plain_server(monkeypatch, changes):
    (bounds,) = (b for b in PLAIN if b.name == "plain, slow, stalls anywhere")
    monkeypatch.setattr(ConversationSession, "table", with_rows(ConversationSession, *changes))
    found = Explorer(bounds).run()
    assert found.broken is not None
    assert found.broken.rule is Rule.RIGHT_AUDIO


def told_when_reset(row):
    """A list for which nobody waits that is missed where the connection is reset."""
    return replace(row, then=row.then.replace("say_rested", "say_ended")) if _resets(row) else row


def made_anew_for_it(row):
    """... for which the connection is made anew."""
    return replace(row, then=row.then.replace("say_rested", "say_renewed")) if _resets(row) else row


def _resets(row):
    return row.when == "spare_list_owed"


def not_awaited_when_it_is_needed(row):
    """... that stays so when a title takes it."""
    return replace(row, then="") if row.then == "await_open_list" else row


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (told_when_reset, "the end is told as a loss"),
        (made_anew_for_it, "it is made anew for a list that nobody waits for"),
        (not_awaited_when_it_is_needed, "nobody is told"),
    ],
)
def test_a_list_that_is_missed_by_the_wrong_one_is_found(monkeypatch, change, said):
    (bounds,) = (b for b in PROVEN if b.name == "titles are needed")
    monkeypatch.setattr(ConversationSession, "table", with_rows(ConversationSession, change))
    assert said in broken(bounds)


def test_the_song_ahead_may_be_dropped_while_a_fence_is_passed():
    """This was found by exploring a server that no longer closes its answers after a loss."""
    row = next(
        row
        for row in ConversationSession.table.rows
        if (row.state.name, row.event.__name__) == ("STOPPING", "SongAbandoned")
    )
    (bounds,) = (bounds for bounds in PLAIN if bounds.name == "closing, then plain, a queue")
    with Mutant(ConversationSession, row, Fault.DELETED).installed():
        assert "SongAbandoned in STOPPING" in broken(bounds)


def test_the_tables_are_correct_again_after_a_mutant():
    original = ServerSession.table
    with Mutant(ServerSession, original.rows[0], Fault.DELETED).installed():
        assert ServerSession.table is not original
    assert ServerSession.table is original


def test_explorations_have_names_of_their_own():
    for bounds in (PROVEN, SEARCHED):
        names = [b.name for b in bounds]
        assert len(set(names)) == len(names)
    plain = [bounds for bounds in PLAIN if bounds.server is not ServerKind.CLOSING]
    assert all(bounds.full for bounds in plain), "a short message would end a plain server's song"
