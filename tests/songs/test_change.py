"""What one process tells another of a list that has changed."""

from hypothesis import given
from hypothesis import strategies as st

from songs import Change, Song, change_between
from songs.change import changed_list

SONGS = [Song(n, f"song {n}", b"%d.mp3" % n) for n in range(1, 9)]
RENAMED = [Song(n, f"renamed {n}", b"%d.mp3" % n) for n in range(1, 9)]
LISTS = st.lists(st.sampled_from(range(8)), unique=True).flatmap(
    lambda numbers: st.tuples(
        *(st.sampled_from([SONGS[number], RENAMED[number]]) for number in numbers)
    )
)


@given(LISTS, LISTS)
def test_the_change_makes_one_list_of_the_other(
    before: tuple[Song, ...], after: tuple[Song, ...]
) -> None:
    change = change_between(before, after)
    assert changed_list(before, change) == after
    assert bool(change) == (before != after)


def test_a_change_holds_only_what_is_new() -> None:
    before, after = (*SONGS[:3], SONGS[4]), (SONGS[0], RENAMED[2], SONGS[3], SONGS[4])
    assert change_between(before, after) == Change(
        frozenset({2, 3}), ((1, RENAMED[2]), (2, SONGS[3]))
    )


def test_songs_that_change_places_are_sent_with_the_whole_list() -> None:
    change = change_between(SONGS[:2], SONGS[1::-1])
    assert change == Change(frozenset({1, 2}), ((0, SONGS[1]), (1, SONGS[0])))
