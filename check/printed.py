"""What a peer sent, as printable ASCII: no byte of it may steer a terminal."""

from __future__ import annotations

MOST = 60
"""Characters of one message that are shown."""


def printed(data: bytes, most: int = MOST) -> str:
    """Return the bytes as Python would write them, shortened in the middle, with their number."""
    if len(data) <= most:
        return _escaped(data)
    head, tail = most * 2 // 3, most // 3
    return f"{_escaped(data[:head])}...{_escaped(data[-tail:])} ({len(data)} bytes)"


def _escaped(data: bytes) -> str:
    return ascii(data)[2:-1]
