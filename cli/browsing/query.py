"""What is sought in the library: words in every field, and filters such as `artist:x`.

It knows what a person types behind `find`, and which songs that means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from cli.browsing.folding import fold
from cli.browsing.library import Track, library_of
from fsm.client.events import ListedSong

_FIELDS: dict[str, Callable[[Track], tuple[str, ...]]] = {
    "artist": lambda t: (t.artist, t.album_artist),
    "album": lambda t: (t.album,),
    "title": lambda t: (t.name,),
    "genre": lambda t: (t.genre,),
    "folder": lambda t: (t.folder,),
}
KEYS = (*_FIELDS, "year")
_PART = re.compile(r'(?:(\w+):)?(?:"([^"]*)"?|(\S+))')
_LIKE_A_FIELD = re.compile(rf"(?:^|\s)\w+:|^(?:{'|'.join(KEYS)})\s", re.IGNORECASE)
_YEARS = re.compile(r"([0-9]{4})(?:(-)([0-9]{4})?)?")


class BadQuery(ValueError):
    """A filter cannot be read. The message says how it is typed."""


class Filter(NamedTuple):
    """A field that a song is sought by. value: folded. whole: not only a part of the field."""

    key: str
    value: str
    whole: bool = False

    def fits(self, track: Track) -> bool:
        """Tell whether a song has it."""
        known = (fold(value).replace('"', "") for value in _FIELDS[self.key](track))
        return any(self._is(each) if self.whole else self.value in each for each in known)

    def _is(self, known: str) -> bool:
        """Tell whether it is all of a field; a folder is all that is below it."""
        below = self.key == "folder" and known.startswith(f"{self.value}/")
        return known == self.value or below


class Query(NamedTuple):
    """What is sought. words: folded. years: the first and the last."""

    words: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    years: tuple[int, int] | None = None

    def fits(self, track: Track, text: str) -> bool:
        """Tell whether a song is sought. text: all of it in words (`Library.texts`)."""
        if self.years is not None and not (
            track.year is not None and self.years[0] <= track.year <= self.years[1]
        ):
            return False
        return all(word in text or word == str(track.song_id) for word in self.words) and all(
            each.fits(track) for each in self.filters
        )


def parse(text: str) -> Query:
    """Parse what is typed: words, `key:value`, `key:"the whole value"`. Raises BadQuery."""
    words: list[str] = []
    filters: list[Filter] = []
    years = None
    for match in _PART.finditer(text):
        key, quoted, plain = match.groups()
        value = quoted if quoted is not None else plain
        key = (key or "").lower()
        if key == "year":
            years = _years(value)
        elif key in _FIELDS:
            filters.append(Filter(key, fold(value), quoted is not None))
        else:
            words += fold(match[0].replace('"', "")).split()
    return Query(tuple(words), tuple(filters), years)


def has_filter(text: str) -> bool:
    """Tell whether there is a filter in what is typed."""
    return any((match[1] or "").lower() in KEYS for match in _PART.finditer(text))


def field_advice(text: str) -> str:
    """Say which fields there are, where a text that found nothing looks like one; else ""."""
    if _LIKE_A_FIELD.search(text) is None:
        return ""
    return f"the fields are {', '.join(f'{key}:' for key in KEYS)} as in artist:x"


def find(songs: Sequence[ListedSong], text: str) -> tuple[Track, ...]:
    """Return the songs that are sought, in the order of the list. Raises BadQuery."""
    query, library = parse(text), library_of(songs)
    if query == Query():
        return library.tracks
    query = query._replace(filters=tuple(_found(each, library.tracks) for each in query.filters))
    found = zip(library.tracks, library.texts, strict=True)
    return tuple(track for track, known in found if query.fits(track, known))


def _found(each: Filter, tracks: Sequence[Track]) -> Filter:
    """Have a quoted value be the whole field where any song has such a one, else a part of it."""
    return each._replace(whole=each.whole and any(map(each.fits, tracks)))


def _years(text: str) -> tuple[int, int]:
    match = _YEARS.fullmatch(text)
    if match is None:
        raise BadQuery("year takes one year or two, as in: year:1999, year:1999-2005, year:1999-")
    first, dash, last = match.groups()
    return int(first), int(last) if last else (9999 if dash else int(first))
