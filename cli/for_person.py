"""What the client has for a person at the prompt, and a script does without.

Its imports are half of the client's start: they are made when they are needed, because a status bar
may run a script every few seconds.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from cli.memory.memory import Memory
from cli.playing.changes import Changes
from cli.playing.program import ClientProgram
from cli.playing.said import Said
from cli.playing.screen_face import Screen
from cli.screen.plain import DumbScreen
from cli.words.formatters.plain import Formatter
from fsm.client.machines import ClientSession

if TYPE_CHECKING:
    from cli.playing.remembering.keeping import Keeping


def keeping_of(
    memory: Memory,
    program: Callable[[], ClientProgram],
    session: Callable[[], ClientSession],
    changes: Changes,
    said: Said,
    fresh: bool,
) -> Keeping:
    """Return what brings back the last run, and keeps this one for the next.

    said: how loud the person has said to begin.
    """
    from cli.memory.saved import SavedFile
    from cli.playing.remembering.keeping import Keeping

    file = SavedFile(memory.server)
    return Keeping(program, session, memory, file, changes.watch(), said, fresh)


def screen_for(
    server: str, program: Callable[[], ClientProgram], changes: Changes, memory: Memory
) -> tuple[Screen, Formatter]:
    """Return the screen that this terminal can show, and its formatter."""
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown") or not sys.stdout.isatty():
        return DumbScreen(), Formatter(server)
    from cli.screen.line_history import line_history
    from cli.screen.terminal import TerminalScreen
    from cli.words.formatters.rich_text import RichFormatter
    from cli.words.glyphs import glyphs_of_terminal

    glyphs = glyphs_of_terminal()
    screen = TerminalScreen(
        interrupt=lambda: program().interrupt(),
        status=lambda: program().status(),
        songs=lambda: program().songs,
        wait_for_titles=lambda: program().wait_for_titles(),
        playlist_names=memory.playlists.names,
        changes=changes.watch(),
        history=line_history(),
        glyphs=glyphs,
    )
    return screen, RichFormatter(server, glyphs)
