"""Songs to samples: pymad behind an adapter that keeps it from its crashes and makes it gapless.

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

# libmad decodes a frame when it has seen the start of the next, and passes over broken ones
# without saying so. Eight frames are more than it ever passes over in a whole stream.
_FRAMES_AHEAD = 8


class MadMissing(RuntimeError):
    """pymad is not installed. The message says how to install it."""


def load_mad() -> Any:
    """Import pymad. Raises MadMissing, so that the rest of the program works without it."""
    try:
        return importlib.import_module("mad")
    except ImportError as error:
        text = f"pymad cannot be loaded ({error}); install libmad (Debian: libmad0-dev), then pymad"
        raise MadMissing(text) from error


class FrameFeed:
    """The file-like object that pymad reads from, and all that it ever sees of a song.

    pymad crashes or goes wrong if `read` returns anything but bytes, or more than it was asked
    for, or raises, or if there is a `fileno`; and if b"" is returned before the end (then
    `starved` is set, and this MadFile must not be used again).
    """

    def __init__(self, frames: deque[bytes]) -> None:
        self.starved = False
        self.ended = False
        """Set by the owner when no frame will be added: then libmad is given its guard bytes."""
        self.given = 0
        """How many frames have been handed out, the guard bytes among them."""
        self._frames = frames
        self._rest = b""
        self._primed = False
        self._guard = bytes(2 * HEADER_BYTES)

    def read(self, n: int = -1) -> bytes:
        """Return at most `n` bytes, of one frame, at once. It has no way to raise."""
        if not self._primed:
            # MadFile() discards what it decodes while it is made, and leaks its buffer. Given
            # nothing, it neither waits, nor loses the first frame, nor leaks.
            self._primed = True
            return b""
        piece = self._rest or self._next()
        self._rest = piece[n:] if n >= 0 else b""
        return piece[:n] if n >= 0 else piece

    def _next(self) -> bytes:
        if self._frames:
            self.given += 1
            frame = self._frames.popleft()
            # libmad wants 8 bytes behind the last frame, and at first a header there.
            self._guard = frame[:HEADER_BYTES].ljust(2 * HEADER_BYTES, b"\0")
            return frame
        if self.ended:
            guard, self._guard = self._guard, b""
            self.given += 1
            return guard
        self.starved = True
        return b""


class Decoder:
    """Decodes one song, which may still be arriving, into blocks of PCM.

    A block is (rate_hz, s16le bytes of two interleaved channels), at most 1152 frames; mono is
    doubled. What the encoder added before and behind the music is left out where the song says
    how much that is, exactly as mpg123 does it. For one thread at a time.
    """

    def __init__(self, source: Source, start: Start | None = None) -> None:
        """source: see `audio.frames.Source`. start: where to begin, if not with the first sample.

        Raises MadMissing.
        """
        self._mad = load_mad()
        self._source = source
        self._start = start if start and start.frame else None
        self._skip_to = start.first_sample if start else 0
        self._reader = FrameReader(source, self._start.offset if self._start else 0)
        self._frames: deque[bytes] = deque()
        self._trim: Trim | None = None
        self._given = 0  # frames that went to MadFiles that are not used any more
        self._at: int | None = None if self._start else 0  # the next raw sample
        self._over = False
        self._connect()

    @property
    def tag(self) -> VbrTag | None:
        """The VBR tag of the song; None if it has none, or before the first block."""
        return self._reader.tag

    def ready(self) -> bool:
        """Whether `next_block` would return without waiting for more of the song.

        Raises NotMp3, and what the source raises.
        """
        self._over = self._over or self._source.discarded
        if self._over:
            return True
        while len(self._frames) < _FRAMES_AHEAD and not self._reader.ended:
            frame = self._reader.poll()
            if frame is None:
                break
            self._frames.append(frame)
        self._feed.ended = self._reader.ended
        return self._feed.ended or len(self._frames) >= _FRAMES_AHEAD

    def next_block(self) -> tuple[int, bytes] | None:
        """Decode the next frame, waiting for it if need be; None at the end of the song.

        Raises NotMp3 if the song is none, and what the source raises.
        Cost: 35 to 50 us for 26 ms of music.
        """
        while True:
            while not self.ready():
                self._source.read_at(self._reader.needed_offset, 1)
            if self._over:
                return None
            pcm = self._mad_file.read()
            if pcm is not None:
                block = self._cut(bytes(pcm))
                if block:
                    return self._mad_file.samplerate(), block
            elif self._feed.starved:
                # It passed over all the frames that there were. It must not be read again
                # after that; there is nothing in its state that would be missed.
                self._given += self._feed.given
                self._connect()
            else:
                self._over = True

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        while block := self.next_block():
            yield block

    def _connect(self) -> None:
        self._feed = FrameFeed(self._frames)
        self._mad_file = self._mad.MadFile(self._feed)

    def _cut(self, pcm: bytes) -> bytes:
        if self._trim is None:
            header = self._start.header if self._start else self._reader.header
            assert header is not None
            self._trim = Trim(header, self._start.tag if self._start else self._reader.tag)
        if self._at is None:
            # libmad says nothing of frames that it could not decode for want of those before them,
            # but it has always been given just one more than it has decoded.
            assert self._start is not None
            frame = self._start.frame + self._given + self._feed.given - 2
            self._at = frame * self._start.header.samples
        at = self._at
        self._at += len(pcm) // PCM_FRAME_BYTES
        return self._trim.apply(pcm, at, self._skip_to)
