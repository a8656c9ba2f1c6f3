"""The reference of every command, made from the command: `{commands}` on a page stands for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from cli.app import COMMANDS, application
from cli.outside import command as outside


def reference() -> str:
    """Return what all commands say of themselves, as Markdown."""
    group: Any = typer.main.get_command(application(*COMMANDS))
    context = group.make_context("alfine", [], resilient_parsing=True)
    own = [line for name in COMMANDS for line in _command(group, context, name)]
    return "\n".join([*own, *map(_outside, outside.WORDS)])


def _command(group: Any, parent: Any, name: str) -> Iterator[str]:
    command = group.get_command(parent, name)
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"## alfine {name}\n\n```text\nalfine {name} {usage}\n```\n\n{command.help}\n"
    panels: dict[str, list[str]] = {}
    for parameter in command.get_params(context):
        kind = "Arguments" if parameter.param_type_name == "argument" else "Options"
        if (record := parameter.get_help_record(context)) is not None:
            panels.setdefault(parameter.rich_help_panel or kind, []).append(_row(*record))
    for panel, rows in panels.items():
        yield f"| {panel} | |\n|---|---|\n" + "\n".join(rows) + "\n"
    if command.epilog:
        yield f"{_with_code(command.epilog)}\n"


def _outside(word: str) -> str:
    """Return what a command that acts on the running client says of itself: it is no Typer's."""
    return f"## alfine {word}\n\n```text\n{outside.help_text(word)}\n```\n"


def _row(names: str, text: str) -> str:
    """Return a line of a table: an option or an argument, and what it does."""
    cells = (f"`{names}`", " ".join(text.split()))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _with_code(epilog: str) -> str:
    return re.sub(r"^(Examples?): (.*)$", r"\1: `\2`", epilog, flags=re.M)


class Commands(SphinxDirective):
    """Stands for the reference of all commands."""

    def run(self) -> list[nodes.Node]:
        """Return the parsed reference."""
        return self.parse_text_to_nodes(reference(), allow_section_headings=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_directive("commands", Commands)
    return {"parallel_read_safe": True}
