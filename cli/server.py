"""`alfine server`: serve a folder of MP3s (RFC 2.3)."""

from __future__ import annotations

import sys
from typing import Any

import click

from cli.command_line import command
from cli.serving.command import ServerCommand
from cli.serving.refused import Refused
from cli.serving.settings import declare, settings_of
from cli.serving.start import serve
from cli.usage import USAGE, run

EPILOG = "Example: alfine server ~/Music 12345 --host 0.0.0.0 --workers 4"


@command(EPILOG, kind=ServerCommand)
@declare
def server(**given: Any) -> None:
    """Serve the MP3s of a folder, and log what each client asks for.

    SIGTERM, SIGHUP or Ctrl-C lets songs end, a second one does not; both end with exit code 0.

    A folder that cannot be read, or a port that cannot be had, ends with exit code 2.

    What stands under [server] in the file of the settings, or in a variable such as
    ALFINE_SERVER_PORT, need not be typed: alfine config shows them all.
    """
    try:
        serve(settings_of(given))
    except Refused as why:
        print(f"alfine server: {why}", file=sys.stderr)
        raise click.exceptions.Exit(USAGE) from None


if __name__ == "__main__":
    run(server, "cli.server")
