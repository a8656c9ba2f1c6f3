"""Copies the songs of a folder into a bucket; what is there already is not copied again."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from songs.bucket.client import NO_KEY, Client, is_key
from songs.file_of_song import as_file
from songs.folder import Folder
from songs.names import Version, join
from songs.store import CHANGED, Content, SongUnavailable, SongWithheld, StoreAway
from songs.tags.text import LATIN_1
from songs.titles import printable

_WRITERS = 4
_MD5_BYTES = 1 << 20
MOST_AWAY = 4
"""Songs one after another that the store did not take for want of an answer, or of anybody that it
knows: then no other is tried.
"""


@dataclass(slots=True)
class Copied:
    """copied, there: how many songs were copied, and how many were there. failed: (path, reason).

    away: why the rest was not tried, or "".
    """

    copied: int = 0
    there: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    away: str = ""


def copy_songs(folder: Folder, client: Client, seen: Callable[[int, int], None]) -> Copied:
    """Copy every song of the folder whose content is not in the bucket under its path.

    seen: called with how many songs are done, and of how many. May be ended at any moment and begun
    again: an object is there whole, or not. Raises MusicDirError: one of both cannot be listed.
    """
    there = dict(entry for page in client.list() for entry in page)
    paths, result = list(_paths(folder)), Copied()
    with _writers() as (writers, ended):
        copy = partial(_copy, folder, client, there=there, ended=ended)
        work = {writers.submit(copy, path): path for path in paths}
        away = 0
        for done, future in enumerate(as_completed(work), 1):
            away = _count(result, work[future], future, away)
            if away == MOST_AWAY:
                result.away = result.failed[-1][1]
                break
            seen(done, len(paths))
    return result


@contextmanager
def _writers() -> Iterator[tuple[ThreadPoolExecutor, threading.Event]]:
    """Yield threads, and an event that ends what they are at when the block is left."""
    writers, ended = ThreadPoolExecutor(_WRITERS, thread_name_prefix="copy"), threading.Event()
    try:
        yield writers, ended
    finally:
        ended.set()
        writers.shutdown(cancel_futures=True)


def _count(result: Copied, path: bytes, future: Future[bool], away: int) -> int:
    """Add what became of a song; return how many in a row found the store away, this one too."""
    try:
        if not future.result():
            result.there += 1
            return away
        result.copied += 1
    except SongUnavailable as error:
        result.failed.append((printable(path), error.reason))
        return away + 1 if isinstance(error, StoreAway) else 0
    except OSError as error:
        result.failed.append((printable(path), error.strerror or type(error).__name__))
        return away
    return 0


def _paths(folder: Folder) -> Iterator[bytes]:
    with folder.searching(lambda path: None, LATIN_1) as search:
        for name, names in search.walk(lambda count: None).folders.items():
            yield from (join(name, each.name) for each in names)


class _Ended(BaseException):
    """The copying has ended; botocore would take an Exception for a reason to try again."""


class _Interruptible:
    """The content of a song, until the copying ends."""

    def __init__(self, song: Content, ended: threading.Event) -> None:
        self._song, self._ended = song, ended
        self.size_bytes = song.size_bytes

    def read(self, offset: int, count: int) -> bytes:
        if self._ended.is_set():
            raise _Ended
        return self._song.read(offset, count)


def _copy(
    folder: Folder,
    client: Client,
    path: bytes,
    *,
    there: dict[str, Version],
    ended: threading.Event,
) -> bool:
    """Copy a song, unless it is there; return whether it was copied."""
    key = path.decode(errors="replace")
    if not is_key(key) or key.encode() != path:
        raise SongUnavailable(NO_KEY)
    with closing(folder.open(path)) as song:
        content = as_file(_Interruptible(song, ended))
        digest = hashlib.md5(usedforsecurity=False)
        while piece := content.read(_MD5_BYTES):
            digest.update(piece)
        wanted = Version(song.size_bytes, digest.hexdigest())
        if _is_there(client, key, there.get(key), wanted):
            return False
        content.seek(0)
        try:
            client.write(key, content, digest.digest())
        except SongUnavailable:
            if song.stamp_now() != song.stamp:
                raise SongUnavailable(CHANGED) from None
            raise
    return True


def _is_there(client: Client, key: str, found: Version | None, wanted: Version) -> bool:
    """Return whether the object that was found is what is wanted."""
    if found is None or found.size_bytes != wanted.size_bytes:
        return False
    if found.etag == f'"{wanted.etag}"':
        return True
    # Where the store encrypts, or keeps it in parts, the ETag is another.
    with suppress(SongWithheld):
        return client.digest(key) == wanted.etag
    return False
