"""An output without sound. It takes as long as a sound device would."""

from __future__ import annotations

import threading
import time

from audio.output import PCM_FRAME_BYTES, Output


class NullOutput(Output):
    """Discards what it is given, in real time; for a machine without a sound device."""

    def __init__(self) -> None:
        self._rate_hz = 0
        self._end_s = 0.0  # the time at which a device would have played all that was written
        self._interrupted = threading.Event()

    def __repr__(self) -> str:
        return f"<NullOutput {self._rate_hz} Hz interrupted={self._interrupted.is_set()}>"

    @property
    def latency_s(self) -> float:
        return 0.0

    def open(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._end_s = time.monotonic()

    def write(self, pcm: bytes) -> None:
        # After a pause the clock starts anew; otherwise the music would run faster to catch up.
        start_s = max(self._end_s, time.monotonic() - 0.1)
        self._end_s = start_s + len(pcm) / PCM_FRAME_BYTES / self._rate_hz
        self._wait()

    def drain(self) -> None:
        self._wait()

    def drop(self) -> None:
        self._interrupted.clear()

    def close(self) -> None:
        return

    def interrupt(self) -> None:
        self._interrupted.set()

    def _wait(self) -> None:
        self._interrupted.wait(max(0.0, self._end_s - time.monotonic()))
