"""Songs to samples: an adapter around pymad that prevents its crashes and decodes without gaps.

It knows MP3 frames and PCM; it must not know where the song comes from, nor what plays it.
"""

from __future__ import annotations

import importlib
from collections import deque
from collections.abc import Iterator
from typing import Any

from audio.frames import FrameReader, Source
from audio.index import Start
from audio.mp3 import HEADER_BYTES, VbrTag
from audio.output import PCM_FRAME_BYTES
from audio.trim import Trim

# libmad decodes a frame only when it has the start of the next one, and skips broken frames without
# reporting them. In no stream does it skip as many as eight.
_LOOKAHEAD_FRAMES = 8


class MadMissing(RuntimeError):
    """pymad is not installed. The message says how to install it."""


def load_mad() -> Any:
    """Import pymad when it is needed, so that everything else works without it.

    Raises MadMissing.
    """
    try:
        return importlib.import_module("mad")
    except ImportError as error:
        text = f"pymad cannot be loaded ({error}); install libmad (Debian: libmad0-dev), then pymad"
        raise MadMissing(text) from error


class FrameFeed:
    """The file-like object that pymad reads frames from; pymad sees nothing else of the song.

    pymad crashes or decodes wrongly if `read` raises, returns anything but bytes, or returns more
    than `n` bytes, and if the object has a `fileno`. It also does if `read` returns b"" before the
    end of the song: then `starved` is set, and the owner must replace this MadFile.
    """

    def __init__(self, frames: deque[bytes]) -> None:
        self.starved = False
        """`read` has returned b"" although the song goes on."""
        self.ended = False
        """Set by the owner when it will add no more frames: `read` then returns the guard bytes."""
        self.frames_read = 0
        """The number of frames that `read` has begun to return, the guard bytes included."""
        self._frames = frames
        self._unread = b""
        self._primed = False
        self._guard = bytes(2 * HEADER_BYTES)

    def __repr__(self) -> str:
        flags = f"starved={self.starved} ended={self.ended}"
        return f"<FrameFeed frames_read={self.frames_read} queued={len(self._frames)} {flags}>"

    def read(self, n: int = -1) -> bytes:
        """Return up to `n` bytes of one frame without waiting. Never raises."""
        if not self._primed:
            # The constructor of MadFile reads once, discards the decoded frame and leaks its
            # buffer. An empty first read avoids all three.
            self._primed = True
            return b""
        data = self._unread or self._next_frame()
        self._unread = data[n:] if n >= 0 else b""
        return data[:n] if n >= 0 else data

    def _next_frame(self) -> bytes:
        if self._frames:
            self.frames_read += 1
            frame = self._frames.popleft()
            # libmad needs 8 bytes behind the last frame, which begin with a header.
            self._guard = frame[:HEADER_BYTES].ljust(2 * HEADER_BYTES, b"\0")
            return frame
        if self.ended:
            guard, self._guard = self._guard, b""
            self.frames_read += 1
            return guard
        self.starved = True
        return b""


class Decoder:
    """Decodes one song, which may still be arriving, into blocks of PCM.

    A block is (rate_hz, s16le bytes of two interleaved channels) and has up to 1152 PCM frames;
    mono is doubled. Where the song says how many samples its encoder added before and behind the
    music, they are removed exactly as mpg123 removes them. Not thread-safe.
    """

    def __init__(self, source: Source, start: Start | None = None) -> None:
        """source: see `audio.frames.Source`. start: where to begin; None is the first sample.

        Raises MadMissing.
        """
        self._mad = load_mad()
        self._source = source
        self._start = start if start and start.frame else None
        self._skip_to = start.first_sample if start else 0
        self._reader = FrameReader(source, self._start.offset if self._start else 0)
        self._frames: deque[bytes] = deque()
        self._trim: Trim | None = None
        self._earlier_frames_read = 0  # by MadFiles that have been replaced
        # Counted before the trim. None after a seek, until the first block has been decoded.
        self._next_sample: int | None = None if self._start else 0
        self._ended = False
        self._connect()

    def __repr__(self) -> str:
        state = "ended" if self._ended else "decoding"
        return f"<Decoder {state} next_sample={self._next_sample} queued={len(self._frames)}>"

    @property
    def tag(self) -> VbrTag | None:
        """The VBR tag of the song; None if it has none, or before the first block."""
        return self._reader.tag

    def ready(self) -> bool:
        """Whether `next_block` would return without waiting for more of the song.

        Raises NotMp3, and what the source raises.
        """
        self._ended = self._ended or self._source.discarded
        if self._ended:
            return True
        while len(self._frames) < _LOOKAHEAD_FRAMES and not self._reader.ended:
            frame = self._reader.poll()
            if frame is None:
                break
            self._frames.append(frame)
        self._feed.ended = self._reader.ended
        return self._feed.ended or len(self._frames) >= _LOOKAHEAD_FRAMES

    def next_block(self) -> tuple[int, bytes] | None:
        """Decode the next frame, and wait for its bytes if need be; None at the end of the song.

        Raises NotMp3 if the song is no MP3, and what the source raises.
        Cost: 35 to 50 us for 26 ms of music.
        """
        while True:
            while not self.ready():
                self._source.read_at(self._reader.needed_offset, 1)
            if self._ended:
                return None
            pcm = self._mad_file.read()
            if pcm is not None:
                block = self._trimmed(bytes(pcm))
                if block:
                    return self._mad_file.samplerate(), block
            elif self._feed.starved:
                # libmad has skipped every queued frame. A MadFile that met b"" must not be read
                # again; a new one loses nothing, because the old one holds no part of a frame.
                self._earlier_frames_read += self._feed.frames_read
                self._connect()
            else:
                self._ended = True

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        while block := self.next_block():
            yield block

    def _connect(self) -> None:
        self._feed = FrameFeed(self._frames)
        self._mad_file = self._mad.MadFile(self._feed)

    def _trimmed(self, pcm: bytes) -> bytes:
        if self._trim is None:
            header = self._start.header if self._start else self._reader.header
            assert header is not None
            self._trim = Trim(header, self._start.tag if self._start else self._reader.tag)
        if self._next_sample is None:
            self._next_sample = self._first_decoded_sample()
        first = self._next_sample
        self._next_sample += len(pcm) // PCM_FRAME_BYTES
        return self._trim.apply(pcm, first, self._skip_to)

    def _first_decoded_sample(self) -> int:
        """The number of the first sample decoded after a seek.

        libmad does not report the frames that it could not decode for lack of earlier ones, but it
        has always read exactly one frame more than it has decoded.
        """
        assert self._start is not None
        frame = self._start.frame + self._earlier_frames_read + self._feed.frames_read - 2
        return frame * self._start.header.samples
