"""Decides whether bytes are an MP3: two consecutive frame headers of one stream prove it.

One header proves nothing: libmad finds frames in random bytes, and plays a renamed WAV as noise.
"""

from __future__ import annotations

import re

from audio.mp3.structure import (
    HEADER_BYTES,
    LAYER_3,
    MAX_FRAME_BYTES,
    TAG_HEAD_BYTES,
    FrameHeader,
    parse_header,
    tag_bytes,
)

JUNK_LIMIT_BYTES = 64 * 1024
"""How far behind the tags the first frame may be, if one other frame follows it."""

FAR_JUNK_LIMIT_BYTES = 1024 * 1024
"""How far it may be at all: behind a picture, say, that the tag's size does not count."""

_CHAIN_FRAMES = 4
"""How many frames must follow the first one behind much junk, or if it is of Layer I or II."""

CHAIN_BYTES = (_CHAIN_FRAMES + 1) * MAX_FRAME_BYTES + TAG_HEAD_BYTES
"""How many bytes from a frame's first on are enough to decide whether it is one."""

SNIFF_BYTES = 512
"""How many bytes `is_pcm_file` needs."""

# A frame's header: no field has a forbidden value. And the start of an ID3v2 tag.
_RATES = b"".join(b"\\x%x0-\\x%xb" % (kbits, kbits) for kbits in range(1, 15))
_HEADER = re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff][" + _RATES + rb"]")
_HEADER_OR_TAG = re.compile(
    _HEADER.pattern + rb"|ID3[\2-\4]\0[\x00\x10\x20\x40\x50\x80\x90\xa0\xc0\xd0][\0-\x7f]{4}",
    re.DOTALL,
)
_ID3V2_HEAD_BYTES = 10

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
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff")
_MPEG_IN_WAV = (0x50, 0x55)  # the format codes of MPEG audio and of Layer III


class NotMp3(ValueError):
    """The bytes are no MP3 that can be played. The message says what they are, for people."""


def find_frame(
    window: bytes,
    *,
    limit: int,
    strict_from: int = JUNK_LIMIT_BYTES,
    layer: int | None = None,
    tags: bool = False,
    complete: bool,
) -> tuple[int, bool]:
    """Find the first frame in `window`: one that other frames of its stream follow.

    Returns its offset and True; or the offset to go on from when more has arrived, and False.
    limit: no frame that begins there or later is wanted. strict_from: from there on a whole chain
    must follow. layer: that of the song; None before its first frame. tags: an ID3v2 tag is found
    as well. complete: the song ends with the window, and its end counts as what a frame follows.
    Cost: 20 ns a byte, in the worst case 0.3 us.
    """
    pattern = _HEADER_OR_TAG if tags else _HEADER
    for match in pattern.finditer(window):
        at = match.start()
        if at >= limit:
            return limit, False
        header = parse_header(window, at)
        if header is None:
            if window[at : at + 3] == b"ID3":
                return at, True
            if not complete:
                return at, False  # the header has not all arrived
        elif layer in (None, header.layer):
            many = at >= strict_from or (layer is None and header.layer != LAYER_3)
            proved = _is_followed(window, at, header, _CHAIN_FRAMES if many else 1, complete)
            if proved or proved is None:
                return at, bool(proved)
    return (len(window) if complete else max(0, min(limit, len(window) - _ID3V2_HEAD_BYTES))), False


def _is_followed(
    window: bytes, at: int, header: FrameHeader, followers: int, complete: bool
) -> bool | None:
    """Whether as many frames, a tag or the song's end follow; None: that has not arrived."""
    end = at + header.frame_bytes
    for number in range(followers):
        head = window[end : end + TAG_HEAD_BYTES]
        if len(head) < TAG_HEAD_BYTES and not complete:
            return None
        follower = parse_header(head)
        if follower is None or not follower.continues(header):
            alone = number == 0 and followers > 1
            at_end = complete and (end == len(window) or (number > 0 and len(head) < HEADER_BYTES))
            return not alone and (at_end or tag_bytes(head) > 0)
        end += follower.frame_bytes
    return True


def is_pcm_file(window: bytes) -> bool:
    """Whether `window` begins a file of plain samples: in them a tone may look like a stream."""
    if window[:4] == b"FORM":
        return window[8:12] in (b"AIFF", b"AIFC")
    if window[:4] != b"RIFF" or window[8:12] != b"WAVE":
        return False
    at = window.find(b"fmt ", 12, SNIFF_BYTES)
    return at >= 0 and int.from_bytes(window[at + 8 : at + 10], "little") not in _MPEG_IN_WAV


def junk_limit_bytes(junk: bytes) -> int:
    """How far the first frame may be behind `junk`: not far in a file of another kind."""
    foreign = any(junk[at : at + len(magic)] == magic for at, magic, _ in _MAGIC)
    return JUNK_LIMIT_BYTES if foreign and not junk.startswith(_PICTURES) else FAR_JUNK_LIMIT_BYTES


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
    if not header.bitrate and _is_free_format(window, header):
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
