"""Formats answers and reports for a person at a terminal: tables, bold text and a little colour.

Reports that the status line shows are left out.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.browsing.answer import Answer
from cli.browsing.columns import (
    album_heading,
    album_rows,
    albums_rows,
    artists_rows,
    queue_rows,
    song_rows,
)
from cli.browsing.library import Track
from cli.words.command_table import BRIEF_COLUMNS, SPECS, WORD_COLUMNS, WORDS, Spec
from cli.words.glyphs import ASCII, IN_ASCII, Glyphs
from cli.words.moment import Activity, SongName, Status
from cli.words.plain import ERRORS, Formatter, status_parts, usage
from cli.words.safe_text import cut, safe
from cli.words.upcoming import QueuedSong, upcoming
from fsm.client.effects import Report, Tell
from fsm.client.events import ListedSong

_SHOWN_BY_STATUS_LINE = (
    Report.SONG_ARRIVING,
    Report.SONG_PLAYED,
    Report.UNDERRUN,
    Report.PLAYING_AGAIN,
)
_EDITS = ("insert", "remove", "move", "shuffle", "undo")
"""What the queue is after one of these is shown: the positions of its songs may be others."""
_SHOWN_EDITED = 8
_HELP_GAP, _MOST_HELP_COLUMNS = 2, 3
_ENTRY_COLUMNS = WORD_COLUMNS + 3 + BRIEF_COLUMNS
"""A command in the help: its letter, its word, and what it does."""
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
        if word:
            text = Text(usage(WORDS[word]), "bold")
            return self._rendered(Group(text, Padding(WORDS[word].does, (0, 0, 0, 2))))
        columns = _columns()
        # Where two do not fit beside each other, what the commands do is left out.
        wide = columns >= 2 * _ENTRY_COLUMNS + _HELP_GAP
        entry_columns = (_ENTRY_COLUMNS if wide else WORD_COLUMNS + 2) + _HELP_GAP
        beside = max(1, min(_MOST_HELP_COLUMNS, (columns + _HELP_GAP) // entry_columns))
        height = -(-len(SPECS) // beside)
        table = Table.grid(padding=(0, _HELP_GAP, 0, 0))
        for row in range(height):
            table.add_row(*(_help_entry(spec, wide) for spec in SPECS[row::height]))
        return self._rendered(table)

    def status(self, status: Status) -> str:
        first, *rest = status_parts(status)
        text = Text("  ").join([Text(safe(first), "bold"), *map(Text, rest)])
        return self._rendered(text)

    def queue(self, status: Status, songs: Sequence[ListedSong]) -> str:
        if not status.queue:
            return super().queue(status, songs)
        queue = upcoming(status, songs)
        rows = self._queued(queue.songs, len(queue.songs))
        return f"{rows}\n{self._styled(queue.total, 'dim')}"

    def cover(self, song: SongName | None, path: str, text: str, drawn: str) -> str:
        return drawn or super().cover(song, path, text, drawn)

    def done(self, word: str, status: Status, songs: Sequence[ListedSong]) -> str:
        if not status.queue or word not in ("queue", *_EDITS):
            return super().done(word, status, songs)
        last = len(status.queue)
        if word == "queue":
            # The person may have typed a part of a title: name the song that it meant.
            [song] = upcoming(replace(status, queue=status.queue[-1:]), songs).songs
            text = f"{song.track.song_id}. {safe(song.track.title)}"
            return self._styled(f"{text} is number {last} in the queue", "")
        shown = upcoming(replace(status, queue=status.queue[:_SHOWN_EDITED]), songs)
        rows = self._queued(shown.songs, last)
        left = last - _SHOWN_EDITED
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
            return self._printed([heading, *("".join(line) for line in lines)])
        texts = [Text.assemble(line[0], (line[1], "cyan"), line[2]) for line in lines]
        return self._rendered(Group(Text(heading, "dim"), *texts))

    def why(self, sentences: Sequence[str]) -> str:
        first, *facts = map(safe, sentences)
        table = Table(box=None, show_header=False, padding=(0, 0, 0, 2), pad_edge=True)
        for time, _, fact in (line.partition("  ") for line in facts):
            table.add_row(Text(time, "dim"), Text(fact, "dim"))
        return self._rendered(Group(Text(first, "bold"), *([table] if facts else [])))

    def listing(self, answer: Answer, status: Status) -> str:
        if not answer.tracks:
            return super().listing(answer, status)
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
        self, tracks: Sequence[Track], status: Status, rows: Callable[[int], list[str]]
    ) -> str:
        """Put the mark of what plays, and the IDs, before rows that are made as wide as is left."""
        playing = None if status.activity is Activity.STOPPED else status.song_id
        mark = self._glyphs.icons[status.activity]
        width = max(len(str(t.song_id or "")) for t in tracks)
        room = max(1, _columns() - 1 - width - 4)

        def line(track: Track, row: str) -> tuple[str, str, str, str]:
            plays = track.song_id is not None and track.song_id == playing
            number = f"{track.song_id}." if track.song_id else ""
            icon, style = (mark, "bold") if plays else (" ", "")
            return icon, f" {number:>{width + 1}} ", row, style

        lines = map(line, tracks, rows(room))  # not all at once: there may be 100,000
        if len(tracks) > _TABLE_SONGS:
            return self._printed(["".join(parts) for *parts, _ in lines])
        texts = [
            Text.assemble((icon, "green"), (number, "cyan"), (row, style))
            for icon, number, row, style in lines
        ]
        return self._rendered(Group(*texts))

    def _printed(self, lines: Sequence[str]) -> str:
        text = "\n".join(lines)
        return text.translate(IN_ASCII) if self._glyphs is ASCII else text

    def _lines(self, songs: Sequence[ListedSong], status: Status) -> str:
        playing = None if status.activity is Activity.STOPPED else status.song_id
        if len(songs) > _TABLE_SONGS:
            return self._long_lines(songs, playing)
        table = Table(box=None, show_header=False, padding=(0, 1, 0, 0), pad_edge=False)
        table.add_column(width=1)
        table.add_column(justify="right", style="cyan", no_wrap=True)
        table.add_column(overflow="fold")
        mark = self._glyphs.icons[status.activity]
        for song in songs:
            plays = song.song_id is not None and song.song_id == playing
            title = Text(safe(song.title), "bold" if plays else "")
            number = f"{song.song_id}." if song.song_id else ""
            table.add_row(Text(mark if plays else "", "green"), number, title)
        return self._rendered(table)

    def _long_lines(self, songs: Sequence[ListedSong], playing: int | None) -> str:
        columns = _columns() - 1
        width = max(len(str(s.song_id or "")) for s in songs)
        mark = self._glyphs.icons[Activity.PLAYING]
        return "\n".join(
            cut(
                f"{mark if s.song_id and s.song_id == playing else ' '} "
                f"{s.song_id or '':>{width}}. {safe(s.title)}",
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
        return self._rendered(Text(text, style))

    def _rendered(self, renderable: RenderableType) -> str:
        """Return it as text with escape codes; Rich chooses the colours by TERM and NO_COLOR."""
        out = io.StringIO()
        console = Console(
            file=out,
            force_terminal=True,
            width=_columns(),
            highlight=False,
            markup=False,
            emoji=False,
            safe_box=self._glyphs is ASCII,
        )
        console.print(renderable)
        rendered = "\n".join(line.rstrip() for line in out.getvalue().splitlines())
        return rendered.translate(IN_ASCII) if self._glyphs is ASCII else rendered


def _help_entry(spec: Spec, wide: bool) -> Text:
    """Return the letter of a command and its word, and in a wide terminal what it does."""
    entry = Text.assemble((f"{spec.letter:<2}", "cyan"), (f"{spec.word:<{WORD_COLUMNS}}", "bold"))
    return entry.append(f" {spec.brief:<{BRIEF_COLUMNS}}") if wide else entry


def _columns() -> int:
    """Ask the terminal for its width. COLUMNS may be out of date, so it is read only after that."""
    with contextlib.suppress(OSError, ValueError):
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    return shutil.get_terminal_size().columns
