"""`alfine devices`: the sound devices, as --device takes them."""

from __future__ import annotations

import sys
from dataclasses import asdict

import click

from audio import OutputError, list_devices
from cli.command_line import command, flag
from cli.usage import FAILED
from cli.words.formatters.json_lines import dump
from cli.words.safe_text import safe


@command()
@flag("--json", "as_json", help="One JSON object, for programs (docs/json.md).")
def devices(
    as_json: bool,
) -> None:
    """List the sound devices: the index and the name that --device takes.

    The default one is marked by a star.
    """
    try:
        found = list_devices()
    except OutputError as error:
        print(f"alfine devices: {error}", file=sys.stderr)
        raise click.exceptions.Exit(FAILED) from None
    if as_json:
        print(dump("devices", devices=[asdict(device) for device in found]))
        return
    for device in found:
        print(f"{'*' if device.is_default else ' '} {device.index:>2}  {safe(device.name)}")
    if not found:
        print(
            "there is no sound device; connect one or start the sound server, "
            "or play with --output wav:FILE or null",
            file=sys.stderr,
        )
