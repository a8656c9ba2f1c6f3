"""The `alfine` command."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from cli import settings, usage

COMMANDS = ("server", "client", "devices", "config", "diagrams", "verify")
"""Each is the function of that name in the module of that name."""


def application(*commands: str) -> typer.Typer:
    """The command line with these of its commands."""
    app = typer.Typer(
        name="alfine",
        help="Stream music over explicit state machines (RFC 9999).",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    app.callback()(_alfine)
    for name in commands:
        module = import_module(f"cli.{name}")
        app.command(epilog=getattr(module, "EPILOG", None))(getattr(module, name))
    return app


def _alfine() -> None:
    """Stream music over explicit state machines (RFC 9999)."""


def main() -> None:
    """Run the command line."""
    # What the other commands import takes a client a fifth of the time in which it starts.
    wanted = [name for name in sys.argv[1:2] if name in COMMANDS] or COMMANDS
    usage.run(application(*wanted), {settings.SECTION: settings.for_typer()})


if __name__ == "__main__":
    main()
