"""A PostgreSQL server of the tests' own, which lasts as long as the process that runs them."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet.postgres import Postgres
from tests.needs import needs_module, needs_program

__all__ = ["Postgres", "needs_postgres", "running_postgres"]


def needs_postgres() -> list[pytest.MarkDecorator]:
    """Skip the test where PostgreSQL or psycopg is missing; with CI=true fail it instead."""
    return [needs_program("initdb"), needs_module("psycopg")]


@contextlib.contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Run a server while the block runs."""
    with tempfile.TemporaryDirectory(prefix="alfine-postgres-") as folder:
        server = Postgres(Path(folder))
        try:
            yield server
        finally:
            server.stop()
