"""Separates the samples of the music from those that the encoder added before and behind it.

Raw samples are counted from the first that the decoder returns, music samples from the first of
the music.
"""

from __future__ import annotations

from audio.mp3.structure import FrameHeader, VbrTag
from audio.output import PCM_FRAME_BYTES

_DECODER_DELAY = 529  # samples that every MP3 decoder puts before the music


class Trim:
    """The ranges of raw samples to remove: none if the song has no tag that says so.

    Frames beyond the tag's count are kept: somebody appended another song to this one.
    """

    def __init__(self, header: FrameHeader, tag: VbrTag | None) -> None:
        self._cuts: tuple[tuple[int, int], ...] = ()
        if tag and tag.frames and tag.kind != "VBRI":
            # Without a LAME extension the decoder's delay is removed all the same, as in mpg123.
            end = tag.frames * header.samples
            start = min(end, (tag.delay or 0) + _DECODER_DELAY)
            padding = max(0, (tag.padding or 0) - _DECODER_DELAY)
            self._cuts = ((0, start), (max(start, end - padding), end))

    def raw_sample(self, music_sample: int) -> int:
        """The raw number of a music sample."""
        raw = music_sample
        for first, last in self._cuts:
            if raw >= first:
                raw += last - first
        return raw

    def music_samples(self, raw_samples: int) -> int:
        """The number of music samples among the first `raw_samples`."""
        cut = (max(0, min(last, raw_samples) - first) for first, last in self._cuts)
        return raw_samples - sum(cut)

    def apply(self, pcm: bytes, start: int, skip_to: int = 0) -> bytes:
        """Remove from `pcm` what is not music, and what is before the raw sample `skip_to`.

        start: the raw number of the first sample in `pcm`.
        """
        cuts = self._cuts
        if skip_to > (cuts[0][1] if cuts else 0):
            cuts = ((0, skip_to), *((max(first, skip_to), last) for first, last in cuts[1:]))
        end = start + len(pcm) // PCM_FRAME_BYTES
        for first, last in reversed(cuts):
            if first < end and last > start:
                before = pcm[: max(0, first - start) * PCM_FRAME_BYTES]
                pcm = before + pcm[max(0, last - start) * PCM_FRAME_BYTES :]
        return pcm
