"""Formats answers and reports for a person at a terminal: tables, bold text and a little colour.

Reports that the status line shows are left out. What needs Rich is in `styled` beside it, which is
imported where it is needed: much that is said needs none, and Rich takes time and memory to load.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from cli.browsing.answer import Answer
from cli.browsing.columns import (
    album_heading,
    album_rows,
    albums_rows,
    artists_rows,
    numbered,
    queue_rows,
    song_rows,
)
from cli.browsing.library import Track
from cli.words.formatters.plain import ERRORS, Formatter
from cli.words.formatters.upcoming import QueuedSong, upcoming
from cli.words.glyphs import ASCII, IN_ASCII, Glyphs
from cli.words.moment import DONE, Activity, Outcome, SongName, Status, name
from cli.words.safe_text import columns_of, cut, safe
from cli.words.status_parts import setting, status_parts
from fsm.client.effects import Report, Tell
from fsm.client.events import ListedSong

if TYPE_CHECKING:
    from cli.words.formatters.styled import Row, Styled

_SHOWN_BY_STATUS_LINE = (
    Report.SONG_ARRIVING,
    Report.SONG_PLAYED,
    Report.UNDERRUN,
    Report.PLAYING_AGAIN,
)
_EDITS = ("insert", "remove", "move", "shuffle", "undo")
"""What the queue is after one of these is shown: the positions of its songs may be others."""
_SETTINGS = ("repeat", "gain", "sleep")
"""What is set is said, because the status line may have no room for it."""
_SHOWN_EDITED = 8
_TABLE_SONGS = 500
"""A longer list is formatted line by line: measuring a table of 10,000 rows delays the sound."""


class RichFormatter(Formatter):
    """Formats with Rich, as wide as the terminal is. glyphs: the set that the terminal can show."""

    draws = True

    def __init__(self, server: str, glyphs: Glyphs) -> None:
        super().__init__(server)
        self._glyphs = glyphs
        self._retrying = False

    def report(self, tell: Tell, song: SongName | None, songs: Sequence[ListedSong]) -> str:
        if tell.report in _SHOWN_BY_STATUS_LINE or self._is_retrying_again(tell.report):
            return ""
        text = super().report(tell, song, songs)
        return self._styled(text, "red" if tell.report in ERRORS else "")

    def error(self, why: str, line: str = "") -> str:
        return self._styled(super().error(why), "yellow")

    def help(self, word: str = "") -> str:
        return self._rich.help_of(word) if word else self._rich.help()

    def status(self, status: Status) -> str:
        return self._rich.parts(status_parts(status))

    def queue(self, status: Status, songs: Sequence[ListedSong]) -> str:
        if not status.queue:
            return super().queue(status, songs)
        queue = upcoming(status, songs)
        rows = self._queued(queue.songs, len(queue.songs))
        return f"{rows}\n{self._styled(queue.total, 'dim')}"

    def cover(self, song: SongName | None, path: str, text: str, drawn: str) -> str:
        return drawn or super().cover(song, path, text, drawn)

    def done(
        self, word: str, status: Status, songs: Sequence[ListedSong], outcome: Outcome = DONE
    ) -> str:
        if word in _SETTINGS:
            return "" if outcome.refused else self._styled(setting(word, status), "")
        if not status.queue or word not in ("queue", *_EDITS):
            return super().done(word, status, songs)
        if word == "queue":
            return self._styled(_appended(status, songs, outcome.queued), "")
        shown = upcoming(replace(status, queue=status.queue[:_SHOWN_EDITED]), songs)
        rows = self._queued(shown.songs, len(status.queue))
        left = len(status.queue) - _SHOWN_EDITED
        return f"{rows}\n{self._styled(f'and {left} more', 'dim')}" if left > 0 else rows

    def _queued(self, songs: Sequence[QueuedSong], last: int) -> str:
        """Format songs of the queue below a heading. last: the last position that there is."""
        place = max(1, len(str(last)))
        number = max(2, *(len(str(song.track.song_id)) + 1 for song in songs))
        room = max(1, _columns() - 1 - place - number - 4)
        tracks, begins = [s.track for s in songs], [s.begins for s in songs]
        rows = queue_rows(tracks, begins, room, self._glyphs.ellipsis)
        lines = [
            (f"{song.position:>{place}}", f"  {song.track.song_id}.".rjust(number + 2), f"  {row}")
            for song, row in zip(songs, rows, strict=True)
        ]
        heading = f"{'#':>{place}}  {'ID':>{number}}"
        if len(lines) > _TABLE_SONGS:
            return self._printed([heading, *map("".join, lines)])
        return self._rich.queue(heading, lines)

    def why(self, sentences: Sequence[str]) -> str:
        return self._rich.why(sentences)

    def listing(self, answer: Answer, status: Status) -> str:
        if not answer.tracks:
            return self._styled(super().listing(answer, status), "")
        room, ellipsis = _columns() - 1, self._glyphs.ellipsis
        match answer.kind:
            case "albums":
                return self._printed(albums_rows(answer.albums, room, ellipsis))
            case "artists":
                return self._printed(artists_rows(answer.artists, room, ellipsis))
            case "album":
                album = answer.albums[0]
                heading = self._styled(cut(album_heading(album), room, ellipsis), "bold")
                rows = self._numbered(
                    answer.tracks,
                    status,
                    lambda left: album_rows(album.tracks, album.artist, left, ellipsis),
                )
                return f"{heading}\n{rows}"
        return self._songs(answer.tracks, status)

    def _songs(self, tracks: Sequence[Track], status: Status) -> str:
        if not any(track.is_tagged for track in tracks):
            return self._lines([track.listed for track in tracks], status)
        ellipsis = self._glyphs.ellipsis
        return self._numbered(tracks, status, lambda left: song_rows(tracks, left, ellipsis))

    def _numbered(
        self, tracks: Sequence[Track], status: Status, rows: Callable[[int], Iterable[str]]
    ) -> str:
        """Put the mark of what plays, and the IDs, before rows that are made as wide as is left."""
        playing = None if status.activity is Activity.STOPPED else status.song_id
        mark = self._glyphs.icons[status.activity]
        width = max(len(numbered(t.song_id)) for t in tracks)
        room = max(1, _columns() - 1 - width - 3)

        def line(track: Track, row: str) -> Row:
            plays = track.song_id is not None and track.song_id == playing
            return mark if plays else " ", f" {numbered(track.song_id):>{width}} ", row

        lines = map(line, tracks, rows(room))  # not all at once: there may be 100,000
        if len(tracks) > _TABLE_SONGS:
            return self._printed(map("".join, lines))
        return self._rich.rows(lines)

    def _printed(self, lines: Iterable[str]) -> str:
        text = _joined(lines)
        return text.translate(IN_ASCII) if self._glyphs is ASCII else text

    def _lines(self, songs: Sequence[ListedSong], status: Status) -> str:
        playing = None if status.activity is Activity.STOPPED else status.song_id
        if len(songs) > _TABLE_SONGS:
            return self._long_lines(songs, playing)
        return self._rich.songs(songs, playing, self._glyphs.icons[status.activity])

    def _long_lines(self, songs: Sequence[ListedSong], playing: int | None) -> str:
        columns = _columns() - 1
        width = max(len(numbered(s.song_id)) for s in songs)
        mark = self._glyphs.icons[Activity.PLAYING]
        return "\n".join(
            cut(
                f"{mark if s.song_id is not None and s.song_id == playing else ' '} "
                f"{numbered(s.song_id):>{width}} {safe(s.title)}",
                columns,
                self._glyphs.ellipsis,
            )
            for s in songs
        )

    def _is_retrying_again(self, report: Report) -> bool:
        """Whether this is not the first attempt in a row: the status line counts the others."""
        again = self._retrying and report is Report.RETRYING
        self._retrying = report is Report.RETRYING
        return again

    def _styled(self, text: str, style: str) -> str:
        if not style and all(columns_of(line) <= _columns() for line in text.split("\n")):
            return self._printed([text])
        return self._rich.text(text, style)

    @property
    def _rich(self) -> Styled:
        from cli.words.formatters.styled import Styled

        return Styled(_columns(), self._glyphs is ASCII)


def _appended(status: Status, songs: Sequence[ListedSong], count: int) -> str:
    """Say at which positions the songs stand that were put behind what is queued.

    count: of these songs; where nothing was played, the first one is.
    """
    last = len(status.queue)
    first = max(1, last - count + 1)
    if first < last:
        return f"{last - first + 1} songs are queued, at positions {first} to {last}"
    # The person may have typed a part of a title: name the song that it meant.
    [song] = upcoming(replace(status, queue=status.queue[-1:]), songs).songs
    text = safe(name(SongName(status.queue[-1], song.track.title if songs else None)))
    return f"{text} is queued, at position {last}"


def _joined(lines: Iterable[str]) -> str:
    """Join lines by a thousand: those of a long list take more memory apart than joined."""
    rest = iter(lines)
    pieces = iter(lambda: list(islice(rest, 1000)), [])
    return "\n".join(map("\n".join, pieces))


def _columns() -> int:
    """Ask the terminal for its width. COLUMNS may be out of date, so it is read only after that."""
    with contextlib.suppress(OSError, ValueError):
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    return shutil.get_terminal_size().columns
