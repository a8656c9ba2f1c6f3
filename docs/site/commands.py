"""The reference of every command, made from the command: `{commands}` on a page stands for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from cli.outside import command as outside
from docs.site import described


def reference() -> str:
    """Return what all commands say of themselves, as Markdown."""
    own = [line for command in described.commands() for line in _command(command)]
    return "\n".join([*own, *map(_outside, outside.WORDS)])


def _command(command: described.Command) -> Iterator[str]:
    usage = f"alfine {command.name} {command.usage}"
    yield f"## alfine {command.name}\n\n```text\n{usage}\n```\n\n{command.help}\n"
    for panel, rows in command.panels.items():
        lines = [_row(*row) for row in rows]
        yield f"| {panel} | |\n|---|---|\n" + "\n".join(lines) + "\n"
    if command.epilog:
        yield f"{_with_code(command.epilog)}\n"
    for each in command.more:
        yield from _command(each)


def _outside(word: str) -> str:
    """Return what a command that acts on the running client says: click knows none of them."""
    return f"## alfine {word}\n\n```text\n{outside.help_text(word)}\n```\n"


def _row(names: str, text: str) -> str:
    """Return a line of a table: an option or an argument, and what it does."""
    cells = (f"`{names}`", text)
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
