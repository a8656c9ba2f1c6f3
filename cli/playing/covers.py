"""What the running client knows of covers: that the present song's can be shown to the person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple


class NoCover(LookupError):
    """There is nothing to show. The message says why."""


class ShownCover(NamedTuple):
    """A cover that has been shown. text: how, in words. drawn: for the terminal, with its codes."""

    path: str
    text: str
    drawn: str = ""


ShowCover = Callable[[], Awaitable[ShownCover]]
"""Shows the cover of the present song. Raises NoCover."""
