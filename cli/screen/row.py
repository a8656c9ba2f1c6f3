"""Writes one row of what is drawn anew, where nothing else has changed.

Drawing all with prompt_toolkit takes 1.2 ms after a sleep, which is more than decoding a second of
music takes; this takes a tenth. What it writes is what prompt_toolkit would write.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.data_structures import Point, Size
from prompt_toolkit.layout import Window
from prompt_toolkit.layout.screen import Char, Screen
from prompt_toolkit.output import Output
from prompt_toolkit.styles import Attrs

from cli.screen.status_line import Fragments

_UNKNOWN = Char("", "class:unknown")
"""Unlike all that is drawn."""


class Row:
    """The row of a window that is one row high."""

    def __init__(self, app: Application[Any], window: Window) -> None:
        self._app, self._window = app, window
        self._size = Size(0, 0)
        """Of the terminal when all was drawn last."""
        self._attributes = cache(self._attributes_of)
        app.after_render += self._note_size

    def write(self, fragments: Fragments) -> bool:
        """Write it; return False where all is to be drawn instead.

        fragments: of fewer columns than the terminal has, without control characters.
        """
        screen = self._app.renderer.last_rendered_screen
        if screen is None or self._all_is_to_be_drawn():
            return False
        place = screen.visible_windows_to_write_positions.get(self._window)
        if place is None:
            return False
        cursor = screen.get_cursor_position(self._app.layout.current_window)
        self._write(self._app.output, fragments, cursor, place.ypos, screen.show_cursor)
        _forget(screen, place.ypos, place.width)
        return True

    def _all_is_to_be_drawn(self) -> bool:
        return self._app.invalidated or self._app.output.get_size() != self._size

    def _write(
        self, output: Output, fragments: Fragments, cursor: Point, y: int, show_cursor: bool
    ) -> None:
        output.hide_cursor()
        output.cursor_down(y - cursor.y)
        output.write_raw("\r")
        for style, text in fragments:
            output.set_attributes(self._attributes(style), self._app.color_depth)
            output.write(text)
        output.reset_attributes()
        output.erase_end_of_line()
        output.cursor_up(y - cursor.y)
        output.write_raw("\r")
        output.cursor_forward(cursor.x)
        if show_cursor:
            output.show_cursor()
        output.flush()

    def _attributes_of(self, style: str) -> Attrs:
        return self._app.renderer.style.get_attrs_for_style_str(style)

    def _note_size(self, app: Application[Any]) -> None:
        self._size = app.output.get_size()


def _forget(screen: Screen, y: int, columns: int) -> None:
    """Have the row be written whole when all is drawn the next time: it is not what it was."""
    screen.data_buffer[y] = defaultdict(lambda: _UNKNOWN, {columns - 1: _UNKNOWN})
