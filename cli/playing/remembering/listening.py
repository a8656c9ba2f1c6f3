"""Finds out whether a song has been heard: it must have sounded, whatever was sought in it.

It knows a status and the time; it is told when another song begins.
"""

from __future__ import annotations

from cli.words.moment import Activity, SongName, Status

HEARD_S = 30.0
"""A song is heard when so much of it has sounded, or half of a shorter one."""
HEARD_PART = 0.5


class Listening:
    """How long the present song has sounded."""

    def __init__(self) -> None:
        self._turn = 0
        self._song: SongName | None = None
        self._duration_s: float | None = None
        self._heard_s = 0.0
        self._told = False
        self._sounds = False
        self._at = 0.0

    def __repr__(self) -> str:
        return f"<Listening {self._song} {self._heard_s:.1f} s>"

    @property
    def due_s(self) -> float | None:
        """In how many seconds the song is heard if it sounds on; None where that is not ahead."""
        return self._needed_s - self._heard_s if self._sounds and not self._told else None

    def look(self, turn: int, status: Status, now_s: float) -> SongName | None:
        """Take the present status; return the song that has been heard since the last look.

        turn: counts the songs, so that one that follows itself is another.
        """
        if self._sounds:
            self._heard_s += now_s - self._at
        heard = self._take_heard()
        if turn != self._turn:
            self._turn, self._song, self._heard_s, self._told = turn, None, 0.0, False
            self._duration_s = None
        if status.activity is not Activity.STOPPED and status.song_id is not None:
            self._song = SongName(status.song_id, status.title)
            self._duration_s = status.duration_s or self._duration_s
        self._sounds, self._at = status.activity is Activity.PLAYING, now_s
        return heard or self._take_heard()

    @property
    def _needed_s(self) -> float:
        return min(HEARD_S, HEARD_PART * (self._duration_s or 2 * HEARD_S))

    def _take_heard(self) -> SongName | None:
        """Return the song, once, when it has been heard."""
        if self._told or self._song is None or self._heard_s < self._needed_s:
            return None
        self._told = True
        return self._song
