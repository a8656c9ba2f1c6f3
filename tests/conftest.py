"""What holds for all tests: the rows that they fire are counted. And what they share."""

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


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, on which each test makes databases of its own."""
    with running_postgres() as server:
        yield server
