"""The print of a song's sound: by it a file is known again, wherever it lies and however tagged.

It knows where the sound lies between the tags, and reads a few pieces of it, never all. A print has
two parts: the first is of all that stands between the tags, the second of the frames that sound
alone, because programs that write tags also write the first frame (Xing, Info) anew. Catalogues of
before the second part have the first one alone.
"""

from hashlib import sha256
from typing import Final

from songs.frames import music_start
from songs.tags.source import PIECE_BYTES, TagSource

BEGIN_BYTES: Final = 16 << 10
"""Of a file that is still being copied, so much has to be there for it to be known when it has
grown. A second of music at 128 kbit/s: two songs do not begin with the same."""
WHOLE_BYTES: Final = 32
MUSIC_BYTES: Final = 16
PRINT_BYTES: Final = WHOLE_BYTES + MUSIC_BYTES
NO_PRINT: Final = b""
"""Of a file that could not be read."""

LENGTH_BYTES: Final = 8
FIRST_BYTES: Final = 8
"""The first part begins with the length of the sound, and a hash of its first BEGIN_BYTES."""
_MUSIC_PIECE_BYTES: Final = 40 << 10
"""As music begins in the first 20 KiB of the sound, such a piece of it lies in one of the whole."""
_MAX_TAGS: Final = 16
_ID3_HEADER_BYTES: Final = 10
_APE_BYTES: Final = 32
_ID3V1_BYTES: Final = 128
_ENHANCED_BYTES: Final = 227  # "TAG+", before ID3v1
_LYRICS_V1_BYTES: Final = 5100
_LYRICS_BEGIN: Final = b"LYRICSBEGIN"


def print_of(source: TagSource, start: int, end: int) -> bytes:
    """Return the print of the sound from start to end.

    Raises TagsUnreadable: the disk fails. Cost: 192 KiB are read, if the sound has as much.
    """
    if start >= end:  # a file of tags alone has no sound; then it is all that there is of it
        start, end = 0, source.size_bytes
    length = end - start
    begin = source.at(start, min(length, PIECE_BYTES))
    skipped = music_start(begin)
    music = start + (skipped if skipped < length else 0)
    whole_at, music_at = _places(start, end, PIECE_BYTES), _places(music, end, _MUSIC_PIECE_BYTES)
    whole_hash, music_hash = sha256(), sha256((end - music).to_bytes(LENGTH_BYTES))
    for whole_place, music_place in zip(whole_at, music_at, strict=True):  # so each is read once
        whole_hash.update(source.at(*whole_place))
        music_hash.update(source.at(*music_place))
    first = sha256(begin[:BEGIN_BYTES]).digest()[:FIRST_BYTES]
    whole = length.to_bytes(LENGTH_BYTES) + first + whole_hash.digest()[:16]
    return whole + music_hash.digest()[:MUSIC_BYTES]


def _places(start: int, end: int, piece_bytes: int) -> list[tuple[int, int]]:
    """Return offset and size of the pieces at the begin, in the middle and at the end."""
    length = end - start
    if length <= piece_bytes:
        return [(start, length), (end, 0), (end, 0)]
    middle = max(start + piece_bytes, start + (length - piece_bytes) // 2)
    last = max(start, end - piece_bytes)
    return [
        (start, piece_bytes),
        (middle, min(piece_bytes, end - middle)),
        (last, piece_bytes),
    ]


def parts_of(print_: bytes) -> tuple[bytes, ...]:
    """Return the parts that a print has, the more certain one first."""
    return tuple(part for part in (print_[:WHOLE_BYTES], print_[WHOLE_BYTES:]) if part)


def is_same_sound(one: bytes, other: bytes) -> bool:
    """Return whether two prints are of one sound: a part of them is the same."""
    return not set(parts_of(one)).isdisjoint(parts_of(other))


def has_grown(before: bytes, now: bytes) -> bool:
    """Return whether a file of this print now can be one that had the other and was not whole.

    The begin of the whole decides: music alone may begin with silence in many songs.
    """
    if min(len(before), len(now)) < WHOLE_BYTES:
        return False
    lengths = (int.from_bytes(each[:LENGTH_BYTES]) for each in (before, now))
    begins = (each[LENGTH_BYTES : LENGTH_BYTES + FIRST_BYTES] for each in (before, now))
    return min(lengths) >= BEGIN_BYTES and len(set(begins)) == 1


def sound_extent(source: TagSource) -> tuple[int, int]:
    """Return where the sound begins and ends: what stands before and behind it is tags.

    Raises TagsUnreadable: the disk fails. A tag whose size leads out of the file is none.
    """
    start, end = 0, source.size_bytes
    for _ in range(_MAX_TAGS):
        if not (size := _tag_before(source, start)) or start + size > end:
            break
        start += size
    for _ in range(_MAX_TAGS):
        if not (size := _tag_behind(source, start, end)) or end - size < start:
            break
        end -= size
    return start, end


def _tag_before(source: TagSource, start: int) -> int:
    """Return the size of the ID3v2 or APEv2 tag that begins here, or 0."""
    head = source.at(start, _APE_BYTES)
    if head[:3] == b"ID3" and len(head) >= _ID3_HEADER_BYTES and max(head[6:10]) < 0x80:
        return 10 + _synchsafe(head[6:10]) + (10 if head[5] & 0x10 else 0)
    if head[:8] == b"APETAGEX" and len(head) == _APE_BYTES and head[23] & 0x20:
        return _APE_BYTES + int.from_bytes(head[12:16], "little")
    return 0


def _tag_behind(source: TagSource, start: int, end: int) -> int:
    """Return the size of the tag that ends here, or 0."""
    tail_start = max(start, end - _ID3V1_BYTES)
    tail = source.at(tail_start, end - tail_start)
    if len(tail) == _ID3V1_BYTES and tail.startswith(b"TAG"):
        enhanced = end - _ID3V1_BYTES - _ENHANCED_BYTES
        has_more = enhanced >= start and source.at(enhanced, 4) == b"TAG+"
        return _ID3V1_BYTES + (_ENHANCED_BYTES if has_more else 0)
    footer = tail[-_APE_BYTES:]
    if footer[:8] == b"APETAGEX" and len(footer) == _APE_BYTES:
        has_header = footer[23] & 0x80
        return int.from_bytes(footer[12:16], "little") + (_APE_BYTES if has_header else 0)
    if tail[-10:-7] == b"3DI" and max(tail[-4:]) < 0x80:
        return 20 + _synchsafe(tail[-4:])
    return _lyrics_bytes(source, start, end, tail)


def _lyrics_bytes(source: TagSource, start: int, end: int, tail: bytes) -> int:
    if tail.endswith(b"LYRICS200") and tail[-15:-9].isdigit():
        size = int(tail[-15:-9]) + 15
        return size if source.at(end - size, 11) == _LYRICS_BEGIN else 0
    if tail.endswith(b"LYRICSEND"):
        first = max(start, end - _LYRICS_V1_BYTES - 20)
        found = source.at(first, end - first).rfind(_LYRICS_BEGIN)
        return end - first - found if found >= 0 else 0
    return 0


def _synchsafe(raw: bytes) -> int:
    return raw[0] << 21 | raw[1] << 14 | raw[2] << 7 | raw[3]
