"""What signals mean to the client: they end its run, or interrupt a command of a person."""

from __future__ import annotations

import asyncio
import os
import signal

from cli.playing.program import ClientProgram


def handle_signals(program: ClientProgram, interactive: bool) -> None:
    """SIGTERM ends the run; so does SIGINT, but for a person it only interrupts a command.

    SIGHUP, of a terminal that is closed, ends it as well, unless it is ignored (nohup).
    """
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, program.end_by_signal, signal.SIGTERM)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        loop.add_signal_handler(signal.SIGHUP, _hang_up, program)
    if interactive:
        loop.add_signal_handler(signal.SIGINT, program.interrupt)
    else:
        loop.add_signal_handler(signal.SIGINT, program.end_by_signal, signal.SIGINT)


def _hang_up(program: ClientProgram) -> None:
    """End the run; what is still to be said goes nowhere where the terminal is closed."""
    for stream in (1, 2):
        try:
            os.write(stream, b"")
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    program.end_by_signal(signal.SIGHUP)
