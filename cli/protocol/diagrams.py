"""`alfine diagrams`: draw the state machines, or find the drawings that are stale."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NoReturn

import click

from cli.command_line import PATH, command, flag, option
from cli.protocol.heat import HeatUnknown, times_fired
from cli.usage import FAILED, USAGE
from diagrams import files

EPILOG = "Example: alfine diagrams --heat server.jsonl --to heat"


@command(EPILOG)
@flag("--check", help="Write nothing; name the files that are stale, exit code 1.")
@option(
    "--to",
    type=PATH,
    default=files.ROOT,
    metavar="DIR",
    help="The source tree; with --heat, where the drawings go.",
    shown="the one that alfine runs from",
)
@option(
    "--heat",
    type=PATH,
    metavar="FILE",
    help="Draw how often each row has fired, into another directory (--to): by a trace, or "
    "by build/rows.json of a test run.",
)
def diagrams(
    check: bool,
    to: Path,
    heat: Path | None,
) -> None:
    """Draw every state machine from its table, and write the tables as a page of Markdown.

    Makes diagrams/*.svg, *.png and *.dot, docs/state-machines.md, docs/rfc9999.md, and the
    dissector for Wireshark, docs/wireshark/alfine.lua. Only drawing needs the program dot.
    """
    if heat is not None:
        _draw_heat(heat, to)
        return
    if check:
        _check(to)
    else:
        _draw(to)


def _check(root: Path) -> None:
    try:
        lines = files.stale(root)
    except files.CannotDraw as error:
        _fail(str(error))
    for line in lines:
        print(line)
    if lines:
        _fail("stale; run `alfine diagrams`")


def _draw(root: Path) -> None:
    try:
        written = files.write(root)
    except (files.CannotDraw, OSError) as error:
        _fail(str(error))
    print(f"{len(written)} files written below {root}")


def _draw_heat(file: Path, to: Path) -> None:
    if (to / "pyproject.toml").is_file():
        _fail("with --heat, name a directory of its own for the drawings: --to DIR", USAGE)
    try:
        written = files.write_heat(to, times_fired(file))
    except HeatUnknown as error:
        _fail(str(error), USAGE)
    except (files.CannotDraw, OSError) as error:
        _fail(str(error))
    print(f"{len(written)} drawings written into {to}")


def _fail(why: str, code: int = FAILED) -> NoReturn:
    print(f"alfine diagrams: {why}", file=sys.stderr)
    raise click.exceptions.Exit(code)
