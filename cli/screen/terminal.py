"""The screen of a person at a terminal: output, then the prompt, then the status line.

One prompt_toolkit application runs from the first line to the last. While a command is being
answered no `>>` is shown (ARROW_LOCK), and the status line stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.filters import Condition, is_searching
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import History
from prompt_toolkit.layout import (
    BufferControl,
    ConditionalContainer,
    FormattedTextControl,
    HSplit,
    Layout,
    Window,
)
from prompt_toolkit.layout.processors import BeforeInput
from prompt_toolkit.output import create_output
from prompt_toolkit.styles import Style
from prompt_toolkit.widgets import SearchToolbar

from cli.playing.changes import Watch
from cli.screen.completion import CommandCompleter
from cli.screen.completion_line import completion_line
from cli.screen.keys import key_bindings
from cli.screen.pager import Pager
from cli.screen.plain import PROMPT
from cli.screen.row import Row
from cli.screen.safe_input import SafeInput
from cli.screen.status_line import Fragments, status_line
from cli.words.glyphs import Glyphs
from cli.words.moment import Activity, Status
from cli.words.safe_text import in_place
from fsm.client.events import ListedSong

REFRESH_S = 0.25
"""The status line is drawn at most this often, but for keys that are typed."""

STYLE = Style.from_dict(
    {
        "prompt": "bold",
        "status.title": "bold",
        "status.playing": "ansigreen",
        "status.paused": "ansiyellow",
        "status.asking": "ansiyellow",
        "status.buffering": "ansiyellow",
        "status.starved": "ansiyellow",
        "status.offline": "ansired",
        "status.played": "ansigreen",
        "status.missing": "ansibrightblack",
        "status.dim": "ansibrightblack",
        "completion.chosen": "reverse",
    }
)


class TerminalScreen:
    """The prompt, the status line under it, and the output above both.

    interrupt: called for Ctrl-C. status, songs: called whenever the line is drawn or completed.
    wait_for_titles: awaited before a title is completed. playlist_names: for completion.
    changes: wakes when the status may have changed. glyphs: characters that the terminal can show.
    """

    has_person = True

    def __init__(
        self,
        interrupt: Callable[[], None],
        status: Callable[[], Status],
        songs: Callable[[], Sequence[ListedSong]],
        wait_for_titles: Callable[[], Awaitable[None]],
        playlist_names: Callable[[], Sequence[str]],
        changes: Watch,
        history: History,
        glyphs: Glyphs,
    ) -> None:
        self._interrupt = interrupt
        self._status = status
        self._changes = changes
        self._glyphs = glyphs
        self._prompt_shown = False
        self._drawn: Fragments = []
        self._entered: asyncio.Queue[tuple[str, bool] | None] = asyncio.Queue()
        self._held: list[str] | None = None
        """Texts that arrived while the pager is open; None while it is not."""
        self._pager = Pager()
        self._paging: asyncio.Task[None] | None = None
        self._completer = CommandCompleter(songs, wait_for_titles, playlist_names)
        self._buffer = Buffer(
            completer=self._completer,
            history=history,
            enable_history_search=True,
            accept_handler=self._accept,
            multiline=False,
        )
        self._bottom = Window(
            FormattedTextControl(self._draw_bottom_line), height=1, dont_extend_height=True
        )
        self._app = self._application()
        self._bottom_row = Row(self._app, self._bottom)

    async def lines(self) -> AsyncGenerator[str, None]:
        """Yield each line that is typed, until Ctrl-D."""
        running = asyncio.create_task(
            # Its own handler of exceptions would stop everything until ENTER is typed.
            self._app.run_async(handle_sigint=False, set_exception_handler=False)
        )
        refreshing = asyncio.create_task(self._refresh())
        running.add_done_callback(lambda task: self._entered.put_nowait(None))
        try:
            while True:
                self._show_prompt(True)
                entered = await self._entered.get()
                if entered is None:
                    return
                text, echoed = entered
                self._show_prompt(False)
                if echoed:
                    self._write(PROMPT + in_place(text))
                yield text
        finally:
            refreshing.cancel()
            await self._close(running)

    def print(self, text: str, error: bool) -> None:
        """Print above the status line; a text longer than the screen goes to the pager."""
        if self._held is not None:
            self._held.append(text)
        elif text.count("\n") + 1 >= self._app.output.get_size().rows:
            self._held = []
            self._paging = asyncio.create_task(self._page(text))
        else:
            self._write(text)

    print_above_prompt = print

    def clear_line(self) -> None:
        """Discard what was typed."""
        self._buffer.reset()

    def close_pager(self) -> None:
        """End the pager, which the person may have left open."""
        self._pager.end()

    def _write(self, text: str) -> None:
        """Erase prompt and status line, print, and let them be drawn again below."""
        if not self._app.is_running:
            print(text, flush=True)
            return
        output = self._app.output
        self._app.renderer.erase(leave_alternate_screen=False)
        output.write_raw(text.replace("\n", "\r\n") + "\r\n")
        output.flush()
        self._app.renderer.reset()
        self._app.invalidate()

    async def _page(self, text: str) -> None:
        try:
            await self._pager.show(text)
        finally:
            held, self._held = self._held or [], None
            for later in held:
                self.print(later, False)

    async def _refresh(self) -> None:
        """Draw the status line again whenever its text has changed."""
        changed, status = True, self._status()
        while True:
            if changed:
                await asyncio.sleep(REFRESH_S)  # many changes at once are drawn together
            # Draw once more after a change: the player does what it is told a moment later.
            unchanged_for_s = REFRESH_S if changed else _unchanged_for_s(status)
            changed = await self._changes.wait(unchanged_for_s)
            status = self._status()
            if self._app.is_running and (line := self._bottom_line(status)) != self._drawn:
                self._draw_again(line)

    def _draw_again(self, line: Fragments) -> None:
        """Draw the bottom line, and all else only where that has changed, too."""
        if self._bottom_row.write(line):
            self._drawn = line
        else:
            self._app.invalidate()

    async def _close(self, running: asyncio.Task[Any]) -> None:
        if self._paging is not None:
            await asyncio.gather(self._paging, return_exceptions=True)
        self._show_prompt(False)
        if self._app.is_running and not self._app.is_done:
            self._app.exit()
        await asyncio.gather(running, return_exceptions=True)

    def _show_prompt(self, shown: bool) -> None:
        self._prompt_shown = shown
        self._app.invalidate()

    def _accept(self, buffer: Buffer) -> bool:
        # A pasted text may have more than one line.
        for line in buffer.text.splitlines() or [""]:
            self._entered.put_nowait((line, True))
        return False

    def _enter_key_command(self, command: str) -> None:
        """Enter the command of a key; it is not echoed as a typed line is."""
        self._entered.put_nowait((command, False))

    def _cancel(self) -> None:
        """Ctrl-C: discard what was typed, and the entered lines that have not run yet."""
        while not self._entered.empty():
            if self._entered.get_nowait() is None:
                self._entered.put_nowait(None)
                break
        if self._prompt_shown and self._buffer.text:
            self._write(f"{PROMPT}{in_place(self._buffer.text)}^C")
        self._buffer.reset()
        self._interrupt()

    def _bottom_line(self, status: Status) -> Fragments:
        columns = self._app.output.get_size().columns - 1
        if self._buffer.complete_state is not None:
            return completion_line(self._buffer.complete_state, columns, self._glyphs)
        return status_line(status, columns, self._glyphs)

    def _draw_bottom_line(self) -> StyleAndTextTuples:
        self._drawn = self._bottom_line(self._status())
        return list(self._drawn)

    def _application(self) -> Application[None]:
        output = create_output()
        # This layout does not fill the screen, so the cursor's position need not be requested.
        output.enable_cpr = False  # type: ignore[attr-defined]  # Vt100_Output has it
        return Application(
            self._layout(),
            style=STYLE,
            key_bindings=key_bindings(
                self._buffer,
                run=self._enter_key_command,
                cancel=self._cancel,
                leave=lambda: self._entered.put_nowait(None),
                titles_wanted=self._completer.titles_wanted,
            ),
            output=output,
            erase_when_done=True,
            terminal_size_polling_interval=None,  # a signal says when it has changed
        )

    def _layout(self) -> Layout:
        search = SearchToolbar()
        control = BufferControl(
            self._buffer,
            input_processors=[SafeInput(), BeforeInput(PROMPT, style="class:prompt")],
            search_buffer_control=search.control,
            preview_search=True,
        )
        prompt = ConditionalContainer(
            Window(control, wrap_lines=True, dont_extend_height=True),
            Condition(lambda: self._prompt_shown),
        )
        bottom = ConditionalContainer(self._bottom, ~is_searching)
        return Layout(HSplit([prompt, search, bottom, Window()]), focused_element=control)


def _unchanged_for_s(status: Status) -> float | None:
    """Return for how long the status line stays the same by itself; None for ever."""
    if not status.online:
        return REFRESH_S
    match status.activity:
        case Activity.STOPPED | Activity.PAUSED:
            return None
        case Activity.PLAYING:
            # The line shows whole seconds. 0.1 s more, as the position advances in slices.
            return 1.1 - status.position_s % 1.0
    return REFRESH_S
