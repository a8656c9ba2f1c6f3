"""Parses the structure of an MP3: frame headers, ID3 and APE tags, and the VBR tag.

It is given bytes; it reads no file and decodes no sound.
Sources: ISO 11172-3 2.4.1.3 and 13818-3 (headers), id3.org (ID3v2), the LAME and Xing tag pages,
Fraunhofer's VBRI.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

HEADER_BYTES = 4
LAYER_3 = 3
MAX_FRAME_BYTES = 2881
"""The longest frame: Layer II, 160 kbit/s at 8 kHz, and one byte of padding. In Layer III: 1441."""

_RATES_HZ = {1: (44100, 48000, 32000), 2: (22050, 24000, 16000), 25: (11025, 12000, 8000)}
_VERSIONS = {0: 25, 2: 2, 3: 1}
_LAYERS = {1: 3, 2: 2, 3: 1}
# kbit/s by (MPEG-1 or not, layer); index 0 is free format, 15 is forbidden.
_LOW_RATES = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_KBITS = {
    (True, 1): (0, *range(32, 449, 32)),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): _LOW_RATES,
    (False, 3): _LOW_RATES,
}
_SYNC_BYTE = 0xFF
Level = tuple[float | None, float | None]
"""A gain in dB, and the peak, of which 1.0 is full scale; None where not given."""
_OLD_LAME = re.compile(rb"LAME(?:[0-2]\.|3\.(?:\d|[0-8]\d|9[0-4])(?!\d))")
_OLD_LAME_DB = 6.0
"""LAME before 3.95 aimed at 83 dB, and since then, as everybody else, at 89 dB."""
_MONO = 3


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """The four bytes at the start of each frame.

    version: 1, 2 or 25 (MPEG 2.5). layer: 1, 2 or 3. bitrate: bit/s, 0 in free format.
    frame_bytes: the size of the frame with its header, 0 in free format. samples: per channel.
    side_info_bytes: the size of the side information, between header and main data in Layer III.
    """

    version: int
    layer: int
    bitrate: int
    rate_hz: int
    channels: int
    frame_bytes: int
    samples: int
    side_info_bytes: int

    @property
    def playable(self) -> bool:
        """Whether the size of the frame is known: no frame in free format is played."""
        return self.bitrate > 0

    def continues(self, other: FrameHeader) -> bool:
        """Whether both frames can belong to one stream: no encoder changes these fields in it."""
        mine = (self.version, self.layer, self.rate_hz, self.bitrate == 0)
        return mine == (other.version, other.layer, other.rate_hz, other.bitrate == 0)


@dataclass(frozen=True, slots=True)
class VbrTag:
    """What an encoder wrote about the song into its first frame, which then holds no music.

    kind: "Xing", "Info" or "VBRI". frames, audio_bytes: None where not given. toc: the table of
    contents; in Xing and Info 100 numbers, the position in the file (in 1/256) at each percent of
    the duration; in VBRI the size in bytes of each segment. delay, padding: samples that the
    encoder added before and behind the music, None without a LAME extension; so are gains, of the
    track and of the album.
    """

    kind: str
    frames: int | None = None
    audio_bytes: int | None = None
    toc: tuple[int, ...] = ()
    delay: int | None = None
    padding: int | None = None
    gains: tuple[Level, Level] | None = None


def parse_header(data: bytes, at: int = 0) -> FrameHeader | None:
    """Parse the frame header at `data[at:]`; None if there is none.

    It parses headers of free format too, so that error messages can name it.
    """
    if len(data) - at < HEADER_BYTES or data[at] != _SYNC_BYTE:
        return None
    return _parse_word(int.from_bytes(data[at : at + HEADER_BYTES], "big"))


@lru_cache(maxsize=1024)
def _parse_word(word: int) -> FrameHeader | None:
    # Bits: 11 sync, 2 version, 2 layer, 1 no CRC, 4 bit rate, 2 sample rate, 1 padding, 1 private,
    # 2 channel mode, 2 mode extension, 2 rights, 2 emphasis (2 is reserved, but songs have it).
    version, layer = _VERSIONS.get(word >> 19 & 3), _LAYERS.get(word >> 17 & 3)
    kbit_index, rate_index, padding = word >> 12 & 15, word >> 10 & 3, word >> 9 & 1
    forbidden = kbit_index == 15 or rate_index == 3
    if word >> 21 != 0x7FF or version is None or layer is None or forbidden:
        return None
    bitrate = _KBITS[version == 1, layer][kbit_index] * 1000
    rate_hz = _RATES_HZ[version][rate_index]
    mono = word >> 6 & 3 == _MONO
    samples = 384 if layer == 1 else 576 if layer == 3 and version != 1 else 1152
    slot_bytes = 4 if layer == 1 else 1
    slots = samples * bitrate // (8 * slot_bytes * rate_hz) + padding if bitrate else 0
    side_info_bytes = (17 if mono else 32) if version == 1 else (9 if mono else 17)
    return FrameHeader(
        version=version,
        layer=layer,
        bitrate=bitrate,
        rate_hz=rate_hz,
        channels=1 if mono else 2,
        frame_bytes=slots * slot_bytes,
        samples=samples,
        side_info_bytes=side_info_bytes,
    )


TAG_HEAD_BYTES = 32
"""How many bytes of a tag `tag_bytes` needs."""


def tag_bytes(head: bytes) -> int:
    """The size of the tag that begins with `head`; 0 if none does.

    Tags: ID3v2, ID3v1, and APEv2 by its header, or by its footer if it has no header.
    """
    if head[:3] == b"ID3" and len(head) >= 10 and max(head[6:10]) < 128:
        size = int.from_bytes(head[6:10], "big")  # four bytes of seven bits each
        size = (size >> 3 & 0x0FE00000) | (size >> 2 & 0x1FC000) | (size >> 1 & 0x3F80) | size & 127
        return 10 + size + (10 if head[5] & 0x10 else 0)
    if head[:8] == b"APETAGEX" and len(head) >= TAG_HEAD_BYTES:
        is_header = head[23] & 0x20
        return 32 + (int.from_bytes(head[12:16], "little") if is_header else 0)
    return 128 if head[:3] == b"TAG" else 0


def parse_vbr_tag(frame: bytes) -> VbrTag | None:
    """Parse the Xing, Info or VBRI tag in a song's first frame; None if it has none.

    A frame with such a tag holds no music. Never raises: from a truncated tag it returns the
    fields that are complete.
    """
    header = parse_header(frame)
    if header is None or header.layer != LAYER_3:
        return None
    # A CRC does not move the tag: decoders agree in this.
    at = HEADER_BYTES + header.side_info_bytes
    if frame[at : at + 4] in (b"Xing", b"Info"):
        return _parse_xing(frame[at:])
    return _parse_vbri(frame[36:]) if frame[36:40] == b"VBRI" else None


class _Fields:
    """Reads consecutive big-endian numbers; None where the data is too short."""

    def __init__(self, data: bytes, at: int) -> None:
        self._data, self._at = data, at

    def take(self, n: int) -> bytes:
        field = self._data[self._at : self._at + n]
        self._at += n
        return field if len(field) == n else b""

    def number(self, n: int) -> int | None:
        field = self.take(n)
        return int.from_bytes(field, "big") if field else None


def _parse_xing(data: bytes) -> VbrTag:
    fields = _Fields(data, 4)
    flags = fields.number(4) or 0
    frames = fields.number(4) if flags & 1 else None
    audio_bytes = fields.number(4) if flags & 2 else None
    toc = tuple(fields.take(100)) if flags & 4 else ()
    if flags & 8:
        fields.take(4)  # the quality
    delay = padding = None
    gains: tuple[Level, Level] | None = None
    extension = fields.take(24)  # it begins with the name of the encoder: LAME, Lavc, ...
    if extension[:1].strip(b"\0"):
        both = int.from_bytes(extension[21:24], "big")
        delay, padding = both >> 12, both & 0xFFF
        gains = _parse_gains(extension)
    return VbrTag(data[:4].decode(), frames, audio_bytes, toc, delay, padding, gains)


def _parse_gains(extension: bytes) -> tuple[Level, Level]:
    """The gains of track and album, and the peak, which is in 1/2^23 of full scale."""
    peak = int.from_bytes(extension[11:15], "big") / (1 << 23) or None
    levels: list[Level] = [(None, None), (None, None)]
    for at in (15, 17):
        # Bits: 3 which gain, 3 who has set it (0: nobody), 1 sign, 9 tenths of dB.
        word = int.from_bytes(extension[at : at + 2], "big")
        which, by_whom, tenths = word >> 13, word >> 10 & 7, word & 0x1FF
        if which in (1, 2) and by_whom:
            db = (-tenths if word & 0x200 else tenths) / 10
            levels[which - 1] = (db + (_OLD_LAME_DB if _OLD_LAME.match(extension) else 0), peak)
    return levels[0], levels[1]


def _parse_vbri(data: bytes) -> VbrTag:
    fields = _Fields(data, 4)
    fields.take(6)  # version, delay, quality
    audio_bytes, frames = fields.number(4), fields.number(4)
    entries, scale, entry_bytes = (fields.number(2) or 0 for _ in range(3))
    fields.take(2)  # frames per entry
    table = fields.take(entries * entry_bytes)
    sizes = range(0, len(table), entry_bytes or 1)
    toc = tuple(scale * int.from_bytes(table[i : i + entry_bytes], "big") for i in sizes)
    return VbrTag("VBRI", frames, audio_bytes, toc)
