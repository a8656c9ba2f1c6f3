"""The `alfine` command: all commands under one name.

Typer is imported where a command needs it: those that a key or a status bar starts do without.
"""

from __future__ import annotations

import sys
from importlib import import_module

from cli.outside import command as outside

TYPE_CHECKING = False  # as of `typing`, whose import the short commands do without
if TYPE_CHECKING:
    import typer

COMMANDS = (
    "server", "client", "library", "devices", "config", "diagrams", "verify", "check", "replay",
    "proxy",
)  # fmt: skip
"""The name of each is that of its module and of its function."""
VERSION = "Print the version and exit."


def application(*commands: str) -> typer.Typer:
    """Build the command line with these commands; only their modules are imported."""
    import typer

    app = typer.Typer(
        name="alfine",
        help="Stream music over explicit state machines (RFC 9999).",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    version = typer.Option(False, "--version", help=VERSION, callback=_print_version, is_eager=True)

    @app.callback()
    def alfine(version: bool = version) -> None:
        """Stream music over explicit state machines (RFC 9999)."""

    for name in commands:
        module = import_module(f"cli.{name}")
        app.command(epilog=getattr(module, "EPILOG", None))(getattr(module, name))
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        import typer

        from traces.file import alfine_version

        print(f"alfine {alfine_version()}")
        raise typer.Exit


def _run_by_main() -> None:
    """Stand for a command that `main` runs without Typer."""


def _list_outside(app: typer.Typer) -> None:
    """Let the help and the completion show the commands of `cli.outside`, which `main` runs."""
    for word, (_, does) in outside.WORDS.items():
        app.command(word, help=does.capitalize(), rich_help_panel=outside.PANEL)(_run_by_main)


def main() -> None:
    """Run the command line."""
    if sys.argv[1:] and sys.argv[1] in outside.WORDS:
        sys.exit(outside.main(sys.argv[1], sys.argv[2:]))
    from cli import settings, usage

    # The imports of the other commands would take a fifth of the client's start.
    chosen = [name for name in sys.argv[1:2] if name in COMMANDS]
    app = application(*(chosen or COMMANDS))
    if not chosen:
        _list_outside(app)
    usage.run(app, {settings.SECTION: settings.for_typer()})


if __name__ == "__main__":
    main()
