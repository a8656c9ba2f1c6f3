"""`alfine client`: play a server's songs from a prompt or from a script (RFC 2.1, 2.7)."""

from __future__ import annotations

import asyncio
import contextlib
import io
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from cli import settings
from cli.address import host_of
from cli.client_run import SCRIPT_RETRIES, Options, run_client
from cli.command_line import argument, between, command, flag, option
from cli.options import loudness, monitoring, tracing
from cli.options import tls as tls_options
from cli.playing.said import Said
from cli.playing.screen_face import ScreenGone
from cli.playing.sound.opening import CannotOpen, Opening
from cli.settings import MAX_SONG_MIB, variable
from cli.usage import FAILED, USAGE, drop_output, end_at, run
from cli.words.commands import parser
from cli.words.commands.table import CommandError
from cli.words.safe_text import shown
from fsm.words import PREBUFFER_MSGS

EPILOG = "Example: alfine client 127.0.0.1 12345 -c list -c 'play 1' -c wait --output wav:song.wav"


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
        code = asyncio.run(run_client(options, page, opening))
    except (tracing.CannotTrace, tls_options.BadTls, CannotOpen) as error:
        _refuse(str(error))
    except ScreenGone as error:
        drop_output()
        with contextlib.suppress(OSError):
            print(f"alfine client: nobody takes what is printed: {error.strerror}", file=sys.stderr)
        code = FAILED
    raise click.exceptions.Exit(code)


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
