"""What the commands say of themselves, as data: the site's reference and the manual are made of it.

It alone knows how a command line is asked for that, and knows no markup.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import typer

from cli.app import COMMANDS, application


@dataclass(frozen=True)
class Command:
    """A command. usage: behind its name. help: paragraphs. epilog: an example, or ""."""

    name: str
    usage: str
    help: str
    panels: dict[str, list[tuple[str, str]]]
    """By a heading: how each argument or option is written, and what it does."""
    epilog: str

    @property
    def summary(self) -> str:
        """Return the first sentence, without its full stop."""
        first = " ".join(self.help.split("\n\n")[0].split())
        return first.partition(". ")[0].rstrip(".")


def alfine() -> Command:
    """Return what `alfine --help` says, without the commands."""
    group: Any = typer.main.get_command(application(*COMMANDS))
    return _described("alfine", group, None)


def commands() -> Iterator[Command]:
    """Return all commands of alfine, but those that act on the running client."""
    group: Any = typer.main.get_command(application(*COMMANDS))
    context = group.make_context("alfine", [], resilient_parsing=True)
    for name in COMMANDS:
        yield _described(name, group.get_command(context, name), context)


def _described(name: str, command: Any, parent: Any) -> Command:
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    panels: dict[str, list[tuple[str, str]]] = {}
    for parameter in command.get_params(context):
        kind = "Arguments" if parameter.param_type_name == "argument" else "Options"
        if (record := parameter.get_help_record(context)) is not None:
            names, text = record
            heading = parameter.rich_help_panel or kind
            panels.setdefault(heading, []).append((names, _unescaped(" ".join(text.split()))))
    usage = " ".join(command.collect_usage_pieces(context))
    return Command(name, usage, command.help, panels, command.epilog or "")


def _unescaped(text: str) -> str:
    """Return the text without the backslashes that keep brackets from being markup."""
    return text.replace("\\[", "[")
