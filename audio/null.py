"""An output without sound, which takes as long as the music would."""

from __future__ import annotations

import threading
import time

from audio.output import PCM_FRAME_BYTES, Output


class NullOutput(Output):
    """Plays into nothing, in real time, for a machine that has no sound device."""

    def __init__(self) -> None:
        self._rate_hz = 0
        self._heard_s = 0.0  # the time at which all that has been written will have been heard
        self._interrupted = threading.Event()

    @property
    def latency_s(self) -> float:
        return 0.0

    def open(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._heard_s = time.monotonic()

    def write(self, pcm: bytes) -> None:
        # After a pause the clock begins again, or the music would run to catch up.
        begin_s = max(self._heard_s, time.monotonic() - 0.1)
        self._heard_s = begin_s + len(pcm) / PCM_FRAME_BYTES / self._rate_hz
        self._interrupted.wait(max(0.0, self._heard_s - time.monotonic()))

    def drain(self) -> None:
        self._interrupted.wait(max(0.0, self._heard_s - time.monotonic()))

    def drop(self) -> None:
        self._interrupted.clear()

    def close(self) -> None:
        return

    def interrupt(self) -> None:
        self._interrupted.set()
