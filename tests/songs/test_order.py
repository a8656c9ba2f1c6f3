"""The order of the list: folders, discs, tracks, names."""

from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songs import Library
from songs.order import in_order
from tests.songs.making import FRAME, put, raw_id3v2, text_frame


class Numbers(NamedTuple):
    disc: int | None = None
    track: int | None = None


NONE = Numbers()


@pytest.mark.parametrize(
    ("ordered", "numbers"),
    [
        pytest.param(
            ["Zero.mp3", "Mellow.mp3", "Alpha.mp3"],
            [Numbers(None, 1), Numbers(None, 2), Numbers(None, 10)],
            id="tracks, not names",
        ),
        pytest.param(
            ["b1.mp3", "a2.mp3", "d1.mp3", "c2.mp3"],
            [Numbers(1, 1), Numbers(1, 2), Numbers(2, 1), Numbers(2, 2)],
            id="two discs in one folder",
        ),
        pytest.param(
            ["b.mp3", "a.mp3", "c.mp3"],
            [Numbers(None, 1), Numbers(1, 2), Numbers(2, 1)],
            id="no disc is the first disc",
        ),
        pytest.param(
            ["2.mp3", "10.mp3", "a.mp3"],
            [Numbers(1, 9), Numbers(1, 3), NONE],
            id="a song without a number: by name",
        ),
        pytest.param(
            ["2.mp3", "10.mp3"], [Numbers(1, 1), Numbers(1, 1)], id="equal numbers: by name"
        ),
        pytest.param(
            ["z.mp3", "a/9.mp3", "a/b/1.mp3", "a b/1.mp3", "CD2/x.mp3", "CD10/b.mp3", "CD10/a.mp3"],
            [NONE, NONE, NONE, NONE, Numbers(10, 5), Numbers(2, 1), Numbers(2, 2)],
            id="a folder's own songs, then its folders'",
        ),
    ],
)
def test_order(ordered: list[str], numbers: list[Numbers]) -> None:
    songs = {name.encode(): each for name, each in zip(ordered, numbers, strict=True)}
    backwards = dict(reversed(songs.items()))
    assert in_order(backwards) == list(songs)


SOME = st.dictionaries(
    st.sampled_from([b"a", b"A", b"b/a", b"b/A", b"b/2", b"b/10", b"b/02"]),
    st.builds(Numbers, st.sampled_from([None, 1, 2]), st.sampled_from([None, 1, 2])),
)


@given(SOME)
def test_the_order_holds_each_song_and_does_not_depend_on_that_of_the_disk(
    songs: dict[bytes, Numbers],
) -> None:
    assert sorted(in_order(songs)) == sorted(songs)
    assert in_order(songs) == in_order(dict(reversed(songs.items())))


def test_numbers_come_from_the_tags(music: Path) -> None:
    for name, disc, track in (("c", "1/2", "9"), ("b", "1/2", "10"), ("a", "2", "01/12")):
        frames = text_frame(b"TRCK", track) + text_frame(b"TPOS", disc)
        put(music / f"{name}.mp3", raw_id3v2(frames) + FRAME)
    library = Library(music)
    library.scan()
    assert [song.title for song in library.songs] == ["c", "b", "a"]
