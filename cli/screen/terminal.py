"""A person at a terminal: `>>`, what they type, the live line under it, output above both.

One prompt_toolkit application runs from the first line to the last. While a command is being
answered no `>>` stands (ARROW_LOCK), and the live line stays.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
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
from cli.screen.pager import page
from cli.screen.plain import PROMPT
from cli.screen.status_line import Fragments, status_line
from cli.words.glyphs import Glyphs
from cli.words.moment import Activity, Status
from fsm.client.events import ListedSong

REFRESH_S = 0.25
"""No more often is the live line drawn, but for what is typed."""

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
    """The prompt. interrupt: called for Ctrl-C. now, songs: asked whenever the line is drawn.

    changes: what tells when that is.
    """

    has_person = True

    def __init__(
        self,
        interrupt: Callable[[], None],
        status: Callable[[], Status],
        songs: Callable[[], Sequence[ListedSong]],
        changes: Watch,
        history: History,
        glyphs: Glyphs,
    ) -> None:
        self._interrupt = interrupt
        self._status = status
        self._changes = changes
        self._glyphs = glyphs
        self._open = False
        self._drawn: Fragments = []
        self._entered: asyncio.Queue[tuple[str, bool] | None] = asyncio.Queue()
        self._held: list[str] | None = None
        """What is to be printed once the pager is closed; None while there is none."""
        self._paging: asyncio.Task[None] | None = None
        self._buffer = Buffer(
            completer=CommandCompleter(songs),
            history=history,
            enable_history_search=True,
            accept_handler=self._accept,
            multiline=False,
        )
        self._app = self._application()

    async def lines(self) -> AsyncGenerator[str, None]:
        """Each line that is typed; the end is Ctrl-D."""
        running = asyncio.create_task(self._app.run_async(handle_sigint=False))
        ticking = asyncio.create_task(self._tick())
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
                    self._write(PROMPT + text)
                yield text
        finally:
            ticking.cancel()
            await self._close(running)

    def print(self, text: str, error: bool) -> None:
        """Print above the live line."""
        if self._held is not None:
            self._held.append(text)
        elif text.count("\n") + 1 >= self._app.output.get_size().rows:
            self._held = []
            self._paging = asyncio.create_task(self._page(text))
        else:
            self._write(text)

    print_above_prompt = print

    def clear_line(self) -> None:
        """Throw away what was typed."""
        self._buffer.reset()

    def _write(self, text: str) -> None:
        """Take prompt and live line off the screen, print, and let them be drawn below."""
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
            await page(text)
        finally:
            held, self._held = self._held or [], None
            for later in held:
                self.print(later, False)

    async def _tick(self) -> None:
        """Draw the live line anew when there is something new to see."""
        changed = False
        while True:
            await asyncio.sleep(REFRESH_S)
            # Once more after a change: the player obeys a moment after it has been told.
            same_for_s = REFRESH_S if changed else _same_for_s(self._status())
            changed = await self._changes.wait(same_for_s)
            if self._app.is_running and self._bottom_line() != self._drawn:
                self._app.invalidate()

    async def _close(self, running: asyncio.Task[Any]) -> None:
        if self._paging is not None:
            await asyncio.gather(self._paging, return_exceptions=True)
        self._show_prompt(False)
        if self._app.is_running and not self._app.is_done:
            self._app.exit()
        await asyncio.gather(running, return_exceptions=True)

    def _show_prompt(self, shown: bool) -> None:
        self._open = shown
        self._app.invalidate()

    def _accept(self, buffer: Buffer) -> bool:
        # More than one line only where somebody has pasted them.
        for line in buffer.text.splitlines() or [""]:
            self._entered.put_nowait((line, True))
        return False

    def _press(self, command: str) -> None:
        """A key on an empty line: obeyed, and not shown as if it had been typed."""
        self._entered.put_nowait((command, False))

    def _cancel(self) -> None:
        """Ctrl-C: neither what was typed nor what was entered and waits for its turn."""
        while not self._entered.empty():
            if self._entered.get_nowait() is None:
                self._entered.put_nowait(None)
                break
        if self._open and self._buffer.text:
            self._write(f"{PROMPT}{self._buffer.text}^C")
        self._buffer.reset()
        self._interrupt()

    def _bottom_line(self) -> Fragments:
        columns = self._app.output.get_size().columns - 1
        if self._buffer.complete_state is not None:
            return completion_line(self._buffer.complete_state, columns, self._glyphs)
        return status_line(self._status(), columns, self._glyphs)

    def _draw_bottom_line(self) -> StyleAndTextTuples:
        self._drawn = self._bottom_line()
        return list(self._drawn)

    def _application(self) -> Application[None]:
        search = SearchToolbar()
        control = BufferControl(
            self._buffer,
            input_processors=[BeforeInput(PROMPT, style="class:prompt")],
            search_buffer_control=search.control,
            preview_search=True,
        )
        line = ConditionalContainer(
            Window(control, wrap_lines=True, dont_extend_height=True),
            Condition(lambda: self._open),
        )
        live = ConditionalContainer(
            Window(FormattedTextControl(self._draw_bottom_line), height=1, dont_extend_height=True),
            ~is_searching,
        )
        output = create_output()
        # This layout does not fill the screen, so nobody need ask where the cursor is.
        output.enable_cpr = False  # type: ignore[attr-defined]
        return Application(
            Layout(HSplit([line, search, live, Window()]), focused_element=control),
            style=STYLE,
            key_bindings=key_bindings(
                self._buffer,
                press=self._press,
                cancel=self._cancel,
                leave=lambda: self._entered.put_nowait(None),
                paused=lambda: self._status().activity is Activity.PAUSED,
            ),
            output=output,
            erase_when_done=True,
            terminal_size_polling_interval=None,  # a signal says when it has changed
        )


def _same_for_s(status: Status) -> float | None:
    """How long the live line stays as it is if nothing happens: it shows whole seconds."""
    if not status.online:
        return REFRESH_S
    match status.activity:
        case Activity.STOPPED | Activity.PAUSED:
            return None
        case Activity.PLAYING:
            # A little later: the player writes its place down a slice at a time.
            return 1.04 - status.position_s % 1.0
    return REFRESH_S
