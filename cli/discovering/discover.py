"""`alfine discover`: the servers in the local network, as they say themselves."""

from __future__ import annotations

import asyncio
import io
import sys

import click

from cli.command_line import between, command, flag, option
from cli.discovering import listing
from cli.usage import FAILED, USAGE
from cli.words.formatters.json_lines import dump
from discovery import network
from discovery.finding import LOOK_S, Findings, find

MISSING = "needs zeroconf, which is not installed: alfine's extra [discovery]"


@command()
@flag("--json", "as_json", help="One JSON object, for programs (docs/json.md).")
@option(
    "--seconds",
    type=between(0.1, 3600.0),
    metavar="SECONDS",
    help="How long to look.",
    shown="until all have answered, 2 at most",
)
def discover(
    as_json: bool,
    seconds: float | None,
) -> None:
    """List the servers that announce themselves in the local network.

    Anybody there can announce anything: nothing of it is proven. Exit codes: 0; 1 there is none,
    with --json, too; 2 usage, or zeroconf is not installed.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # the locale may lack characters of a name
    if not network.is_installed():
        print(f"alfine discover: {MISSING}", file=sys.stderr)
        raise click.exceptions.Exit(USAGE)
    findings, why = _found(seconds)
    if as_json:
        servers = [listing.members(each) for each in findings.servers]
        print(dump("discovered", servers=servers, more=findings.more))
    for line in listing.lines(findings.servers) if not as_json else ():
        print(line)
    if rest := why or listing.more(findings):
        print(f"alfine discover: {rest}", file=sys.stderr)
    if not findings.servers:
        raise click.exceptions.Exit(FAILED)


def _found(seconds: float | None) -> tuple[Findings, str]:
    """Return what is found, and why it is nothing; "" where there is something."""
    try:
        findings = asyncio.run(find(seconds or LOOK_S, whole=seconds is not None))
    except network.NoNetwork as error:
        return Findings((), 0), str(error)
    return findings, "" if findings.servers else "no server announces itself in this network"
