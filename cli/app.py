"""The `alfine` command: all commands under one name."""

from __future__ import annotations

import sys
from importlib import import_module

import typer

from cli import settings, usage

COMMANDS = (
    "server", "client", "library", "devices", "config", "diagrams", "verify", "check", "replay",
    "proxy",
)  # fmt: skip
"""The name of each is that of its module and of its function."""


def application(*commands: str) -> typer.Typer:
    """Build the command line with these commands; only their modules are imported."""
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
    # The imports of the other commands would take a fifth of the client's start.
    chosen = [name for name in sys.argv[1:2] if name in COMMANDS] or COMMANDS
    usage.run(application(*chosen), {settings.SECTION: settings.for_typer()})


if __name__ == "__main__":
    main()
