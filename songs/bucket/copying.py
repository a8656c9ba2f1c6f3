"""Copies the songs of a folder into a bucket; what is there already is not copied again."""

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass, field

from songs.bucket.client import NO_KEY, Client, is_key
from songs.file_of_song import as_file
from songs.folder import Folder
from songs.names import Version, join
from songs.store import CHANGED, SongUnavailable, StoreAway
from songs.tags.text import LATIN_1
from songs.titles import printable

_WRITERS = 4
_MD5_BYTES = 1 << 20


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
    with ThreadPoolExecutor(_WRITERS, thread_name_prefix="copy") as writers:
        work = {writers.submit(_copy, folder, client, path, there): path for path in paths}
        for done, future in enumerate(as_completed(work), 1):
            try:
                if future.result():
                    result.copied += 1
                else:
                    result.there += 1
            except StoreAway as error:
                result.away = error.reason
                writers.shutdown(cancel_futures=True)
                break
            except SongUnavailable as error:
                result.failed.append((printable(work[future]), error.reason))
            seen(done, len(paths))
    return result


def _paths(folder: Folder) -> Iterator[bytes]:
    with folder.searching(lambda path: None, LATIN_1) as search:
        for name, names in search.walk(lambda count: None).folders.items():
            yield from (join(name, each.name) for each in names)


def _copy(folder: Folder, client: Client, path: bytes, there: dict[str, Version]) -> bool:
    """Copy a song, unless it is there; return whether it was copied."""
    key = path.decode(errors="replace")
    if not is_key(key) or key.encode() != path:
        raise SongUnavailable(NO_KEY)
    with closing(folder.open(path)) as song:
        content = as_file(song)
        digest = hashlib.md5(usedforsecurity=False)
        while piece := content.read(_MD5_BYTES):
            digest.update(piece)
        if there.get(key) == Version(song.size_bytes, f'"{digest.hexdigest()}"'):
            return False
        content.seek(0)
        try:
            client.write(key, content, digest.digest())
        except StoreAway:
            if song.stamp_now() != song.stamp:
                raise SongUnavailable(CHANGED) from None
            raise
    return True
