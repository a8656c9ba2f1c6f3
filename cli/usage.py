"""Runs a command line: prints a usage error in one line, and ends with an exit code."""

from __future__ import annotations

import signal
import sys
from typing import Any

import typer

OK, FAILED, USAGE, NO_CONNECTION = 0, 1, 2, 3
"""How a command ends, as a shell sees it: 1 where it failed, 2 where it was typed wrongly."""
BY_SIGNAL = 128
"""Added to the number of the signal that ended the run."""


def run(app: typer.Typer, defaults: dict[str, Any] | None = None) -> None:
    """Run a Typer application; end with its exit code, for a usage error with 2 and one line.

    defaults: Click's default_map, for the options that the settings file gives.
    """
    try:
        code = app(standalone_mode=False, default_map=defaults)
    except typer.Abort:
        code = BY_SIGNAL + signal.SIGINT
    except Exception as error:
        # Typer brings its own copy of Click, whose errors have no public name but this method.
        if (explain := getattr(error, "format_message", None)) is None:
            raise
        command = _command(error)
        said = " ".join(explain().split()).rstrip(".")
        if said:  # else the help has been shown already
            print(f"{command}: {said}; see {command} --help", file=sys.stderr)
        code = USAGE
    sys.exit(code or 0)


def _command(error: Exception) -> str:
    """Which command it was, as it was typed."""
    context: Any = getattr(error, "ctx", None)
    return context.command_path if context is not None else "alfine"


def run_alone(command: Any, name: str, defaults: dict[str, Any] | None = None) -> None:
    """Run one command as a program of its own, as in `python -m cli.server DIR PORT`."""
    app = typer.Typer(name=name, add_completion=False, pretty_exceptions_enable=False)
    app.command()(command)
    run(app, defaults)
