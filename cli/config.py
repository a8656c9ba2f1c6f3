"""`alfine config`: the value of each setting, and where it is set."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

from cli import settings
from cli.command_line import command, flag
from cli.server import server
from cli.serving.command import settings_of
from cli.usage import USAGE
from cli.words.formatters.json_lines import dump
from cli.words.safe_text import safe


@command()
@flag("--json", "as_json", help="One JSON object, for programs (docs/json.md).")
def config(
    as_json: bool,
) -> None:
    """Show each setting of client and server, and where it comes from.

    An option on the command line goes before an ALFINE_ variable, that before the file, and that
    before the default. The server's variables begin with ALFINE_SERVER_.
    """
    path = settings.config_path()
    try:
        sections = {
            name: settings.origins(path, os.environ, known) for name, known in _known().items()
        }
    except settings.SettingsError as error:
        print(f"alfine config: {error}", file=sys.stderr)
        raise click.exceptions.Exit(USAGE) from None
    file = f"{path}{'' if path.exists() else ' (there is none yet)'}"
    if as_json:
        client, server = map(_members, sections.values())
        print(dump("config", file=str(path), settings=client, server=server))
    elif sys.stdout.isatty():
        _show(sections)
        print(f"\n{file}")
    else:
        print(f"# {file}")
        for name, origins in sections.items():
            print(f"[{name}]")
            for origin in origins:
                print(f"{origin.setting.name} = {_toml(origin.value)}  # {origin.source}")


def _known() -> dict[str, Sequence[settings.Setting]]:
    return {settings.CLIENT: settings.SETTINGS, settings.SERVER: settings_of(server)}


def _members(origins: list[settings.Origin]) -> dict[str, Any]:
    return {o.setting.name: {"value": o.value, "source": o.source} for o in origins}


def _show(sections: Mapping[str, list[settings.Origin]]) -> None:
    """Print a table, for a person."""
    from rich.console import Console  # a pipe needs none of it
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for name, origins in sections.items():
        table.add_row(Text(f"[{name}]"))
        for origin in origins:
            is_set = origin.source != "default"
            table.add_row(
                Text(origin.setting.name, "bold"),
                Text(safe(_toml(origin.value)), "cyan" if is_set else ""),
                Text(safe(origin.source), "" if is_set else "dim"),
                Text(origin.setting.about, "dim"),
            )
    Console(highlight=False).print(table)


def _toml(value: Any) -> str:
    match value:
        case None:
            return "(none)"
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
        case list() | tuple():
            return f"[{', '.join(map(_toml, value))}]"
    return str(value)
