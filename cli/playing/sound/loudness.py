"""Reads how loud a song is in what is here of it: in its ID3v2 tag, else in its encoder's frame."""

from __future__ import annotations

import contextlib
import io

from audio import AudioBuffer, FrameIndex, Loudness
from audio.loudness import UNKNOWN, believable
from songs.tags.id3v2 import MAX_TAG_BYTES, tag_bytes_of
from songs.tags.replay_gain import ReplayGain, replay_gain_in
from songs.tags.source import TagSource

_HEAD_BYTES = 10


def loudness_of(buffer: AudioBuffer, index: FrameIndex) -> Loudness:
    """Return what the song's tags say, and nothing where that is nonsense. Never raises or waits.

    index: of this buffer; it holds the first frame, if all tags in front of it are here.
    """
    with contextlib.suppress(OSError):
        by_tag, by_encoder = _written(buffer), index.tag.gains if index.tag else ()
        track, album = by_encoder or ((None, None), (None, None))
        return Loudness(
            believable(by_tag.track_gain, by_tag.track_peak) or believable(*track),
            believable(by_tag.album_gain, by_tag.album_peak) or believable(*album),
        )
    return UNKNOWN


def _written(buffer: AudioBuffer) -> ReplayGain:
    """Return what the ID3v2 tag says. Raises OSError: the buffer's file cannot be read."""
    size = tag_bytes_of(_beginning(buffer, _HEAD_BYTES))
    tag = _beginning(buffer, size) if size <= MAX_TAG_BYTES else b""
    return replay_gain_in(TagSource(io.BytesIO(tag), len(tag))) if size else ReplayGain()


def _beginning(buffer: AudioBuffer, count: int) -> bytes:
    return buffer.read_at(0, min(count, buffer.readable(0)))
