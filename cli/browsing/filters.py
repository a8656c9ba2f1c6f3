"""What a filter that is half typed may become: `album:"ki` by the albums that there are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from cli.browsing.candidates import filter_text
from cli.browsing.choosing import with_kind
from cli.browsing.folding import fold
from cli.browsing.library import Library

_VALUES: dict[str, Callable[[Library], Iterable[str]]] = {
    "artist": lambda library: (artist.name for artist in library.artists),
    "album": lambda library: (album.name for album in library.albums),
    "title": lambda library: (track.name for track in library.tracks),
    "genre": lambda library: (track.genre for track in library.tracks),
    "folder": lambda library: library.folders,
    "year": lambda library: map(str, sorted({t.year for t in library.tracks if t.year})),
}
_BEGUN = re.compile(rf'(?:^|\s)(({"|".join(_VALUES)}):(?:"([^"]*)|([^\s"]*)))$', re.IGNORECASE)


class Begun(NamedTuple):
    """A filter whose value is not all there. text: as it is typed, from its key on."""

    text: str
    key: str
    value: str


def begun_filter(typed: str) -> Begun | None:
    """Return the filter at the end of what is typed; None where there is none."""
    match = _BEGUN.search(typed)
    return match and Begun(match[1], match[2].lower(), match[3] or match[4] or "")


def begun_name(typed: str) -> Begun | None:
    """Return a name behind the word for its kind (`album ki`) as a filter; None for other text."""
    word, name = with_kind(typed) or ("", "")
    return Begun(typed, word, name.strip('"')) if word else None


def values_of(library: Library, begun: Begun) -> Iterator[str]:
    """Yield the values of which a word begins as is typed, each once, in the order of the list."""
    words = _words(begun.value)
    for value in dict.fromkeys(filter(None, _VALUES[begun.key](library))):
        if words in _words(value):
            yield value


def typed_as(begun: Begun, value: str) -> str:
    """Return the whole filter."""
    return f"year:{value}" if begun.key == "year" else filter_text(begun.key, value)


def _words(text: str) -> str:
    """Return a text for a search by the beginnings of its words, which a / parts as well."""
    return f" {fold(text)}".replace("/", " ")
