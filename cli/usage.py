"""Runs a command line: prints a usage error in one line, and ends with an exit code."""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import Any

import click

OK, FAILED, USAGE, NO_CONNECTION = 0, 1, 2, 3
"""The exit codes: done, a command failed, a mistake on the command line, no connection."""
BY_SIGNAL = 128
"""Added to the number of the signal that ended the run."""
NOT_PRINTED = (errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EIO)
"""How printing fails: nobody reads the pipe, a full disk, a terminal that has gone."""


def run(command: click.Command, name: str, defaults: dict[str, Any] | None = None) -> None:
    """Run a command line and exit: with its code, or with USAGE after printing one line.

    name: what it is called. defaults: click's default_map, from the settings file.
    """
    _open_closed_streams()
    try:
        code = command.main(prog_name=name, standalone_mode=False, default_map=defaults)
        sys.stdout.flush()
    except click.Abort:
        code = BY_SIGNAL + signal.SIGINT
    except OSError as error:
        if error.filename is not None or error.errno not in NOT_PRINTED:
            raise
        drop_output()
        if error.errno != errno.EPIPE:
            print(f"alfine: nobody takes what is printed: {error.strerror}", file=sys.stderr)
        code = FAILED
    except click.ClickException as error:
        path = _path(error)
        message = " ".join(error.format_message().split()).rstrip(".")
        print(f"{path}: {message}; see {path} --help", file=sys.stderr)
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


def end_at(*signals: signal.Signals) -> None:
    """Exit with the code of each of these signals when it comes, unless it is ignored (nohup)."""
    for number in signals:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda number, frame: sys.exit(BY_SIGNAL + number))


def _path(error: click.ClickException) -> str:
    """Return the command that failed, as it was typed."""
    context: click.Context | None = getattr(error, "ctx", None)
    return context.command_path if context is not None else "alfine"
