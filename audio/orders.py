"""What a player should be doing, as its owner says it from any thread.

It is the only thing that the two sides share. It does nothing itself, but that it cuts short what
the output is waiting in when the sound is to change at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from audio.playing_song import PlayingSong


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted at one moment. count: rises with every change."""

    song: PlayingSong | None
    paused: bool
    closing: bool
    seek_s: float | None
    count: int


class Orders:
    """interrupt: the output's; it is called under the lock, so that the drop that ends the
    interruption always comes after it.
    """

    def __init__(self, interrupt: Callable[[], None]) -> None:
        self._interrupt = interrupt
        self._changed = threading.Condition()
        self._song: PlayingSong | None = None
        self._next: PlayingSong | None = None
        self._paused = False
        self._closing = False
        self._refilled = False
        self._sought: tuple[int, float] | None = None
        self.count = 0
        """How often something has changed; may be read without asking for more."""

    # For the owner

    def play(self, song: PlayingSong | None) -> None:
        """This song and no other, from now on; None for silence."""
        with self._changed:
            self._song, self._next = song, None
            self._refilled, self._sought = False, None
            self._note(cut_short=True)

    def queue_next(self, song: PlayingSong) -> None:
        """This song after the present one."""
        with self._changed:
            self._next = song
            self._note()

    def drop(self, tag: int) -> None:
        """Not that song, whichever of the two it is."""
        with self._changed:
            if self._next and self._next.tag == tag:
                self._next = None
            elif self._song and self._song.tag == tag:
                self._song = None
                self._note(cut_short=True)

    def skip(self, tag: int) -> None:
        """Not that song, but the next one now."""
        with self._changed:
            if self._song and self._song.tag == tag:
                self._song, self._next = self._next, None
                self._refilled, self._sought = False, None
                self._note(cut_short=True)

    def pause(self, paused: bool) -> None:
        """Be silent, or not, and keep the place."""
        with self._changed:
            self._paused = paused
            self._note()

    def refill(self) -> None:
        """There is enough of the song again."""
        with self._changed:
            self._refilled = True
            self._note()

    def seek(self, tag: int, seconds: float) -> None:
        """That song from there, if it is the one that is played."""
        with self._changed:
            if self._song and self._song.tag == tag:
                self._sought = (tag, seconds)
                self._note(cut_short=True)

    def touch(self) -> None:
        """Something that a song waits for may have happened."""
        with self._changed:
            self._note()

    def close(self) -> None:
        """The end."""
        with self._changed:
            self._song = self._next = None
            self._closing = True
            self._note(cut_short=True)

    def _note(self, cut_short: bool = False) -> None:
        self.count += 1
        if cut_short:
            self._interrupt()
        self._changed.notify_all()

    # For the player's thread

    def look(self, song: PlayingSong | None) -> Order:
        """What is wanted. With nothing to play the next song, if there is one, is the present."""
        with self._changed:
            if self._song is None and self._next is not None:
                self._song, self._next = self._next, None
            seek_s = None
            if self._sought and self._song is song:
                (_, seek_s), self._sought = self._sought, None
            return Order(self._song, self._paused, self._closing, seek_s, self.count)

    def wait(self, seen: int) -> None:
        """Until something has changed since that count."""
        with self._changed:
            self._changed.wait_for(lambda: self.count != seen)

    def take_refill(self) -> bool:
        """Whether there is enough again; asked once, it is no more."""
        with self._changed:
            refilled, self._refilled = self._refilled, False
            return refilled

    def follow(self, song: PlayingSong) -> PlayingSong | None:
        """The next song, which is the present one from now on, if `song` still was."""
        with self._changed:
            if self._song is not song or self._next is None:
                return None
            self._song, self._next = self._next, None
            self._refilled = False
            return self._song

    def end(self, song: PlayingSong) -> bool:
        """That song is over. False if another is wanted by now."""
        with self._changed:
            current = self._song is song
            if current:
                self._song = None
            return current

    def is_for(self, song: PlayingSong) -> bool:
        """Whether that song is still the one that is wanted."""
        with self._changed:
            return self._song is song

    def pause_if(self, song: PlayingSong) -> bool:
        """Pause if that song is still the one that is wanted."""
        with self._changed:
            current = self._song is song
            self._paused = self._paused or current
            return current
