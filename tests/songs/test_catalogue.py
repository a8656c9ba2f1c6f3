"""The catalogue keeps rows, for one server or several on one directory."""

import itertools
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from songs.catalogue import Catalogue, CatalogueError, Entry, FileCatalogue, Row, catalogue_at
from songs.catalogue.rows import rows_of
from songs.scan.prints import NO_PRINT, has_grown, is_same_sound
from songs.song import Details
from tests.postgres import needs_postgres

ENTRY = Entry(
    "1:2:3:4:1", bytes(32), "A - T", Details("A", "AA", "Al", "T", 3, 1, 1999, "Rock", 61.5)
)
BARE = Entry("", b"", "x")
ROWS = [Row(1, b"a/\xff.mp3", ENTRY), Row(2, b"b.mp3", BARE), Row(7, b"c.mp3", BARE, 1234.5)]


Kind = Callable[[], Catalogue]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "alfine" / "songs.sqlite"


@pytest.fixture(params=["file", pytest.param("postgres", marks=needs_postgres())])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Kind:
    """Return what makes a server's own access to one catalogue."""
    # SQLite lets nobody queue for a lock: on a busy machine one of three may come late.
    monkeypatch.setattr("songs.catalogue.file._LOCK_TIMEOUT_S", 300.0)
    place = (
        request.getfixturevalue("path")
        if request.param == "file"
        else request.getfixturevalue("postgres").database()
    )
    return lambda: catalogue_at(place)


@pytest.fixture
def catalogue(kind: Kind) -> Iterator[Catalogue]:
    opened = kind()
    opened.open()
    yield opened
    opened.close()
    assert opened.warnings == []


def add(catalogue: Catalogue, *rows: Row) -> None:
    with catalogue.writing():
        catalogue.news()
        catalogue.write(rows)


def test_what_another_writes_while_rows_are_read_is_read_next(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = FileCatalogue(path), FileCatalogue(path)
    for each in (one, other):
        each.open()
    add(one, ROWS[0])

    def meanwhile(values: Iterable[tuple[Any, ...]]) -> list[Row]:
        monkeypatch.undo()
        add(one, ROWS[1])
        return rows_of(values)

    monkeypatch.setattr("songs.catalogue.file.rows_of", meanwhile)
    assert other.news() == ROWS[:1]
    assert other.news() == ROWS[1:2]
    add(other, ROWS[2])
    assert one.news() == ROWS[2:]
    for each in (one, other):
        each.close()
        assert each.warnings == []


def test_what_was_written_is_read_by_the_next(catalogue: Catalogue, kind: Kind) -> None:
    assert catalogue.news() == []
    add(catalogue, *ROWS)
    catalogue.close()
    later = kind()
    later.open()
    assert later.news() == ROWS
    assert later.news() == []
    later.close()
    assert (catalogue.is_new, later.is_new) == (True, False)


def test_a_row_takes_the_place_of_the_one_with_its_id(catalogue: Catalogue, kind: Kind) -> None:
    add(catalogue, *ROWS)
    moved = ROWS[0]._replace(path=b"moved.mp3")
    add(catalogue, moved)
    catalogue.close()
    later = kind()
    later.open()
    assert later.news() == [moved, *ROWS[1:]]
    later.close()


def test_each_reads_what_the_other_has_written_and_only_that(
    catalogue: Catalogue, kind: Kind
) -> None:
    other = kind()
    other.open()
    add(catalogue, *ROWS[:2])
    assert other.news() == ROWS[:2]
    add(other, ROWS[2])
    assert catalogue.news() == ROWS[2:]
    assert other.news() == catalogue.news() == []
    catalogue.close()
    add(other, ROWS[0]._replace(gone=5.0))
    catalogue.open()
    assert catalogue.news() == [ROWS[0]._replace(gone=5.0)]
    other.close()


def test_who_writes_has_read_what_all_before_have_written(kind: Kind) -> None:
    """IDs are given within `writing`: two at once never give the same one."""

    def number(name: bytes) -> None:
        catalogue = kind()
        ids: set[int] = set()
        for turn in range(20):
            catalogue.open()
            with catalogue.writing():
                ids |= {row.song_id for row in catalogue.news()}
                ids.add(new := max(ids, default=0) + 1)
                catalogue.write([Row(new, b"%s%d" % (name, turn), BARE)])
            catalogue.close()
        assert catalogue.warnings == []

    threads = [threading.Thread(target=number, args=(name,)) for name in (b"a", b"b", b"c")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    catalogue = kind()
    catalogue.open()
    rows = catalogue.news()
    catalogue.close()
    assert [row.song_id for row in rows] == list(range(1, 61))
    assert len({row.path for row in rows}) == 60


PRINTS = {
    "long": (1 << 20).to_bytes(8) + b"begin of" + b"its pieces......",
    "copied in part": (1 << 19).to_bytes(8) + b"begin of" + b"other pieces....",
    "other": (1 << 20).to_bytes(8) + b"another!" + b"its pieces......",
    "tagged anew": (1 << 20).to_bytes(8) + b"1. frame" + b"its pieces......" + b"its music only..",
    "and again": (1 << 20).to_bytes(8) + b"2. frame" + b"its pieces......" + b"its music only..",
    "other, with its music": (1 << 20).to_bytes(8) + b"another!" + bytes(16) + b"other music.....",
    "unknown": b"",
    "of no kind that there is": b"\0" * 8 + b"begin of",
}


def test_an_id_is_never_written_for_another_song(kind: Kind) -> None:
    """Whoever has read nothing cannot overwrite a song with another one's row."""
    for song_id, (was, now) in enumerate(itertools.product(PRINTS.values(), repeat=2), 1):
        before, after = (Row(song_id, b"a.mp3", Entry("", each, "x")) for each in (was, now))
        may = was == now or NO_PRINT in (was, now) or has_grown(was, now)
        may = may or is_same_sound(was, now)
        first, second, reader = kind(), kind(), kind()
        first.open()
        add(first, before)
        first.close()
        second.open()
        if may or not second.shared:
            add(second, after)
        else:
            with pytest.raises(CatalogueError, match="another song"):
                add(second, after)
        second.close()
        assert may or second.shared or "another song" in second.warnings[0]
        reader.open()
        assert reader.news()[-1] == (after if may else before), (was, now)
        reader.close()


def test_what_fails_half_way_is_not_written(catalogue: Catalogue, kind: Kind) -> None:
    def write_and_fail() -> None:
        with catalogue.writing():
            catalogue.write(ROWS)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    catalogue.close()
    catalogue.open()
    other = kind()
    other.open()
    assert other.news() == []
    other.close()


def test_without_a_path_nothing_is_kept_and_there_is_no_warning() -> None:
    catalogue = FileCatalogue(None)
    catalogue.open()
    add(catalogue, *ROWS)
    assert catalogue.news() == []
    assert catalogue.warnings == []
    assert not catalogue.is_new


def test_a_file_is_a_table_in_plain_sql(path: Path) -> None:
    catalogue = FileCatalogue(path)
    catalogue.open()
    add(catalogue, *ROWS)
    catalogue.close()
    with closing(sqlite3.connect(path)) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        mode = database.execute("PRAGMA journal_mode").fetchone()
        known = database.execute("SELECT id, album, year FROM songs WHERE gone IS NULL").fetchall()
    assert (tables, mode) == ([("songs",)], ("wal",))
    assert known == [(1, "Al", 1999), (2, "", None)]


def test_a_file_says_what_it_is(path: Path) -> None:
    assert repr(FileCatalogue(path)) == f"<FileCatalogue {str(path)!r} closed revision=0>"
