"""A server lists what another one has found, without a search of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from net.server.songs import news
from songs import Library
from tests.postgres import Postgres, needs_postgres
from tests.songs.making import put, sound

pytestmark = needs_postgres()
PATIENCE_S = 50.0


@pytest.fixture
def music(tmp_path: Path) -> Path:
    put(tmp_path / "music" / "a.mp3", sound("a"))
    return tmp_path / "music"


class Server:
    """A server that has looked for songs once, and follows what others find."""

    def __init__(self, music: Path, url: str) -> None:
        self.library = Library(music, url)
        self.library.scan()
        self._url = url
        self._changed = threading.Event()
        self._news = news.CatalogueNews(self.library)

    @contextmanager
    def following(self) -> Iterator[None]:
        """Follow the others while the block runs."""
        self.library.call_on_publish(self._changed.set)
        self._news.start()
        try:
            yield
        finally:
            self._news.end()
            self._wake()
            self._news._thread.join(PATIENCE_S)
            assert not self._news._thread.is_alive()

    def lists(self, count: int) -> bool:
        """Wait until there are so many songs in the list."""
        while len(self.library.songs) != count:
            if not self._changed.wait(PATIENCE_S):
                return False
            self._changed.clear()
        return True

    def _wake(self) -> None:
        import psycopg

        with psycopg.connect(self._url, autocommit=True) as database:
            database.execute("NOTIFY alfine_songs")


def test_a_song_that_another_server_has_found_is_listed_at_once(
    music: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "POLL_S", 3600.0)  # so that only the database's word can tell
    url = postgres.database()
    finder, server = Library(music, url), Server(music, url)
    with server.following():
        for count, name in enumerate(("b", "c"), 2):
            put(music / f"{name}.mp3", sound(name))
            finder.scan()
            assert server.lists(count)
    assert server.library.songs == finder.songs


def test_without_word_from_the_database_it_is_asked_now_and_then(
    music: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "POLL_S", 0.05)
    url = postgres.database()
    finder, server = Library(music, url), Server(music, url)
    with server.following():
        put(music / "b.mp3", sound("b"))
        finder.scan()
        assert server.lists(2)  # so it listens
        monkeypatch.setattr("songs.catalogue.postgres.CHANNEL", "heard_by_nobody")
        put(music / "c.mp3", sound("c"))
        finder.scan()
        assert server.lists(3)


def test_it_goes_on_when_the_database_is_back(
    music: Path, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "POLL_S", 3600.0)
    monkeypatch.setattr(news, "RETRY_S", (0.01, 0.02))
    url = postgres.database()
    finder, server = Library(music, url), Server(music, url)
    with server.following():
        postgres.stop()
        postgres.start()
        put(music / "b.mp3", sound("b"))
        finder.scan()
        assert server.lists(2)
