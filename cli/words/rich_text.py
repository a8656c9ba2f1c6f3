"""The client's words for a person at a terminal: tables and a little colour, no more than helps.

What the live line shows already is not said a second time above it.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.words.commands import SPECS
from cli.words.glyphs import ASCII, IN_ASCII, Glyphs
from cli.words.moment import Activity, Status
from cli.words.plain import ERRORS, Formatter, queued_songs, status_parts
from cli.words.safe_text import cut, safe
from fsm.client.effects import Report, Tell
from fsm.client.events import ListedSong

_SHOWN_BY_STATUS_LINE = (
    Report.SONG_ARRIVING,
    Report.SONG_PLAYED,
    Report.UNDERRUN,
    Report.PLAYING_AGAIN,
)
_WIDE_HELP_COLUMNS = 70
"""In a narrower terminal the help says how commands are written, and not what they do."""
_TABLE_SONGS = 500
"""A longer list is drawn line by line: measuring a table of 10,000 rows would hold up the sound."""


class RichFormatter(Formatter):
    """signs: the characters that the terminal can show. A list is as wide as the terminal is."""

    def __init__(self, server: str, glyphs: Glyphs) -> None:
        super().__init__(server)
        self._glyphs = glyphs
        self._retrying = False

    def report(self, tell: Tell, songs: Sequence[ListedSong]) -> str:
        if tell.report in _SHOWN_BY_STATUS_LINE or self._is_retrying_again(tell.report):
            return ""
        text = super().report(tell, songs)
        return self._styled(text, "red" if tell.report in ERRORS else "")

    def error(self, why: str, line: str = "") -> str:
        return self._styled(super().error(why), "yellow")

    def help(self) -> str:
        wide = _columns() >= _WIDE_HELP_COLUMNS
        table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
        for spec in SPECS:
            word = Text(f"{spec.word} ", "bold").append(spec.takes, "not bold cyan")
            table.add_row(word, Text(spec.letter, "bold"), *([spec.does] if wide else []))
        return self._drawn(table)

    def status(self, status: Status) -> str:
        first, *rest = status_parts(status)
        text = Text("  ").join([Text(safe(first), "bold"), *map(Text, rest)])
        return self._drawn(text)

    def queue(self, status: Status, songs: Sequence[ListedSong]) -> str:
        if not status.queue:
            return super().queue(status, songs)
        return self._lines(queued_songs(status, songs), Status())

    def done(self, word: str, status: Status, songs: Sequence[ListedSong]) -> str:
        if word == "shuffle":
            return self.queue(status, songs)
        if word == "queue" and status.queue:
            # A part of a title has been typed: which song was it?
            last = queued_songs(status, songs)[-1]
            text = f"{last.song_id}. {safe(last.title)} is number {len(status.queue)} in the queue"
            return self._styled(text, "")
        return super().done(word, status, songs)

    def why(self, sentences: Sequence[str]) -> str:
        first, *facts = map(safe, sentences)
        table = Table(box=None, show_header=False, padding=(0, 0, 0, 2), pad_edge=True)
        for time, _, fact in (line.partition("  ") for line in facts):
            table.add_row(Text(time, "dim"), Text(fact, "dim"))
        return self._drawn(Group(Text(first, "bold"), *([table] if facts else [])))

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
            here = song.song_id is not None and song.song_id == playing
            title = Text(safe(song.title), "bold" if here else "")
            number = f"{song.song_id}." if song.song_id else ""
            table.add_row(Text(mark if here else "", "green"), number, title)
        return self._drawn(table)

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
        """The first attempt is told; of the others the live line keeps count."""
        again = self._retrying and report is Report.RETRYING
        self._retrying = report is Report.RETRYING
        return again

    def _styled(self, text: str, style: str) -> str:
        return self._drawn(Text(text, style))

    def _drawn(self, what: RenderableType) -> str:
        """What it looks like, escape codes and all. Colours: as TERM and NO_COLOR say."""
        out = io.StringIO()
        # A list may be longer than the window; nothing is cut at its bottom.
        console = Console(
            file=out,
            force_terminal=True,
            width=_columns(),
            highlight=False,
            markup=False,
            emoji=False,
            safe_box=self._glyphs is ASCII,
        )
        console.print(what)
        drawn = "\n".join(line.rstrip() for line in out.getvalue().splitlines())
        return drawn.translate(IN_ASCII) if self._glyphs is ASCII else drawn


def _columns() -> int:
    """How wide the window is now. COLUMNS, which a shell may have set, is what it was then."""
    with contextlib.suppress(OSError, ValueError):
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    return shutil.get_terminal_size().columns
