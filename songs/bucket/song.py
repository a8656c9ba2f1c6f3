"""One version of a song in a bucket, read by ranges."""

from songs.bucket.client import Client
from songs.names import Version

FIRST_BYTES = 64 << 10
"""Asked for at once, so that a song begins soon; the tags of most are in it."""
RANGE_BYTES = 256 << 10
"""Asked for later: fewer requests, and what a song that waits holds in memory."""


class BucketSong:
    """The version that is there when it is opened; a later one is never read.

    Raises SongUnavailable: it has gone, or may not be read.
    """

    __slots__ = ("_client", "_data", "_key", "_range_bytes", "_start", "size_bytes", "stamp")

    def __init__(self, client: Client, key: str, range_bytes: int = RANGE_BYTES) -> None:
        self._client, self._key, self._range_bytes = client, key, range_bytes
        self._start = 0
        self._data, self.stamp = client.read(key, 0, FIRST_BYTES, None)
        self.size_bytes = self.stamp.size_bytes

    def __repr__(self) -> str:
        return f"<BucketSong {self._key!a}: {self.size_bytes} bytes>"

    def read(self, offset: int, count: int) -> bytes:
        """Return at most so many bytes from this offset on; none only at the end.

        Raises SongUnavailable: another version has taken its place, or the store is away.
        """
        if offset >= self.size_bytes:
            self._data = b""
            return b""
        if not self._start <= offset < self._start + len(self._data):
            stop = min(offset + max(count, self._range_bytes), self.size_bytes)
            self._data = self._client.read(self._key, offset, stop, self.stamp).data
            self._start = offset
        begin = offset - self._start
        return self._data[begin : begin + count]

    def stamp_now(self) -> Version:
        """Return the stamp that was read: each range is of this version."""
        return self.stamp

    def same_content(self, stamp: Version) -> bool:
        """Whether another stamp may be of the same content: never."""
        return stamp == self.stamp

    def close(self) -> None:
        """Free what is held."""
        self._data = b""
