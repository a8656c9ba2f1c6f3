"""What every output of sound has in common: the interface, its error, and the format of PCM.

PCM is 16-bit little-endian, two interleaved channels; a frame is one sample of each, 4 bytes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

PCM_FRAME_BYTES = 4


class OutputError(OSError):
    """The sound cannot go where it should. The message says why, and what to do about it."""


class Output(ABC):
    """A place where sound goes. One thread calls it: the player's. Only `interrupt` is for others.

    open, write ... write, drain or drop; then open again for the next song, and close at last.
    Each method raises OutputError.
    """

    needs_silence = False
    """Whether a pause must be written as zeros to keep the stream going."""

    replaceable = False
    """Whether there may be another device when this one has gone: `recover` looks for it."""

    @property
    def name(self) -> str:
        """What a person calls it."""
        return ""

    @property
    @abstractmethod
    def latency_s(self) -> float:
        """How long after it was written a sample is heard, in seconds; 0 if not open."""

    @abstractmethod
    def open(self, rate_hz: int) -> None:
        """Get ready for PCM of that rate. It must not be open, except after a `drain`."""

    @abstractmethod
    def write(self, pcm: bytes) -> None:
        """Play PCM (s16le stereo, whole frames); waits for as long as the device does."""

    @abstractmethod
    def drain(self) -> None:
        """Wait until all that was written has been heard: the end of a song is played out whole.

        Cut short by `interrupt`.
        """

    @abstractmethod
    def drop(self) -> None:
        """Be silent at once (50 ms): what has been written and not been heard is thrown away."""

    @abstractmethod
    def close(self) -> None:
        """Give back what the output holds. It may be called twice."""

    def recover(self) -> None:
        """After an OutputError: take the default device from now on; `open` follows."""
        return

    def interrupt(self) -> None:
        """Make a wait in `write` or `drain` end now; from any thread. `drop` ends this state."""
        return
