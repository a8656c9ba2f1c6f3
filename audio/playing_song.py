"""The song that is being played: its decoder, and the PCM that has been decoded but not written.

Only the player's thread uses it. It knows nothing of the output.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from audio.buffer import AudioBuffer
from audio.decoder import Decoder
from audio.loudness import UNKNOWN, Loudness
from audio.mp3.index import FrameIndex
from audio.output import PCM_FRAME_BYTES

BLOCKS_AT_ONCE = 64
"""64 blocks are 1.7 s of music. Decoding them together takes half the CPU time of decoding each
after a sleep."""

_AT_ONCE_S = 0.05
"""A song with much junk between its frames takes longer: an order waits no longer than this."""


@dataclass(eq=False, slots=True)
class PlayingSong:
    """One song of the player's. tag: the owner's number for it, in every report."""

    tag: int
    buffer: AudioBuffer
    index: FrameIndex
    read_loudness: Callable[[], Loudness] = field(default=lambda: UNKNOWN, repr=False)
    """Reads how loud the song is in what is here of it; called once, and only if it is wanted."""
    rate_hz: int = 0
    """The sample rate of the PCM that has not been written."""
    dry: bool = False
    """The decoder needs bytes that have not arrived."""
    decoder_ended: bool = False
    pending_seek_s: float | None = None
    """A place that has not arrived, to be played next."""
    seeks: int = 0
    """The number of seeks performed."""
    samples: int = 0
    """The number of samples written, per channel."""
    start_s: float = 0.0
    """The place in the song where playing began, or went on after a seek."""
    written_s: float = 0.0
    """The place in the song up to which samples have been written."""
    decoder: Decoder | None = field(default=None, repr=False)
    _refused_before: tuple[int, float] = (0, 0.0)
    """What `refused` was before the last seek."""
    _pcm: bytes = field(default=b"", repr=False)
    _written_bytes: int = 0
    """The number of bytes of `_pcm` that have been written."""
    _loudness: Loudness | None = field(default=None, repr=False)
    _next_block: tuple[int, bytes] | None = field(default=None, repr=False)
    """A block of another sample rate, to be written after `_pcm`."""

    def seek(self, seconds: float) -> bool:
        """Prepare to go on from there. False: that place has not arrived, and is pending."""
        self._refused_before = self.refused
        self.decoder, self._next_block, self.decoder_ended = None, None, False
        self._pcm, self._written_bytes = b"", 0
        seconds = max(0.0, seconds)
        start = self.index.start_at(seconds)
        self.decoder_ended = start is None and self.index.empty
        found = start is not None or self.decoder_ended
        self.dry, self.pending_seek_s = not found, None if found else seconds
        if not found:
            return False
        total_s = self.index.duration_s if self.index.complete else None
        self.start_s = self.written_s = seconds if total_s is None else min(seconds, total_s)
        if start is not None:
            self.decoder = Decoder(self.buffer, start)
        return True

    def loudness(self, wanted: bool) -> Loudness:
        """How loud the song is by its tags, which are here as soon as there is PCM.

        wanted: read them, unless they have been read.
        """
        if self._loudness is None and wanted:
            self._loudness = self.read_loudness()
        return self._loudness or UNKNOWN

    @property
    def waits_for_another_part(self) -> bool:
        """The place to be played next is before what is here: nothing that comes brings it."""
        pending_s = self.pending_seek_s
        return pending_s is not None and self.index.begins_after(pending_s)

    @property
    def searching(self) -> bool:
        """What has arrived has not been searched through: go on, and do not wait for more."""
        if self.pending_seek_s is not None:
            return self.index.behind
        return self.decoder is not None and self.decoder.searching

    @property
    def refused(self) -> tuple[int, float]:
        """How many frames could not be decoded, and are silent; and how many seconds long."""
        frames, seconds = self._refused_before
        if self.decoder:
            frames += self.decoder.refused_frames
            seconds += self.decoder.refused_s
        return frames, seconds

    @property
    def needed_offset(self) -> int:
        """The offset of the first byte that the decoder needs to go on."""
        return self.decoder.needed_offset if self.decoder else 0

    def decode(self) -> bool:
        """Decode the next few blocks. False: they have not arrived, or see `searching`.

        All PCM must have been written. At the end of the song sets `decoder_ended`.
        Raises NotMp3, OSError.
        """
        self.decoder = self.decoder or Decoder(self.buffer)
        self.rate_hz, first = self._next_block or (0, b"")
        pcm, self._next_block = [first], None
        end_s = time.monotonic() + _AT_ONCE_S
        while len(pcm) <= BLOCKS_AT_ONCE and self.decoder.ready():
            block = self.decoder.next_block()
            if block is None:
                self.decoder_ended = True
                break
            if self.rate_hz not in (0, block[0]):
                self._next_block = block
                break
            self.rate_hz = block[0]
            pcm.append(block[1])
            if time.monotonic() > end_s:
                break
        self._pcm, self._written_bytes = b"".join(pcm), 0
        return bool(self._pcm) or self.decoder_ended

    @property
    def has_pcm(self) -> bool:
        """Whether there is decoded PCM to write."""
        return self._written_bytes < len(self._pcm)

    @property
    def fully_decoded(self) -> bool:
        """Whether `decode` would find nothing more."""
        return self.decoder_ended and self._next_block is None

    def next_pcm(self, max_bytes: int) -> bytes:
        """The PCM to write next; b"" when all has been written."""
        return self._pcm[self._written_bytes : self._written_bytes + max_bytes]

    def mark_written(self, size: int) -> None:
        """Record that the output has taken `size` bytes of `next_pcm`."""
        frames = size // PCM_FRAME_BYTES
        self._written_bytes += size
        self.samples += frames
        self.written_s += frames / self.rate_hz

    def heard_s(self, latency_s: float) -> float:
        """The place in the song that the listener hears now."""
        return max(self.start_s, self.written_s - latency_s)
