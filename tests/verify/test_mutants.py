"""The proof can fail: of all tables with one faulty row nearly every one is found.

Each row is deleted, sent to every wrong state, freed of its guard and of its effect. The
conversations written by hand look for all of these faults. The explorer, which takes longer for
one, looks for those that they do not find, and by itself for every row that is deleted.
"""

from collections import Counter

import pytest

from tests.verify import conversing
from verify.mutants import SESSIONS, Fault, mutants, refused
from verify.mutation import REFUSED, Hunters, deleted_and_redirected, search

LEAST_FOUND = 0.99
LEAST_EXPLORED = 0.85

_NAMED = "The effect does nothing: it is there to say what the row is for."

SURVIVORS = {
    "playback: STOPPED --SongAudio / drop_late_audio--> STOPPED has no effect": _NAMED,
    "playback: REQUESTED --SongAudio / drop_late_audio--> REQUESTED has no effect": _NAMED,
    "playback: FINISHING --SongAudio / drop_late_audio--> FINISHING has no effect": _NAMED,
    "playback: BREAKING_OFF --SongAudio / drop_late_audio--> BREAKING_OFF has no effect": _NAMED,
    "ahead: REQUESTED --SongAudio / drop_late_audio--> REQUESTED has no effect": _NAMED,
    "ahead: WHOLE --SongAudio / drop_late_audio--> WHOLE has no effect": _NAMED,
    "ahead: BROKEN --SongAudio / drop_late_audio--> BROKEN has no effect": _NAMED,
    "conversation: PLAIN --NotFoundReceived [audio_may_come] / forget_late_song--> PLAIN "
    "always applies": "Where no audio may come it forgets what is forgotten already.",
}
"""The faults that nobody finds, and why that is no fault of the tests."""


def found_by_hand(mutant):
    """Who finds this mutant; "" for nobody."""
    if refused(mutant):
        return REFUSED
    with mutant.installed():
        return "a conversation" if conversing.fail(mutant.session.table.name) else ""


def test_every_row_is_deleted_and_sent_to_a_wrong_state():
    rows = Counter((mutant.session, mutant.row) for mutant in deleted_and_redirected())
    assert set(rows.values()) == {2}
    assert len(rows) == sum(len(session.table.rows) for session in SESSIONS)


def test_nothing_is_found_where_there_is_no_fault():
    assert not [table for table in conversing.CONVERSATIONS if conversing.fail(table)]


def say_who_found_what(found):
    """The figures, and whoever survives."""
    finders = Counter(filter(None, found.values()))
    survivors = sorted(str(mutant) for mutant, finder in found.items() if not finder)
    counts = ", ".join(f"{count} by {finder}" for finder, count in finders.most_common())
    print(f"\n{len(found)} faults, {1 - len(survivors) / len(found):.2%} found: {counts}; not:")
    for survivor in survivors:
        print(f"    {survivor}\n        {SURVIVORS.get(survivor, 'NOT EXPLAINED')}")


@pytest.mark.timeout(300)
def test_nearly_every_fault_is_found_and_the_others_are_known(capsys):
    every = list(mutants())
    found = dict(zip(every, search(found_by_hand, every), strict=True))
    left = [mutant for mutant in every if not found[mutant]]
    deleted = [mutant for mutant in every if mutant.fault is Fault.DELETED]
    explored = dict(zip(left + deleted, search(Hunters().finder, left + deleted), strict=True))
    found |= {mutant: explored[mutant] for mutant in left}
    alone = sum(bool(explored[mutant]) for mutant in deleted) / len(deleted)
    survivors = {str(mutant) for mutant in every if not found[mutant]}
    with capsys.disabled():
        say_who_found_what(found)
        print(f"{len(deleted)} rows deleted, {alone:.1%} found by exploring alone")
    assert survivors == set(SURVIVORS)
    assert 1 - len(survivors) / len(every) >= LEAST_FOUND
    assert alone >= LEAST_EXPLORED
