"""Events and effects in a few words. It knows no machine: it reads the fields of any dataclass.

What a peer has sent may be in a field, so words are bounded, and hold no control characters.
"""

from __future__ import annotations

from collections.abc import Sized
from dataclasses import fields
from enum import Enum
from typing import Any

MAX_TEXT = 80
MAX_VALUES = 4


def words(thing: Any) -> str:
    """Return the name of a dataclass and what its fields hold: "PlayRequested 3".

    Of a field that is true, that is its name; one that has its default is left out.
    """
    given = [field for field in fields(thing) if getattr(thing, field.name) != field.default]
    values = [(field.name, getattr(thing, field.name)) for field in given]
    shown = [name if value is True else _value(value) for name, value in values]
    return " ".join([type(thing).__name__, *filter(None, shown)])


def _value(value: object) -> str:
    """Return one value; "" for what says nothing."""
    match value:
        case None | False | () | "" | b"":
            return ""
        case bytes() | bytearray() | memoryview():
            return f"{len(value):,} bytes"
        case str():
            return plain(value)
        case Enum():
            return value.name
        case int() | float():
            return f"{value:g}" if isinstance(value, float) else str(value)
        case tuple() if len(value) <= MAX_VALUES and all(isinstance(each, str) for each in value):
            return plain(" ".join(value))
        case Sized():
            return f"{len(value):,} items"
    return type(value).__name__


def plain(text: str) -> str:
    """Return text, or its beginning, with a dot for each character that does not print."""
    shown = text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
    return "".join(c if c.isprintable() else "·" for c in shown)
