"""One run of the client: its parts, what looks on at them, and in which order they end.

Where its settings come from is the business of `cli.client`.
"""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.address import with_port
from cli.client_signals import handle_signals
from cli.for_person import keeping_of, screen_for
from cli.memory.memory import Memory
from cli.options import loudness, monitoring, tracing
from cli.options import tls as tls_options
from cli.outside.cover_view import CoverView
from cli.outside.elsewhere import elsewhere_of
from cli.playing.answers import Answers
from cli.playing.background import tell_background_faults
from cli.playing.changes import Changes
from cli.playing.journal import Journal
from cli.playing.program import ClientProgram
from cli.playing.said import Said
from cli.playing.screen_face import Screen
from cli.playing.sound.opening import Opening
from cli.screen.plain import ScriptScreen
from cli.words.commands import parser
from cli.words.formatters.json_lines import JsonFormatter
from cli.words.formatters.plain import Formatter
from fsm.client.machines import ClientSession
from fsm.frozen import dataclass
from fsm.table import each_of

if TYPE_CHECKING:
    from audio import Output

SCRIPT_RETRIES = 6
"""Attempts to reconnect for one song in a script, where no person can say stop: 30 s at most."""


@dataclass(frozen=True, slots=True)
class Options:
    """The settings of one run, from the command line, the variables and the file."""

    host: str
    port: int
    script: Sequence[str]
    as_json: bool
    prebuffer: int | None
    plain: bool
    retries: int | None
    said: Said
    song_size_mib: int
    trace: Path | None
    trace_size_mib: int
    trace_audio: bool
    notify: bool
    fresh: bool
    device: str | None
    tls: tls_options.ClientTls

    @property
    def server(self) -> str:
        """HOST:PORT."""
        return with_port(self.host, self.port)

    @property
    def interactive(self) -> bool:
        """A person types at a prompt."""
        no_terminal = sys.stdin is None or not sys.stdin.isatty()
        return not (self.script or self.as_json or no_terminal)

    @property
    def shows_only(self) -> bool:
        """It runs a script that names no song to be played: it lists, say."""
        return bool(self.script) and not parser.starts_song(self.script)


class ClientRun:
    """The parts of one run. page: where the monitor listens. opening: of the output.

    Some of them call the program, or look at its session, when those are there.
    """

    def __init__(self, options: Options, page: socket.socket | None, opening: Opening) -> None:
        self._options, self._page, self._opening = options, page, opening
        self._interactive, server = options.interactive, options.server
        self._journal, self._changes = Journal(), Changes()
        self._memory = Memory(server)
        self._keeping = None
        if self._interactive:
            self._keeping = keeping_of(
                self._memory,
                lambda: self._program,
                lambda: self._session,
                self._changes,
                options.said,
                options.fresh,
            )
        self._monitor = monitoring.of_client(page, server)
        self._session = self._made_session()
        self._screen, self._formatter = self._face()
        self._sound, self._warning = self._taken()
        self._trust = options.tls.trust(self._interactive, self._remark)
        # Behind all that may be refused: of a run that never was there is no trace.
        self._recording = tracing.recorder(
            self._session,
            options.trace,
            options.trace_size_mib,
            options.trace_audio,
            self._remark,
        )
        self._cover = CoverView(lambda count: self._program.beginning(count), self._formatter.draws)
        self._program = self._made_program()

    def __repr__(self) -> str:
        return f"<ClientRun {self._options.server} interactive={self._interactive}>"

    async def run(self) -> int:
        """Run it to its end. Returns the exit code (cli.usage)."""
        program = self._program
        loudness.begin(program.fire, self._options.said)
        handle_signals(program, self._interactive)
        tell_background_faults(program.remark)
        if self._page is not None and self._monitor is not None:
            await self._monitor.start(self._session.machines)
            print(f"The monitor is at {monitoring.address(self._page)}", file=sys.stderr)
        try:
            async with self._offers():
                code = await program.run()
            self._opening.close()
            return code
        finally:
            await self._close()

    async def _close(self) -> None:
        """End what outlives the program: each of them may still have something to write."""
        self._cover.close()
        for part in (self._keeping, self._monitor):
            if part is not None:
                await part.stop()
        if self._recording is not None:
            self._recording.close()

    def _made_session(self) -> ClientSession:
        """Return the machines, at which all look on that want to."""
        options, retries = self._options, self._options.retries
        if retries is None and not self._interactive:
            retries = SCRIPT_RETRIES
        observers = (self._journal, self._keeping, self._monitor)
        observe = each_of(*(o.observe if o is not None else None for o in observers))
        return ClientSession(options.prebuffer, options.plain, retries, observe)

    def _face(self) -> tuple[Screen, Formatter]:
        """Return what shows it to a person or a script, and its words."""
        options, server = self._options, self._options.server
        if self._interactive:
            return screen_for(server, lambda: self._program, self._changes, self._memory)
        screen = ScriptScreen(options.script or None, errors_too=options.as_json)
        return screen, JsonFormatter(server) if options.as_json else Formatter(server)

    def _taken(self) -> tuple[Output | Callable[[], Output], str]:
        """Return the output, or what opens it, and what is wrong with it. Raises CannotOpen.

        A person is told at once that there is no such device; a script need not wait for one.
        """
        if self._interactive or not self._opening.takes_long:
            return self._opening.take()
        return self._opened, ""

    def _made_program(self) -> ClientProgram:
        """Return the program, which joins these parts."""
        options, elsewhere = self._options, None
        if options.script:
            elsewhere = elsewhere_of(options.server, options.script, self._remark)
        return ClientProgram(
            options.host,
            options.port,
            self._session,
            self._sound,
            self._screen,
            self._formatter,
            self._journal,
            self._changes,
            self._warning,
            options.song_size_mib << 20,
            self._recording,
            elsewhere,
            self._trust,
            Answers(self._journal, self._memory, self._cover.show),
            **({"before_lines": self._keeping.start} if self._keeping is not None else {}),
        )

    def _remark(self, text: str) -> None:
        self._program.remark(text)

    def _opened(self) -> Output:
        sound, warning = self._opening.take()
        self._program.warn(warning)
        return sound

    def _offers(self) -> contextlib.AbstractAsyncContextManager[object]:
        """Return what is offered to other programs: nothing by what is over when it is found."""
        if self._options.shows_only:
            return contextlib.nullcontext()
        from cli.outside.offers import Offers

        watch, server = self._changes.watch(), self._options.server
        return Offers(self._program, watch, server, self._options.notify)


async def run_client(options: Options, page: socket.socket | None, opening: Opening) -> int:
    """Run the client. Returns the exit code (cli.usage)."""
    return await ClientRun(options, page, opening).run()
