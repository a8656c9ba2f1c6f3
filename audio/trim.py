"""Which of the samples that a decoder gives are music, and which the encoder put around it.

Samples are counted from the first that the decoder gives (raw), or from the first of the music.
"""

from __future__ import annotations

from audio.mp3 import FrameHeader, VbrTag
from audio.output import PCM_FRAME_BYTES

_DECODER_DELAY = 529


class Trim:
    """The pieces that are to be left out, where the song says how long they are.

    What stands behind the frames that the tag counts is kept: somebody joined another song to it.
    """

    def __init__(self, header: FrameHeader, tag: VbrTag | None) -> None:
        self._cuts: tuple[tuple[int, int], ...] = ()
        if tag and tag.frames and tag.kind != "VBRI":
            # Without an extension the delay of decoders is left out all the same, as by mpg123.
            end = tag.frames * header.samples
            start = min(end, (tag.delay or 0) + _DECODER_DELAY)
            padding = max(0, (tag.padding or 0) - _DECODER_DELAY)
            self._cuts = ((0, start), (max(start, end - padding), end))

    def raw_sample(self, music_sample: int) -> int:
        """Where in the raw samples this one of the music is."""
        at = music_sample
        for first, last in self._cuts:
            if at >= first:
                at += last - first
        return at

    def music_samples(self, raw_samples: int) -> int:
        """How many of so many raw samples are music."""
        cut = (max(0, min(last, raw_samples) - first) for first, last in self._cuts)
        return raw_samples - sum(cut)

    def apply(self, pcm: bytes, start: int, skip_to: int = 0) -> bytes:
        """What is music of the raw samples from `start` on, and not before `skip_to`."""
        cuts = self._cuts
        if skip_to > (cuts[0][1] if cuts else 0):
            cuts = ((0, skip_to), *((max(first, skip_to), last) for first, last in cuts[1:]))
        end = start + len(pcm) // PCM_FRAME_BYTES
        for first, last in reversed(cuts):
            if first < end and last > start:
                before = pcm[: max(0, first - start) * PCM_FRAME_BYTES]
                pcm = before + pcm[max(0, last - start) * PCM_FRAME_BYTES :]
        return pcm
