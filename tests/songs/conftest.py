"""Fixtures of these tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.object_store import CREDENTIALS, ObjectStore, running_object_store
from tests.postgres import Postgres
from tests.songs.making import descriptors


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """An empty music directory; its parent `tmp_path` is outside."""
    path = tmp_path / "music"
    path.mkdir()
    return path


@pytest.fixture(autouse=True)
def no_descriptor_leaks() -> Iterator[None]:
    before = len(descriptors())
    yield
    assert len(descriptors()) <= before


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    """The URL of an empty database; a server that the test has stopped is started again."""
    yield postgres.database()
    if not postgres.running:
        postgres.start()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with running_object_store() as running:
        yield running
