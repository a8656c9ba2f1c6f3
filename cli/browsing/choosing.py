"""Finds which songs a person means by what is typed behind `play`, `queue` and `album`.

A song, an album, an artist or a folder may be meant; where it could be more than one of them, the
message names them, and nothing is chosen.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from cli.browsing import query
from cli.browsing.candidates import Candidate, Choice, candidates, distinct, told_apart
from cli.browsing.folding import fold
from cli.browsing.library import Album, Library, Track, albums_of, by_album, library_of
from cli.browsing.song_ids import NotChosen, are_ids, is_number, listed_ids
from cli.browsing.title_search import SHOWN_MATCHES, nearest
from cli.words.safe_text import shown
from fsm.client.events import ListedSong

ALL, LAST_ANSWER = "all", "*"
KIND_OF_WORD = {"album": "album", "artist": "artist", "folder": "folder", "title": "song"}
"""What is meant by a name behind one of these words, as in `play album greatest hits`."""
_QUOTED = re.compile(r'"[^"]+"')


def song_ids(
    songs: Sequence[ListedSong], text: str, answer: Sequence[ListedSong] = ()
) -> tuple[int, ...]:
    """Return the IDs of the songs that a text names, one or more, in the order to play them.

    answer: what the last list, find, album … has shown. Raises NotChosen, query.BadQuery.
    """
    if is_number(text):
        return (_numbered(songs, text),)
    if are_ids(text):
        return listed_ids(songs, text)
    if not songs:
        raise NotChosen("no titles are known yet; list fetches them, or play takes an ID")
    if ids := choose(songs, text, answer):
        return ids
    raise NotChosen("no song that it names has an ID; list shows the songs")


def choose(
    songs: Sequence[ListedSong], text: str, answer: Sequence[ListedSong] = ()
) -> tuple[int, ...]:
    """Return the IDs of the songs that `all`, `*`, filters or a part of a name mean.

    Raises NotChosen, query.BadQuery.
    """
    library = library_of(songs)
    if text == LAST_ANSWER:
        return _answered(library, answer)
    if fold(text) == ALL:
        return tuple(s.song_id for s in songs if s.song_id is not None)
    if query.has_filter(text):
        if found := query.find(library, text):
            return _ids(by_album(found))
        raise NotChosen("no song fits; find takes the same words")
    return _ids(_one(library, text).tracks)


def choose_album(songs: Sequence[ListedSong], text: str) -> Album:
    """Return the album that a part of its name, or of its artist's, names.

    Raises NotChosen, query.BadQuery.
    """
    found = _albums(library_of(songs), text)
    if len(found) == 1:
        return found[0]
    if found:
        named = told_apart([Choice("album", a.name, a.tracks, a.artist) for a in found])
        names = _listing([choice.named for choice in named])
        more = named[0].typed if named[0].folder else "more of one"
        raise NotChosen(f"{len(found)} albums have that: {names}; say {more}")
    raise NotChosen("no album has that; albums shows them")


def clear_names(songs: Sequence[ListedSong], names: Iterable[str]) -> set[str]:
    """Return those of the names that mean one thing each, as `song_ids` takes them.

    An album with the name of one of its songs does not. Cost: one pass over the library.
    """
    meant: dict[str, list[Choice]] = defaultdict(list)
    sought = {name: fold(name) for name in names}
    folded = set(sought.values()) - {"", ALL, LAST_ANSWER}
    for candidate in candidates(library_of(songs)):
        for name in folded.intersection((*candidate.names, candidate.whole)):
            meant[name].append(candidate.choice())
    return {
        name
        for name, known in sought.items()
        if len(distinct(meant[known])) == 1 and not are_ids(name) and not query.has_filter(name)
    }


def with_kind(text: str) -> tuple[str, str] | None:
    """Return the word of a kind that a text begins with, and the name behind it."""
    word, _, name = text.partition(" ")
    return (word.lower(), name.strip()) if word.lower() in KIND_OF_WORD and name.strip() else None


def _numbered(songs: Sequence[ListedSong], text: str) -> int:
    """Return the ID that a number is, unless the list has only a title with it."""
    titled = [s.song_id for s in songs if text in fold(s.title).split()]
    if len(titled) == 1 and titled[0] is not None and int(text) not in {s.song_id for s in songs}:
        return titled[0]
    return listed_ids(songs, text)[0]


def _answered(library: Library, answer: Sequence[ListedSong]) -> tuple[int, ...]:
    """Return the songs of the last answer that the list still has under their IDs."""
    if not answer:
        raise NotChosen("no songs were listed last, so * means none; find WORDS lists some")
    listed = set(library.songs)
    found = tuple(s.song_id for s in answer if s.song_id is not None and s in listed)
    if not found:
        raise NotChosen("the songs that were listed last are not on the list now")
    return found


def _one(library: Library, text: str) -> Choice:
    """Return the only thing that the text names, by the closest way in which it names any.

    A name behind the word for its kind comes before all but a whole name: a song may begin so.
    """
    ways, known = _ways(text), list(candidates(library))
    if found := _named(known, ways.closest_first[:1], ways):
        return _only(found, text)
    if (typed := with_kind(text)) and (found := _of_kind(library, known, *typed)):
        return _only(found, typed[1])
    if found := _named(known, ways.closest_first[1:], ways):
        return _only(found, text)
    if ways.only_whole:
        raise NotChosen("nothing has just that name; without quotes a part of it is enough")
    if tracks := [t for t in query.find(library, text) if t.song_id is not None]:
        return _only([Choice("song", t.name, (t,)) for t in tracks], text)
    raise NotChosen(_nothing_named(library, text, typed))


def _nothing_named(library: Library, text: str, typed: tuple[str, str] | None) -> str:
    """Say that nothing has such a name. typed: the word of a kind, and the name behind it."""
    word, name = typed or ("song", text)
    if word in ("album", "artist"):
        return f"no {word} has that; {word}s shows them"
    if word != "folder" and (near := nearest(library.songs, name)):
        names = ", ".join(f"{s.song_id}. {s.title}" for s in near)
        return f"no {word} has that; the nearest: {names}"
    return f"no {word} has that; {query.field_advice(name) or 'list shows the songs'}"


def _named(
    known: Iterable[Candidate], closest_first: Iterable[Callable[[str], bool]], ways: _Ways
) -> list[Choice]:
    """Return what the closest of these ways finds. ways: all of them."""
    for fits in closest_first:
        if found := [c for c in known if any(map(fits, c.names)) or ways.whole(c.whole)]:
            return [c.choice() for c in found]
    return []


def _of_kind(library: Library, known: Iterable[Candidate], word: str, name: str) -> list[Choice]:
    """Return what has the name, of one kind; of albums, those that `album NAME` would find."""
    kind, ways = KIND_OF_WORD[word], _ways(name)
    if kind == "album":
        return [Choice(kind, a.name, a.tracks, a.artist) for a in _albums(library, name)]
    return _named([c for c in known if c.kind == kind], ways.closest_first, ways)


class _Ways(NamedTuple):
    """The ways in which a text may name something. whole: all of a name is typed."""

    whole: Callable[[str], bool]
    closest_first: tuple[Callable[[str], bool], ...]
    only_whole: bool = False


def _ways(text: str) -> _Ways:
    """Return all of a name, its beginning, its words; in quotes it is all of a name."""
    folded = fold(text)
    bare, words = folded.strip('"'), folded.split()

    def whole(name: str) -> bool:
        return name == folded

    def unquoted(name: str) -> bool:
        return name.replace('"', "") == bare

    def begun(name: str) -> bool:
        return name.startswith(folded)

    def with_words(name: str) -> bool:
        return all(word in name for word in words)

    if _QUOTED.fullmatch(text):
        return _Ways(unquoted, (whole, unquoted), only_whole=True)
    return _Ways(whole, (whole, begun, with_words))


def _only(found: list[Choice], text: str) -> Choice:
    """Return the only one. Raises NotChosen, which names them, the groups first."""
    different = distinct(found)
    if len(different) == 1:
        return different[0]
    named = told_apart(sorted(different, key=lambda choice: choice.kind == "song"))
    names = _listing([choice.shown for choice in named])
    if named[0].kind == "song":
        every = f"find {shown(text)} shows them all, and play * plays those"
        raise NotChosen(f"{len(named)} titles have that: {names}; say one by its ID; {every}")
    raise NotChosen(f"it could be {names}; say {named[0].typed}, or a song's ID")


def _albums(library: Library, text: str) -> Sequence[Album]:
    if query.has_filter(text):
        return albums_of(query.find(library, text))
    by_name, by_words = _ways(text).closest_first[:2], _ways(text).closest_first[2:]
    for fits in by_name:
        if found := [a for a in library.albums if fits(fold(a.name))]:
            return found
    return [a for a in library.albums for fits in by_words if fits(fold(f"{a.artist} {a.name}"))]


def _listing(names: Sequence[str]) -> str:
    more = len(names) - SHOWN_MATCHES
    shown = ", ".join(names[:SHOWN_MATCHES])
    return f"{shown} and {more} more" if more > 0 else shown


def _ids(tracks: Iterable[Track]) -> tuple[int, ...]:
    return tuple(t.song_id for t in tracks if t.song_id is not None)
