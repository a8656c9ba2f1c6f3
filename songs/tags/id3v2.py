"""Reads ID3v2.2, 2.3 and 2.4 at the beginning of a file.

Only frame headers and the beginnings of wanted texts are read, so that a picture costs nothing,
however large it is and wherever it stands.
"""

import itertools
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

from songs.tags.found import Tags, tags_from
from songs.tags.source import TagSource
from songs.tags.text import MAX_TEXT_BYTES, decode_id3
from songs.tags.unsynchronised import Unsynchronised, without_stuffing

MAX_TAG_BYTES: Final = 64 << 20
MAX_FRAMES: Final = 1000
MAX_COMPRESSED_BYTES: Final = 64 << 10
_HEADER_BYTES: Final = 10
# fmt: off
_WANTED: Final = {
    b"TPE1": "artist",       b"TP1": "artist",
    b"TIT2": "title",        b"TT2": "title",
    b"TRCK": "track",        b"TRK": "track",
    b"TPOS": "disc",         b"TPA": "disc",
    b"TALB": "album",        b"TAL": "album",
    b"TPE2": "album_artist", b"TP2": "album_artist",
    b"TCON": "genre",        b"TCO": "genre",
    b"TYER": "year",         b"TYE": "year",
    b"TDRC": "year",
}
# fmt: on
_UNSYNCHRONISED: Final = 0x80
_EXTENDED: Final = 0x40
# Flags of frames by version.
_ENCRYPTED: Final = {2: 0, 3: 0x0040, 4: 0x0004}
_COMPRESSED: Final = {2: 0, 3: 0x0080, 4: 0x0008}
_GROUPED: Final = {2: 0, 3: 0x0020, 4: 0x0040}
_UNSYNCHRONISED_FRAME: Final = {2: 0, 3: 0, 4: 0x0002}
_LENGTH_SHOWN: Final = {2: 0, 3: 0x0080, 4: 0x0009}
UNREADABLE: Final = {2: 0, 3: 0x00C0, 4: 0x000C}
"""The flags of compressed and encrypted frames by version."""


class _Bytes(Protocol):
    def at(self, offset: int, count: int) -> bytes:
        """Return bytes of the tag, fewer at its end."""


class _Tag(NamedTuple):
    """A tag's content. end: the offset behind it. stuffed: each of its frames is stuffed."""

    source: _Bytes
    version: int
    end: int
    stuffed: bool


class _Frame(NamedTuple):
    name: bytes
    start: int
    size: int
    flags: int


def read_id3v2(source: TagSource, encoding: str) -> Tags:
    """Return what the tag says. Raises TagsUnreadable: the source's bounds are reached."""
    head = source.at(0, _HEADER_BYTES)
    if len(head) < _HEADER_BYTES or head[:3] != b"ID3" or head[3] not in _ENCRYPTED:
        return Tags()
    if _synchsafe(head[6:]) > MAX_TAG_BYTES:
        return Tags(problem=f"its ID3 tag claims to be larger than {MAX_TAG_BYTES >> 20} MiB")
    return _read_frames(*_opened(source, head), encoding)


def _opened(source: TagSource, head: bytes) -> tuple[_Tag, int]:
    """Return the tag whose header this is, and the offset of its first frame."""
    version, stuffed = head[3], bool(head[5] & _UNSYNCHRONISED)
    tag = _Tag(source, version, _HEADER_BYTES + _synchsafe(head[6:]), stuffed)
    if stuffed and version < 4:  # the frames' sizes do not count the stuffed zeros
        tag = tag._replace(source=Unsynchronised(source, tag.end), stuffed=False)
    extended = head[5] & _EXTENDED and version > 2
    return tag, _first_frame(tag) if extended else _HEADER_BYTES


def _first_frame(tag: _Tag) -> int:
    """Return the offset of the first frame, behind an extended header (ID3v2.3 3.2, 2.4 3.2)."""
    raw = tag.source.at(_HEADER_BYTES, 4)
    if _looks_like_frame(raw):  # some taggers set the flag and write no extended header
        return _HEADER_BYTES
    return 10 + _synchsafe(raw) if tag.version == 4 else 14 + int.from_bytes(raw)


def _read_frames(tag: _Tag, start: int, encoding: str) -> Tags:
    texts: dict[str, str] = {}
    count = 0
    for frame in _frames(tag, start):
        if (count := count + 1) > MAX_FRAMES:
            return tags_from(texts, f"its ID3 tag has more than {MAX_FRAMES} frames")
        name = _WANTED.get(frame.name)
        # Several frames of a kind are several values of it, as several artists.
        if name and len(before := texts.get(name, "")) < MAX_TEXT_BYTES:
            text = _text(tag, frame, encoding)
            texts[name] = ", ".join(filter(None, (before, text)))
    return tags_from(texts)


def _text(tag: _Tag, frame: _Frame, encoding: str) -> str:
    if frame.flags & _ENCRYPTED[tag.version]:
        return ""
    ahead = 1 if frame.flags & _GROUPED[tag.version] else 0
    ahead += 4 if frame.flags & _LENGTH_SHOWN[tag.version] else 0
    compressed = frame.flags & _COMPRESSED[tag.version]
    count = min(frame.size, MAX_COMPRESSED_BYTES if compressed else MAX_TEXT_BYTES)
    data = tag.source.at(frame.start, count)
    if len(data) < count:  # a truncated name must not pass for a whole one
        return ""
    if tag.stuffed or frame.flags & _UNSYNCHRONISED_FRAME[tag.version]:
        data = without_stuffing(data)
    text, cut = (_expanded(data[ahead:]) if compressed else data[ahead:]), count < frame.size
    return decode_id3(text[:MAX_TEXT_BYTES], encoding, cut=cut or len(text) > MAX_TEXT_BYTES)


def _expanded(data: bytes) -> bytes:
    """Return the beginning of what was compressed, however much there is of it; b"" if damaged."""
    try:
        return zlib.decompressobj().decompress(data, MAX_TEXT_BYTES + 1)
    except zlib.error:
        return b""


def _frames(tag: _Tag, start: int) -> Iterator[_Frame]:
    """Yield the position of each frame without reading its content; end at padding or damage."""
    id_bytes, header_bytes = (3, 6) if tag.version == 2 else (4, 10)
    while True:
        header = tag.source.at(start, header_bytes)
        if len(header) < header_bytes or not _looks_like_frame(header[:id_bytes]):
            return
        raw_size, flags = header[id_bytes : 2 * id_bytes], int.from_bytes(header[2 * id_bytes :])
        start += header_bytes
        size = _frame_size(tag, start, raw_size)
        if start + size > tag.end:
            return
        yield _Frame(header[:id_bytes], start, size, flags)
        start += size


def _frame_size(tag: _Tag, start: int, raw: bytes) -> int:
    """Return a frame's size in bytes. Old iTunes wrote plain integers into ID3v2.4."""
    plain = int.from_bytes(raw)
    if tag.version < 4 or plain < 0x80:
        return plain
    size = _synchsafe(raw)
    if max(raw) >= 0x80 or not _frame_may_end(tag, start + size):
        return plain
    return size


def _frame_may_end(tag: _Tag, position: int) -> bool:
    following = tag.source.at(position, 4)
    return position >= tag.end or following[:1] == b"\0" or _looks_like_frame(following)


def _looks_like_frame(name: bytes) -> bool:
    return name[:1].isalpha() and name.isalnum() and name.isupper()


def _synchsafe(raw: bytes) -> int:
    """Decode a number with seven bits in each byte (ID3v2.4 6.2)."""
    number = 0
    for byte in raw:
        number = number << 7 | byte & 0x7F
    return number


class RawFrame(NamedTuple):
    """A frame as it is in the tag, without stuffing. flags: as its version has them."""

    version: int
    name: bytes
    flags: int
    data: bytes


def tag_bytes_of(head: bytes) -> int:
    """Return how long the tag is whose first 10 bytes these are, header included; 0 for none."""
    is_tag = len(head) >= _HEADER_BYTES and head[:3] == b"ID3" and head[3] in _GROUPED
    return _HEADER_BYTES + _synchsafe(head[6:10]) if is_tag else 0


def raw_frames(
    source: TagSource, names: frozenset[bytes], max_bytes: int = MAX_TAG_BYTES
) -> Iterator[RawFrame]:
    """Yield the frames of these names, whole, but none of more than `max_bytes`.

    Raises TagsUnreadable: the source's bounds are reached.
    """
    if not tag_bytes_of(head := source.at(0, _HEADER_BYTES)):
        return
    tag, start = _opened(source, head)
    for frame in itertools.islice(_frames(tag, start), MAX_FRAMES):
        if frame.name in names and frame.size <= max_bytes:
            data = tag.source.at(frame.start, frame.size)
            if tag.stuffed or frame.flags & _UNSYNCHRONISED_FRAME[tag.version]:
                data = without_stuffing(data)
            ahead = 1 if frame.flags & _GROUPED[tag.version] else 0
            ahead += 4 if frame.flags & _LENGTH_SHOWN[tag.version] else 0
            yield RawFrame(tag.version, frame.name, frame.flags, data[ahead:])
