"""Mistakes on the command line, each said in one line."""

from __future__ import annotations

import sys
from typing import Any

import typer

USAGE = 2
INTERRUPTED = 130


def run(app: typer.Typer, defaults: dict[str, Any] | None = None) -> None:
    """Run a Typer application; end with its exit code, for a usage error with 2 and one line.

    defaults: Click's default_map, for the options that the settings file gives.
    """
    try:
        code = app(standalone_mode=False, default_map=defaults)
    except typer.Abort:
        code = INTERRUPTED
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
