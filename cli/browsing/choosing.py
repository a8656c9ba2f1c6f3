"""Finds which songs a person means by what is typed behind `play`, `queue` and `album`.

A song, an album, an artist or a folder may be meant; where it could be more than one of them, the
message names them, and nothing is chosen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from cli.browsing import query
from cli.browsing.folding import fold
from cli.browsing.library import VARIOUS, Album, Library, Track, albums_of, by_album, library_of
from cli.browsing.song_ids import NotChosen, are_ids, is_number, listed_ids
from cli.browsing.title_search import SHOWN_MATCHES, nearest
from fsm.client.events import ListedSong

ALL, LAST_ANSWER = "all", "*"
GROUPS = ("album", "artist", "folder")


class Choice(NamedTuple):
    """Something that a text may mean. kind: song, or one of GROUPS. by: whose album it is."""

    kind: str
    name: str
    tracks: tuple[Track, ...]
    by: str = ""

    @property
    def shown(self) -> str:
        """Its name in a question."""
        if self.kind == "song":
            return f"{self.tracks[0].song_id}. {self.tracks[0].title}"
        count = len(self.tracks)
        by = f" by {self.by}" if self.by else ""
        return f"the {self.kind} {self.name}{by} ({count} song{'s' if count > 1 else ''})"

    @property
    def typed(self) -> str:
        """What is typed to name it alone."""
        if self.kind == "song":
            return str(self.tracks[0].song_id)
        by = f" {_filter('artist', self.by)}" if self.by not in ("", VARIOUS) else ""
        return _filter(self.kind, self.name) + by

    @property
    def song_ids(self) -> frozenset[int | None]:
        """The songs that it means."""
        return frozenset(track.song_id for track in self.tracks)


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
        raise NotChosen(f"{len(found)} albums have that: {_named(found)}; say more of one")
    raise NotChosen("no album has that; albums shows them")


def clear_names(songs: Sequence[ListedSong], names: Iterable[str]) -> set[str]:
    """Return those of the names that mean one thing each, as `song_ids` takes them.

    An album with the name of one of its songs does not. Cost: one pass over the library.
    """
    meant: dict[str, set[frozenset[int | None]]] = defaultdict(set)
    sought = {name: fold(name) for name in names}
    folded = set(sought.values()) - {"", ALL, LAST_ANSWER}
    for candidate in _candidates(library_of(songs)):
        for name in folded.intersection((*candidate.names, candidate.whole)):
            meant[name].add(candidate.choice().song_ids)
    return {
        name
        for name, known in sought.items()
        if len(meant[known]) == 1 and not are_ids(name) and not query.has_filter(name)
    }


class _Candidate(NamedTuple):
    """What may be meant. names: folded. whole: a name that means it only if all of it is typed."""

    names: tuple[str, ...]
    whole: str
    kind: str
    name: str
    tracks: tuple[Track, ...]
    by: str = ""

    def choice(self) -> Choice:
        return Choice(self.kind, self.name, self.tracks, self.by)


def _candidates(library: Library) -> Iterator[_Candidate]:
    """Yield all that has a name: songs, albums, artists, folders."""
    for track in library.tracks:
        if track.song_id is not None:
            # The title of a tagged song begins with its artist, who is not a song.
            name = track.name if track.is_tagged else track.title
            yield _Candidate((fold(name),), fold(track.title), "song", name, (track,))
    for album in library.albums:
        yield _Candidate((fold(album.name),), "", "album", album.name, album.tracks, album.artist)
    for artist in library.artists:
        yield _Candidate((fold(artist.name),), "", "artist", artist.name, artist.tracks)
    for folder, tracks in library.folders.items():
        names = (fold(folder), fold(folder.rpartition("/")[2]))
        yield _Candidate(names, "", "folder", folder, tracks)


def _numbered(songs: Sequence[ListedSong], text: str) -> int:
    """Return the ID that a number is, unless the list has only a title with it."""
    titled = [s.song_id for s in songs if text in fold(s.title).split()]
    if len(titled) == 1 and int(text) not in {s.song_id for s in songs}:
        return titled[0] or int(text)
    return listed_ids(songs, text)[0]


def _answered(library: Library, answer: Sequence[ListedSong]) -> tuple[int, ...]:
    """Return the songs of the last answer that the list still has under their IDs."""
    if not answer:
        raise NotChosen("there is no answer yet that * could stand for; find WORDS makes one")
    listed = set(library.songs)
    found = tuple(s.song_id for s in answer if s.song_id is not None and s in listed)
    if not found:
        raise NotChosen("the songs that were listed last are not on the list now")
    return found


def _one(library: Library, text: str) -> Choice:
    """Return the only thing that the text names, by the closest way in which it names any."""
    folded = fold(text)
    candidates = list(_candidates(library))
    for fits in _ways(folded):
        found = [c for c in candidates if any(map(fits, c.names)) or c.whole == folded]
        if found:
            return _only([c.choice() for c in found])
    if tracks := [t for t in query.find(library, text) if t.song_id is not None]:
        return _only([Choice("song", t.name, (t,)) for t in tracks])
    if near := nearest(library.songs, text):
        names = ", ".join(f"{s.song_id}. {s.title}" for s in near)
        raise NotChosen(f"no song has that; the nearest: {names}")
    raise NotChosen("no song has that; list shows the songs")


def _ways(folded: str) -> tuple[Callable[[str], bool], ...]:
    """Return how a text may name something, the closest way first: all, its beginning, words."""
    words = folded.split()
    return (
        lambda name: name == folded,
        lambda name: name.startswith(folded),
        lambda name: all(word in name for word in words),
    )


def _only(found: list[Choice]) -> Choice:
    """Return the only one. Raises NotChosen, which names them, the groups first.

    What means the same songs as one before, as the folder of an album does, is left out.
    """
    by_songs: dict[frozenset[int | None], Choice] = {}
    for choice in found:
        by_songs.setdefault(choice.song_ids, choice)
    different = list(by_songs.values())
    if len(different) == 1:
        return different[0]
    named = sorted(different, key=lambda choice: choice.kind == "song")
    names = _listing([choice.shown for choice in named])
    if named[0].kind == "song":
        raise NotChosen(f"{len(named)} titles have that: {names}; say which one by its ID")
    raise NotChosen(f"it could be {names}; say {named[0].typed}, or a song's ID")


def _albums(library: Library, text: str) -> Sequence[Album]:
    if query.has_filter(text):
        return albums_of(query.find(library, text))
    whole, begun, with_words = _ways(fold(text))
    levels = (
        [a for a in library.albums if whole(fold(a.name))],
        [a for a in library.albums if begun(fold(a.name))],
        [a for a in library.albums if with_words(fold(f"{a.artist} {a.name}"))],
    )
    return next(filter(None, levels), [])


def _named(albums: Sequence[Album]) -> str:
    return _listing([f"{a.name} by {a.artist}" if a.artist else a.name for a in albums])


def _listing(names: Sequence[str]) -> str:
    more = len(names) - SHOWN_MATCHES
    shown = ", ".join(names[:SHOWN_MATCHES])
    return f"{shown} and {more} more" if more > 0 else shown


def _filter(key: str, name: str) -> str:
    return f'{key}:"{name.replace(chr(34), "")}"'


def _ids(tracks: Iterable[Track]) -> tuple[int, ...]:
    return tuple(t.song_id for t in tracks if t.song_id is not None)
