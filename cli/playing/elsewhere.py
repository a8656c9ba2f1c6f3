"""What the running client knows of another of the same person: that it may run a line for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple


class Relayed(NamedTuple):
    """An answer of another client. json: as it came. text: for a person, "" where none is due."""

    json: str
    text: str
    failed: bool


Elsewhere = Callable[[str], Awaitable[Relayed | None]]
"""Has the client that plays run a line; None: no other one plays."""
