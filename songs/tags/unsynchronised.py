"""Takes the stuffed zeros out of an unsynchronised tag (ID3v2.3 5): every FF 00 stands for FF."""

from typing import Final

from songs.tags.source import TagSource

_CHUNK_BYTES: Final = 64 << 10


def without_stuffing(data: bytes) -> bytes:
    """Return the data as they were before they were stuffed."""
    return data.replace(b"\xff\x00", b"\xff")


class Unsynchronised:
    """The bytes of an unsynchronised tag, read forwards only, in constant memory.

    Offsets count from the start of the file, the tag's header included, which is never stuffed.
    """

    def __init__(self, source: TagSource, end: int) -> None:
        self._source = source
        self._end = end
        self._next = 10
        self._start = 10
        self._kept = b""

    def at(self, offset: int, count: int) -> bytes:
        """Return `count` bytes from `offset` on. offset: no less than in the last call."""
        while self._start + len(self._kept) < offset + count and (chunk := self._chunk()):
            skipped = min(offset - self._start, len(self._kept))
            self._start += skipped
            self._kept = self._kept[skipped:] + chunk
        start = offset - self._start
        return self._kept[start : start + count]

    def _chunk(self) -> bytes:
        count = min(_CHUNK_BYTES, self._end - self._next)
        raw = self._source.at(self._next, count) if count > 0 else b""
        if raw.endswith(b"\xff"):  # the zero behind it may be a stuffed one
            raw += self._source.at(self._next + len(raw), 1)
        self._next += len(raw)
        return without_stuffing(raw)
