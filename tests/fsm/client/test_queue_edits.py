"""The edits of the queue, against a list that is edited in the plainest way; taking them back."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.client.queue.edits import (
    MAX_CHANGES,
    Append,
    Change,
    Clear,
    Insert,
    Load,
    Move,
    Queued,
    Remove,
    Restore,
    Shuffle,
    Undo,
    last_change,
)
from fsm.client.queue.gone import GONE
from fsm.client.queue.session import QueueSession
from fsm.client.queue.table import AHEAD, CURRENT, IDLE, WHOLE

IDS = st.lists(st.integers(1, 9), max_size=4).map(tuple)
SOME = st.lists(st.integers(1, 9), min_size=1, max_size=4).map(tuple)
QUEUES = st.builds(Queued, upcoming=IDS, played=IDS, changes=st.just(()), fixed=st.just(0))
LONG = Queued(tuple(range(1, 11)))


def edits(queued):
    """Edits that this queue can take."""
    position = st.integers(1, max(1, len(queued.upcoming)))
    of_positions = [
        st.builds(Remove, st.lists(position, min_size=1, max_size=3).map(tuple)),
        st.builds(Move, position, position),
    ]
    return st.one_of(
        st.builds(Append, SOME),
        st.builds(Insert, SOME),
        st.builds(Load, SOME),
        st.builds(Restore, IDS, IDS),
        st.builds(Shuffle, st.integers(0, 99), SOME),
        st.just(Clear()),
        *(of_positions if queued.upcoming else []),
    )


QUEUES_AND_EDITS = QUEUES.flatmap(lambda queued: st.tuples(st.just(queued), edits(queued)))


def undo(session):
    """Take the last change back; the machine asks itself for it."""
    [_, request] = session.handle(ask.UndoRequested())
    return session.handle(request)


# Each edit against a list


@given(QUEUES, SOME)
def test_songs_are_put_at_the_end_and_before_all(queued, song_ids):
    assert Append(song_ids).apply(queued).upcoming == queued.upcoming + song_ids
    assert Insert(song_ids).apply(queued).upcoming == song_ids + queued.upcoming


@given(QUEUES.filter(lambda queued: queued.upcoming), st.data())
def test_the_songs_at_the_positions_are_removed(queued, data):
    size = len(queued.upcoming)
    positions = data.draw(st.sets(st.integers(1, size), min_size=1))
    plain = list(queued.upcoming)
    for position in sorted(positions, reverse=True):
        del plain[position - 1]
    typed = data.draw(st.permutations([*positions, *positions]))
    assert Remove(tuple(typed)).apply(queued).upcoming == tuple(plain)


@given(QUEUES.filter(lambda queued: queued.upcoming), st.data())
def test_a_song_is_moved_and_the_others_keep_their_order(queued, data):
    size = len(queued.upcoming)
    position, to = data.draw(st.tuples(st.integers(1, size), st.integers(1, size)))
    moved = Move(position, to).apply(queued).upcoming
    assert moved[to - 1] == queued.upcoming[position - 1]
    without = (queued.upcoming[: position - 1], queued.upcoming[position:])
    assert moved[: to - 1] + moved[to:] == without[0] + without[1]


@given(QUEUES, st.integers(-2, 9))
def test_a_position_that_is_not_in_the_queue_is_named(queued, position):
    inside = 1 <= position <= len(queued.upcoming)
    for edit in (Remove((position,)), Move(position, 1), Move(1, position)):
        if queued.upcoming and inside:
            assert edit.missing(queued) == ""
        elif queued.upcoming:
            assert edit.missing(queued).endswith(f", and no number {position}")
        else:
            assert edit.missing(queued).startswith("it has 0 songs, and no number ")


def test_the_first_position_that_is_missing_is_named():
    assert Remove((1, 12, 11)).missing(LONG) == "it has 10 songs, and no number 12"
    assert Remove((2,)).missing(Queued((5,))) == "it has 1 song, and no number 2"


@given(QUEUES, st.integers(), SOME)
def test_a_shuffle_keeps_the_songs_and_what_is_fixed(queued, seed, songs):
    queued = queued._replace(fixed=min(1, len(queued.upcoming)))
    shuffled = Shuffle(seed, songs).apply(queued).upcoming
    assert sorted(shuffled) == sorted(queued.upcoming or songs)
    assert shuffled[: queued.fixed] == queued.upcoming[: queued.fixed]


def test_a_shuffle_is_another_order():
    order = list(LONG.upcoming)
    random.Random(3).shuffle(order)
    assert Shuffle(3).apply(LONG).upcoming == tuple(order) != LONG.upcoming
    assert Shuffle(3, LONG.upcoming).apply(Queued()).upcoming == tuple(order)


@given(QUEUES, SOME, IDS)
def test_what_is_cleared_loaded_and_restored(queued, song_ids, played):
    assert Clear().apply(queued)[:2] == ((), ())
    assert Load(song_ids).apply(queued)[:2] == (song_ids, ())
    assert Restore(song_ids, played).apply(queued)[:2] == (song_ids, played)


def test_what_there_is_nothing_for():
    for queued in (Queued(), LONG):
        assert Load(()).is_empty(queued)
        assert not Load((1,)).is_empty(queued)
        assert not Clear().is_empty(queued)
        assert not Shuffle(1, (2,)).is_empty(queued)
    assert Shuffle(1).is_empty(Queued())
    assert not Shuffle(1).is_empty(LONG)


def test_what_is_asked_for_to_be_heard():
    for edit in (Append((1,)), Insert((1,)), Load((1,))):
        assert edit.starts(Queued())
        assert edit.starts(LONG)
    for edit in (Remove((1,)), Move(1, 2), Clear(), Restore((1,)), Undo()):
        assert not edit.starts(Queued())
    assert Shuffle(1, (2,)).starts(Queued())
    assert not Shuffle(1, (2,)).starts(LONG)


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        (Append((1,)), "1 song queued"),
        (Insert((1, 2)), "2 songs queued next"),
        (Remove((3, 3, 4)), "2 songs removed"),
        (Move(4, 1), "number 4 moved to 1"),
        (Shuffle(1), "another order"),
        (Clear(), "the queue cleared"),
        (Load((1, 2, 3)), "3 songs loaded"),
        (Restore((1, 2)), "2 songs queued as they were"),
    ],
    ids=str,
)
def test_an_edit_says_what_it_does(edit, what):
    assert edit.apply(LONG).changes == (Change(what, LONG.upcoming),)


# Taking back


@given(QUEUES_AND_EDITS)
def test_a_change_is_taken_back_whole(given_):
    queued, edit = given_
    after = edit.apply(queued)
    if after.upcoming == queued.upcoming and not (queued.played and after.played != queued.played):
        assert last_change(after) is None, "there is nothing to take back"
        return
    assert last_change(after) == ((), Change(edit.what, queued.upcoming, after.changes[0][2]))
    taken_back = Undo().apply(after)
    known = edit.played if isinstance(edit, Restore) else ()
    assert taken_back == queued._replace(played=taken_back.played)
    assert taken_back.played in (queued.played, queued.played + known)


@given(st.data())
def test_several_changes_are_taken_back_one_by_one(data):
    steps = [Queued(data.draw(IDS))]
    for _ in range(data.draw(st.integers(1, 8))):
        edit = data.draw(edits(steps[-1]).filter(lambda e: not isinstance(e, Restore)))
        after = edit.apply(steps[-1])
        if after.upcoming != steps[-1].upcoming:
            steps.append(after)
    for before, after in reversed(list(pairwise(steps))):
        assert Undo().apply(after).upcoming == before.upcoming
    last = steps[-1]
    while last_change(last) is not None:
        last = Undo().apply(last)
    assert last.upcoming == steps[0].upcoming


def test_so_many_changes_are_kept_and_no_more():
    queued = Queued()
    for number in range(MAX_CHANGES + 5):
        queued = Append((number,)).apply(queued)
    assert len(queued.changes) == MAX_CHANGES
    for _ in range(MAX_CHANGES):
        queued = Undo().apply(queued)
    assert (queued.upcoming, last_change(queued)) == ((0, 1, 2, 3, 4), None)


def test_none_are_kept_where_none_are_allowed():
    assert Append((1,)).apply(Queued(), max_changes=0) == Queued((1,))


def test_a_change_that_makes_no_difference_any_more_is_passed_over():
    queued = Insert((9,)).apply(Append((2,)).apply(Queued()))
    played = queued._replace(upcoming=(2,))
    assert last_change(played) == ((), Change("1 song queued", ()))


# A song that is gone and still plays from what is here stands first, and has no position


def test_positions_count_only_what_is_on_the_list():
    queued = Queued((GONE, 5, 6), fixed=1)
    assert Remove((1,)).apply(queued).upcoming == (GONE, 6)
    assert Move(2, 1).apply(queued).upcoming == (GONE, 6, 5)
    assert Remove((3,)).missing(queued) == "it has 2 songs, and no number 3"
    assert Remove((2,)).missing(queued) == ""


def test_a_song_that_is_gone_stays_when_a_change_is_taken_back():
    queued = Queued((GONE, 5), fixed=1)
    after = Append((6,)).apply(queued)
    assert after.changes == (Change("1 song queued", (5,)),)
    assert Undo().apply(after) == queued


# The machine against a list that knows only what a person sees


SONG_ENDS, WHOLE_SONG = internal.SongOver(), internal.SongWhole()


class QueueBesideAList(RuleBasedStateMachine):
    """A queue is edited while songs are played; a plain list says what is to be queued."""

    def __init__(self):
        super().__init__()
        self.session = QueueSession()
        self.plain = []
        self.playing = None
        self.whole = False

    def edit(self, edit):
        self.session.handle(ask.EditRequested(edit))

    def start(self):
        """Where nothing is played, what is asked for begins."""
        if self.playing is None:
            self.playing, self.whole = self.plain.pop(0), False

    @rule(song_ids=SOME)
    def queue(self, song_ids):
        self.edit(Append(song_ids))
        self.plain += song_ids
        self.start()

    @rule(song_ids=SOME)
    def insert(self, song_ids):
        self.edit(Insert(song_ids))
        self.plain[:0] = song_ids
        self.start()

    @rule(song_ids=SOME)
    def load(self, song_ids):
        self.edit(Load(song_ids))
        self.plain = [*song_ids]
        self.start()

    @precondition(lambda self: self.plain)
    @rule(data=st.data())
    def remove(self, data):
        position = data.draw(st.integers(1, len(self.plain)))
        self.edit(Remove((position,)))
        del self.plain[position - 1]

    @precondition(lambda self: self.plain)
    @rule(data=st.data())
    def move(self, data):
        places = st.integers(1, len(self.plain))
        position, to = data.draw(places), data.draw(places)
        self.edit(Move(position, to))
        self.plain.insert(to - 1, self.plain.pop(position - 1))

    @rule()
    def clear(self):
        self.edit(Clear())
        self.plain.clear()

    @precondition(lambda self: self.plain)
    @rule(seed=st.integers(0, 9))
    def shuffle(self, seed):
        fixed = self.session.state is AHEAD
        self.edit(Shuffle(seed))
        rest = self.plain[fixed:]
        random.Random(seed).shuffle(rest)
        self.plain[fixed:] = rest

    @rule(song_ids=SOME)
    def take_back(self, song_ids):
        """A change that has just been made is taken back as if it had not been."""
        if self.playing is not None:
            before = (self.session.upcoming, self.session.played)
            self.edit(Load(song_ids))
            if (self.session.upcoming, self.session.played) != before:
                undo(self.session)
            assert (self.session.upcoming, self.session.played) == before

    @precondition(lambda self: self.playing is not None)
    @rule()
    def song_ends(self):
        self.session.handle(SONG_ENDS)
        self.playing = self.plain.pop(0) if self.plain else None
        self.whole = False

    @precondition(lambda self: self.playing is not None and not self.whole)
    @rule()
    def song_is_whole(self):
        self.session.handle(WHOLE_SONG)
        self.whole = True

    @rule()
    def stop(self):
        self.session.handle(on.StopRequested())
        self.playing, self.whole = None, False

    @invariant()
    def the_queue_is_the_list(self):
        assert self.session.upcoming == tuple(self.plain)
        assert self.session.current == self.playing

    @invariant()
    def the_first_is_ahead_once_the_song_is_whole(self):
        if self.playing is None:
            assert self.session.state is IDLE
        elif not self.whole:
            assert self.session.state is CURRENT
        else:
            assert self.session.state is (AHEAD if self.plain else WHOLE)
        ahead = self.plain[0] if self.session.state is AHEAD else None
        assert self.session.ahead == ahead


TestQueueBesideAList = QueueBesideAList.TestCase


@pytest.mark.parametrize("edit", [Append((7, 8)), Insert((7, 8)), Load((7, 8))], ids=str)
def test_nothing_that_has_been_played_since_comes_back(edit):
    """Songs are played from the changed queue; what is taken back then is not played again."""
    session = QueueSession()
    for event in (on.PlayRequested(1), ask.EditRequested(Append((2, 3))), ask.EditRequested(edit)):
        session.handle(event)
    first = session.upcoming[0]
    session.handle(SONG_ENDS)
    undo(session)
    assert session.current == first
    assert session.upcoming == tuple(song for song in (2, 3) if song != first)
