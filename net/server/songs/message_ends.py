"""Where the messages of a framed song end: only the few that are shorter are written down."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable

from fsm.words import MAX_MESSAGE_BYTES, MAX_PAYLOAD_BYTES

OVERHEAD_BYTES = MAX_MESSAGE_BYTES - MAX_PAYLOAD_BYTES


class MessageEnds:
    """The ends of messages, by offset in the framed song.

    start: where the first message begins. Cost of each question: logarithmic in the number of
    messages that are shorter than 4117 bytes.
    """

    __slots__ = ("_anchors", "_carried", "end")

    def __init__(self, start: int = 0) -> None:
        self._anchors = array("q", [start])
        """Offsets from which messages of full length follow: the start, and the end of each shorter
        one."""
        self._carried = array("q", [0])
        """How many bytes of the song stand before each of them."""
        self.end = start
        """The end of the last message."""

    def __repr__(self) -> str:
        return f"<MessageEnds to {self.end}, {len(self._anchors) - 1} short>"

    @property
    def memory_bytes(self) -> int:
        """What this takes of memory."""
        return 2 * len(self._anchors) * self._anchors.itemsize

    def add(self, length_bytes: int, short_ends: Iterable[int]) -> None:
        """Add whole messages. short_ends: where in them the shorter ones end, in order."""
        for end in short_ends:
            before, carried = self._anchors[-1], self._carried[-1]
            length = self.end + end - before
            messages = -(-length // MAX_MESSAGE_BYTES)  # the last of them is the shorter one
            self._anchors.append(before + length)
            self._carried.append(carried + length - messages * OVERHEAD_BYTES)
        self.end += length_bytes

    def begin_of(self, song_offset: int) -> int | None:
        """Return where the message begins whose first byte this is of the song; None if no message
        begins there, or that is not known yet. Only where the first message begins the song.
        """
        index = bisect_right(self._carried, song_offset) - 1
        messages, rest = divmod(song_offset - self._carried[index], MAX_PAYLOAD_BYTES)
        begin = self._anchors[index] + messages * MAX_MESSAGE_BYTES
        return begin if not rest and begin <= self.end else None

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
