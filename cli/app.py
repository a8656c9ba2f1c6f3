"""The `alfine` command."""

from __future__ import annotations

import typer

from cli import client, diagrams, server, usage

app = typer.Typer(
    name="alfine",
    help="Stream music over explicit state machines (RFC 9999).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command(epilog=server.EPILOG)(server.server)
app.command(epilog=client.EPILOG)(client.client)
app.command(epilog=diagrams.EPILOG)(diagrams.diagrams)


def main() -> None:
    """Run the command line."""
    usage.run(app)


if __name__ == "__main__":
    main()
