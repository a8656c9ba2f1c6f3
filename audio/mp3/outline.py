"""What a song's beginning says of the rest: which frame begins where, and so where a second is.

Of a song of constant bit rate every frame is known; of others it is an estimate, by the tag's table
of contents or by the rate of what has been seen.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from audio.mp3.structure import FrameHeader, VbrTag
from audio.mp3.trim import Trim

_LEAD_FRAMES = 5
_LEAD_BYTES = 1024
"""What is asked for before a place, so that it can be decoded exactly: the bit reservoir, the
frames that overlap, and the rest of the frame in which the bytes begin."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A song by its beginning.

    music_offset: of its first frame. frame_bytes: the length of a frame on average. exact: all
    frames are as long, but for their padding.
    """

    header: FrameHeader
    tag: VbrTag | None
    music_offset: int
    frame_bytes: float
    exact: bool

    def from_offset(self, seconds: float) -> int:
        """Return the byte to ask from, in order to play from there; 0 near the song's start."""
        lead_bytes = int(_LEAD_FRAMES * self.frame_bytes) + _LEAD_BYTES
        offset = self._offset_of(self.raw_sample(seconds) / self.header.samples) - lead_bytes
        return offset if offset > self.music_offset else 0

    def frame_at(self, offset: int) -> int:
        """Return the number of the frame that begins there; no frame but the first is number 0."""
        behind_bytes = offset - self.music_offset
        if not (points := self._points()):
            return max(1, round(behind_bytes / self.frame_bytes))
        assert self.tag is not None
        assert self.tag.frames is not None
        segment = min(max(0, bisect_right(points, behind_bytes) - 1), len(points) - 2)
        length = points[segment + 1] - points[segment]
        part = min(1.0, (behind_bytes - points[segment]) / length) if length else 0.0
        return max(1, round((segment + part) / (len(points) - 1) * self.tag.frames))

    def raw_sample(self, seconds: float) -> int:
        """Return the number of the raw sample (see trim.py) that is heard at that second."""
        music_sample = max(0, round(seconds * self.header.rate_hz))
        return Trim(self.header, self.tag).raw_sample(music_sample)

    def _offset_of(self, frame: float) -> int:
        if not (points := self._points()):
            return self.music_offset + int(frame * self.frame_bytes)
        assert self.tag is not None
        assert self.tag.frames is not None
        position = min(1.0, frame / self.tag.frames) * (len(points) - 1)
        before = min(int(position), len(points) - 2)
        length = points[before + 1] - points[before]
        return self.music_offset + int(points[before] + length * (position - before))

    def _points(self) -> list[int]:
        """Return the bytes of music before equal parts of the song, by its tag; none if that is not
        needed, or has no table.
        """
        tag = self.tag
        if self.exact or tag is None or not (tag.toc and tag.audio_bytes and tag.frames):
            return []
        return toc_points(tag)


def toc_points(tag: VbrTag) -> list[int]:
    """Return the bytes of music before equal parts of the duration, by the tag's table."""
    assert tag.audio_bytes is not None
    if tag.kind != "VBRI":
        return [entry * tag.audio_bytes // 256 for entry in tag.toc] + [tag.audio_bytes]
    points = [0]
    for segment_bytes in tag.toc:
        points.append(points[-1] + segment_bytes)
    return points
