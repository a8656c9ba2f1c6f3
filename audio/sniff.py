"""Decides whether bytes are an MP3: two consecutive frame headers of one stream prove it.

One header proves nothing: libmad finds frames in random bytes, and plays a renamed WAV as noise.
"""

from __future__ import annotations

from audio.mp3 import (
    HEADER_BYTES,
    LAYER_3,
    MAX_FRAME_BYTES,
    TAG_HEAD_BYTES,
    FrameHeader,
    parse_header,
    tag_bytes,
)

JUNK_LIMIT_BYTES = 64 * 1024
"""How far behind the tags the first frame may be: some programs leave space for longer tags."""

SNIFF_BYTES = JUNK_LIMIT_BYTES + 2 * MAX_FRAME_BYTES
"""The number of bytes behind the tags that are enough to decide."""

_MAX_FREE_FRAME_BYTES = 6000  # 640 kbit/s and more, at 16 kHz
_MAGIC = (
    (0, b"RIFF", "a WAV or other RIFF file"),
    (0, b"OggS", "an Ogg file"),
    (0, b"fLaC", "a FLAC file"),
    (4, b"ftyp", "an MP4 or M4A file"),
    (0, b"FORM", "an AIFF file"),
    (0, b"\x30\x26\xb2\x75", "a WMA file"),
    (0, b"\x1a\x45\xdf\xa3", "a Matroska or WebM file"),
    (0, b"MThd", "a MIDI file"),
    (0, b"PK\x03\x04", "a ZIP file"),
    (0, b"\x89PNG", "a PNG picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture"),
    (0, b"%PDF", "a PDF file"),
)


class NotMp3(ValueError):
    """The bytes are no MP3 that can be played. The message says what they are, for people."""


def find_frame(window: bytes, start: int = 0, *, complete: bool) -> int | None:
    """The offset, `start` or more, of the first Layer III frame in `window` that another frame
    of its stream follows; None if there is none.

    complete: the song ends with the window. Then a frame also counts if a tag follows it, or the
    end.
    """
    at = window.find(b"\xff", start)
    while at >= 0:
        header = parse_header(window, at)
        if header and header.playable:
            end = at + header.frame_bytes
            follower = parse_header(window, end)
            if follower and follower.continues(header):
                return at
            if complete and (end == len(window) or tag_bytes(window[end : end + TAG_HEAD_BYTES])):
                return at
        at = window.find(b"\xff", at + 1)
    return None


def describe(window: bytes, *, tagged: bool = False) -> str:
    """Say for people what `window` is, in which no MP3 was found. tagged: a tag precedes it."""
    if not window:
        return "there is nothing behind its tags" if tagged else "it is empty"
    for at, magic, name in _MAGIC:
        if window[at : at + len(magic)] == magic:
            return f"it is {name}, not an MP3"
    return _describe_mpeg(window) or _describe_text(window) or "no MP3 sound was found in it"


def _describe_mpeg(window: bytes) -> str | None:
    header = parse_header(window)
    if header is None:
        adts = window[0] == 0xFF and window[1:2] in (b"\xf0", b"\xf1", b"\xf8", b"\xf9")
        return "it is an AAC file, not an MP3" if adts else None
    if header.layer != LAYER_3:
        follower = parse_header(window, header.frame_bytes)
        if header.bitrate and follower and follower.continues(header):
            return f"it is MPEG Layer {'I' * header.layer}, not Layer III (MP3)"
    elif not header.bitrate and _is_free_format(window, header):
        return "it is an MP3 in free format, which is not supported"
    return None


def _is_free_format(window: bytes, header: FrameHeader) -> bool:
    """Whether two more headers follow at equal distances, or one byte of padding more or less."""
    for size in range(HEADER_BYTES, min(_MAX_FREE_FRAME_BYTES, len(window))):
        follower = parse_header(window, size)
        if follower and follower.continues(header):
            thirds = (parse_header(window, 2 * size + padding) for padding in (-1, 0, 1))
            if any(third and third.continues(header) for third in thirds):
                return True
    return False


def _describe_text(window: bytes) -> str | None:
    start = window[:1024].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:9].lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return "it is a web page, not an MP3"
    control = sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in start)
    return "it is text, not an MP3" if start and not control and _is_utf8(start) else None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start >= len(data) - 3  # the last character may be truncated
    return True
