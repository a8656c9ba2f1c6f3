"""Sets songs, albums and artists in columns, each as wide as it needs, for a terminal of any width.

Where there is no room for all, titles, artists and albums share what there is; where that is too
little, the album is left out first, then the artist. A title is cut in its middle, because the name
of the movement stands at its end.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from operator import add
from typing import NamedTuple, TypeVar

from cli.browsing.library import Album, Artist, Track
from cli.words.clock import clock
from cli.words.safe_text import columns_of, cut, middle_cut, safe

T = TypeVar("T")
Cells = tuple[str, ...]

GAP = "  "
NARROW_COLUMNS = 12
"""An album or an artist in fewer columns says nothing: it is left out instead."""
TITLE_COLUMNS, FEW_TITLE_COLUMNS = 36, 24
"""Of a long title so much is left where an album or an artist is to have its column."""
FEW_COLUMNS = 76
"""In less room than this it is the fewer."""
USUAL_PERCENT = 90
"""So many cells are whole before those that are longer get more room."""
SHOWN_MAX = 200
"""Of a text that is longer than any terminal is wide, only so much is measured."""


class _Layout(NamedTuple):
    """How columns give way. title: the column that is left last. shrinking: those that are left
    out, the first one first. right: those that are aligned right. shares: the title is no more
    than they are."""

    title: int
    shrinking: tuple[int, ...] = ()
    right: tuple[int, ...] = ()
    shares: bool = False

    def title_columns(self, columns: int) -> int:
        """Return how much of a long title is left in a row of so many columns."""
        if self.shares:
            return NARROW_COLUMNS
        return FEW_TITLE_COLUMNS if columns < FEW_COLUMNS else TITLE_COLUMNS


_SONGS = _Layout(title=1, shrinking=(3, 0), right=(2,))
_QUEUE = _Layout(title=1, shrinking=(4, 0), right=(2, 3))
_ALBUM = _Layout(title=1, shrinking=(3,), right=(0, 2))
_ALBUMS = _Layout(title=1, shrinking=(0,), right=(3, 4), shares=True)
_ARTISTS = _Layout(title=0, right=(1, 2))


def song_rows(tracks: Sequence[Track], columns: int, ellipsis: str) -> Iterator[str]:
    """Return a row for each song: artist, title, duration, album, without what none of them has."""

    def cells(t: Track) -> Cells:
        return _text(t.artist), _text(_title(t)), _time(t), _text(t.album)

    return _rows(tracks, cells, columns, ellipsis, _SONGS)


def queue_rows(
    tracks: Sequence[Track], begins: Sequence[str], columns: int, ellipsis: str
) -> Iterator[str]:
    """Return a row for each song: artist, title, duration, when it begins, album."""

    def cells(one: tuple[Track, str]) -> Cells:
        t, when = one
        return _text(t.artist), _text(_title(t)), _time(t), when, _text(t.album)

    each = list(zip(tracks, begins, strict=True))
    return _rows(each, cells, columns, ellipsis, _QUEUE)


def album_rows(tracks: Sequence[Track], artist: str, columns: int, ellipsis: str) -> Iterator[str]:
    """Return a row for each song of an album: track, title, duration, who plays but `artist`."""
    discs = len({t.disc or 1 for t in tracks}) > 1

    def cells(t: Track) -> Cells:
        other = _text(t.artist if t.artist != artist else "")
        return _place(t, discs), _text(t.name), _time(t), other

    return _rows(tracks, cells, columns, ellipsis, _ALBUM)


def albums_rows(albums: Sequence[Album], columns: int, ellipsis: str) -> Iterator[str]:
    """Return a row for each album: artist, album, year, how many songs, how long it is."""

    def cells(a: Album) -> Cells:
        songs = counted(len(a.tracks))
        return _text(a.artist), _text(a.name), str(a.year or ""), songs, length(a)

    return _rows(albums, cells, columns, ellipsis, _ALBUMS)


def artists_rows(artists: Sequence[Artist], columns: int, ellipsis: str) -> Iterator[str]:
    """Return a row for each artist: how many albums and songs there are."""

    def cells(a: Artist) -> Cells:
        albums = f"{a.albums} album{'' if a.albums == 1 else 's'}" if a.albums else ""
        return _text(a.name), albums, counted(len(a.tracks))

    return _rows(artists, cells, columns, ellipsis, _ARTISTS)


def album_heading(album: Album) -> str:
    """Return `Artist - Album (2001), 12 songs, 45:10`."""
    by = f"{album.artist} - " if album.artist else ""
    year = f" ({album.year})" if album.year else ""
    parts = (f"{by}{album.name}{year}", counted(len(album.tracks)), length(album))
    return safe(", ".join(filter(None, parts)))


def counted(songs: int) -> str:
    """Return `1 song`, or `12 songs`."""
    return f"{songs} song{'' if songs == 1 else 's'}"


def numbered(song_id: int | None) -> str:
    """Return `3.`, "" where a song has no ID; some servers begin to count with 0."""
    return "" if song_id is None else f"{song_id}."


def length(album: Album) -> str:
    """Return how long an album is, "" where that is not known."""
    return "" if album.duration_s is None else clock(album.duration_s)


def _rows(
    each: Sequence[T],
    cells: Callable[[T], Cells],
    columns: int,
    ellipsis: str,
    layout: _Layout,
) -> Iterator[str]:
    """Return the rows. cells: called twice with each: those of 10,000 songs take 2 MiB."""
    measured: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for one in each:
        for index, text in enumerate(cells(one)):
            measured[index][columns_of(text)] += 1
    widths = _widths(list(measured.values()), columns, layout) if measured else []
    return (_row(cells(one), widths, ellipsis, layout) for one in each)


def _widths(measured: Sequence[Counter[int]], columns: int, layout: _Layout) -> list[int]:
    """Return how wide each column is. measured: of each column, how many cells are how wide.

    What most cells need is given before what the widest ones need, so that one long title does not
    take the columns of all other songs.
    """
    widest = [max(counts) for counts in measured]
    if _needed(widest) <= columns:
        return widest
    flexible = (layout.title, *layout.shrinking)
    usual = [_usual(n) if i in flexible else widest[i] for i, n in enumerate(measured)]
    widths = _least(usual, widest, columns, layout)
    readable = min(widest[layout.title], layout.title_columns(columns))
    long_titles = [readable if i == layout.title else 0 for i in range(len(widths))]
    for wanted in (usual, long_titles, widest):
        _widen(widths, wanted, columns, layout.title)
    over = _needed(widths) - columns
    widths[layout.title] = max(1, widths[layout.title] - max(0, over))
    return widths


def _least(usual: Sequence[int], widest: Sequence[int], columns: int, layout: _Layout) -> list[int]:
    """Return the least widths of which something can be read; 0 for what has no room then."""
    widths = list(usual)
    widths[layout.title] = min(usual[layout.title], layout.title_columns(columns))
    for index in layout.shrinking:
        widths[index] = min(widest[index], NARROW_COLUMNS)
    for index in layout.shrinking:
        if _needed(widths) > columns:
            widths[index] = 0
    return widths


def _usual(counts: Counter[int]) -> int:
    """Return the width that is enough for USUAL_PERCENT of the cells that have a text."""
    filled = sum(n for width, n in counts.items() if width)
    enough = 0
    for width in sorted(filter(None, counts)):
        enough += counts[width]
        if 100 * enough >= USUAL_PERCENT * filled:
            return width
    return 0


def _widen(widths: list[int], wanted: Sequence[int], columns: int, title: int) -> None:
    """Share the room that is left among the columns that are shown, by what each still wants."""
    left = columns - _needed(widths)
    missing = [max(0, want - has) if has else 0 for has, want in zip(widths, wanted, strict=True)]
    shared = min(left, sum(missing))
    if shared <= 0:
        return
    shares = [each * shared // sum(missing) for each in missing]
    shares[title] += min(missing[title] - shares[title], shared - sum(shares))
    widths[:] = map(add, widths, shares)


def _row(cells: Cells, widths: Sequence[int], ellipsis: str, layout: _Layout) -> str:
    return GAP.join(
        _cell(text, width, ellipsis, i == layout.title, i in layout.right)
        for i, (text, width) in enumerate(zip(cells, widths, strict=True))
        if width
    ).rstrip()


def _needed(widths: Sequence[int]) -> int:
    shown = [width for width in widths if width]
    return sum(shown) + len(GAP) * (len(shown) - 1)


def _cell(text: str, width: int, ellipsis: str, is_title: bool, to_the_right: bool) -> str:
    text = middle_cut(text, width, ellipsis) if is_title else cut(text, width, ellipsis)
    blank = " " * (width - columns_of(text))
    return blank + text if to_the_right else text + blank


def _text(text: str) -> str:
    return safe(text[:SHOWN_MAX])


def _title(track: Track) -> str:
    return track.name if track.is_tagged else track.title


def _time(track: Track) -> str:
    return "" if track.duration_s is None else clock(track.duration_s)


def _place(track: Track, discs: bool) -> str:
    if track.track is None:
        return ""
    return f"{track.disc or 1}-{track.track:02}" if discs else str(track.track)
