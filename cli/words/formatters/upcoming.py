"""What is queued, with its positions and times, as a person is shown it.

It knows the list and the status; how a line of it looks on a terminal is up to `rich_text`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cli.browsing.columns import counted
from cli.browsing.library import Track, library_of, total_s
from cli.words.clock import clock
from cli.words.moment import Activity, Status
from cli.words.safe_text import safe
from fsm.client.events import ListedSong

NOT_LISTED = "(not on the list)"


class QueuedSong(NamedTuple):
    """A song of the queue. position: the first is 1. begins_in_s: None where that is not known."""

    position: int
    track: Track
    is_listed: bool
    begins_in_s: float | None

    @property
    def begins(self) -> str:
        """When it begins, "" where that is not known."""
        return "" if self.begins_in_s is None else f"in {clock(self.begins_in_s)}"


class Upcoming(NamedTuple):
    """The queue. duration_s: of all its songs. ends_in_s: as long as nobody changes anything.

    None: not known, or, of ends_in_s, nothing plays that would go on into the queue.
    """

    songs: tuple[QueuedSong, ...]
    duration_s: float | None
    ends_in_s: float | None

    @property
    def total(self) -> str:
        """Return `3 songs, 12:15, ends in 14:25`, as far as that is known."""
        parts = [counted(len(self.songs))]
        if self.duration_s is not None:
            parts.append(clock(self.duration_s))
        if self.ends_in_s is not None:
            parts.append(f"ends in {clock(self.ends_in_s)}")
        return ", ".join(parts)


def upcoming(status: Status, songs: Sequence[ListedSong]) -> Upcoming:
    """Return what is queued. songs: the last list, best as a Library. Cost: one pass over it."""
    wanted = {*status.queue, status.song_id}
    listed = {t.song_id: t for t in library_of(songs).tracks if t.song_id in wanted}
    tracks = [listed.get(i) or _unknown(i, bool(songs)) for i in status.queue]
    begins_in_s = _left_s(status, listed.get(status.song_id))
    queued = []
    for position, track in enumerate(tracks, 1):
        queued.append(QueuedSong(position, track, track.song_id in listed, begins_in_s))
        begins_in_s = _sum(begins_in_s, track.duration_s)
    return Upcoming(tuple(queued), total_s(tracks), begins_in_s if tracks else None)


def _unknown(song_id: int, has_list: bool) -> Track:
    """Return a song without a title: the list has none, or no list has come yet."""
    title = NOT_LISTED if has_list else f"song {song_id}"
    return Track(song_id, title, title)


def queue_line(song: QueuedSong, width: int) -> str:
    """Return a line of plain text. width: of the positions."""
    track = song.track
    duration = "" if track.duration_s is None else clock(track.duration_s)
    times = ", ".join(filter(None, (duration, song.begins)))
    return f"{song.position:>{width}}  {track.song_id}. {safe(track.title)}" + (
        f"  {times}" if times else ""
    )


def _left_s(status: Status, track: Track | None) -> float | None:
    """Return how long the present song still takes; None where nothing of the queue follows it."""
    if status.activity is Activity.STOPPED or status.repeat == "one":
        return None
    duration_s = status.duration_s or (track.duration_s if track is not None else None)
    return None if duration_s is None else max(0.0, duration_s - status.position_s)


def _sum(before_s: float | None, duration_s: float | None) -> float | None:
    return None if before_s is None or duration_s is None else before_s + duration_s
