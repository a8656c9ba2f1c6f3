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


LONGEST = ("tests/verify/test_mutants.py", "tests/fleet/", "tests/installed/test_boot.py")
"""These take minutes; what is begun last is waited for alone."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give each of the processes that share the tests one of the longest to begin with."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    groups = [[item for item in items if item.nodeid.startswith(name)] for name in LONGEST]
    rest = [item for item in items if not item.nodeid.startswith(LONGEST)]
    share = -(-len(items) // workers)
    ordered: list[pytest.Item] = []
    for number in range(max(workers, len(groups))):
        group = groups[number] if number < len(groups) else []
        taken = max(0, share * (number + 1) - len(ordered) - len(group))
        ordered += [*group, *rest[:taken]]
        rest = rest[taken:]
    items[:] = [*ordered, *rest]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, on which each test makes databases of its own."""
    with running_postgres() as server:
        yield server
