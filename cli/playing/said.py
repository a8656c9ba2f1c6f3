"""What a person has said of how loud the client is to begin."""

from __future__ import annotations

from typing import NamedTuple


class Said(NamedTuple):
    """None: nothing was said of it, and it is as it was left."""

    volume: int | None = None
    gain: str | None = None


NOTHING_SAID = Said()
