"""What is different between two lists of songs: small where they differ in little.

By it another process brings its list up to date without being sent the whole of it.
"""

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from songs.song import Song


class Change(NamedTuple):
    """removed: IDs of songs to take out first. placed: (place in the new list, song), in order."""

    removed: frozenset[int]
    placed: tuple[tuple[int, Song], ...]

    def __bool__(self) -> bool:
        return bool(self.removed or self.placed)


def change_between(before: Sequence[Song], after: Sequence[Song]) -> Change:
    """Return what makes `after` of `before`. Cost: linear.

    A song that is in both is the same object in both, unless it has a new title. Songs that only
    changed places are not told apart from the others: then the change holds the whole list.
    """
    now = {song.song_id: song for song in after}
    kept = [song for song in before if now.get(song.song_id) is song]
    kept_ids = {song.song_id for song in kept}
    if kept != [song for song in after if song.song_id in kept_ids]:
        kept_ids = set()
    return Change(
        frozenset(song.song_id for song in before if song.song_id not in kept_ids),
        tuple((place, song) for place, song in enumerate(after) if song.song_id not in kept_ids),
    )


def changed_list(songs: Sequence[Song], change: Change) -> tuple[Song, ...]:
    """Return the list with the change made to it. Cost: linear."""
    kept = iter([song for song in songs if song.song_id not in change.removed])
    merged: list[Song] = []
    for place, song in change.placed:
        merged.extend(islice(kept, place - len(merged)))
        merged.append(song)
    return (*merged, *kept)
