"""Finds the picture in a song's ID3v2 tag. Its bytes say what it is, and not the tag."""

import io
from typing import Final, NamedTuple

from songs.tags.id3v2 import UNREADABLE, RawFrame, raw_frames, tag_bytes_of
from songs.tags.source import TagSource, TagsUnreadable

MAX_PICTURE_BYTES: Final = 16 << 20
HEAD_BYTES: Final = 10
"""So much of a song says how long its tag is."""

_NAMES: Final = frozenset((b"APIC", b"PIC"))
_FRONT_COVER: Final = 3
_MAX_DESCRIPTION_BYTES: Final = 1024
_KINDS: Final = (
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF8", "gif"),
    (b"RIFF", "webp"),
)


class Picture(NamedTuple):
    """A picture. kind: jpg, png, gif or webp, as its first bytes say."""

    kind: str
    data: bytes


def bytes_needed(head: bytes) -> int:
    """Return how much of a song must be here to find its picture; 0 where there can be none.

    head: its first 10 bytes.
    """
    needed = tag_bytes_of(head)
    return needed if needed <= MAX_PICTURE_BYTES else 0


def picture_in(tag: bytes) -> Picture | None:
    """Return the front cover in a whole tag, else its first picture. No content makes it raise."""
    first = None
    try:
        for frame in raw_frames(TagSource(io.BytesIO(tag), len(tag)), _NAMES):
            found = _picture(frame)
            if found is not None and found[0] == _FRONT_COVER:
                return found[1]
            first = first or found
    except TagsUnreadable:
        pass  # what was found so far is good
    return first[1] if first else None


def _picture(frame: RawFrame) -> tuple[int, Picture] | None:
    """Return the kind of scene and the picture of a frame (ID3v2.2 4.15, 2.4 4.14)."""
    if frame.flags & UNREADABLE[frame.version] or len(frame.data) < 6:
        return None
    encoding = frame.data[0]
    # After the encoding: an image format of three letters, or a MIME type that a zero ends.
    scene = 4 if frame.name == b"PIC" else frame.data.find(b"\0", 1, 128) + 1
    begin = _description_end(frame.data, scene + 1, wide=encoding in (1, 2))
    if not 0 < scene < begin:
        return None
    for magic, kind in _KINDS:
        if frame.data.startswith(magic, begin):
            if kind == "webp" and frame.data[begin + 8 : begin + 12] != b"WEBP":
                return None
            return frame.data[scene], Picture(kind, frame.data[begin:])
    return None


def _description_end(data: bytes, start: int, wide: bool) -> int:
    """Return the offset behind a text that a zero ends, one of two bytes if wide; -1 for none."""
    size, last = 2 if wide else 1, start + _MAX_DESCRIPTION_BYTES
    end = data.find(bytes(size), start, last)
    while wide and end >= 0 and (end - start) % 2:  # half of one character and half of the next
        end = data.find(bytes(size), end + 1, last)
    return end + size if end >= 0 else -1
