"""A song as it comes to a listener, over one connection or several, and the sound that it makes.

It knows neither socket nor clock: the time is an argument, in seconds of `time.monotonic()`.
"""

from __future__ import annotations

from fsm.client.song.session import TAIL_BYTES

AHEAD_S = 1.0
"""So much sound is here before it begins, and is taken ahead of it. The client takes more
(`--prebuffer`): what stops here may not be heard there."""


class Changed(Exception):
    """A song that was to be gone on with is another one now."""


class Arrival:
    """One song. rate: bytes per second of sound. asked_at: when the listener has asked for it.

    content: what has come. stopped: its sound has stopped for want of bytes. longest_s: without
    sound, before or in it.
    """

    def __init__(self, song_id: int, rate: float, asked_at: float) -> None:
        self.song_id, self._rate = song_id, rate
        self.content = bytearray()
        self.stopped, self.longest_s = False, 0.0
        self._again = b""
        """What comes a second time, and has to be what is here."""
        self._begun = False
        self._lasts_until = self._came_at = asked_at
        """When what is here will have been played; when something came last."""

    def request(self) -> bytes:
        """Return the request for what is missing, from a little before it on (protocol.md 10)."""
        offset = max(0, len(self.content) - TAIL_BYTES)
        self._again = bytes(self.content[offset:])
        place = f" {offset}" if self.content else ""
        return f"PLAY {self.song_id}{place} END END".encode()

    def take(self, data: bytes, now: float) -> None:
        """Take what comes next; b"": the song is whole.

        Raises Changed: it is not what was here.
        """
        self._came_at = now
        known = min(len(data), len(self._again))
        if data[:known] != self._again[:known] or (self._again and not data):
            raise Changed
        self._again = self._again[known:]
        self.content += data[known:]
        if self._begun:
            self._play(len(data) - known, now)
        elif not data or len(self.content) >= AHEAD_S * self._rate:
            self._play(len(self.content), now)

    def _play(self, more_bytes: int, now: float) -> None:
        """Count the silence until now, if there was any, and the sound that follows."""
        if more_bytes:
            silent_s = max(0.0, now - self._lasts_until)
            self.stopped |= self._begun and silent_s > 0.0
            self.longest_s = max(self.longest_s, silent_s)
            self._lasts_until = max(now, self._lasts_until) + more_bytes / self._rate
        self._begun = True

    def missing_s(self, now: float) -> float:
        """Return for how long nothing has come."""
        return now - self._came_at

    def too_early_s(self, now: float) -> float:
        """Return how long not to take more, so that no more than enough is taken ahead."""
        return max(0.0, self._lasts_until - AHEAD_S - now) if self._begun else 0.0
