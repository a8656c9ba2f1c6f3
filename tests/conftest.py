"""What holds for all tests: the rows that they fire are counted. Homes are let alone."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.fired_rows import (
    pytest_configure,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
)
from tests.postgres import Postgres, running_postgres

settings.register_profile("alfine", deadline=None)  # machines are busy
settings.load_profile("alfine")

__all__ = [
    "pytest_configure",
    "pytest_sessionfinish",
    "pytest_terminal_summary",
    "pytest_testnodedown",
]


@pytest.fixture(scope="session", autouse=True)
def own_directories(tmp_path_factory):
    """Keep what programs keep for a user in directories of this run."""
    folder = tmp_path_factory.mktemp("user")
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("CONFIG", "DATA", "STATE"):
            patch.setenv(f"XDG_{kind}_HOME", str(folder / kind.lower()))
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, on which each test makes databases of its own."""
    with running_postgres() as server:
        yield server
