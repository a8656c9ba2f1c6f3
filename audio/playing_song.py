"""One song while it is played: where in it the decoder is, and what is decoded and not yet heard.

Only the player's thread touches it, and the output is not its business.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from audio.buffer import AudioBuffer
from audio.decoder import Decoder
from audio.index import FrameIndex
from audio.output import PCM_FRAME_BYTES

BLOCKS_AT_ONCE = 64
"""Decoding goes twice as fast when it has not slept since the last block; 64 are 1.7 s of music."""


@dataclass(eq=False, slots=True)
class PlayingSong:
    """What the thread knows of a song. tag: names it in reports."""

    tag: int
    buffer: AudioBuffer
    index: FrameIndex
    rate_hz: int = 0
    """Of what is decoded and not yet written."""
    dry: bool = False
    """More of the song is needed, and has not come."""
    over: bool = False
    """All of it has been decoded."""
    sought_s: float | None = None
    """The place that is to be played next, and has not arrived."""
    seeks: int = 0
    """How many seeks it has obeyed."""
    samples: int = 0
    """Written so far, of each channel."""
    began_s: float = 0.0
    written_s: float = 0.0
    """The places in the song where playing began, and that the output has been given so far."""
    decoder: Decoder | None = field(default=None, repr=False)
    _pcm: bytes = field(default=b"", repr=False)
    _written_bytes: int = 0
    """So much of `_pcm` has been written."""
    _ahead: tuple[int, bytes] | None = field(default=None, repr=False)
    """A block of another rate, which has to wait until `_pcm` has been written."""

    def seek(self, seconds: float) -> bool:
        """Make ready to go on from there. False: that place has yet to arrive."""
        self.decoder, self._ahead, self.over = None, None, False
        self._pcm, self._written_bytes = b"", 0
        seconds = max(0.0, seconds)
        start = self.index.start_at(seconds)
        self.dry, self.sought_s = start is None, seconds if start is None else None
        if start is None:
            return False
        total_s = self.index.duration_s if self.index.complete else None
        self.began_s = self.written_s = seconds if total_s is None else min(seconds, total_s)
        self.decoder = Decoder(self.buffer, start)
        return True

    def decode(self) -> bool:
        """Get the next few blocks when all has been written. False: they have yet to arrive.

        At the end of the song it is `over`. Raises NotMp3, OSError.
        """
        self.decoder = self.decoder or Decoder(self.buffer)
        self.rate_hz, first = self._ahead or (0, b"")
        pcm, self._ahead = [first], None
        while len(pcm) <= BLOCKS_AT_ONCE and self.decoder.ready():
            block = self.decoder.next_block()
            if block is None:
                self.over = True
                break
            if self.rate_hz not in (0, block[0]):
                self._ahead = block
                break
            self.rate_hz = block[0]
            pcm.append(block[1])
        self._pcm, self._written_bytes = b"".join(pcm), 0
        return bool(self._pcm) or self.over

    @property
    def decoded(self) -> bool:
        """Whether there is something to write."""
        return self._written_bytes < len(self._pcm)

    def pcm(self, size: int) -> bytes:
        """What is to be written next: at most so many bytes; b"" when all has been."""
        return self._pcm[self._written_bytes : self._written_bytes + size]

    def wrote(self, size: int) -> None:
        """The output has taken so many bytes."""
        frames = size // PCM_FRAME_BYTES
        self._written_bytes += size
        self.samples += frames
        self.written_s += frames / self.rate_hz

    @property
    def finished(self) -> bool:
        """Whether there is nothing more to decode."""
        return self.over and self._ahead is None

    def heard_s(self, latency_s: float) -> float:
        """Where in the song the listener is."""
        return max(self.began_s, self.written_s - latency_s)
