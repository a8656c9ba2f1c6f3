"""Makes the files of these tests: songs with tags, and other files with such names."""

import io
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mutagen.apev2 import APEv2
from mutagen.id3 import APIC, ID3, TIT2, TPE1

FRAME = b"\xff\xfb\x90\x00" + bytes(413)  # one frame of silence: 128 kbit/s, 44,100 Hz
NOBODY = 65534


def sound(name: str) -> bytes:
    """Return a frame that differs from that of each other name: another song."""
    return FRAME[:40] + name.encode().ljust(len(FRAME) - 40, b"\0")


def make(kind: Any, **fields: Any) -> Any:
    """Return kind(**fields), untyped as mutagen's constructors are."""
    return kind(**fields)


def id3v2(
    artist: str | None, title: str | None, *, version: int = 4, picture_bytes: int = 0
) -> bytes:
    """Return an ID3v2 tag written by mutagen, which puts the names before the picture."""
    tags: Any = make(ID3)
    if picture_bytes:
        tags.add(
            make(APIC, encoding=0, mime="image/jpeg", type=3, desc="", data=bytes(picture_bytes))
        )
    if title is not None:
        tags.add(make(TIT2, encoding=1, text=title))
    if artist is not None:
        tags.add(make(TPE1, encoding=1, text=artist))
    if version == 3:
        tags.update_to_v23()
    out = io.BytesIO()
    tags.save(out, v2_version=version)
    return out.getvalue()


def raw_id3v2(
    body: bytes, *, version: int = 3, flags: int = 0, claimed: int | None = None
) -> bytes:
    """Return an ID3v2 tag with this content. claimed: the size in its header."""
    size = len(body) if claimed is None else claimed
    return b"ID3" + bytes((version, 0, flags)) + synchsafe(size) + body


def text_frame(name: bytes, text: str) -> bytes:
    """Return an ID3v2.3 text frame in Latin-1."""
    data = b"\0" + text.encode("latin-1")
    return name + len(data).to_bytes(4, "big") + b"\0\0" + data


def synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def id3v1(artist: str, title: str) -> bytes:
    fields = (title, 30), (artist, 30), ("", 30), ("", 4), ("", 30)
    return b"TAG" + b"".join(t.encode("latin-1").ljust(n, b"\0") for t, n in fields) + b"\xff"


def apev2(artist: str, title: str, **more: str) -> bytes:
    tags: Any = make(APEv2)
    tags["Artist"], tags["Title"] = artist, title
    tags.update(more)
    out = io.BytesIO()
    tags.save(out)
    return out.getvalue()


def put(path: Path | bytes, content: bytes = FRAME) -> None:
    """Write a file, making its directories."""
    raw = os.fsencode(path)
    os.makedirs(os.path.dirname(raw), exist_ok=True)
    with open(raw, "wb") as file:
        file.write(content)


@contextmanager
def open_directory() -> Iterator[Path]:
    """Yield a new directory that every user may search; pytest's own may be private."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


@contextmanager
def unprivileged() -> Iterator[None]:
    """Run the body without root's rights: permissions do not apply to root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def descriptors() -> set[str]:
    """Return the numbers of the open descriptors."""
    return set(os.listdir("/proc/self/fd"))


RATES = {1: (44100, 48000, 32000), 2: (22050, 24000, 16000), 3: (11025, 12000, 8000)}


def frame(
    version: int = 1, kbit_index: int = 9, rate_index: int = 0, mono: bool = False, padding: int = 0
) -> bytes:
    """Return a silent frame of Layer III. version: 1, 2, or 3 for MPEG 2.5."""
    bits = {1: 0b11111011, 2: 0b11110011, 3: 0b11100011}[version]
    second = kbit_index << 4 | rate_index << 2 | padding << 1
    low = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
    high = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
    kbits = (high if version == 1 else low)[kbit_index]
    size = (144 if version == 1 else 72) * kbits * 1000 // RATES[version][rate_index] + padding
    return bytes((0xFF, bits, second, 0xC0 if mono else 0)).ljust(size, b"\0")


def xing(
    name: bytes, frames: int | None, *, mono: bool = False, lame: tuple[int, int] = ()
) -> bytes:
    """Return a first frame that says how many follow."""
    tag = name + (0 if frames is None else 1).to_bytes(4)
    tag += b"" if frames is None else frames.to_bytes(4)
    if lame:
        tag += b"LAME3.100".ljust(21, b"\0") + (lame[0] << 12 | lame[1]).to_bytes(3)
    first = frame(mono=mono)
    at = 4 + (17 if mono else 32)
    return first[:at] + tag + first[at + len(tag) :]
