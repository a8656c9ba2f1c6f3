"""What the commands say of themselves, as data: the site's reference and the manual are made of it.

It alone asks click for that, and knows no markup.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import click

from cli.app import COMMANDS, application, module_of
from cli.command_line import OPTIONS, CommandWithMore, import_command
from cli.command_line import Command as Words


@dataclass(frozen=True)
class Command:
    """A command. usage: behind its name. help: paragraphs. epilog: an example, or ""."""

    name: str
    usage: str
    help: str
    panels: dict[str, list[tuple[str, str]]]
    """By a heading: how each argument or option is written, and what it does."""
    epilog: str
    more: tuple[Command, ...] = ()
    """Those that a first word means."""

    @property
    def summary(self) -> str:
        """Return the first sentence, without its full stop."""
        first = " ".join(self.help.split("\n\n")[0].split())
        return first.partition(". ")[0].rstrip(".")


def alfine() -> Command:
    """Return what `alfine --help` says, without the commands."""
    group = application()
    context = group.make_context("alfine", [], resilient_parsing=True)
    records = [each.get_help_record(context) for each in group.get_params(context)]
    options = {OPTIONS: _in_lines(filter(None, records))}
    return Command("alfine", _usage(group, context), group.help or "", options, "")


def commands() -> Iterator[Command]:
    """Return all commands of alfine, but those that act on the running client."""
    for name in COMMANDS:
        yield _described(name, import_command(module_of(name)))


def _described(name: str, command: Words) -> Command:
    context = command.make_context(name, [], resilient_parsing=True)
    panels = {heading: _in_lines(rows) for heading, rows in command.sections(context).items()}
    more = command.more if isinstance(command, CommandWithMore) else {}
    return Command(
        name,
        _usage(command, context),
        inspect.cleandoc(command.help or ""),
        panels,
        command.epilog or "",
        tuple(_described(f"{name} {word}", each) for word, each in more.items()),
    )


def _usage(command: click.Command, context: click.Context) -> str:
    return " ".join(command.collect_usage_pieces(context))


def _in_lines(rows: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(names, " ".join(text.split())) for names, text in rows]
