"""Where the messages of a framed song end: only the few that are shorter are written down."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable

from fsm.words import MAX_MESSAGE_BYTES


class MessageEnds:
    """The ends of messages, by offset in the framed song.

    start: where the first message begins. Cost of each question: logarithmic in the number of
    messages that are shorter than 4117 bytes.
    """

    __slots__ = ("_anchors", "end")

    def __init__(self, start: int = 0) -> None:
        self._anchors = array("q", [start])
        """Offsets from which messages of full length follow: the start, and the end of each shorter
        one."""
        self.end = start
        """The end of the last message."""

    def __repr__(self) -> str:
        return f"<MessageEnds to {self.end}, {len(self._anchors) - 1} short>"

    @property
    def memory_bytes(self) -> int:
        """What this takes of memory."""
        return len(self._anchors) * self._anchors.itemsize

    def add(self, length_bytes: int, short_ends: Iterable[int]) -> None:
        """Add whole messages. short_ends: where in them the shorter ones end, in order."""
        self._anchors.extend(self.end + end for end in short_ends)
        self.end += length_bytes

    def boundary(self, offset: int) -> int:
        """Return the end of the message that contains `offset`; `offset` itself between two."""
        index = bisect_right(self._anchors, offset)
        anchor = self._anchors[index - 1]
        end = anchor - (anchor - offset) // MAX_MESSAGE_BYTES * MAX_MESSAGE_BYTES
        return min(end, self._anchors[index]) if index < len(self._anchors) else end

    def short_end(self, offset: int) -> int:
        """Return the end of the first message behind `offset` that is shorter than 4117 bytes; if
        there is none, the end of the last message.
        """
        index = bisect_right(self._anchors, offset)
        return self._anchors[index] if index < len(self._anchors) else self.end

    def is_short_end(self, offset: int) -> bool:
        """Return whether a message that is shorter than 4117 bytes ends at `offset`."""
        index = bisect_right(self._anchors, offset) - 1
        return index > 0 and self._anchors[index] == offset
