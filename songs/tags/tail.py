"""Reads the tags at the end of a file: APEv2, Lyrics3 and ID3v1, which stand in this order."""

from collections.abc import Iterator
from typing import Final

from songs.tags.found import Tags, tags_from
from songs.tags.genres import genre_numbered
from songs.tags.source import TagSource
from songs.tags.text import LATIN_1, MAX_TEXT_BYTES, decode_declared, decode_legacy, join_values

MAX_ITEMS: Final = 1000
_ID3V1_BYTES: Final = 128
_APE_FOOTER_BYTES: Final = 32
_APE_KEY_BYTES: Final = 256
_APE_WANTED: Final = {
    b"artist": "artist",
    b"title": "title",
    b"track": "track",
    b"disc": "disc",
    b"album": "album",
    b"album artist": "album_artist",
    b"year": "year",
    b"genre": "genre",
}
_APE_NOT_TEXT: Final = 0b110
_LYRICS_WANTED: Final = {b"EAR": "artist", b"ETT": "title", b"EAL": "album"}
_LYRICS_BEGIN: Final = b"LYRICSBEGIN"
_LYRICS_V1_BYTES: Final = 5120


def read_tail(source: TagSource, encoding: str) -> Iterator[Tags]:
    """Yield what each tag says, the most exact first: ID3v1 cuts names at 30 bytes.

    encoding: of ID3v1 and Lyrics3. Raises TagsUnreadable: the source's bounds are reached.
    """
    end = source.size_bytes
    source.at(max(0, end - MAX_TEXT_BYTES), MAX_TEXT_BYTES)  # most tails are this short
    id3v1 = source.at(end - _ID3V1_BYTES, _ID3V1_BYTES) if end >= _ID3V1_BYTES else b""
    if not id3v1.startswith(b"TAG"):
        id3v1 = b""
    end -= len(id3v1)
    lyrics_start = _lyrics_start(source, end)
    yield _read_apev2(source, lyrics_start)
    yield _read_lyrics3(source, lyrics_start, end, encoding)
    yield _read_id3v1(id3v1, encoding)


def _read_id3v1(tag: bytes, encoding: str) -> Tags:
    raw = {"title": tag[3:33], "artist": tag[33:63], "album": tag[63:93], "year": tag[93:97]}
    texts = {name: _field(field, encoding) for name, field in raw.items()}
    # Genre 0 is Blues, and what taggers write that know no genre.
    tags = tags_from(texts)._replace(genre=genre_numbered(tag[127]) if tag[127:] > b"\0" else "")
    # ID3v1.1: a track number behind a comment that ends in NUL.
    has_track = len(tag) == _ID3V1_BYTES and tag[125] == 0
    return tags._replace(track=tag[126] or None) if has_track else tags


def _field(raw: bytes, encoding: str) -> str:
    text = raw.partition(b"\0")[0]
    return decode_legacy(text, encoding, cut=len(text) == len(raw)).strip()


# Lyrics3


def _lyrics_start(source: TagSource, end: int) -> int:
    """Return where a Lyrics3 tag starts that ends at `end`; `end` if there is none."""
    size, mark = source.at(end - 15, 6), source.at(end - 9, 9)
    if mark == b"LYRICS200" and size.isdigit():
        start = end - 15 - int(size)
        return start if source.at(start, len(_LYRICS_BEGIN)) == _LYRICS_BEGIN else end
    if mark == b"LYRICSEND":
        first = max(0, end - _LYRICS_V1_BYTES)
        found = source.at(first, end - first).rfind(_LYRICS_BEGIN)
        return first + found if found >= 0 else end
    return end


def _read_lyrics3(source: TagSource, start: int, end: int, encoding: str) -> Tags:
    """Read the fields of Lyrics3 2.00: a name of three letters, a size of five digits, a text."""
    texts: dict[str, str] = {}
    start += len(_LYRICS_BEGIN)
    for _ in range(MAX_ITEMS):
        head = source.at(start, 8)
        if start + 8 > end - 15 or not head[3:].isdigit():
            break
        size = int(head[3:])
        if name := _LYRICS_WANTED.get(head[:3]):
            count = min(size, MAX_TEXT_BYTES)
            raw = source.at(start + 8, count)
            texts[name] = decode_legacy(raw, encoding, cut=count < size)
        start += 8 + size
    return tags_from(texts)


# APEv2


def _read_apev2(source: TagSource, end: int) -> Tags:
    """Read the items of an APEv2 tag whose footer ends at `end`."""
    footer = source.at(end - _APE_FOOTER_BYTES, _APE_FOOTER_BYTES)
    if len(footer) < _APE_FOOTER_BYTES or not footer.startswith(b"APETAGEX"):
        return Tags()
    size, count = int.from_bytes(footer[12:16], "little"), int.from_bytes(footer[16:20], "little")
    texts: dict[str, str] = {}
    position, items_end = end - size, end - _APE_FOOTER_BYTES
    for _ in range(min(count, MAX_ITEMS)):
        head = source.at(position, min(8 + _APE_KEY_BYTES, items_end - position))
        key, terminator, _ = head[8:].partition(b"\0")
        if not terminator:
            break
        position += 8 + len(key) + 1
        value_bytes = int.from_bytes(head[:4], "little")
        if position + value_bytes > items_end:
            break
        name = _APE_WANTED.get(key.lower())
        if name and not int.from_bytes(head[4:8], "little") & _APE_NOT_TEXT:
            texts[name] = _value(source, position, value_bytes)
        position += value_bytes
    return tags_from(texts)


def _value(source: TagSource, position: int, size: int) -> str:
    count = min(size, MAX_TEXT_BYTES)
    raw = source.at(position, count)
    text = decode_declared(raw, "utf-8", cut=count < size)
    return join_values(decode_legacy(raw, LATIN_1) if text is None else text)
