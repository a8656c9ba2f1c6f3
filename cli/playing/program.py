"""The client as a running program: performs the effects of the machines, and fires their events.

It decides nothing about the protocol. It keeps how the run went, for the exit code.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, assert_never

from cli.address import with_port
from cli.browsing.library import Libraries
from cli.playing.answers import Answers, outcome_of
from cli.playing.changes import Changes
from cli.playing.elsewhere import Elsewhere
from cli.playing.journal import Journal
from cli.playing.notices import Notices
from cli.playing.reports import Reports
from cli.playing.screen_face import Screen
from cli.playing.snapshot import Snapshots
from cli.playing.sound.arrival_rate import ArrivingSong
from cli.playing.sound.late_sound import LateSound
from cli.playing.timers import Timers
from cli.usage import BY_SIGNAL, NO_CONNECTION, OK, USAGE
from cli.words.commands import parser
from cli.words.commands.table import CommandError
from cli.words.formatters.plain import Formatter
from cli.words.moment import DONE, Outcome, Status
from fsm.client.effects import (
    ClearLine,
    ClientEffect,
    Leave,
    Print,
    PrintAbovePrompt,
    ScreenEffect,
    ShowPrompt,
    ShowSongs,
    SoundEffect,
    Tell,
    TimerEffect,
    WireEffect,
)
from fsm.client.events import (
    Command,
    CommandAnswered,
    CommandEntered,
    CommandSent,
    Event,
    InputEnded,
    Interrupted,
    ListedSong,
    RetryDue,
    SleepDue,
    TextArrived,
    TitlesNeeded,
)
from fsm.client.link.table import CONNECTED, RESTING, LinkState
from fsm.client.machines import ClientSession
from fsm.client.prompt import PromptState
from net.client import ServerConnection, opener
from net.observing import ClientObserver

if TYPE_CHECKING:
    from audio import FramesRefused, Output
    from net.tls.trust import Trust

GREETING_NOTICE_S = 2.0
"""A person who waits longer than this for the server's greeting is told so."""


class ClientProgram:
    """One run of the client.

    output: closed at the end of the run; or what opens it when it is needed. changes: notified
    after every event. warning: what is wrong with the output; printed when the first song plays.
    max_song_bytes: what is kept of one. observer: looks on at the connection's bytes. elsewhere:
    for a script that starts no song. trust: connects over TLS. answers: what the client answers by
    itself. before_lines: awaited before the first command.
    """

    def __init__(
        self,
        host: str,
        port: int,
        session: ClientSession,
        output: Output | Callable[[], Output],
        screen: Screen,
        formatter: Formatter,
        journal: Journal,
        changes: Changes,
        warning: str = "",
        max_song_bytes: int | None = None,
        observer: ClientObserver | None = None,
        elsewhere: Elsewhere | None = None,
        trust: Trust | None = None,
        answers: Answers | None = None,
        before_lines: Callable[[], Awaitable[object]] = lambda: asyncio.sleep(0),
    ) -> None:
        self._session, self._screen = session, screen
        self._server = with_port(host, port)
        self._formatter, self._elsewhere = formatter, elsewhere
        self._journal, self._changes = journal, changes
        self._answers, self._before_lines = answers or Answers(journal), before_lines
        self._notices = Notices(
            screen.has_person, lambda t: self._print(formatter.error(t)), warning
        )
        self.remark, self.warn = self._notices.remark, self._notices.warn
        self.remember = journal.chosen.remember
        self._sound = LateSound(output, self.fire, self._on_refused, max_song_bytes)
        self._reports = Reports(
            session, journal.chosen, formatter, self._notices, self._sound.own_title, self._print
        )
        told_plain = session.conversation.plain
        self._connection = ServerConnection(
            host, port, self._receive, self.remark, told_plain, observer, opener(trust)
        )
        self._timers = Timers(self.fire)
        self._snapshots = Snapshots(session, self._sound, journal.chosen)
        self._arriving = ArrivingSong(by_flow=session.prebuffer_msgs is None)
        self._libraries = Libraries()
        self._unlocked, self._left, self._settled = (asyncio.Event() for _ in range(3))
        self._listed = asyncio.Event()
        """No list is on its way."""
        self._online_at_end, self._signal = False, 0
        self._fault: Exception | None = None

    def __repr__(self) -> str:
        link, prompt = self._session.link.state, self._session.prompt.state
        return f"<ClientProgram {self._server} {link.name} {prompt.name}>"

    async def run(self) -> int:
        """Connect, run every command, leave. Returns the exit code (cli.usage)."""
        await self._connect()
        try:
            if self._session.link.state is not LinkState.OFFLINE and not self._left.is_set():
                await self._before_lines()
                await self._run_until_left()
        finally:
            self._sound.close()
            await self._connection.close()
        if self._fault is not None:
            raise self._fault
        return self._exit_code()

    async def _connect(self) -> None:
        """Connect, and wait until the server has answered or failed; say so if it takes long."""
        self._connection.connect()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GREETING_NOTICE_S):
                await self._settled.wait()
        if not self._settled.is_set():
            self._notices.waiting(self._server, self._session.link.state in CONNECTED)
        await self._settled.wait()

    def fire(self, event: Event) -> None:
        """Give an event to the machines and perform their effects, in order."""
        try:
            for effect in self._session.handle(event):
                self._perform(effect)
        except Exception as fault:
            self._fail(fault)
        if self._session.settled:
            self._settled.set()
        self._reports.settle()
        if self._session.list_coming:
            self._listed.clear()
        else:
            self._listed.set()
        self._changes.notify()

    def _receive(self, event: Event) -> None:
        """Take an event of the connection; measure the song that arrives, and how fast it does."""
        try:
            self._arriving.receive(event, self._sound, self.fire)
        except Exception as fault:  # an output that is opened now cannot be opened
            self._fail(fault)

    def _fail(self, fault: Exception) -> None:
        """Have `run` raise it: raised in a callback or a task, it would be lost."""
        self._fault = self._fault or fault
        self._end()

    def _on_refused(self, report: FramesRefused) -> None:
        """Tell of a damaged song; nothing depends on it."""
        self._journal.note_refused_frames(report.seconds)
        self._notices.refused_frames(report.frames, report.seconds)

    def status(self) -> Status:
        """Return what the client does at this moment."""
        return self._snapshots.take(self._timers.left_s(RetryDue), self._timers.left_s(SleepDue))

    def beginning(self, count: int) -> bytes:
        """Return the first bytes of the present song, as many of them as are here."""
        return self._sound.beginning(count)

    @property
    def songs(self) -> Sequence[ListedSong]:
        """The last list that has arrived, a Library."""
        return self._libraries.of(self._session.link.songs, self._session.link.fields)

    async def wait_for_titles(self) -> None:
        """Have a list requested, if none has come, and wait until none is on its way."""
        self.fire(TitlesNeeded())
        await self._listed.wait()

    def interrupt(self) -> None:
        """Handle Ctrl-C: clear the line, or stop waiting for an answer."""
        self.fire(Interrupted())

    def leave(self) -> None:
        """End the run as if the person had left."""
        self.fire(InputEnded())

    def end_by_signal(self, number: int) -> None:
        """End the run with the exit code of this signal."""
        self._signal = number
        self._screen.close_pager()
        self.leave()

    def _end(self) -> None:
        """End every wait of `run`."""
        self._unlocked.set()
        self._left.set()
        self._settled.set()
        self._listed.set()

    async def _run_until_left(self) -> None:
        reading = asyncio.create_task(self._run_lines())
        leaving = asyncio.create_task(self._left.wait())
        await asyncio.wait((reading, leaving), return_when=asyncio.FIRST_COMPLETED)
        for task in (reading, leaving):
            task.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        self.leave()

    async def _run_lines(self) -> None:
        # Closed before anything else ends, because it restores the terminal.
        async with contextlib.aclosing(self._screen.lines()) as lines:
            async for text in lines:
                await self._run_line(text)
                if self._session.prompt.state is PromptState.LEFT:
                    return

    async def _run_line(self, text: str) -> None:
        try:
            line = parser.parse(text)
        except CommandError as error:
            self._reports.note_failure(OK if self._screen.has_person else USAGE)
            self._print(self._formatter.error(str(error), text), error=True)
            return
        if line is None:
            return
        if line.word == "quit":
            self.leave()
            return
        if not await self._run_elsewhere(line, text):
            await self._run_command(line)

    async def _run_elsewhere(self, line: parser.Line, text: str) -> bool:
        """Have another client run the line of a script that means what plays there, if any does."""
        if self._elsewhere is None or not line.for_running_song:
            return False
        if (answer := await self._elsewhere(text)) is None:
            return False
        if answer.failed:
            self._reports.note_failure()
        self._print(self._formatter.relayed(answer.json, answer.text), error=answer.failed)
        return True

    async def _run_command(self, line: parser.Line) -> None:
        try:
            context = await self.ready_for(line)
            request, also = line.request(context), line.also(context)
            shown = await self._answers.shown(line, self._formatter, context.status)
        except CommandError as error:
            self._reports.note_failure()
            self._print(self._formatter.error(str(error), line.word), error=True)
            return
        if line.command is Command.LIST:
            self._reports.expect_list(line.word, line.rest)
        self._unlocked.clear()
        before = self._reports.told_refusals
        self.fire(CommandEntered(line.command, request))
        if also is not None:
            self.fire(also)
        outcome = outcome_of(request, refused=self._reports.told_refusals > before)
        self._print(shown or self.answer(line, self._formatter, outcome))
        if line.command is Command.LOCAL:
            self.fire(CommandAnswered(Command.LOCAL))
        await self._unlocked.wait()

    def answer(self, line: parser.Line, formatter: Formatter, outcome: Outcome = DONE) -> str:
        """Return the answer that the client itself has to a command; "" for none."""
        return self._answers.local(line, formatter, self.status(), self.songs, outcome)

    async def ready_for(self, line: parser.Line) -> parser.Context:
        """Wait until a command can be carried out; return what it needs to know."""
        await self._settled.wait()
        if line.waits_for_list(self.status()):
            await self.wait_for_titles()
        memory = self._answers.memory
        return parser.Context(self.songs, self.status(), self._reports.answer, memory)

    def take_request(self, request: Event) -> list[str]:
        """Give the request of another program to the machines; return what they refuse."""
        return self._reports.refusals(lambda: self.fire(CommandSent(request)))

    def _perform(self, effect: ClientEffect) -> None:
        if isinstance(effect, SoundEffect):
            self._sound.perform(effect)
        elif isinstance(effect, WireEffect):
            self._connection.perform(effect)
        elif isinstance(effect, TimerEffect):
            self._timers.perform(effect)
        else:
            self._perform_on_screen(effect)

    def _perform_on_screen(self, effect: ScreenEffect) -> None:
        match effect:
            case ShowSongs(songs, fields):
                self._reports.show(self._libraries.of(songs, fields), self.status())
            case Tell():
                self._reports.tell(effect)
            case Print(text, error):
                self._screen.print(text, error)
            case PrintAbovePrompt(text, error):
                self._screen.print_above_prompt(text, error)
            case ShowPrompt():
                self._unlocked.set()
            case ClearLine():
                self._screen.clear_line()
            case Leave():
                self._reports.release()
                self._online_at_end = self._session.link.state in (*CONNECTED, RESTING)
                self._end()
            case _:
                assert_never(effect)

    def _print(self, text: str, error: bool = False) -> None:
        if text:
            self.fire(TextArrived(text, error))

    def _exit_code(self) -> int:
        if self._signal:
            return BY_SIGNAL + self._signal
        return self._reports.worst_code if self._online_at_end else NO_CONNECTION
