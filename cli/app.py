"""The `alfine` command."""

from __future__ import annotations

import typer

from cli import client, config, devices, diagrams, server, settings, usage, verify

app = typer.Typer(
    name="alfine",
    help="Stream music over explicit state machines (RFC 9999).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command(epilog=server.EPILOG)(server.server)
app.command(epilog=client.EPILOG)(client.client)
app.command()(devices.devices)
app.command()(config.config)
app.command(epilog=diagrams.EPILOG)(diagrams.diagrams)
app.command(epilog=verify.EPILOG)(verify.verify)


def main() -> None:
    """Run the command line."""
    usage.run(app, {settings.SECTION: settings.for_typer()})


if __name__ == "__main__":
    main()
