"""Where each frame of a song begins: a seek needs it, and it gives the duration.

It goes from header to header through the received bytes and decodes nothing. It finds the same
frames as the decoder, because both leave everything that is not clearly a frame to FrameReader.
"""

from __future__ import annotations

import threading
from array import array
from dataclasses import dataclass

from audio.mp3.frames import FrameReader, Source
from audio.mp3.outline import Outline, toc_points
from audio.mp3.structure import HEADER_BYTES, FrameHeader, VbrTag, parse_header
from audio.mp3.trim import Trim

_CHUNK_BYTES = 256 * 1024
_CHUNKS_AT_ONCE = 4
"""How much one call of `extend` does: a chunk takes 5 ms at most, of the shortest frames."""
_RESERVOIR_BYTES = 511
"""The bit reservoir: how many of a frame's bytes may be in earlier frames (main_data_begin)."""
_NEAR_FRAMES = 40
"""A part of a song begins near a place if so few frames at most are missing: 1 s."""
_OVERLAP_FRAMES = 2
"""A frame's samples overlap with the frame before it, which overlaps with one more."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where to begin decoding, so that the samples equal those of the song decoded from its start.

    offset: the byte at which frame number `frame` begins. first_sample: the first one to return,
    counted as the decoder counts, before the trim. header, tag: those of the song's first frame.
    """

    offset: int
    frame: int
    first_sample: int
    header: FrameHeader
    tag: VbrTag | None


class FrameIndex:
    """The frames of the received part of one song. May be used from any thread.

    outline, first_offset: of a part of the song that begins there, and not at its start.
    Cost: 0.3 us and 8 bytes for each frame, once; a song of an hour has 140,000 frames.
    """

    def __init__(
        self, source: Source, outline: Outline | None = None, first_offset: int = 0
    ) -> None:
        self.header: FrameHeader | None = outline.header if outline else None
        """The header of the first frame; None until it has arrived, or if the song is no MP3."""
        self.tag: VbrTag | None = outline.tag if outline else None
        self.complete = False
        """The index holds all frames of the song, and none will arrive."""
        self.behind = False
        """`extend` has done its share, and more of the song has arrived: call it again."""
        self._source = source
        self._lock = threading.Lock()
        self._outline = outline
        self._first_frame = 0
        """The number of the first frame in the index."""
        self._reader: FrameReader | None = FrameReader(
            source, first_offset, self.header, midway=outline is not None
        )
        """What searches for the next frame, as long as it has not been found."""
        self._offsets = array("Q")
        self._end_offset = 0  # behind the last frame in the index
        self._sizes: dict[bytes, int] = {}
        self._bitrates: set[int] = set()
        self._trim = Trim(outline.header, outline.tag) if outline else None

    def __repr__(self) -> str:
        state = "complete" if self.complete else "growing"
        return f"<FrameIndex {state} frames={len(self._offsets)} end_offset={self._end_offset}>"

    @property
    def duration_s(self) -> float | None:
        """Seconds of music: in the whole song if `exact`, else received; None before a frame."""
        if self.header is None or self._trim is None:
            return None
        frames = self._first_frame + len(self._offsets)
        if self.tag and self.tag.frames and self._outline:
            frames = self.tag.frames
        elif not self.complete and self.tag and self.tag.frames:
            frames = max(frames, self.tag.frames)
        return self._trim.music_samples(frames * self.header.samples) / self.header.rate_hz

    @property
    def decodable_s(self) -> float:
        """Seconds of music that can be decoded of what is in the index; 0 before a frame.

        No tag counts as music, however large it is. Cost: 1 us; never waits.
        """
        if self.header is None or self._trim is None:
            return 0.0
        # A frame is decoded when the start of the next one is here.
        frames = len(self._offsets) - (not self.complete)
        raw_samples = max(0, frames) * self.header.samples
        if self._outline is None:
            raw_samples = self._trim.music_samples(raw_samples)
        return raw_samples / self.header.rate_hz

    def can_play(self, seconds: float) -> bool:
        """Whether so much can be decoded, or the index is complete: no more than this will come.

        A song that is no MP3 is complete too, as soon as that is known: its player says why.
        """
        return self.complete or self.decodable_s >= seconds

    @property
    def music_offset(self) -> int:
        """The offset of the first frame, or how far the tags in front of it are known to reach."""
        if self._outline is not None:
            return self._outline.music_offset
        reader = self._reader
        return self._offsets[0] if self._offsets else reader.junk_offset if reader else 0

    @property
    def exact(self) -> bool:
        """Whether `duration_s` is that of the whole song: the index is complete, or a tag says."""
        return self.complete or bool(self.tag and self.tag.frames)

    @property
    def bytes_per_s(self) -> float:
        """The average number of bytes for a second of music; 0 before the first frame."""
        if self.header is None:
            return 0.0
        if not self._offsets:
            assert self._outline is not None
            return self._outline.frame_bytes / self._seconds(1)
        total_bytes = self._end_offset - self._offsets[0]
        seconds = self._seconds(len(self._offsets))
        if self.tag and self.tag.audio_bytes and self.tag.frames:
            total_bytes, seconds = self.tag.audio_bytes, self._seconds(self.tag.frames)
        return total_bytes / seconds

    @property
    def variable(self) -> bool:
        """Whether the frames in the index have more than one bit rate."""
        return len(self._bitrates) > 1

    @property
    def received_fraction(self) -> float | None:
        """The part of the song in the index, 0.0 to 1.0; None if the size is not known."""
        if self.complete:
            return 1.0
        return min(1.0, self._end_offset / self.song_bytes) if self.song_bytes else None

    @property
    def song_bytes(self) -> int:
        """The size of the song according to its tag; 0 if there is none."""
        if self.header is None or not (self.tag and self.tag.audio_bytes):
            return 0
        return self.music_offset + self.tag.audio_bytes

    @property
    def outline(self) -> Outline | None:
        """What is known of the whole song; None before the first frame."""
        if self._outline is not None or self.header is None:
            return self._outline
        constant = (self.tag is None or self.tag.kind == "Info") and not self.variable
        bit_rate = self.header.bitrate / 8 if constant else self.bytes_per_s
        frame_bytes = bit_rate * self._seconds(1)
        return Outline(self.header, self.tag, self._offsets[0], frame_bytes, constant)

    def extend(self) -> None:
        """Add frames that have arrived since the last call. Never waits, never raises.

        One call adds 1 MiB at most, or searches 16 KiB that hold no frame: see `behind`.
        A song that is no MP3, or that cannot be read, has no further frames.
        """
        with self._lock:
            try:
                self.behind = self._extend()
            except (ValueError, OSError):
                # The decoder raises the same error, and the player reports it.
                self.complete, self.behind = True, False

    def start_at(self, seconds: float) -> Start | None:
        """Where to begin decoding in order to play from `seconds`; None if it has not arrived.

        Behind the end of a complete song it is the end. None too while the index is `behind`.
        """
        self.extend()
        if self.header is None or self._trim is None:
            return None
        sample = self._trim.raw_sample(max(0, round(seconds * self.header.rate_hz)))
        frame = sample // self.header.samples - self._first_frame
        if not self._offsets or frame < -_NEAR_FRAMES:
            return None
        if frame >= len(self._offsets):
            if not self.complete:
                return None
            frame = len(self._offsets) - 1
        if frame < 0:
            frame, sample = 0, self._first_frame * self.header.samples
        first = self._first_needed(frame)
        # Where frames are counted by an estimate, nobody knows where the music's last one ends.
        tag = self.tag if self._outline is None or self._outline.exact else None
        number = self._first_frame + first
        return Start(self._offsets[first], number, sample, self.header, tag)

    @property
    def empty(self) -> bool:
        """Whether no frame is here, and none will come."""
        return self.complete and not self._offsets

    def begins_after(self, seconds: float) -> bool:
        """Whether the place is before what is here, and before what is to come."""
        if self._outline is None or not self._offsets:
            return False
        frame = self._outline.raw_sample(seconds) // self._outline.header.samples
        return frame < self._first_frame - _NEAR_FRAMES

    def needed_bytes(self, seconds: float) -> int:
        """About how many bytes of the song reach to `seconds`, by its tag or its bit rate."""
        if self.header is None:
            return 0
        start = self.music_offset
        tag, total_s = self.tag, self.duration_s
        if tag and tag.audio_bytes and tag.toc and total_s:
            return start + _offset_by_toc(tag, seconds / total_s)
        return start + int(seconds * self.bytes_per_s)

    def from_bytes(self, seconds: float) -> int:
        """The byte to ask from, in order to begin at `seconds`; 0 before a frame is here."""
        outline = self.outline
        return outline.from_offset(seconds) if outline else 0

    def _seconds(self, frames: int) -> float:
        assert self.header is not None
        return frames * self.header.samples / self.header.rate_hz

    def _first_needed(self, frame: int) -> int:
        """The frame to begin with, so that `frame` is decoded exactly."""
        assert self.header is not None
        first = max(0, frame - _OVERLAP_FRAMES)
        overhead_bytes = HEADER_BYTES + 2 + self.header.side_info_bytes
        missing_bytes = _RESERVOIR_BYTES
        while first > 0 and missing_bytes > 0:
            first -= 1
            missing_bytes -= self._offsets[first + 1] - self._offsets[first] - overhead_bytes
        return first

    def _extend(self) -> bool:
        """Add frames. True: there is more to do than has been done."""
        for _ in range(_CHUNKS_AT_ONCE):
            if self._reader is None and not self._add_chunk():
                self._reader = FrameReader(self._source, self._end_offset, self.header)
            if self._reader is not None and not self._add_frame_from(self._reader):
                return self._reader.searching
        return not self.complete

    def _add_chunk(self) -> bool:
        """Add the frames that follow each other in the next chunk; False if it has none."""
        start = self._end_offset
        available = self._source.readable(start)
        chunk = self._source.read_at(start, min(available, _CHUNK_BYTES)) if available else b""
        sizes, offsets, at = self._sizes, self._offsets, 0
        limit = len(chunk)
        while size := sizes.get(chunk[at : at + HEADER_BYTES]) or self._frame_bytes(chunk, at):
            if at + size > limit:
                break
            offsets.append(start + at)
            at += size
        self._end_offset += at
        return at > 0

    def _frame_bytes(self, chunk: bytes, at: int) -> int:
        """The size of the frame at `chunk[at:]`; 0 if there is none."""
        header = parse_header(chunk, at)
        assert self.header is not None
        if header is None or not header.playable or header.layer != self.header.layer:
            return 0
        self._bitrates.add(header.bitrate)
        self._sizes[chunk[at : at + HEADER_BYTES]] = header.frame_bytes
        return header.frame_bytes

    def _add_frame_from(self, reader: FrameReader) -> bool:
        frame = reader.poll()
        if frame is None:
            self.complete = reader.ended
            return False
        if self._outline is not None and not self._offsets:
            self._first_frame = self._outline.frame_at(reader.offset - len(frame))
        self._offsets.append(reader.offset - len(frame))
        self._end_offset = reader.offset
        self._reader = None
        if self.header is None:
            assert reader.header is not None
            self.tag = reader.tag
            self._trim = Trim(reader.header, reader.tag)
            self.header = reader.header
        return True


def _offset_by_toc(tag: VbrTag, fraction: float) -> int:
    """The bytes of music before `fraction` of the duration, by the tag's table of contents."""
    points = toc_points(tag)
    position = min(1.0, max(0.0, fraction)) * (len(points) - 1)
    before = min(int(position), len(points) - 2)
    return int(points[before] + (points[before + 1] - points[before]) * (position - before))
