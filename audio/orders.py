"""The orders of a player's owner, written from any thread and read by the player's thread.

The two sides share nothing else. It takes no action itself, except that an order which must be
obeyed at once interrupts the wait of the output.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from audio.playing_song import PlayingSong


@dataclass(frozen=True, slots=True)
class Order:
    """The orders at one moment.

    seek: the place to go to in `song`, once, and the owner's number for that. changes: the value of
    `Orders.changes` then.
    """

    song: PlayingSong | None
    paused: bool
    closing: bool
    seek: tuple[float, int] | None
    changes: int


class Orders:
    """What the player should do: the present song, the next one, pause, seek, close.

    interrupt: the output's. It is called under the lock; so the player, which needs the lock to
    read an order, calls the `drop` that ends the interruption after it.
    """

    def __init__(self, interrupt: Callable[[], None]) -> None:
        self._interrupt = interrupt
        self._changed = threading.Condition()
        self._song: PlayingSong | None = None
        self._next: PlayingSong | None = None
        self._paused = False
        self._closing = False
        self._refilled = False
        self._seek: tuple[float, int] | None = None
        self.changes = 0
        """How often the orders have changed; may be read without the lock."""

    def __repr__(self) -> str:
        song, following = (song and song.tag for song in (self._song, self._next))
        flags = f"paused={self._paused} closing={self._closing} seek={self._seek}"
        return f"<Orders song={song} next={following} {flags}>"

    # For the owner

    def play(self, song: PlayingSong | None) -> None:
        """Play this song instead of the present and the next one; None is silence."""
        with self._changed:
            self._set_song(song)
            self._notify(interrupt=True)

    def queue_next(self, song: PlayingSong) -> None:
        """Play this song when the present one has ended."""
        with self._changed:
            self._next = song
            self._notify()

    def drop(self, tag: int) -> None:
        """Forget the song of that tag, the present or the next one."""
        with self._changed:
            if self._next and self._next.tag == tag:
                self._next = None
            elif self._song and self._song.tag == tag:
                self._song, self._seek = None, None
                self._notify(interrupt=True)

    def skip(self, tag: int) -> None:
        """Go on to the next song now, if the present one has that tag."""
        with self._changed:
            if self._song and self._song.tag == tag:
                self._set_song(self._next)
                self._notify(interrupt=True)

    def pause(self, paused: bool) -> None:
        """Pause or resume."""
        with self._changed:
            self._paused = paused
            self._notify()

    def refill(self) -> None:
        """Go on with a song that ran dry: enough of it has arrived."""
        with self._changed:
            self._refilled = True
            self._notify()

    def seek(self, tag: int, seconds: float, number: int) -> None:
        """Go on from another place, if the present song has that tag. The last order counts."""
        with self._changed:
            if self._song and self._song.tag == tag:
                self._seek = (seconds, number)
                self._notify(interrupt=True)

    def wake(self) -> None:
        """Let the player look at its song again: its buffer has changed."""
        with self._changed:
            self._notify()

    def close(self) -> None:
        """Stop, and end the player's thread."""
        with self._changed:
            self._song = self._next = None
            self._closing = True
            self._notify(interrupt=True)

    def _set_song(self, song: PlayingSong | None) -> None:
        self._song, self._next = song, None
        self._refilled, self._seek = False, None

    def _notify(self, interrupt: bool = False) -> None:
        self.changes += 1
        if interrupt:
            self._interrupt()
        self._changed.notify_all()

    # For the player's thread

    def take(self) -> Order:
        """Return the orders, and take the seek out of them: it is for the song that they name.

        If there is no present song, the next one becomes it.
        """
        with self._changed:
            if self._song is None and self._next is not None:
                self._song, self._next = self._next, None
            seek, self._seek = self._seek, None
            return Order(self._song, self._paused, self._closing, seek, self.changes)

    def wait_for_change(self, changes: int, at_most_s: float | None = None) -> bool:
        """Wait until the orders differ from those with that value of `changes`; return whether."""
        with self._changed:
            return self._changed.wait_for(lambda: self.changes != changes, at_most_s)

    def take_refill(self) -> bool:
        """Return whether `refill` has been called since the last `take_refill`."""
        with self._changed:
            refilled, self._refilled = self._refilled, False
            return refilled

    def advance(self, song: PlayingSong) -> PlayingSong | None:
        """Make the next song the present one and return it.

        None: there is none, or `song` has been replaced, or it is to go on from another place.
        """
        with self._changed:
            if self._song is not song or self._next is None or self._seek is not None:
                return None
            self._song, self._next = self._next, None
            self._refilled = False
            return self._song

    def end(self, song: PlayingSong) -> bool:
        """Forget that song, which is over.

        False: it has been replaced meanwhile, or is to go on from another place.
        """
        with self._changed:
            over = self._song is song and self._seek is None
            if over:
                self._song = None
            return over

    def is_current(self, song: PlayingSong) -> bool:
        """Return whether that song is still the present one."""
        with self._changed:
            return self._song is song

    def pause_if_current(self, song: PlayingSong) -> bool:
        """Pause if that song is still the present one; return whether it is."""
        with self._changed:
            current = self._song is song
            self._paused = self._paused or current
            return current
