"""Songs to samples: an adapter around pymad that prevents its crashes and decodes without gaps.

It knows MP3 frames and PCM; it must not know where the song comes from, nor what plays it.
"""

from __future__ import annotations

import importlib
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from audio.mp3.frames import FrameReader, Source
from audio.mp3.index import Start
from audio.mp3.repair import repaired
from audio.mp3.structure import HEADER_BYTES, VbrTag, parse_header
from audio.mp3.trim import Trim
from audio.output import PCM_FRAME_BYTES

_GUARD_BYTES = 8
"""How many bytes behind a frame libmad needs in order to decode it: its MAD_BUFFER_GUARD."""

_FRAMES_AT_ONCE = 256
"""How many frames one call of `ready` gives to libmad if no music comes of them: 1 to 10 ms."""


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
    than `n` bytes, and if the object has a `fileno`.

    Each `read` completes one frame and adds the first 8 bytes of the frame behind it. So libmad
    has either decoded or refused every frame passed when `MadFile.read` returns, and keeps those 8
    bytes. `read` may return b"" before the end of the song: pymad then moves what it keeps to the
    start of its buffer, and does so again at the next call, which is harmless because those 8
    bytes do not overlap with where they are moved from.
    """

    def __init__(self, frames: deque[bytes]) -> None:
        self.ended = False
        """Set by the owner when it will add no more frames: `read` then adds guard bytes."""
        self.passed: list[bytes] = []
        """The frames that `read` has completed; the owner empties it."""
        self._frames = frames
        self._kept_bytes = 0  # how many bytes of the next frame have been returned already
        self._unread = b""
        self._primed = False

    def __repr__(self) -> str:
        return f"<FrameFeed queued={len(self._frames)} ended={self.ended}>"

    def read(self, n: int = -1) -> bytes:
        """Return up to `n` bytes without waiting. Never raises."""
        if not self._primed:
            # The constructor of MadFile reads once, discards the decoded frame and leaks its
            # buffer. An empty first read avoids all three.
            self._primed = True
            return b""
        data = self._unread or self._next_piece()
        self._unread = data[n:] if n >= 0 else b""
        return data[:n] if n >= 0 else data

    def _next_piece(self) -> bytes:
        if not self._frames or not (self.ended or len(self._frames) > 1):
            return b""
        frame = self._frames.popleft()
        self.passed.append(frame)
        # The guard behind the last frame begins with a header, as another frame would.
        follower = (
            self._frames[0] if self._frames else frame[:HEADER_BYTES].ljust(_GUARD_BYTES, b"\0")
        )
        kept_bytes, self._kept_bytes = self._kept_bytes, _GUARD_BYTES
        return frame[kept_bytes:] + follower[:_GUARD_BYTES]


class Decoder:
    """Decodes one song, which may still be arriving, into blocks of PCM.

    A block is (rate_hz, s16le bytes of two interleaved channels) and has up to 1152 PCM frames;
    mono is doubled. Where the song says how many samples its encoder added before and behind the
    music, they are removed exactly as mpg123 removes them. A frame that libmad refuses is as much
    silence, as in mpg123, so that what is behind it keeps its time. Not thread-safe.
    """

    def __init__(self, source: Source, start: Start | None = None) -> None:
        """source: see `audio.mp3.frames.Source`. start: where to begin; None is the first sample.

        Raises MadMissing.
        """
        self.refused_frames = 0
        """The number of frames that libmad could not decode, of those after `start`."""
        self.refused_s = 0.0
        """How long they are."""
        self._source = source
        self._start = start if start and start.frame else None
        self._skip_to = start.first_sample if start else 0
        self._reader = (
            FrameReader(source, self._start.offset, self._start.header)
            if self._start
            else FrameReader(source)
        )
        self._frames: deque[bytes] = deque()
        self._feed = FrameFeed(self._frames)
        self._mad_file = load_mad().MadFile(self._feed)
        self._trim: Trim | None = None
        self._blocks: deque[tuple[int, bytes]] = deque()
        # Silence in front of the first frame that can be decoded: it is returned with that one,
        # because a song of which nothing can be decoded is no song of silence.
        self._leading: deque[tuple[int, bytes]] | None = None if self._start else deque()
        self._searching = False
        # Counted before the trim.
        self._next_sample = self._start.frame * self._start.header.samples if self._start else 0
        self._ended = False

    def __repr__(self) -> str:
        state = "ended" if self._ended else "decoding"
        return f"<Decoder {state} next_sample={self._next_sample} queued={len(self._frames)}>"

    @property
    def tag(self) -> VbrTag | None:
        """The VBR tag of the song; None if it has none, or before the first block."""
        return self._reader.tag

    @property
    def searching(self) -> bool:
        """`ready` has done its share, and has not stopped for lack of bytes: call it again."""
        return self._searching

    @property
    def needed_offset(self) -> int:
        """The offset of the first byte that has not been read: `ready` needs it to go on."""
        return self._reader.needed_offset

    def ready(self) -> bool:
        """Whether `next_block` returns without waiting for more of the song. Never waits.

        It decodes the block for that. It searches at most 16 KiB that hold no frame, and decodes at
        most 256 frames that hold no music: see `searching`.
        Raises NotMp3, and what the source raises.
        """
        self._searching = False
        for _ in range(_FRAMES_AT_ONCE):
            if self._blocks or self._ended:
                return True
            if not self._advance():
                self._searching = self._reader.searching
                return False
        self._searching = True
        return bool(self._blocks) or self._ended

    def next_block(self) -> tuple[int, bytes] | None:
        """Decode the next frame, and wait for its bytes if need be; None at the end of the song.

        Raises NotMp3 if the song is no MP3, and what the source raises.
        Cost: 35 to 50 us for 26 ms of music.
        """
        while not self.ready():
            if not self.searching:
                self._source.read_at(self.needed_offset, 1)
        return self._blocks.popleft() if self._blocks else None

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        while block := self.next_block():
            yield block

    def _advance(self) -> bool:
        """Let libmad decode or refuse one frame or more. False: more of the song is needed."""
        if self._source.discarded:
            self._ended = True
            return True
        if not self._read_frames():
            return False
        pcm = self._mad_file.read()
        passed = self._feed.passed
        if pcm is None or len(passed) > 1:
            for frame in passed if pcm is None else passed[:-1]:
                self._add_silence(frame)
        if pcm is not None:
            self._add_music(self._mad_file.samplerate(), bytes(pcm))
        elif not passed:
            self._ended = True
        passed.clear()
        return True

    def _read_frames(self) -> bool:
        """Give libmad what it needs for one frame. False: that has not arrived."""
        frames, reader = self._frames, self._reader
        while len(frames) < 2 and not reader.ended:
            frame = reader.poll()
            if frame is not None:
                frames.append(repaired(frame))
            elif not reader.ended:
                return False
        self._feed.ended = reader.ended
        return True

    def _add_silence(self, frame: bytes) -> None:
        header = parse_header(frame)
        assert header is not None
        if self._leading is not None or self._next_sample + header.samples > self._skip_to:
            # Before a seek's place libmad lacks what earlier frames hold, and nothing is heard.
            self.refused_frames += 1
            self.refused_s += header.samples / header.rate_hz
        silence = (header.rate_hz, _silence(header.samples))
        if self._leading is None:
            self._add_block(*silence)
        else:
            self._leading.append(silence)

    def _add_music(self, rate_hz: int, pcm: bytes) -> None:
        if self._leading is not None:
            leading, self._leading = self._leading, None
            for silence in leading:
                self._add_block(*silence)
        self._add_block(rate_hz, pcm)

    def _add_block(self, rate_hz: int, pcm: bytes) -> None:
        if self._trim is None:
            header = self._start.header if self._start else self._reader.header
            assert header is not None
            self._trim = Trim(header, self._start.tag if self._start else self._reader.tag)
        first = self._next_sample
        self._next_sample += len(pcm) // PCM_FRAME_BYTES
        if music := self._trim.apply(pcm, first, self._skip_to):
            self._blocks.append((rate_hz, music))


@lru_cache
def _silence(samples: int) -> bytes:
    return bytes(samples * PCM_FRAME_BYTES)
