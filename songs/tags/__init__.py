"""Reads artist, title, track and disc from an MP3's tags, in bounded time and memory for any file.

Tags are not trusted: sizes may lie, texts may be endless, encodings may be guessed wrong.
"""

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from songs.tags.found import Tags
from songs.tags.id3v2 import read_id3v2
from songs.tags.source import TagSource, TagsUnreadable
from songs.tags.tail import read_tail
from songs.tags.text import LATIN_1, is_garbled
from songs.titles import clean

__all__ = ["Reading", "Tags", "read_tags"]


class Reading(NamedTuple):
    """tags: what was found. problem: why names are missing that the file may have, for people.

    again: another time there may be more, for it was the disk that failed or was slow.
    """

    tags: Tags
    problem: str | None = None
    again: bool = False


def read_tags(file: BinaryIO, size_bytes: int, encoding: str = LATIN_1) -> Reading:
    """Return the tags of ID3v2, then APEv2, Lyrics3 and ID3v1: the first that has each.

    file: the song, seekable, best unbuffered. encoding: of texts that claim to be Latin-1. No
    content makes it raise. Cost: linear in what is read, within the bounds of TagSource. A name
    whose encoding was guessed, and that has C1 controls, was decoded by a wrong one; if no other
    tag has it, no name is returned.
    protocol.md 5.
    """
    source = TagSource(file, size_bytes)
    tags, problem, garbled, again = Tags(), None, set[str](), False
    try:
        for found in _tags_in_turn(source, encoding):
            problem = problem or found.problem
            tags = tags.completed_by(_readable(found, garbled))
            if tags.artist and tags.title:
                return Reading(tags)
    except TagsUnreadable as exc:
        problem, again = exc.reason, True
    if any(not getattr(tags, name) for name in garbled):
        tags = tags._replace(artist="", title="")
    return Reading(tags, problem, again)


def _tags_in_turn(source: TagSource, encoding: str) -> Iterator[Tags]:
    yield read_id3v2(source, encoding)
    yield from read_tail(source, encoding)


def _readable(found: Tags, garbled: set[str]) -> Tags:
    """Return the tags with clean names; add the name of each that is garbled, and leave it out."""
    names = {"artist": found.artist, "title": found.title}
    for name, text in names.items():
        if is_garbled(text):
            garbled.add(name)
            names[name] = ""
    return found._replace(artist=clean(names["artist"]), title=clean(names["title"]))
