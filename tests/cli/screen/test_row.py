"""One row is written, and all is drawn afterwards as if it had been drawn with the rest."""

import asyncio
import io

import pyte
from prompt_toolkit.application import Application
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.layout import BufferControl, FormattedTextControl, HSplit, Layout, Window
from prompt_toolkit.output.vt100 import Vt100_Output

from cli.screen.row import Row
from cli.screen.terminal import STYLE


class Drawn(io.StringIO):
    """A terminal that shows what is written to it."""

    encoding = "utf-8"

    def __init__(self):
        super().__init__()
        self.size = Size(rows=10, columns=20)
        self.screen = pyte.Screen(20, 10)
        self.stream = pyte.Stream(self.screen)
        self.written = 0

    def write(self, text):
        self.written += len(text)
        self.stream.feed(text)
        return len(text)

    @property
    def lines(self):
        return [line.rstrip() for line in self.screen.display[:3]]

    @property
    def cursor(self):
        return self.screen.cursor.y, self.screen.cursor.x


class Prompt:
    """A line that is typed, and a row under it."""

    def __init__(self, keys):
        self.terminal = Drawn()
        self.text = [("class:status.title", "one"), ("", "  0:01 / 1:00")]
        self.buffer = Buffer(multiline=False)
        window = Window(FormattedTextControl(lambda: self.text), height=1)
        self.app = Application(
            Layout(HSplit([Window(BufferControl(self.buffer), height=1), window, Window()])),
            style=STYLE,
            input=keys,
            output=Vt100_Output(self.terminal, lambda: self.terminal.size, enable_cpr=False),
            erase_when_done=True,
            terminal_size_polling_interval=None,
        )
        self.row = Row(self.app, window)
        self.drawn = asyncio.Event()
        self.app.after_render += lambda app: self.drawn.set()

    async def draw_all(self):
        self.drawn.clear()
        self.app.invalidate()
        await self.drawn.wait()


def at_a_prompt(test):
    """Run the test while a prompt is drawn."""

    async def run():
        with create_pipe_input() as keys:
            prompt = Prompt(keys)
            running = asyncio.create_task(prompt.app.run_async(handle_sigint=False))
            await prompt.drawn.wait()
            await prompt.draw_all()
            await test(prompt)
            prompt.app.exit()
            await running

    return lambda: asyncio.run(run())


@at_a_prompt
async def test_a_row_is_written_and_the_cursor_stays(prompt):
    prompt.buffer.insert_text("play")
    await prompt.draw_all()
    assert prompt.row.write([("class:status.title", "one"), ("", "  0:02")])
    assert prompt.terminal.lines == ["play", "one  0:02", ""]
    assert prompt.terminal.cursor == (0, 4)
    assert prompt.terminal.screen.buffer[1][0].bold
    assert not prompt.terminal.screen.buffer[1][5].bold
    assert not prompt.terminal.screen.cursor.hidden


@at_a_prompt
async def test_what_is_drawn_later_replaces_it_whole(prompt):
    for later in ("one  0:03", "one", "a title of 19 chars", ""):
        assert prompt.row.write([("", "Ångström 雨 0:02 xyz"[:18])])
        prompt.text = [("", later)]
        await prompt.draw_all()
        assert prompt.terminal.lines == ["", later, ""]
        assert prompt.terminal.cursor == (0, 0)


@at_a_prompt
async def test_what_is_unchanged_is_drawn_as_it_was(prompt):
    assert prompt.row.write([("", "something else")])
    await prompt.draw_all()
    assert prompt.terminal.lines == ["", "one  0:01 / 1:00", ""]


@at_a_prompt
async def test_all_is_to_be_drawn_where_something_else_has_changed(prompt):
    prompt.app.invalidate()
    written = prompt.terminal.written
    assert not prompt.row.write([("", "new")])
    assert prompt.terminal.written == written
    await prompt.drawn.wait()


@at_a_prompt
async def test_all_is_to_be_drawn_in_a_window_of_another_size(prompt):
    prompt.terminal.size = Size(rows=10, columns=12)
    assert not prompt.row.write([("", "new")])
    await prompt.draw_all()
    assert prompt.row.write([("", "new")])


@at_a_prompt
async def test_all_is_to_be_drawn_where_nothing_is(prompt):
    prompt.app.renderer.erase()
    assert not prompt.row.write([("", "new")])


@at_a_prompt
async def test_no_text_reaches_the_terminal_as_an_escape_sequence(prompt):
    assert prompt.row.write([("", "a\x1b[2Jb")])
    assert prompt.terminal.lines == ["", "a?[2Jb", ""]
