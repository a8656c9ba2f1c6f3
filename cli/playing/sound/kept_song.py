"""What is kept of one song: its buffer, the index of its frames, and a place in it that is sought.

It neither plays the song nor knows where it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from audio import AudioBuffer, FrameIndex, Loudness
from audio.mp3.outline import Outline
from fsm.client.requests import Measure

_INDEX_STEP_BYTES = 16 * 1024
_BEGINNING_S = 3.0
"""So long as less of a song can be decoded, its index is extended with each message."""


@dataclass(eq=False, slots=True)
class Song:
    """A song's buffer and the index of its frames. tag: names the song to the player.

    outline: of a song of which a part is here that does not begin at its start.
    """

    tag: int
    buffer: AudioBuffer = field(default_factory=AudioBuffer)
    outline: Outline | None = None
    index: FrameIndex = field(init=False)
    indexed_bytes: int = 0
    seeks: int = 0
    catching_up: bool = False
    """The index is going to be extended as soon as the event loop is free."""
    started: bool = False
    """The player plays it, or goes on into it by itself."""
    begin_s: float | None = None
    """Where in it to begin, if a part of it is here that was asked for because of that."""
    wanted_s: float | None = None
    """The place that was sought last; it counts until the player has gone there."""
    left_s: float = 0.0
    """The place that was heard before that one was sought."""
    kept: tuple[float, Measure] | None = None
    """A place to be found, as soon as it is known how the song is laid out."""
    head: bytes = b""
    """What stands before the music, where the buffer does not hold it any more."""
    _own_title: str | None = None
    _title_needs_bytes: int = 1
    """So much of the song has to be here until its tag is read once more; 0: never again."""
    full: bool = False
    """There was no room for some of it: nothing is appended behind a gap."""

    def __post_init__(self) -> None:
        self.index = FrameIndex(self.buffer, self.outline, self.buffer.first_offset)

    def __repr__(self) -> str:
        return f"<Song {self.tag} received_bytes={self.buffer.received_bytes} seeks={self.seeks}>"

    def append(self, data: bytes) -> None:
        """Append to the buffer; extend the index now and then, and at the start each time.

        Raises OSError: there is no room for the data.
        """
        if self.full:
            return
        try:
            self.buffer.append(data)
        except OSError:
            self.full = True
            raise
        new_bytes = self.buffer.received_bytes - self.indexed_bytes
        beginning = self.index.decodable_s < _BEGINNING_S
        if beginning or new_bytes >= _INDEX_STEP_BYTES + self.indexed_bytes // 8:
            self.extend_index()

    def finish(self) -> None:
        """Mark the song as whole."""
        self.buffer.finish()
        self.extend_index()

    def reopen(self) -> None:
        """Expect more of the song after all."""
        self.buffer.reopen()

    def beginning(self, count: int) -> bytes:
        """Return the song's first bytes, as many of them as are here."""
        if self.head:
            return self.head[:count]
        try:
            return self.buffer.read_at(0, min(count, self.buffer.readable(0)))
        except OSError:
            return b""

    def own_title(self) -> str | None:
        """Return what the song's tag calls it; None if it does not, or while that is not here."""
        here_bytes = len(self.head) or self.buffer.readable(0)
        if 0 < self._title_needs_bytes <= here_bytes:
            from cli.playing.sound.own_title import own_title  # which needs all of songs/tags

            self._own_title, tag_bytes = own_title(self.beginning)
            known = self._own_title is not None or here_bytes >= tag_bytes
            self._title_needs_bytes = 0 if known else tag_bytes
        return self._own_title

    def loudness(self) -> Loudness:
        """Read how loud the song is by its tags. Called in the player's thread, if wanted."""
        # Imported here, because most never want it, and the start is the sooner.
        from cli.playing.sound.loudness import loudness_of

        buffer = self.buffer
        if self.head:
            buffer = AudioBuffer()
            buffer.append(self.head)
        return loudness_of(buffer, self.index)

    def extend_index(self) -> None:
        """Extend the index over what has arrived since the last call."""
        self.index.extend()
        self.indexed_bytes = self.buffer.received_bytes
