"""`alfine client`: play a server's songs from a prompt or from a script (RFC 2.1, 2.7)."""

from __future__ import annotations

import asyncio
import contextlib
import io
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from cli import settings
from cli.address import host_of, with_port
from cli.client_signals import handle_signals
from cli.command_line import argument, between, command, flag, option
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
from cli.playing.screen_face import Screen, ScreenGone
from cli.playing.sound.opening import CannotOpen, Opening
from cli.screen.plain import ScriptScreen
from cli.settings import MAX_SONG_MIB, variable
from cli.usage import FAILED, USAGE, drop_output, end_at, run
from cli.words.commands import parser
from cli.words.commands.table import CommandError
from cli.words.formatters.json_lines import JsonFormatter
from cli.words.formatters.plain import Formatter
from cli.words.safe_text import shown
from fsm.client.machines import ClientSession
from fsm.frozen import dataclass
from fsm.table import each_of
from fsm.words import PREBUFFER_MSGS

if TYPE_CHECKING:
    from audio import Output

SCRIPT_RETRIES = 6
"""Attempts to reconnect for one song in a script, where no person can say stop: 30 s at most."""

EPILOG = "Example: alfine client 127.0.0.1 12345 -c list -c 'play 1' -c wait --output wav:song.wav"


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
    def shows_only(self) -> bool:
        """It runs a script that names no song to be played: it lists, say."""
        return bool(self.script) and not parser.starts_song(self.script)


@command(EPILOG)
@argument(
    "host",
    type=host_of,
    required=False,
    help="The server's name or address; without host and port, one in the local network is found.",
    envvar=variable("host"),
)
@argument("port", type=between(1, 65535), required=False, help="Its port.", envvar=variable("port"))
@option(
    "--command",
    "-c",
    multiple=True,
    metavar="CMD",
    help="Run this command instead of showing the prompt. Repeatable; 'wait' waits until "
    "the song has ended.",
)
@flag(
    "--json",
    "as_json",
    envvar=variable("json"),
    help="Print one JSON object a line for each answer and event (docs/json.md).",
)
@option(
    "--output",
    default="auto",
    metavar="auto|pyaudio|null|wav:FILE",
    envvar=variable("output"),
    help="Where the sound goes: the sound device, nowhere in real time, or into a file as "
    "fast as it decodes. auto is the sound device if there is one.",
)
@flag("--force", help="Replace the WAV file of --output if it exists.")
@option(
    "--device",
    metavar="NAME|INDEX",
    envvar=variable("device"),
    help="Which sound device: a part of its name, or its index (alfine devices).",
)
@option(
    "--volume",
    type=between(0, 100),
    metavar="0-100",
    envvar=variable("volume"),
    help="How loud to begin; without this option as loud as it was left.",
)
@flag("--fresh", help="Begin without what was queued and played the last time.")
@loudness.gain_option
@option(
    "--prebuffer",
    default=str(PREBUFFER_MSGS),
    metavar="N|auto",
    envvar=variable("prebuffer"),
    help="Audio messages that are to arrive before playing begins; auto: as soon as they "
    "come fast enough that a stutter is unlikely.",
)
@flag(
    "--plain",
    envvar=variable("plain"),
    help="The server knows only the RFC: send nothing but what is typed.",
)
@option(
    "--song-size",
    type=between(1, 1_000_000),
    default=MAX_SONG_MIB,
    metavar="MIB",
    envvar=variable("song_size"),
    help="The largest song that is kept, in MiB: in memory, and from 64 MiB on in a "
    "temporary file.",
)
@option(
    "--retries",
    type=between(0),
    metavar="N",
    envvar=variable("retries"),
    help="Attempts to reconnect for one interrupted song; without this option as many as "
    f"it takes at the prompt, {SCRIPT_RETRIES} in a script.",
)
@flag(
    "--notify",
    envvar=variable("notify"),
    help="Show a notification on the desktop when a song begins. Needs alfine's extra [desktop].",
)
@tls_options.of_client
@monitoring.monitor_port
@tracing.options
def client(
    host: str | None,
    port: int | None,
    command: tuple[str, ...],
    as_json: bool,
    output: str,
    force: bool,
    device: str | None,
    volume: int | None,
    fresh: bool,
    gain: str | None,
    prebuffer: str,
    plain: bool,
    song_size: int,
    retries: int | None,
    notify: bool,
    tls: tls_options.ClientTls,
    monitor: int | None,
    trace: Path | None,
    trace_size: int,
    trace_audio: bool,
) -> None:
    """Play a server's songs: list, play, pause, seek, queue and more; help shows all.

    Commands come from the prompt, from -c, or a line each from standard input when it is no
    terminal. Exit codes: 0; 1 a command failed; 2 usage; 3 no connection.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # the locale may lack characters of a title
    _check(command)
    end_at(signal.SIGTERM, signal.SIGHUP)
    messages = _prebuffer(prebuffer)
    if host is None or port is None:
        from cli.discovering.choosing import completed

        may_ask = not (command or as_json or sys.stdin is None) and sys.stdin.isatty()
        host, port, tls = completed(host, port, tls, may_ask)
    said = Said(volume, gain)
    options = Options(
        host, port, command, as_json, messages, plain, retries, said, song_size,
        trace, trace_size, trace_audio, notify, fresh, device, tls
    )  # fmt: skip
    page = monitoring.listen("alfine client", monitor)
    try:
        tracing.check(trace)
        tls.check()
        if warning := tls.warning():
            print(f"alfine client: {warning}", file=sys.stderr)
        opening = Opening(output, device, force)
        if opening.takes_long and not (output == "auto" and options.shows_only):
            opening.begin()
        code = asyncio.run(_run(options, page, opening))
    except (tracing.CannotTrace, tls_options.BadTls, CannotOpen) as error:
        _refuse(str(error))
    except ScreenGone as error:
        drop_output()
        with contextlib.suppress(OSError):
            print(f"alfine client: nobody takes what is printed: {error.strerror}", file=sys.stderr)
        code = FAILED
    raise click.exceptions.Exit(code)


async def _run(options: Options, page: socket.socket | None, opening: Opening) -> int:
    """Run the client."""
    no_terminal = sys.stdin is None or not sys.stdin.isatty()
    interactive = not (options.script or options.as_json or no_terminal)
    retries = SCRIPT_RETRIES if options.retries is None and not interactive else options.retries
    journal, changes = Journal(), Changes()
    server = with_port(options.host, options.port)
    memory = Memory(server)
    keeping = None
    if interactive:
        said, fresh = options.said, options.fresh
        keeping = keeping_of(memory, lambda: program, lambda: session, changes, said, fresh)
    monitor = monitoring.of_client(page, server)
    observers = (journal, keeping, monitor)
    observe = each_of(*(o.observe if o is not None else None for o in observers))
    session = ClientSession(options.prebuffer, options.plain, retries, observe)
    screen: Screen
    if interactive:
        screen, formatter = screen_for(server, lambda: program, changes, memory)
    else:
        screen = ScriptScreen(options.script or None, errors_too=options.as_json)
        formatter = JsonFormatter(server) if options.as_json else Formatter(server)
    # A person is told at once that there is no such device; a script need not wait for one.
    sound = opening.take() if interactive or not opening.takes_long else None
    recording = tracing.recorder(
        session,
        options.trace,
        options.trace_size_mib,
        options.trace_audio,
        lambda why: program.remark(why),
    )
    cover = CoverView(lambda count: program.beginning(count), formatter.draws)
    program = ClientProgram(
        options.host,
        options.port,
        session,
        sound[0] if sound else lambda: _opened(program, opening),
        screen,
        formatter,
        journal,
        changes,
        sound[1] if sound else "",
        options.song_size_mib << 20,
        recording,
        elsewhere_of(server, options.script, lambda text: program.remark(text))
        if options.script
        else None,
        options.tls.trust(interactive, lambda text: program.remark(text)),
        Answers(journal, memory, cover.show),
        **({"before_lines": keeping.start} if keeping is not None else {}),
    )
    loudness.begin(program.fire, options.said)
    handle_signals(program, interactive)
    tell_background_faults(program.remark)
    if page is not None and monitor is not None:
        await monitor.start(session.machines)
        print(f"The monitor is at {monitoring.address(page)}", file=sys.stderr)
    try:
        async with _offers(program, changes, server, options):
            code = await program.run()
        opening.close()
        return code
    finally:
        cover.close()
        if keeping is not None:
            await keeping.stop()
        if monitor is not None:
            await monitor.stop()
        if recording is not None:
            recording.close()


def _opened(program: ClientProgram, opening: Opening) -> Output:
    sound, warning = opening.take()
    program.warn(warning)
    return sound


def _offers(
    program: ClientProgram, changes: Changes, server: str, options: Options
) -> contextlib.AbstractAsyncContextManager[object]:
    """Return what is offered to other programs: nothing by what is over when it has been found."""
    if options.shows_only:
        return contextlib.nullcontext()
    from cli.outside.offers import Offers

    return Offers(program, changes.watch(), server, options.notify)


def _check(script: Sequence[str]) -> None:
    """Refuse a script with a line that is no command, before anything is done."""
    for text in script:
        try:
            parser.parse(text)
        except CommandError as error:
            _refuse(f"-c {shown(text)!r}: {error}")


def _prebuffer(text: str) -> int | None:
    if text.strip().lower() == "auto":
        return None
    if not text.isascii() or not text.isdigit() or not int(text[:10]) >= 1:
        _refuse("--prebuffer takes a number of messages, 1 or more, or auto")
    return int(text[:10])


def _refuse(why: str) -> NoReturn:
    print(f"alfine client: {why}", file=sys.stderr)
    raise click.exceptions.Exit(USAGE)


if __name__ == "__main__":
    run(client, "cli.client", settings.defaults())
