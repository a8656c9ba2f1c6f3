"""What all outputs of sound share: the interface, its error, and the format of PCM.

PCM is 16-bit little-endian with two interleaved channels; a PCM frame is one sample of each, 4
bytes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

PCM_FRAME_BYTES = 4


class OutputError(OSError):
    """The output cannot play. The message says why, and what to do about it."""


class Output(ABC):
    """A destination of sound. One thread, the player's, calls all methods except `interrupt`.

    For each song: open, write repeatedly, then drain or drop. At the end: close.
    Every method may raise OutputError.
    """

    needs_silence = False
    """Whether the player must write zeros during a pause, to keep the stream going."""

    real_time = True
    """Whether it plays as fast as the music is, so that waiting for more of a song is heard."""

    slices_per_s = 25
    """How many writes make a second of music. STOP waits for one that `interrupt` does not end, and
    a pause for one and for what the device holds.

    A write costs as much as decoding a frame, because after each sleep the CPU's caches are cold.
    """

    replaceable = False
    """Whether `recover` may find another device when this one has gone."""

    @property
    def name(self) -> str:
        """The name of the device, for people; empty if there is none."""
        return ""

    @property
    @abstractmethod
    def latency_s(self) -> float:
        """The seconds from the writing of a sample until it is heard; 0 if not open."""

    @abstractmethod
    def open(self, rate_hz: int) -> None:
        """Prepare for PCM of that rate. The output is new, drained or dropped."""

    @abstractmethod
    def write(self, pcm: bytes) -> None:
        """Play PCM (s16le stereo, whole frames), and wait until the output has taken it."""

    @abstractmethod
    def drain(self) -> None:
        """Wait until all that was written has been heard, or until `interrupt`."""

    @abstractmethod
    def drop(self) -> None:
        """Fall silent within 50 ms: discard what was written and has not been heard."""

    @abstractmethod
    def close(self) -> None:
        """Release the device or file. May be called twice."""

    def recover(self) -> None:
        """After an OutputError: use the default device from now on; `open` follows."""
        return

    def interrupt(self) -> None:
        """End a wait in `write` or `drain`, now and until `drop`. From any thread."""
        return
