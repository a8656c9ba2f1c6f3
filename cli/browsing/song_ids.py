"""Reads song IDs and ranges of them as they are typed: `3`, `9-11 14`, `9-11,14`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fsm.client.events import ListedSong

MAX_SONG_ID = 9_999_999_999
NO_IDS = "song IDs are 1, 2, 3 and so on; list shows them"

_IDS = re.compile(r"[0-9]{1,10}(?:-[0-9]{1,10})?(?:[, ]+[0-9]{1,10}(?:-[0-9]{1,10})?)*[, ]*")


class NotChosen(LookupError):
    """The text names nothing, or more than one thing. The message says what does."""


def is_number(text: str) -> bool:
    """Tell whether it is digits alone."""
    return text.isascii() and text.isdigit()


def are_ids(text: str) -> bool:
    """Tell whether only IDs and ranges of them are typed."""
    return _IDS.fullmatch(text) is not None


def are_possible(text: str) -> bool:
    """Tell whether no number that is typed is too large for an ID."""
    return not any(
        is_number(part) and (len(part) > 10 or int(part) > MAX_SONG_ID) for part in _parts(text)
    )


def need_list(text: str) -> bool:
    """Tell whether it takes a list to know which songs are meant: IDs alone say it themselves."""
    return not all(is_number(part) and int(part) for part in _parts(text))


def listed_ids(songs: Sequence[ListedSong], text: str) -> tuple[int, ...]:
    """Return the IDs that are typed, in that order; of a range, those that the list has.

    Raises NotChosen: the list has none of a range, or no song 0, with which some servers begin to
    count (protocol.md 8).
    """
    known = sorted({s.song_id for s in songs if s.song_id is not None})
    ids: list[int] = []
    for part in _parts(text):
        first, dash, last = part.partition("-")
        ids += _range(known, int(first), int(last)) if dash else [_possible(known, int(first))]
    return tuple(ids)


def _parts(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _possible(known: Sequence[int], song_id: int) -> int:
    if song_id == 0 and 0 not in known[:1]:
        raise NotChosen(NO_IDS)
    return song_id


def _range(known: Sequence[int], first: int, last: int) -> list[int]:
    low, high = sorted((first, last))
    found = [song_id for song_id in known if low <= song_id <= high]
    if not found:
        raise NotChosen(f"the list has no song from {low} to {high}")
    return found if first == low else found[::-1]
