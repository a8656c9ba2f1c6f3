"""Runs a command line: prints a usage error in one line, and ends with an exit code."""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import Any

import typer

OK, FAILED, USAGE, NO_CONNECTION = 0, 1, 2, 3
"""The exit codes: done, a command failed, a mistake on the command line, no connection."""
BY_SIGNAL = 128
"""Added to the number of the signal that ended the run."""
NOT_PRINTED = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""How printing fails: nobody reads the pipe, a full disk, a terminal that has gone."""


def run(app: typer.Typer, defaults: dict[str, Any] | None = None) -> None:
    """Run a Typer application and exit: with its code, or with USAGE after printing one line.

    defaults: Click's default_map, from the settings file.
    """
    _open_closed_streams()
    try:
        code = app(standalone_mode=False, default_map=defaults)
        sys.stdout.flush()
    except typer.Abort:
        code = BY_SIGNAL + signal.SIGINT
    except OSError as error:
        if error.filename is not None or error.errno not in NOT_PRINTED:
            raise
        drop_output()
        if error.errno != errno.EPIPE:
            print(f"alfine: nobody takes what is printed: {error.strerror}", file=sys.stderr)
        code = FAILED
    except Exception as error:
        # Typer has its own copy of Click, whose error classes have no public name.
        if (explain := getattr(error, "format_message", None)) is None:
            raise
        command = _command(error)
        message = " ".join(explain().split()).rstrip(".")
        if message:  # without one, the help has been printed already
            print(f"{command}: {message}; see {command} --help", file=sys.stderr)
        code = USAGE
    sys.exit(code or 0)


def _open_closed_streams() -> None:
    """Have each standard stream lead somewhere: one that is closed (`>&-`) is None in Python."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r+"))  # noqa: SIM115  # until the end


def drop_output() -> None:
    """Print nothing more: Python flushes stdout at its exit, with a traceback if that fails."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def drop_what_is_gone() -> None:
    """Print nothing more on a stream whose terminal is closed."""
    for stream in (1, 2):
        try:
            os.write(stream, b"")
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)


def end_at(*signals: signal.Signals) -> None:
    """Exit with the code of each of these signals when it comes, unless it is ignored (nohup)."""
    for number in signals:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, frame: sys.exit(BY_SIGNAL + number))


def _command(error: Exception) -> str:
    """Return the command that failed, as it was typed."""
    context: Any = getattr(error, "ctx", None)
    return context.command_path if context is not None else "alfine"


def run_alone(command: Any, name: str, defaults: dict[str, Any] | None = None) -> None:
    """Run one command as a program of its own, as `python -m cli.server DIR PORT` does."""
    app = typer.Typer(name=name, add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    run(app, defaults)
