"""A bucket with songs, as a library sees it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

from songs.bucket.client import Client
from songs.bucket.search import BucketSearch
from songs.bucket.song import BucketSong
from songs.catalogue import Entry
from songs.store import MAX_SONG_BYTES, MusicDirError, check_size

_READERS = 16
"""Songs that a search reads at a time."""


class Bucket:
    """A bucket, or what lies below a prefix in it.

    url: `s3://BUCKET/PREFIX`. endpoint: of a store that is not Amazon's. Raises MusicDirError: it
    is no URL, or there are no credentials.
    """

    # Each waits for the store, not for this machine: one that is slow delays few others.
    threads = 64
    recheck_s = 10.0
    pause_per_cost = 4.0  # a search waits for the store more than it works
    immutable = True

    def __init__(
        self, url: str, *, endpoint: str | None = None, max_song_bytes: int = MAX_SONG_BYTES
    ) -> None:
        parts = urlsplit(url)
        if not parts.netloc or parts.query or parts.fragment:
            raise MusicDirError(f"{url!a} is no bucket: it is s3://BUCKET, or s3://BUCKET/PREFIX")
        self._url = url
        self._max_song_bytes = max_song_bytes
        self.client = Client(parts.netloc, parts.path.strip("/"), endpoint)

    def __repr__(self) -> str:
        return f"<Bucket {self._url!r}>"

    def check(self) -> None:
        """Do nothing: whether the store answers now says nothing about later."""

    @contextmanager
    def searching(
        self, known: Callable[[bytes], Entry | None], encoding: str
    ) -> Iterator[BucketSearch]:
        """Return a search, which reads several songs at a time."""
        with ThreadPoolExecutor(_READERS, thread_name_prefix="bucket") as readers:
            yield BucketSearch(self.client, readers, known, encoding, self._max_song_bytes)

    def open(self, path: bytes) -> BucketSong:
        """Open the version of a song that is there now. Raises SongUnavailable."""
        song = BucketSong(self.client, path.decode())
        check_size(song.size_bytes, self._max_song_bytes)
        return song
