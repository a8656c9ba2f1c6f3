"""Decides when what is left behind for the next start is to be written, and what it is.

It knows the status, and where the last run was left; it opens no file, and waits for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from cli.memory.kept import Kept
from cli.memory.memory import LeftOff, Memory
from cli.memory.saved import Saved, SavedFile
from cli.words.moment import Activity, SongName, Status
from fsm.client.events import ListedSong

PLACE_S = 5.0
"""How often the place in a song is written while it sounds."""
_MOVED_S = 2.0
"""A place so far from where it was to be expected is written at once."""

Job = Callable[[], object]
"""Writes; it is called in a thread. It raises OSError."""


class _Lasting(NamedTuple):
    """All that is left behind but the place: the file is written anew when any of it changes."""

    song_id: int | None
    upcoming: tuple[int, ...]
    played: tuple[int, ...]
    volume: int
    gain: str
    repeat: str
    left_off: LeftOff | None


class Leaving:
    """What one client leaves behind. titles: of the songs that were brought back, by their IDs."""

    def __init__(self, memory: Memory, file: SavedFile) -> None:
        self._memory, self._file = memory, file
        self.titles: dict[int, str] = {}
        self._lasting: _Lasting | None = None
        self._place_s, self._place_at = 0.0, 0.0
        self._sounded = False
        self._untitled = False
        """A song was written without its title: it is written again when that is known."""

    def __repr__(self) -> str:
        return f"<Leaving {self._file} {self._place_s:.1f} s>"

    def begin(self, status: Status, played: tuple[int, ...]) -> None:
        """Take what is there now for what the file says."""
        self._lasting = self._of(status, played)
        self._place_s = self._place(status, 0.0)

    def look(
        self,
        status: Status,
        played: tuple[int, ...],
        songs: Sequence[ListedSong],
        begins_at_s: float,
        now_s: float,
        is_last: bool = False,
    ) -> Job | None:
        """Return what is to be written now; None for nothing.

        songs: the last list. begins_at_s: where the present song was wanted from. is_last: the
        client ends, so the place is written, however short a time ago it was.
        """
        lasting, place_s = self._of(status, played), self._place(status, begins_at_s)
        changed = lasting != self._lasting or (self._untitled and bool(songs))
        is_due = self._place_is_due(place_s, now_s) or (is_last and place_s != self._place_s)
        if not changed and not is_due:
            self._sounded = status.activity is Activity.PLAYING
            return None
        self._lasting, self._place_s, self._place_at = lasting, place_s, now_s
        self._sounded = status.activity is Activity.PLAYING
        if changed:
            return partial(self._file.write, self._saved(status, lasting, songs))
        return partial(self._add_place, place_s)

    def title_of(self, song: SongName) -> str:
        """Return the title of a song, or what it was called when it was left behind."""
        return song.title or self.titles.get(song.song_id, "")

    def _of(self, status: Status, played: tuple[int, ...]) -> _Lasting:
        song = _song(status)
        song_id = None if song is None else song.song_id
        return _Lasting(
            song_id,
            status.queue,
            played,
            status.volume,
            status.gain,
            status.repeat,
            self._memory.left_off,
        )

    def _place(self, status: Status, begins_at_s: float) -> float:
        if status.activity is not Activity.STOPPED:
            return status.position_s or begins_at_s
        return self._memory.left_off.position_s if self._memory.left_off else 0.0

    def _place_is_due(self, place_s: float, now_s: float) -> bool:
        if place_s == self._place_s:
            return False
        passed_s = now_s - self._place_at if self._sounded else 0.0
        moved = abs(place_s - self._place_s - passed_s) > _MOVED_S
        return moved or not self._sounded or passed_s >= PLACE_S

    def _add_place(self, place_s: float) -> None:
        """Append the place; have the whole file written next where it cannot be appended."""
        if not self._file.add_place(place_s):
            self._lasting = None

    def _saved(self, status: Status, lasting: _Lasting, songs: Sequence[ListedSong]) -> Saved:
        titles = self.titles | {s.song_id: s.title for s in songs if s.song_id is not None}
        upcoming, played = (
            tuple(Kept(titles.get(song_id, ""), song_id) for song_id in song_ids)
            for song_ids in (lasting.upcoming, lasting.played)
        )
        song = _song(status) or _left(lasting.left_off)
        title = "" if song is None else self.title_of(song) or titles.get(song.song_id, "")
        # What a whole list does not name will not be named by it later.
        self._untitled = not songs and not all(
            [song is None or title, *(kept.title for kept in (*upcoming, *played))]
        )
        return Saved(
            None if song is None else Kept(title, song.song_id),
            self._place_s,
            upcoming,
            played,
            status.volume,
            status.repeat,
            self._memory.version,
            status.gain,
        )


def _song(status: Status) -> SongName | None:
    """Return the song that is played."""
    if status.activity is Activity.STOPPED or status.song_id is None:
        return None
    return SongName(status.song_id, status.title)


def _left(left_off: LeftOff | None) -> SongName | None:
    """Return the song that was left, and has not been gone on with."""
    if left_off is None or left_off.song_id is None:
        return None
    return SongName(left_off.song_id, left_off.title)
