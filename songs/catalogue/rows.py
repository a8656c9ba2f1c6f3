"""What a catalogue keeps: a row for each song; and how rows from a database are trusted."""

import sys
from collections.abc import Iterable, Sequence
from itertools import chain, islice
from typing import Any, Final, NamedTuple

from songs.scan.prints import FIRST_BYTES, LENGTH_BYTES, PRINT_BYTES, WHOLE_BYTES
from songs.song import Details
from songs.titles import MAX_TITLE_BYTES, clean, shorten

COLUMNS: Final = (
    "id, path, gone, stamp, print, shown, "
    "artist, album_artist, album, title, track, disc, year, genre, duration"
)
"""Of the table `songs`; a `revision` stands before them."""
CREATE: Final = """
    CREATE TABLE songs (
        id {id}, revision {integer} NOT NULL, path {bytes} NOT NULL, gone {real},
        stamp TEXT NOT NULL, print {bytes} NOT NULL, shown TEXT NOT NULL,
        artist TEXT NOT NULL, album_artist TEXT NOT NULL, album TEXT NOT NULL, title TEXT NOT NULL,
        track {integer}, disc {integer}, year {integer}, genre TEXT NOT NULL, duration {real});
    CREATE INDEX songs_by_revision ON songs (revision);
"""
"""The same table everywhere, but for the names of the types."""
_SAME_SONG: Final = f"""
    songs.print = excluded.print OR length(songs.print) = 0 OR length(excluded.print) = 0
    OR length(songs.print) = {PRINT_BYTES} AND length(excluded.print) = {PRINT_BYTES}
    AND substr(songs.print, {WHOLE_BYTES + 1}) = substr(excluded.print, {WHOLE_BYTES + 1})
    OR length(songs.print) >= {WHOLE_BYTES} AND length(excluded.print) >= {WHOLE_BYTES}
    AND substr(songs.print, {LENGTH_BYTES + 1}, {FIRST_BYTES})
      = substr(excluded.print, {LENGTH_BYTES + 1}, {FIRST_BYTES})
"""
"""The print is the same, or was or is not known; or the music is the same; or the begin is, as of a
file that has grown, and where only one of the prints has the part of the music."""
WRITE: Final = (
    f"INSERT INTO songs (revision, {COLUMNS}) {{}} ON CONFLICT (id) DO UPDATE SET revision = "
    "excluded.revision, "
    + ", ".join(f"{name} = excluded.{name}" for name in COLUMNS.split(", ") if name != "id")
    + f" WHERE {_SAME_SONG}"
)
"""A row whose ID is another song's is left out, so that no mistake elsewhere can overwrite one."""
OTHER_SONG: Final = "it has another song under an ID that was to be written"
LAST_REVISION: Final = "SELECT COALESCE(MAX(revision), 0) FROM songs"
_DAMAGED: Final = "a row of it is damaged"
_MAX_ID: Final = 9_999_999_999  # ten digits
_BATCH: Final = 500
"""So many rows are made at once: their values stay in the processor's cache, and the memory of one
batch's serves the next."""


class CatalogueError(Exception):
    """The catalogue cannot be used. The text is a clause that says why."""


class CatalogueAway(CatalogueError):
    """The catalogue cannot be had now, and may be later; nothing may get an ID until then."""


class Entry(NamedTuple):
    """What is known of a file. stamp: changes when the file does. print: of its sound.

    title: as a list shows it.
    """

    stamp: str
    print: bytes
    title: str
    details: Details = Details()

    @property
    def track(self) -> int | None:
        return self.details.track

    @property
    def disc(self) -> int | None:
        return self.details.disc


class Row(NamedTuple):
    """A song. path: where its file is, or was. gone: since when it is not there, in Unix time."""

    song_id: int
    path: bytes
    entry: Entry
    gone: float | None = None


def values_of(row: Row, revision: int) -> tuple[Any, ...]:
    """Return the revision and what stands in the columns."""
    return (revision, row.song_id, row.path, row.gone, *row.entry[:3], *row.entry.details)


def rows_of(values: Iterable[tuple[Any, ...]]) -> list[Row]:
    """Return rows. They are not trusted: anyone may have changed them. Raises ValueError.

    values: as they come from a database.
    """
    values = iter(values)
    rows: list[Row] = []
    while batch := list(islice(values, _BATCH)):
        rows += _batch_of(batch)
    return rows


def _batch_of(values: Sequence[tuple[Any, ...]]) -> Iterable[Row]:
    """Return a few rows, made column by column: a server that starts lists no song without them."""
    ids, paths, gone, stamps, prints, shown, *details = zip(*values, strict=True)
    artist, album_artist, album, title, track, disc, year, genre, duration = details
    _check_types((ids,), int)
    _check_types((paths, prints), bytes)
    _check_types((stamps, shown, artist, album_artist, album, title, genre), str)
    _check_types((track, disc, year), int, type(None))
    _check_types((gone, duration), float, type(None))
    numbers = (n for n in chain(ids, track, disc, year) if n is not None)
    if min(numbers) < 1 or max(ids) > _MAX_ID:
        raise ValueError(_DAMAGED)
    shared = (artist, album_artist, album, genre)
    artist, album_artist, album, genre = (tuple(map(sys.intern, _texts(each))) for each in shared)
    known = (artist, album_artist, album, _texts(title), track, disc, year, genre, duration)
    details_of = map(Details._make, zip(*known, strict=True))
    entries = zip(stamps, prints, _texts(shown), details_of, strict=True)
    rows = zip(ids, paths, map(Entry._make, entries), gone, strict=True)
    return map(Row._make, rows)


def _check_types(columns: Iterable[tuple[Any, ...]], *kinds: type) -> None:
    """Raise ValueError if there is a value of another type in these columns."""
    if not set(map(type, chain.from_iterable(columns))) <= set(kinds):
        raise ValueError(_DAMAGED)


def _texts(column: tuple[str, ...]) -> tuple[str, ...]:
    """Return texts that are safe to print."""
    if max(map(len, column)) <= MAX_TITLE_BYTES // 4 and "".join(column).isprintable():
        return column
    return tuple(shorten(clean(text)) for text in column)
