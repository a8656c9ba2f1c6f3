"""`alfine check --client`: runs somebody's client, plays a server to it, and shows the verdicts."""

from __future__ import annotations

import asyncio
import os
import shlex
import signal
from collections.abc import Sequence
from pathlib import Path

import click

from check.case import Case, Verdict
from check.client.check import ClientCheck, NeverConnected
from check.client.options import Options, Typed
from check.present import present
from check.printed import printed
from cli.usage import NO_CONNECTION, end_at
from cli.words.safe_text import shown

PEER_CHARACTERS = 200
"""Of a command that are shown."""


def checked(
    options: Options, cases: Sequence[Case], as_json: bool, junit: Path | None
) -> list[Verdict]:
    """Check a client, and return the verdicts.

    Raises click.BadParameter: the command cannot be run, the JUnit file cannot be written;
    click.exceptions.Exit: the client has not connected.
    """
    _refuse_wrong(options)
    end_at(signal.SIGTERM, signal.SIGHUP)  # the clients are ended with the check
    try:
        return asyncio.run(_check(options, cases, as_json, junit))
    except NeverConnected as error:
        click.echo(f"alfine check: the client has not connected: {error}", err=True)
        raise click.exceptions.Exit(NO_CONNECTION) from None
    except OSError as error:
        if error.filename not in (options.command[0], str(junit)):
            raise
        raise click.BadParameter(f"{shown(error.filename)}: {error.strerror}") from None


async def _check(
    options: Options, cases: Sequence[Case], as_json: bool, junit: Path | None
) -> list[Verdict]:
    client = await ClientCheck.begin(options)
    try:
        return await present(
            client.verdicts(cases),
            "client",
            printed(os.fsencode(shlex.join(options.command)), PEER_CHARACTERS),
            client.described(),
            click.echo,
            as_json=as_json,
            junit_file=junit,
        )
    finally:
        await client.close()


def _refuse_wrong(options: Options) -> None:
    """Raise click.BadParameter for a command, or for words, that cannot work."""
    if not options.command:
        raise click.BadParameter("a client is a command: --client -- COMMAND {host} {port}")
    if not any("{port}" in word for word in options.command):
        raise click.BadParameter("the command needs {port}, where the port is to stand")
    if "{id}" not in options.typed.play:
        raise click.BadParameter("--type-play needs {id}, where the song's ID is to stand")


def typed(words: dict[str, str]) -> Typed:
    """Return the words that are typed into a client. Raises click.BadParameter: a line break."""
    for name, text in words.items():
        if not text.isprintable():
            raise click.BadParameter(f"--type-{name} is one line of printable text")
    return Typed(**words)
