"""Stands for the client's sound until there is something to play: a script may only list songs.

To open the output takes longer than all else that such a script does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fsm.client.effects import DropBuffers, DropNextBuffer, SetGain, SetVolume, SoundEffect
from fsm.client.events import Event

if TYPE_CHECKING:
    from audio import AppliedGain, FrameIndex, FramesRefused, Output
    from cli.playing.sound.sound import Sound


class LateSound:
    """A Sound that is made at once, or when it is first needed.

    output: the one that is open, or what opens it. The others are Sound's.
    """

    def __init__(
        self,
        output: Output | Callable[[], Output],
        deliver: Callable[[Event], None],
        remark: Callable[[FramesRefused], None],
        max_song_bytes: int | None = None,
    ) -> None:
        self._output = output
        self._told = deliver, remark
        self._max_song_bytes = max_song_bytes
        self._sound: Sound | None = None
        self._kept: dict[type[SetVolume | SetGain], SoundEffect] = {}
        if not callable(output):
            self.made()

    def __repr__(self) -> str:
        return f"<LateSound {self._sound}>"

    def __getattr__(self, name: str) -> Any:
        """Return what the Sound has, and this has not: asking for it needs the Sound."""
        return getattr(self.made(), name)

    def made(self) -> Sound:
        """Return the Sound, made if need be."""
        if self._sound is None:
            from cli.playing.sound.sound import MAX_BYTES, Sound  # which needs all of audio/

            output = self._output() if callable(self._output) else self._output
            self._sound = Sound(output, *self._told, self._max_song_bytes or MAX_BYTES)
            for effect in self._kept.values():
                self._sound.perform(effect)
        return self._sound

    def perform(self, effect: SoundEffect) -> None:
        """Perform an effect; as long as silent, keep volume and gain, and have nothing to drop."""
        if self._sound is None and isinstance(effect, SetVolume | SetGain):
            self._kept[type(effect)] = effect
        elif self._sound is not None or not isinstance(effect, DropBuffers | DropNextBuffer):
            self.made().perform(effect)

    @property
    def position_s(self) -> float:
        """The position in the present song of what is being heard."""
        return 0.0 if self._sound is None else self._sound.position_s

    @property
    def gain(self) -> AppliedGain | None:
        """The gain that is applied to the present song; None while nothing of it is heard."""
        return None if self._sound is None else self._sound.gain

    @property
    def index(self) -> FrameIndex | NoFrames:
        """The index of the present song: its duration and its bit rate."""
        return _NO_FRAMES if self._sound is None else self._sound.index

    @property
    def device(self) -> str:
        """The name of the sound device; empty where none is open."""
        return "" if self._sound is None else self._sound.device

    def beginning(self, count: int) -> bytes:
        """Return the first bytes of the present song, as many of them as are here."""
        return b"" if self._sound is None else self._sound.beginning(count)

    def own_title(self) -> str | None:
        """Return what the present song's tag calls it; None if it does not, or has not come."""
        return None if self._sound is None else self._sound.own_title()

    def close(self) -> None:
        """Close the Sound, if it was made."""
        if self._sound is not None:
            self._sound.close()


class NoFrames:
    """What a FrameIndex says of a song of which nothing has arrived."""

    duration_s: float | None = None
    exact = False
    bytes_per_s = 0.0
    variable = False
    received_fraction: float | None = None


_NO_FRAMES = NoFrames()
