"""Reads artist and title from an MP3's tags, in bounded time and memory for any file.

mutagen decodes tags, but trusts their sizes: it decompresses without limit, and needs quadratic
time for many tiny frames or an endless key. So this module passes it only small parts of the file,
and treats any exception as "no such tag".
"""

import io
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, NamedTuple

from mutagen.apev2 import APETextValue, APEv2
from mutagen.id3 import ID3, ParseID3v1

MAX_TAG_BYTES: Final = 16 << 20
_MAX_FRAMES: Final = 1000
_MAX_TEXT_BYTES: Final = 64 << 10
_MAX_APE_BYTES: Final = 64 << 10

_ID3V1_BYTES: Final = 128
_APE_FOOTER_BYTES: Final = 32
_WANTED: Final = {b"TIT2", b"TPE1", b"TT2", b"TP1"}

_UNSYNCHRONISED: Final = 0x80
_EXTENDED: Final = 0x40
# The flags of compressed and encrypted frames by version. No known tagger writes such titles.
_UNREADABLE: Final = {2: 0, 3: 0x00C0, 4: 0x000C}


class Names(NamedTuple):
    """Artist and title of a tag; "" where it has none."""

    artist: str = ""
    title: str = ""


class _Frame(NamedTuple):
    name: bytes
    start: int
    size: int
    flags: int


def read_names(file: BinaryIO, size_bytes: int) -> Names:
    """Return artist and title from ID3v2, then APEv2, then ID3v1: the first that has each.

    file: the song, seekable. No content makes it raise. Cost: two short reads and those of the
    text frames, at most MAX_TAG_BYTES.  protocol.md 5.
    """
    names = Names()
    for read in (_read_id3v2, _read_apev2, _read_id3v1):
        try:
            found = read(file, size_bytes)
        except Exception:  # mutagen may raise anything for a damaged tag
            continue
        names = Names(names.artist or found.artist, names.title or found.title)
        if names.artist and names.title:
            break
    return names


def _read_id3v2(file: BinaryIO, size_bytes: int) -> Names:
    file.seek(0)
    head = file.read(10)
    version, tag_bytes = head[3], _synchsafe(head[6:10])
    if head[:3] != b"ID3" or version not in _UNREADABLE or tag_bytes > MAX_TAG_BYTES:
        return Names()
    end, flags = 10 + tag_bytes, head[5]
    if flags & _UNSYNCHRONISED and version < 4:  # frame sizes do not count the stuffed zeros
        body = head + file.read(tag_bytes).replace(b"\xff\x00", b"\xff")
        file, end, flags = io.BytesIO(body), len(body), flags & ~_UNSYNCHRONISED
    start = _first_frame(file, version) if flags & _EXTENDED and version > 2 else 10
    frames = b"".join(_wanted_frames(file, version, start, end))
    header = b"ID3" + bytes((version, 0, flags & _UNSYNCHRONISED)) + _to_synchsafe(len(frames))
    tag = io.BytesIO(header + frames)
    return _names(ID3(tag, translate=False, load_v1=False))  # type: ignore[no-untyped-call]  # mutagen


def _first_frame(file: BinaryIO, version: int) -> int:
    """Return the offset of the first frame, behind an extended header (ID3v2.3 3.2, 2.4 3.2)."""
    file.seek(10)
    raw = file.read(4)
    if _looks_like_frame(raw):  # some taggers set the flag and write no extended header
        return 10
    return 10 + _synchsafe(raw) if version == 4 else 14 + int.from_bytes(raw)


def _wanted_frames(file: BinaryIO, version: int, start: int, end: int) -> Iterator[bytes]:
    """Yield the frames of artist and title, complete, with sizes as the standard writes them."""
    for frame in _frames(file, version, start, end):
        readable = not frame.flags & _UNREADABLE[version]
        if frame.name in _WANTED and frame.size <= _MAX_TEXT_BYTES and readable:
            file.seek(frame.start)
            data = file.read(frame.size)
            if len(data) == frame.size:  # a truncated name must not pass for a whole one
                yield _frame_header(version, frame) + data


def _frames(file: BinaryIO, version: int, start: int, end: int) -> Iterator[_Frame]:
    """Yield the position of each frame without reading its content; end at padding or damage."""
    id_bytes, header_bytes = (3, 6) if version == 2 else (4, 10)
    for _ in range(_MAX_FRAMES):
        file.seek(start)
        header = file.read(header_bytes)
        if len(header) < header_bytes or not _looks_like_frame(header[:id_bytes]):
            return
        raw_size, flags = header[id_bytes : 2 * id_bytes], int.from_bytes(header[2 * id_bytes :])
        start += header_bytes
        size = _frame_size(file, version, start, raw_size, end)
        if start + size > end:
            return
        yield _Frame(header[:id_bytes], start, size, flags)
        start += size


def _frame_size(file: BinaryIO, version: int, start: int, raw: bytes, end: int) -> int:
    """Return a frame's size in bytes. Old iTunes wrote plain integers into ID3v2.4."""
    plain = int.from_bytes(raw)
    if version < 4 or plain < 0x80:
        return plain
    size = _synchsafe(raw)
    if max(raw) >= 0x80 or not _frame_may_end(file, start + size, end):
        return plain
    return size


def _frame_may_end(file: BinaryIO, position: int, end: int) -> bool:
    file.seek(position)
    following = file.read(4)
    return position >= end or following[:1] == b"\0" or _looks_like_frame(following)


def _looks_like_frame(name: bytes) -> bool:
    return name[:1].isalpha() and name.isalnum() and name.isupper()


def _frame_header(version: int, frame: _Frame) -> bytes:
    if version == 2:
        return frame.name + frame.size.to_bytes(3)
    size = _to_synchsafe(frame.size) if version == 4 else frame.size.to_bytes(4)
    return frame.name + size + frame.flags.to_bytes(2)


def _synchsafe(raw: bytes) -> int:
    """Decode a number with seven bits in each byte (ID3v2.4 6.2)."""
    number = 0
    for byte in raw:
        number = number << 7 | byte & 0x7F
    return number


def _to_synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def _names(frames: ID3 | dict[str, Any]) -> Names:
    def text(name: str) -> str:
        # A frame may hold several texts, for several artists.
        return ", ".join(filter(None, getattr(frames.get(name), "text", [])))

    return Names(text("TPE1"), text("TIT2"))


def _read_apev2(file: BinaryIO, size_bytes: int) -> Names:
    tail = _tail(file, size_bytes, _APE_FOOTER_BYTES + _ID3V1_BYTES)
    if b"APETAGEX" not in tail:
        return Names()
    # mutagen is given only the end of the file, so that no claimed size can make it read more.
    end = io.BytesIO(_tail(file, size_bytes, _MAX_APE_BYTES))
    tags: Any = APEv2(end)  # type: ignore[no-untyped-call]  # mutagen

    def text(name: str) -> str:
        value = tags.get(name)
        return ", ".join(value) if isinstance(value, APETextValue) else ""

    return Names(text("Artist"), text("Title"))


def _read_id3v1(file: BinaryIO, size_bytes: int) -> Names:
    tail = _tail(file, size_bytes, _ID3V1_BYTES)
    if not tail.startswith(b"TAG"):
        return Names()
    return _names(ParseID3v1(tail) or {})  # type: ignore[no-untyped-call]  # mutagen


def _tail(file: BinaryIO, size_bytes: int, count: int) -> bytes:
    file.seek(max(0, size_bytes - count))
    return file.read(count)
