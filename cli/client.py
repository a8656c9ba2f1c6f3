"""`alfine client`: play a server's songs from a prompt or from a script (RFC 2.1, 2.7)."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Annotated, NoReturn

import typer

from audio import Output, OutputError, open_output
from cli import commands
from cli.program import ClientProgram, Screen
from cli.screens import ScriptScreen, TerminalScreen
from cli.usage import USAGE, run_alone
from fsm.client import ClientSession
from fsm.playback import PREBUFFER_MSGS

SCRIPT_RETRIES = 6
"""Attempts to reconnect for one song when no person is there to say stop: half a minute at most."""

EPILOG = "Example: alfine client 127.0.0.1 12345 -c list -c 'play 1' -c wait --output wav:song.wav"


def client(
    host: Annotated[str, typer.Argument(help="The server's name or address.")],
    port: Annotated[int, typer.Argument(help="The server's port.", min=1, max=65535)],
    command: Annotated[
        list[str] | None,
        typer.Option(
            "--command",
            "-c",
            metavar="CMD",
            help="Run this command instead of showing the prompt. Repeatable; 'wait' waits until "
            "the song has ended.",
        ),
    ] = None,
    output: Annotated[
        str,
        typer.Option(
            metavar="auto|pyaudio|null|wav:FILE",
            help="Where the sound goes: the sound device, nowhere in real time, or into a file as "
            "fast as it decodes. auto is the sound device if there is one.",
        ),
    ] = "auto",
    prebuffer: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, help="Audio messages that are to arrive before playing begins."
        ),
    ] = PREBUFFER_MSGS,
    plain: Annotated[
        bool,
        typer.Option(
            "--plain", help="The server knows only the RFC: send nothing but what is typed."
        ),
    ] = False,
    retries: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Attempts to reconnect for one interrupted song; without this option as many as "
            f"it takes at the prompt, {SCRIPT_RETRIES} in a script.",
        ),
    ] = None,
) -> None:
    """Play a server's songs: list, play ID, stop, help, quit.

    Commands come from the prompt, from -c, or a line each from standard input when it is no
    terminal. Exit codes: 0; 1 a command failed; 2 usage; 3 no connection.
    """
    _check(command)
    interactive = not command and sys.stdin.isatty()
    if retries is None and not interactive:
        retries = SCRIPT_RETRIES
    sound = _open(output)
    session = ClientSession(prebuffer, plain, retries)
    raise typer.Exit(asyncio.run(_run(host, port, session, sound, command, interactive)))


async def _run(
    host: str,
    port: int,
    session: ClientSession,
    sound: Output,
    script: list[str] | None,
    interactive: bool,
) -> int:
    screen: Screen
    if interactive:
        screen = TerminalScreen(lambda: program.interrupt())
    else:
        screen = ScriptScreen(script or None)
    program = ClientProgram(host, port, session, sound, screen)
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, program.leave)
    loop.add_signal_handler(signal.SIGINT, program.interrupt if interactive else program.leave)
    return await program.run()


def _check(script: list[str] | None) -> None:
    """Refuse a script that cannot be obeyed before anything has been done."""
    for text in script or ():
        try:
            commands.parse(text)
        except commands.CommandError as error:
            _refuse(f"-c {commands.shown(text)!r}: {error}")


def _open(spec: str) -> Output:
    try:
        sound, warning = open_output(spec)
    except (ValueError, OutputError) as error:
        _refuse(f"--output: {error}")
    if warning:
        print(warning, file=sys.stderr)
    return sound


def _refuse(why: str) -> NoReturn:
    print(f"alfine client: {why}", file=sys.stderr)
    raise typer.Exit(USAGE)


if __name__ == "__main__":
    run_alone(client, "cli.client")
