"""Draws tables, bold text and a little colour with Rich, as wide as the terminal is.

It knows what the parts of an answer look like, not what they say.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.browsing.columns import numbered
from cli.words.commands.table import BRIEF_COLUMNS, SPECS, WORD_COLUMNS, WORDS, Spec
from cli.words.formatters.plain import usage
from cli.words.glyphs import IN_ASCII
from cli.words.safe_text import safe
from fsm.client.events import ListedSong

Row = tuple[str, str, str]
"""Of a song: the mark of what plays, or a blank, or its position; its number; what is known."""

_HELP_GAP, _MOST_HELP_COLUMNS = 2, 3
_ENTRY_COLUMNS = WORD_COLUMNS + 3 + BRIEF_COLUMNS
"""A command in the help: its letter, its word, and what it does."""


class Styled:
    """Texts with escape codes; Rich chooses the colours by TERM and NO_COLOR.

    columns: of the terminal. ascii_only: it shows no other characters.
    """

    def __init__(self, columns: int, ascii_only: bool) -> None:
        self._columns, self._ascii_only = columns, ascii_only

    def text(self, text: str, style: str) -> str:
        """Draw a text in one style."""
        return self._drawn(Text(text, style))

    def parts(self, parts: Sequence[str]) -> str:
        """Draw the parts of the status, the first one bold."""
        first, *rest = parts
        return self._drawn(Text("  ").join([Text(safe(first), "bold"), *map(Text, rest)]))

    def why(self, sentences: Sequence[str]) -> str:
        """Draw a sentence, and what has happened, each with its time, below it."""
        first, *facts = map(safe, sentences)
        table = Table(box=None, show_header=False, padding=(0, 0, 0, 2), pad_edge=True)
        for time, _, fact in (line.partition("  ") for line in facts):
            table.add_row(Text(time, "dim"), Text(fact, "dim"))
        return self._drawn(Group(Text(first, "bold"), *([table] if facts else [])))

    def help_of(self, word: str) -> str:
        """Draw the help of one command."""
        text = Text(usage(WORDS[word]), "bold")
        return self._drawn(Group(text, Padding(WORDS[word].does, (0, 0, 0, 2))))

    def help(self) -> str:
        """Draw all commands, in as many columns as fit."""
        # Where two do not fit beside each other, what the commands do is left out.
        wide = self._columns >= 2 * _ENTRY_COLUMNS + _HELP_GAP
        entry_columns = (_ENTRY_COLUMNS if wide else WORD_COLUMNS + 2) + _HELP_GAP
        beside = max(1, min(_MOST_HELP_COLUMNS, (self._columns + _HELP_GAP) // entry_columns))
        height = -(-len(SPECS) // beside)
        table = Table.grid(padding=(0, _HELP_GAP, 0, 0))
        for row in range(height):
            table.add_row(*(_help_entry(spec, wide) for spec in SPECS[row::height]))
        return self._drawn(table)

    def rows(self, rows: Iterable[Row]) -> str:
        """Draw songs whose columns are made; the one with a mark is bold."""
        texts = [
            Text.assemble((mark, "green"), (number, "cyan"), (row, "bold" if mark.strip() else ""))
            for mark, number, row in rows
        ]
        return self._drawn(Group(*texts))

    def queue(self, heading: str, rows: Iterable[Row]) -> str:
        """Draw songs of the queue below a heading; a row begins with a position."""
        texts = [Text.assemble(place, (number, "cyan"), row) for place, number, row in rows]
        return self._drawn(Group(Text(heading, "dim"), *texts))

    def songs(self, songs: Sequence[ListedSong], playing: int | None, mark: str) -> str:
        """Draw songs of which only titles are known; a long one takes several lines."""
        table = Table(box=None, show_header=False, padding=(0, 1, 0, 0), pad_edge=False)
        table.add_column(width=1)
        table.add_column(justify="right", style="cyan", no_wrap=True)
        table.add_column(overflow="fold")
        for song in songs:
            plays = song.song_id is not None and song.song_id == playing
            title = Text(safe(song.title), "bold" if plays else "")
            table.add_row(Text(mark if plays else "", "green"), numbered(song.song_id), title)
        return self._drawn(table)

    def _drawn(self, renderable: RenderableType) -> str:
        out = io.StringIO()
        console = Console(
            file=out,
            force_terminal=True,
            width=self._columns,
            highlight=False,
            markup=False,
            emoji=False,
            safe_box=self._ascii_only,
        )
        console.print(renderable)
        drawn = "\n".join(line.rstrip() for line in out.getvalue().splitlines())
        return drawn.translate(IN_ASCII) if self._ascii_only else drawn


def _help_entry(spec: Spec, wide: bool) -> Text:
    """Return the letter of a command and its word, and in a wide terminal what it does."""
    entry = Text.assemble((f"{spec.letter:<2}", "cyan"), (f"{spec.word:<{WORD_COLUMNS}}", "bold"))
    return entry.append(f" {spec.brief:<{BRIEF_COLUMNS}}") if wide else entry
