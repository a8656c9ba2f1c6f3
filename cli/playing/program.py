"""The client as a running program: performs what the machines ask for, feeds them what happens.

It decides nothing about the protocol. All that it keeps is how the run went, for the exit code.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Sequence

from audio import Output
from cli.playing.arrival_rate import ArrivalRate
from cli.playing.changes import Changes
from cli.playing.journal import Journal
from cli.playing.notices import Notices
from cli.playing.screen_face import Screen
from cli.playing.snapshot import Snapshots
from cli.playing.sound import Sound
from cli.playing.status_file import read_other_status
from cli.playing.timers import Timers
from cli.usage import BY_SIGNAL, FAILED, NO_CONNECTION, OK, USAGE
from cli.words import commands
from cli.words.moment import Activity, Status
from cli.words.plain import ERRORS, FAILURES, Formatter
from fsm.client.effects import (
    CancelTimer,
    ClearLine,
    Connect,
    Effect,
    HangUp,
    Leave,
    Print,
    PrintAbovePrompt,
    Report,
    ScheduleRetry,
    SendRequest,
    ShowPrompt,
    ShowSongs,
    StartTimer,
    Tell,
)
from fsm.client.events import (
    AudioReceived,
    Command,
    CommandAnswered,
    CommandEntered,
    Event,
    InputEnded,
    Interrupted,
    ListedSong,
    RetryDue,
    TextArrived,
)
from fsm.client.link_table import LinkState
from fsm.client.machines import ClientSession
from fsm.client.prompt import PromptState
from net.client import ServerConnection

ONLINE_STATES = (LinkState.ONLINE, LinkState.UNLISTED, LinkState.FINDING, LinkState.SKIPPING)
GREETING_NOTICE_S = 2.0


class ClientProgram:
    """One run of the client. warning: what to say of the output as soon as something plays."""

    def __init__(
        self,
        host: str,
        port: int,
        session: ClientSession,
        output: Output,
        screen: Screen,
        formatter: Formatter,
        journal: Journal,
        changes: Changes,
        warning: str = "",
    ) -> None:
        self._session = session
        self._screen = screen
        self._server = f"{host}:{port}"
        self._formatter = formatter
        self._journal = journal
        self._changes = changes
        self._notices = Notices(screen.has_person, lambda t: self._say(formatter.error(t)), warning)
        self._filters: deque[str] = deque()
        self._connection = ServerConnection(host, port, self._receive, self._answer_owed)
        self._sound = Sound(output, self.fire)
        self._timers = Timers(self.fire)
        self._snapshots = Snapshots(session, self._sound)
        self._arrival_rate = ArrivalRate()
        self._unlocked = asyncio.Event()
        self._left = asyncio.Event()
        self._settled = asyncio.Event()
        self._worst = OK
        self._online_to_the_end = False
        self._signal = 0
        self._fault: Exception | None = None

    async def run(self) -> int:
        """Connect, obey every line, leave. Returns the exit code."""
        await self._connect()
        try:
            if self._session.link.state is not LinkState.OFFLINE and not self._left.is_set():
                await self._converse()
        finally:
            self._sound.close()
            await self._connection.close()
        if self._fault is not None:
            raise self._fault
        return self._exit_code()

    async def _connect(self) -> None:
        """Try until it is known what is there; a person who has to wait is told for what."""
        self._connection.connect()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GREETING_NOTICE_S):
                await self._settled.wait()
        if not self._settled.is_set():
            connected = self._session.link.state in ONLINE_STATES
            self._notices.waiting(self._server, connected)
        await self._settled.wait()

    def fire(self, event: Event) -> None:
        """Let the machines take an event and perform what they ask for, in order."""
        try:
            for effect in self._session.handle(event):
                self._perform(effect)
        except Exception as fault:
            # Raised into a callback or a reading task it would be lost, and the client would hang.
            self._fault = self._fault or fault
            self._end()
        if self._session.settled:
            self._settled.set()
        self._changes.note()

    def _receive(self, event: Event) -> None:
        """Take what the connection has to tell."""
        if isinstance(event, AudioReceived) and self._session.playback.prebuffer_msgs is None:
            flow = self._arrival_rate.measure(len(event.data), self._sound.arriving)
            if flow:
                self.fire(flow)
        self.fire(event)

    def status(self) -> Status:
        """What is going on at this moment."""
        return self._snapshots.take(self._timers.left_s(RetryDue))

    @property
    def songs(self) -> Sequence[ListedSong]:
        """The last list that came."""
        return self._session.link.songs

    def interrupt(self) -> None:
        """Ctrl-C while a command is being answered: answer no longer."""
        self.fire(Interrupted())

    def leave(self) -> None:
        """End the run as if the person had left."""
        self.fire(InputEnded())

    def end_by_signal(self, number: int) -> None:
        """End the run, with the exit code by which a shell knows the signal."""
        self._signal = number
        self.leave()

    def _end(self) -> None:
        """Wait for nothing any more."""
        self._unlocked.set()
        self._left.set()
        self._settled.set()

    async def _converse(self) -> None:
        reading = asyncio.create_task(self._obey_lines())
        leaving = asyncio.create_task(self._left.wait())
        await asyncio.wait((reading, leaving), return_when=asyncio.FIRST_COMPLETED)
        for task in (reading, leaving):
            task.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        with contextlib.suppress(asyncio.CancelledError):
            await reading
        self.leave()

    async def _obey_lines(self) -> None:
        # Closed before anything else ends: it gives the terminal back as it was.
        async with contextlib.aclosing(self._screen.lines()) as lines:
            async for text in lines:
                await self._obey(text)
                if self._session.prompt.state is PromptState.LEFT:
                    return

    async def _obey(self, text: str) -> None:
        try:
            line = commands.parse(text)
        except commands.CommandError as error:
            if not self._screen.has_person:
                self._worst = max(self._worst, USAGE)
            self._say(self._formatter.error(str(error), text), error=True)
            return
        if line is None:
            return
        if line.word == "quit":
            self.leave()
            return
        await self._carry_out(line)

    async def _carry_out(self, line: commands.Line) -> None:
        try:
            request = line.request(commands.Context(self.songs, self.status()))
        except commands.CommandError as error:
            self._worst = max(self._worst, FAILED)
            self._say(self._formatter.error(str(error), line.word), error=True)
            return
        if line.command is Command.LIST:
            self._filters.append(line.rest)
        self._unlocked.clear()
        self.fire(CommandEntered(line.command, request))
        self._answer(line)
        if line.command is Command.LOCAL:
            self.fire(CommandAnswered(Command.LOCAL))
        await self._unlocked.wait()

    def _answer(self, line: commands.Line) -> None:
        """Say what the client itself has to say to a command."""
        match line.word:
            case "help":
                self._say(self._formatter.help())
            case "status":
                self._say(self._formatter.status(self._status_to_print()))
            case "why":
                status = self.status()
                self._say(self._formatter.why(self._journal.why(status, self.songs)))
            case "queue" if not line.rest:
                self._say(self._formatter.queue(self.status(), self.songs))
            case _ if line.command is Command.LOCAL:
                self._say(self._formatter.done(line.word, self.status(), self.songs))

    def _status_to_print(self) -> Status:
        """What goes on here, or for a script that plays nothing, in another client."""
        status = self.status()
        if self._screen.has_person or status.activity is not Activity.STOPPED:
            return status
        return read_other_status(self._server) or status

    def _perform(self, effect: Effect) -> None:
        match effect:
            case SendRequest():
                self._connection.send(effect)
            case Connect():
                self._connection.connect()
            case HangUp(reason):
                self._connection.hang_up(reason)
            case StartTimer(event, delay_s):
                self._timers.start(event, delay_s)
            case ScheduleRetry(longest_s):
                self._timers.start_within(RetryDue(), longest_s)
            case CancelTimer(event_class):
                self._timers.cancel(event_class)
            case ShowSongs(songs):
                words = self._filters.popleft() if self._filters else ""
                self._say(self._formatter.songs(songs, words, self.status()))
            case Tell():
                self._tell(effect)
            case Print(text, error):
                self._screen.print(text, error)
            case PrintAbovePrompt(text, error):
                self._screen.print_above_prompt(text, error)
            case ShowPrompt():
                self._unlocked.set()
            case ClearLine():
                self._screen.clear_line()
            case Leave():
                self._online_to_the_end = self._session.link.state in ONLINE_STATES
                self._end()
            case _:
                self._sound.perform(effect)

    def _tell(self, tell: Tell) -> None:
        if tell.report in FAILURES:
            self._worst = max(self._worst, FAILED)
        if tell.report is Report.LIST_FAILED:
            self._filters.clear()
        if tell.report is Report.SONG_PLAYING:
            self._notices.playing()
        text = self._formatter.report(tell, self.songs)
        self._say(text, error=tell.report in ERRORS)

    def _say(self, text: str, error: bool = False) -> None:
        if text:
            self.fire(TextArrived(text, error))

    def _answer_owed(self) -> bool:
        return self._session.answer_owed

    def _exit_code(self) -> int:
        if self._signal:
            return BY_SIGNAL + self._signal
        return self._worst if self._online_to_the_end else NO_CONNECTION
