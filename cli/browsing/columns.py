"""Sets songs, albums and artists in columns, each as wide as it needs, for a terminal of any width.

Where there is no room for all, the album gives way first, then the artist; a title is cut in its
middle, because the name of the movement stands at its end.
"""

from __future__ import annotations

from collections.abc import Sequence

from cli.browsing.library import Album, Artist, Track
from cli.words.clock import clock
from cli.words.safe_text import columns_of, cut, safe, safe_end

GAP = "  "
NARROW_COLUMNS = 12
"""An album or an artist in fewer columns says nothing: it is left out instead."""
TITLE_COLUMNS = 36
"""Of a long title so much is left where an album or an artist is to have its column."""
SHOWN_MAX = 200
"""Of a text that is longer than any terminal is wide, only so much is measured."""


def song_rows(tracks: Sequence[Track], columns: int, ellipsis: str) -> list[str]:
    """Return a row for each song: artist, title, duration, album, without what none of them has."""
    cells = [[_text(t.artist), _text(_title(t)), _time(t), _text(t.album)] for t in tracks]
    return _rows(cells, columns, ellipsis, title=1, shrinking=(3, 0), right=(2,))


def queue_rows(
    tracks: Sequence[Track], begins: Sequence[str], columns: int, ellipsis: str
) -> list[str]:
    """Return a row for each song: artist, title, duration, when it begins, album."""
    cells = [
        [_text(t.artist), _text(_title(t)), _time(t), when, _text(t.album)]
        for t, when in zip(tracks, begins, strict=True)
    ]
    return _rows(cells, columns, ellipsis, title=1, shrinking=(4, 0), right=(2, 3))


def album_rows(tracks: Sequence[Track], artist: str, columns: int, ellipsis: str) -> list[str]:
    """Return a row for each song of an album: track, title, duration, who plays but `artist`."""
    discs = len({t.disc or 1 for t in tracks}) > 1
    cells = [
        [_place(t, discs), _text(t.name), _time(t), _text(t.artist if t.artist != artist else "")]
        for t in tracks
    ]
    return _rows(cells, columns, ellipsis, title=1, shrinking=(3,), right=(0, 2))


def albums_rows(albums: Sequence[Album], columns: int, ellipsis: str) -> list[str]:
    """Return a row for each album: artist, album, year, how many songs, how long it is."""
    cells = [
        [_text(a.artist), _text(a.name), str(a.year or ""), counted(len(a.tracks)), length(a)]
        for a in albums
    ]
    return _rows(cells, columns, ellipsis, title=1, shrinking=(0,), right=(3, 4))


def artists_rows(artists: Sequence[Artist], columns: int, ellipsis: str) -> list[str]:
    """Return a row for each artist: how many albums and songs there are."""
    cells = [
        [
            _text(a.name),
            f"{a.albums} album{'' if a.albums == 1 else 's'}" if a.albums else "",
            counted(len(a.tracks)),
        ]
        for a in artists
    ]
    return _rows(cells, columns, ellipsis, title=0, shrinking=(), right=(1, 2))


def album_heading(album: Album) -> str:
    """Return `Artist - Album (2001), 12 songs, 45:10`."""
    by = f"{album.artist} - " if album.artist else ""
    year = f" ({album.year})" if album.year else ""
    parts = (f"{by}{album.name}{year}", counted(len(album.tracks)), length(album))
    return safe(", ".join(filter(None, parts)))


def counted(songs: int) -> str:
    """Return `1 song`, or `12 songs`."""
    return f"{songs} song{'' if songs == 1 else 's'}"


def length(album: Album) -> str:
    """Return how long an album is, "" where that is not known."""
    return "" if album.duration_s is None else clock(album.duration_s)


def _rows(
    cells: list[list[str]],
    columns: int,
    ellipsis: str,
    title: int,
    shrinking: tuple[int, ...],
    right: tuple[int, ...],
) -> list[str]:
    """Return the rows. title: the column that gives way last. right: columns aligned right."""
    if not cells:
        return []
    widths = [max(map(columns_of, column)) for column in zip(*cells, strict=True)]
    for index in shrinking:
        over = _needed(widths) - columns
        if over > 0 and widths[index]:
            left = widths[index] - over
            wide_enough = left >= NARROW_COLUMNS
            widths[index] = (
                left if wide_enough else _least(widths, shrinking, index, columns, title)
            )
    over = _needed(widths) - columns
    widths[title] = max(1, widths[title] - max(0, over))
    return [
        GAP.join(
            _cell(text, width, ellipsis, i == title, i in right)
            for i, (text, width) in enumerate(zip(row, widths, strict=True))
            if width
        ).rstrip()
        for row in cells
    ]


def _least(
    widths: list[int], shrinking: tuple[int, ...], index: int, columns: int, title: int
) -> int:
    """Return the least width of a column that gives way; 0 where too little is left of a title."""
    least = min(widths[index], NARROW_COLUMNS)
    shrunk = [min(w, NARROW_COLUMNS) if i in shrinking else w for i, w in enumerate(widths)]
    left = widths[title] - (_needed(shrunk) - columns)
    return least if left >= min(widths[title], TITLE_COLUMNS) else 0


def _needed(widths: Sequence[int]) -> int:
    shown = [width for width in widths if width]
    return sum(shown) + len(GAP) * (len(shown) - 1)


def _cell(text: str, width: int, ellipsis: str, is_title: bool, to_the_right: bool) -> str:
    text = _middle_cut(text, width, ellipsis) if is_title else cut(text, width, ellipsis)
    blank = " " * (width - columns_of(text))
    return blank + text if to_the_right else text + blank


def _middle_cut(text: str, columns: int, ellipsis: str) -> str:
    """Cut a text in its middle to at most that many columns, so that a word begins its end."""
    if columns_of(text) <= columns or columns < 2 * NARROW_COLUMNS:
        return cut(text, columns, ellipsis)
    end = safe_end(text, columns * 3 // 5)
    if not text.removesuffix(end).endswith(" "):
        # Half of a word misleads: of III. Scherzo there would be I. Scherzo.
        end = end.partition(" ")[2] or safe_end(text, columns // 2)
    return cut(text, columns - columns_of(end), ellipsis) + end


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
