"""Reads the names and numbers in an MP3's tags, in bounded time and memory for any file.

Tags are not trusted: sizes may lie, texts may be endless, encodings may be guessed wrong.
"""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from songs.tags.found import TEXTS, Tags
from songs.tags.id3v2 import read_id3v2
from songs.tags.source import TagSource, TagsUnreadable
from songs.tags.tail import read_tail
from songs.tags.text import LATIN_1, is_garbled
from songs.titles import clean

__all__ = ["Reading", "TagSource", "Tags", "read_tags", "tags_in"]

_SHOWN = ("artist", "title")
"""The names that make the title of a list."""


class Reading(NamedTuple):
    """tags: what was found. problem: why names are missing that the file may have, for people.

    again: another time there may be more, for it was the disk that failed or was slow.
    """

    tags: Tags
    problem: str | None = None
    again: bool = False


def read_tags(file: BinaryIO, size_bytes: int, encoding: str = LATIN_1) -> Reading:
    """Return the tags of a file: seekable, best unbuffered. As `tags_in`."""
    return tags_in(TagSource(file, size_bytes), encoding)


def tags_in(source: TagSource, encoding: str = LATIN_1) -> Reading:
    """Return the tags of ID3v2, then APEv2, Lyrics3 and ID3v1: the first that has each.

    encoding: of texts that claim to be Latin-1. No content makes it raise. Cost: linear in what is
    read, within the bounds of TagSource. Where ID3v2 has artist and title, no other tag is read. A
    name whose encoding was guessed, and that has C1 controls, was decoded by a wrong one; if no
    other tag has it, no name is returned.
    protocol.md 5.
    """
    tags, problem, garbled, again = Tags(), None, set[str](), False
    try:
        for found in _tags_in_turn(source, encoding):
            problem = problem or found.problem
            tags = tags.completed_by(_readable(found, garbled))
            if tags.artist and tags.title:
                return Reading(tags)
    except TagsUnreadable as exc:
        problem, again = exc.reason, True
    if any(not getattr(tags, name) for name in garbled.intersection(_SHOWN)):
        tags = tags._replace(artist="", title="")
    return Reading(tags, problem, again)


def _tags_in_turn(source: TagSource, encoding: str) -> Iterator[Tags]:
    yield read_id3v2(source, encoding)
    yield from read_tail(source, encoding)


def _readable(found: Tags, garbled: set[str]) -> Tags:
    """Return the tags with clean names; add the name of each that is garbled, and leave it out."""
    names = {name: text for name in TEXTS if (text := getattr(found, name))}
    for name, text in names.items():
        if is_garbled(text):
            garbled.add(name)
            names[name] = ""
        else:
            names[name] = clean(text)
    return found._replace(**names)
