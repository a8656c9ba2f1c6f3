"""How long a song sounds: from its first frames, without decoding it.

An encoder that varies the bitrate says in the first frame how many frames there are (Xing, Info,
VBRI); of a song that does not say it, the frames at its begin stand for all.
Sources: the LAME and Xing tag pages, Fraunhofer's VBRI.
"""

from typing import Final

from songs.frames import VBRI_AT, Frame, first_frame, frame_at

MAX_FRAMES: Final = 100
MAX_S: Final = 1e7


def duration_of(begin: bytes, sound_bytes: int) -> float | None:
    """Return the duration in seconds; None if no frames are found.

    begin: the begin of the sound, without tags, some KiB of it. sound_bytes: how much there is.
    Never raises.
    """
    at = first_frame(begin)
    if at < 0:
        return None
    first = frame_at(begin, at)
    assert first is not None
    samples = _samples_told(begin[at : at + first.size_bytes], first)
    if samples is None:
        seconds = _estimated(begin, at, sound_bytes - at)
    else:
        seconds = samples / first.rate_hz
    seconds = round(seconds, 3)
    return seconds if 0 < seconds < MAX_S else None


def _samples_told(frame: bytes, header: Frame) -> int | None:
    """Return how many samples there are by the song's own account, if it has one."""
    tag = frame[header.tag_at :]
    if tag[:4] in (b"Xing", b"Info"):
        flags = int.from_bytes(tag[4:8])
        if not flags & 1 or len(tag) < 12:
            return None
        samples = int.from_bytes(tag[8:12]) * header.samples
        return max(0, samples - _added_samples(tag, flags)) or None
    if frame[VBRI_AT : VBRI_AT + 4] == b"VBRI" and len(frame) >= 54:
        return int.from_bytes(frame[50:54]) * header.samples or None
    return None


def _added_samples(tag: bytes, flags: int) -> int:
    """Return how many samples the encoder has added, before and behind the music (LAME tag)."""
    at = 8 + 4 * (flags & 1) + 2 * (flags & 2) + 25 * (flags & 4) + (flags & 8) // 2
    extension = tag[at : at + 24]
    if len(extension) < 24 or not extension[:1].strip(b"\0"):
        return 0
    both = int.from_bytes(extension[21:24])
    return (both >> 12) + (both & 0xFFF)


def _estimated(begin: bytes, at: int, sound_bytes: int) -> float:
    """Return the duration if all of the song's frames are as long as these, on average."""
    first = frame_at(begin, at)
    assert first is not None
    start, count = at, 0
    while count < MAX_FRAMES and (frame := frame_at(begin, at)) and frame.kind == first.kind:
        at, count = at + frame.size_bytes, count + 1
    return sound_bytes / (at - start) * count * first.samples / first.rate_hz
