"""What is known of a song once it is read: title, details, duration and print, out of its bytes."""

import sys
from typing import NamedTuple

from songs.catalogue import Entry
from songs.scan.duration import duration_of
from songs.scan.prints import NO_PRINT, print_of, sound_extent
from songs.song import Details
from songs.tags import Tags, TagSource, tags_in
from songs.tags.source import PIECE_BYTES, TagsUnreadable
from songs.titles import shorten, title_from_name, title_from_tags

READER = "2"
"""Change it when tags, durations or prints are read otherwise: all songs are then read again."""


class Read(NamedTuple):
    """entry: to be kept. untitled: why the song is shown by its file's name, to be told once."""

    entry: Entry
    untitled: str | None = None


def read_entry(
    source: TagSource, name: bytes, stamp: str, encoding: str, known: Entry | None
) -> Read:
    """Return what is known of a song now.

    name: of its file. stamp: of this content; not kept where the disk did not give all. encoding:
    of tags that claim to be Latin-1. known: of an earlier time. No content makes it raise.
    """
    tags, problem, again = tags_in(source, encoding)
    print_, duration_s, unread = _sound(source.renewed())
    tagged = title_from_tags(tags.artist, tags.title)
    entry = Entry(
        "" if again or unread else stamp,
        known.print if unread and known else print_,
        tagged or title_from_name(name),
        _details(tags, duration_s),
    )
    return Read(entry, problem if tagged is None and entry != known else None)


def _sound(source: TagSource) -> tuple[bytes, float | None, bool]:
    """Return print and duration of the sound, and whether the disk did not give it."""
    try:
        start, end = sound_extent(source)
        begin = source.at(start, min(end - start, PIECE_BYTES))
        return print_of(source, start, end), duration_of(begin, end - start), False
    except TagsUnreadable:
        return NO_PRINT, None, True


def _details(tags: Tags, duration_s: float | None) -> Details:
    shared = (tags.artist, tags.album_artist, tags.album, tags.genre)
    # What many songs share is kept once.
    artist, album_artist, album, genre = (sys.intern(shorten(text)) for text in shared)
    title, numbers = shorten(tags.title), (tags.track, tags.disc, tags.year)
    return Details(artist, album_artist, album, title, *numbers, genre, duration_s)
