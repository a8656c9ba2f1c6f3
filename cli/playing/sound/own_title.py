"""Reads what a song is called in what is here of its ID3v2 tag, as a server does for its list."""

from __future__ import annotations

import io
from collections.abc import Callable

from songs.tags import TagSource
from songs.tags.id3v2 import MAX_TAG_BYTES, read_id3v2, tag_bytes_of
from songs.tags.source import TagsUnreadable
from songs.tags.text import LATIN_1, is_garbled
from songs.titles import title_from_tags

_HEAD_BYTES = 10


def own_title(beginning: Callable[[int], bytes]) -> tuple[str | None, int]:
    """Return what the song's tag calls it, and how long the tag is. Never raises or waits.

    beginning: returns so many of the song's first bytes, fewer if they are not here. None: the tag
    does not say it, or the part of it that is here does not.
    """
    size = tag_bytes_of(beginning(_HEAD_BYTES))
    tag = beginning(size) if size <= MAX_TAG_BYTES else b""
    try:
        tags = read_id3v2(TagSource(io.BytesIO(tag), len(tag)), LATIN_1)
    except TagsUnreadable:
        return None, size
    unsure = len(tag) < size and not tags.artist  # it may stand behind the title
    if unsure or is_garbled(tags.artist) or is_garbled(tags.title):
        return None, size
    return title_from_tags(tags.artist, tags.title), size
