"""While a shared catalogue is away, or fails, no song gets another ID."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import pytest

from songs import CatalogueAway, Library
from songs.catalogue import Entry, Row, catalogue_at
from tests.postgres import Postgres, needs_postgres
from tests.songs.making import put, sound
from tests.songs.sharing import ids, scanned

pytestmark = needs_postgres()


def test_what_is_known_is_served_while_the_database_is_away(
    music: Path, url: str, postgres: Postgres
) -> None:
    put(music / "a.mp3", sound("a"))
    library = scanned(Library(music, url))
    put(music / "b.mp3", sound("b"))
    postgres.stop()
    [warning] = library.scan().warnings
    assert "is away" in warning
    assert library.scan().warnings == library.refresh().warnings == []
    with pytest.raises(CatalogueAway):
        library.wait_for_others(60)
    assert ids(library) == {b"a.mp3": 1}
    postgres.start()
    assert library.refresh().warnings == ["The catalogue is back."]
    assert library.scan().warnings == []
    assert ids(library) == {b"a.mp3": 1, b"b.mp3": 2}


def test_a_server_that_starts_while_the_database_is_away_lists_songs_later(
    music: Path, url: str, postgres: Postgres
) -> None:
    put(music / "a.mp3", sound("a"))
    scanned(Library(music, url))
    postgres.stop()
    library = Library(music, url)
    library.scan()
    assert library.songs == ()
    postgres.start()
    library.refresh()
    assert ids(library) == {b"a.mp3": 1}


def test_a_database_that_goes_in_the_middle_of_a_scan_loses_no_id(
    music: Path, url: str, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        put(music / f"{n}.mp3", sound(str(n)))
    library = Library(music, url)
    written = library._catalogue.write

    def goes(rows: object) -> None:
        written(rows)
        postgres.stop()

    monkeypatch.setattr(library._catalogue, "write", goes)
    assert len(library.scan().warnings) == 1
    assert library.songs == ()
    monkeypatch.undo()
    postgres.start()
    other = scanned(Library(music, url))
    library.scan()
    assert ids(library) == ids(other) == {b"0.mp3": 1, b"1.mp3": 2, b"2.mp3": 3}


def test_an_outage_gives_no_song_another_id(music: Path, url: str, postgres: Postgres) -> None:
    for n in range(1, 6):
        put(music / f"{n}.mp3", sound(str(n)))
    library = scanned(Library(music, url))
    postgres.stop()
    (music / "1.mp3").rename(music / "zz.mp3")  # the first ID is not the first of the list now
    assert len(library.scan().warnings) == 1
    postgres.start()
    library.scan()
    known = {b"2.mp3": 2, b"3.mp3": 3, b"4.mp3": 4, b"5.mp3": 5, b"zz.mp3": 1}
    assert ids(library) == ids(scanned(Library(music, url))) == known


def test_whatever_fails_gives_no_song_another_id(
    music: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each thing that a scan asks of the database fails once; each time, songs move meanwhile."""
    import psycopg

    for n in range(1, 4):
        put(music / f"{n}.mp3", sound(str(n)))
    library = scanned(Library(music, url))
    known = {sound(str(n)): n for n in range(1, 4)}
    failing = Failing()
    for name, owner in (("connect", psycopg), ("execute", psycopg.Connection)):
        monkeypatch.setattr(owner, name, failing.instead_of(getattr(owner, name)))
    for turn in itertools.count():
        for rank, path in enumerate(sorted(music.iterdir())):
            path.rename(music / f"{turn} {99 - rank}.mp3")  # in the opposite order
        put(music / f"{turn} new.mp3", sound(f"new {turn}"))
        failing.after(turn)
        library.scan()
        if not failing.has_failed:
            break
        failing.after(None)
        library.scan()
        known[sound(f"new {turn}")] = len(known) + 1
        listed = {(music / os.fsdecode(path)).read_bytes(): n for path, n in ids(library).items()}
        assert listed == known, turn
        assert library.songs == scanned(Library(music, url)).songs, turn
    assert turn > 8


class Failing:
    """Calls of the database, one of which fails."""

    def __init__(self) -> None:
        self._left: int | None = None
        self.has_failed = False

    def after(self, calls: int | None) -> None:
        """Let the call behind so many fail; None: all succeed from here on."""
        self._left, self.has_failed = calls, False

    def instead_of(self, function: Any) -> Any:
        """Return a function that fails when its turn has come."""

        def called(*arguments: Any, **more: Any) -> Any:
            import psycopg

            if self._left is not None:
                self._left -= 1
                if self._left < 0:
                    self._left, self.has_failed = None, True
                    raise psycopg.OperationalError("it fails")
            return function(*arguments, **more)

        return called


def test_a_database_that_has_other_songs_than_before_is_believed(music: Path, url: str) -> None:
    """It was restored, say, and has given an ID to another song since: that one keeps it."""
    import psycopg

    put(music / "a.mp3", sound("a"))
    put(music / "b.mp3", sound("b"))
    library = scanned(Library(music, url))
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("UPDATE songs SET path = 'x.mp3', print = 'x', gone = 1 WHERE id = 2")
    (music / "b.mp3").rename(music / "c.mp3")
    [warning] = library.scan().warnings
    assert "another song" in warning
    assert library.scan().warnings == ["The catalogue is back."]
    assert ids(library) == ids(scanned(Library(music, url))) == {b"a.mp3": 1, b"c.mp3": 3}
    assert [(song.song_id, song.path) for song, _ in library.gone] == [(2, b"x.mp3")]


def test_a_database_that_does_not_answer_is_away(
    music: Path, url: str, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(music / "a.mp3", sound("a"))
    library = scanned(Library(music, url))
    catalogue = catalogue_at(url)
    catalogue.open()
    for limit, ask in (("ANSWER_S", catalogue.may_scan), ("COPY_S", catalogue.news)):
        # Only while nothing answers: a busy machine may take longer for what it has to do.
        with postgres.frozen(), monkeypatch.context() as patch:
            patch.setattr(f"songs.catalogue.postgres.{limit}", 0.2)
            with pytest.raises(CatalogueAway):
                ask()
        catalogue.open()
    catalogue.close()
    assert ids(library) == {b"a.mp3": 1}


def test_all_rows_may_take_longer_than_an_answer(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = catalogue_at(url)
    catalogue.open()
    with catalogue.writing():
        catalogue.write([Row(n, b"%d.mp3" % n, Entry("1", bytes(32), "T")) for n in range(1, 5001)])
    catalogue.close()
    later = catalogue_at(url)
    later.open()
    monkeypatch.setattr("songs.catalogue.postgres.ANSWER_S", 0.0)
    assert len(later.news()) == 5000
    later.close()
