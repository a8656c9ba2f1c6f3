"""Places in a song as a person writes them: 1:30, 90, +10, -1:00, 50%."""

from __future__ import annotations

import re

from fsm.client.requests import Measure, SeekRequested

_CLOCK = re.compile(r"([+-]?)(?:(?:(\d{1,3}):)?(\d{1,5}):)?(\d{1,6}(?:\.\d{1,6})?)", re.ASCII)
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s*%", re.ASCII)


class PlaceError(ValueError):
    """It is no place in a song. The message says what is one."""


def parse_place(text: str) -> SeekRequested:
    """The request for that place. Raises PlaceError."""
    if percent := _PERCENT.fullmatch(text):
        if (part := float(percent[1]) / 100) <= 1:
            return SeekRequested(part, Measure.FRACTION)
    elif found := _CLOCK.fullmatch(text):
        sign, hours, minutes, seconds = found.groups()
        amount = 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(seconds)
        measure = Measure.FROM_HERE if sign else Measure.FROM_START
        return SeekRequested(-amount if sign == "-" else amount, measure)
    raise PlaceError("seek takes a place, as in: seek 1:30, seek +10, seek -10, seek 50%")
