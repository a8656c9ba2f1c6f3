"""What holds for all tests: the rows that they fire are counted. Homes are let alone."""

import signal
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


@pytest.fixture(scope="session", autouse=True)
def ctrl_c() -> Iterator[None]:
    """Have Ctrl-C end programs: what a shell starts in the background ignores it, and so does
    whatever that starts."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


LONGEST = (
    "tests/verify/test_mutants.py",
    "tests/verify/test_verify.py",
    "tests/check/",
    "tests/installed/",
    "tests/discovery/",
    "tests/fleet/",
    "tests/end_to_end/",
)
"""These take a minute or more, the longest first; what is begun last is waited for alone."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deal the longest to the processes that share the tests: each begins with some of them."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    groups = [[item for item in items if item.nodeid.startswith(name)] for name in LONGEST]
    rest = [item for item in items if not item.nodeid.startswith(LONGEST)]
    ordered: list[pytest.Item] = []
    for number in range(workers):
        # xdist gives each process, in this order, an equal share of what is left.
        share = (len(items) - len(ordered)) // (workers - number)
        own = [item for group in groups[number::workers] for item in group]
        taken = max(0, share - len(own))
        ordered += [*own, *rest[:taken]]
        rest = rest[taken:]
    items[:] = [*ordered, *rest]


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server, on which each test makes databases of its own."""
    with running_postgres() as server:
        yield server
