"""Chooses the store of a library by where its songs are said to be."""

import os
from dataclasses import dataclass

from songs.folder import Folder
from songs.store import MAX_SONG_BYTES, Store
from songs.tags.text import LATIN_1

BUCKET = "s3://"


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator decides about songs.

    max_song_bytes: a larger one is not listed. follow_links: out of the music directory, too.
    tag_encoding: of tags that claim to be Latin-1; the name of a Python codec. s3_endpoint: of a
    store that is not Amazon's.
    """

    max_song_bytes: int = MAX_SONG_BYTES
    follow_links: bool = False
    tag_encoding: str = LATIN_1
    s3_endpoint: str | None = None


def store_at(place: str | bytes | os.PathLike[str], options: Options) -> Store:
    """Return the store: a bucket for `s3://BUCKET/PREFIX`, else a folder.

    Raises MusicDirError: it cannot be used.
    """
    if isinstance(place, str) and place.startswith(BUCKET):
        from songs.bucket import Bucket

        return Bucket(place, endpoint=options.s3_endpoint, max_song_bytes=options.max_song_bytes)
    return Folder(place, follow_links=options.follow_links, max_song_bytes=options.max_song_bytes)
