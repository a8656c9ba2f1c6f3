"""Song IDs that the client holds, when the server has given its songs other ones.

A song that is here, or on its way, is played even if the server has it no longer.
"""

from __future__ import annotations

GONE = -1
"""In the place of the ID of a song that is here, or on its way, and no longer on the server."""

NewIds = dict[int, int | None]
"""From an ID to the song's new one; None where it is gone."""


def here(song_ids: tuple[int, ...], new_ids: NewIds) -> tuple[int, ...]:
    """Return the new IDs of songs that need not be requested."""
    new = (new_ids.get(song_id, song_id) for song_id in song_ids)
    return tuple(GONE if song_id is None else song_id for song_id in new)


def left(song_ids: tuple[int, ...], new_ids: NewIds) -> tuple[int, ...]:
    """Return the new IDs of songs that can still be requested."""
    return without_gone(here(song_ids, new_ids))


def without_gone(song_ids: tuple[int, ...]) -> tuple[int, ...]:
    """Return the songs that can be requested."""
    return tuple(song_id for song_id in song_ids if song_id != GONE)
