"""The manual pages, made from the commands: `python -m docs.site.manual` writes packaging/man/.

It knows man(7), the language of manual pages, and of the commands what `described` says.
"""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

from cli.outside import command as outside
from docs.site import described

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "packaging" / "man"
DATE = "2026-11-26"
"""On every page, so that a page changes only when a command does: when their form was decided."""

EXIT_STATUS = (
    ("0", "Done."),
    ("1", "A command failed."),
    ("2", "A mistake on the command line."),
    ("3", "No connection, or it was lost."),
)
FILES = (
    ("~/.config/alfine/config.toml", "The client's settings; alfine-config(1) shows each."),
    ("~/.local/state/alfine/", "The catalogue of a server's songs, and the prompt's history."),
    ("~/.cache/alfine/", "Songs as a server sends them."),
)
ENVIRONMENT = (
    ("ALFINE_OUTPUT, ALFINE_VOLUME …", "The client's settings; options go before them."),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME, XDG_CACHE_HOME", "Where the files above are."),
)
ABOUT = (
    "alfine streams a folder of MP3s over one TCP connection, and plays them in a terminal. Each "
    "command has a page of its own; those that act on the client that plays are told by "
    "alfine WORD --help."
)
SOURCE = "https://www.rfc-editor.org/info/rfc9999"

_SPECIAL = str.maketrans({"\\": "\\e", "~": "\\(ti", "^": "\\(ha", "`": "\\(ga", "'": "\\(aq"})
_OPTION = re.compile(r"(?<![\w-])-{1,2}[A-Za-z][\w-]*")
_REQUEST = re.compile(r"^(?=[.'])", re.M)
_COLUMNS = 72

Terms = tuple[tuple[str, str], ...] | list[tuple[str, str]]


def pages() -> dict[str, str]:
    """Return the text of every page, by the name of its file."""
    commands = list(described.commands())
    every = {"alfine.1": _overview(commands)}
    return every | {f"alfine-{each.name}.1": _page(each) for each in commands}


def write(folder: Path = FOLDER) -> None:
    """Write every page, and delete those of commands that are no more."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = pages()
    for path in folder.glob("*.1"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8")


def _overview(commands: list[described.Command]) -> str:
    own = described.alfine()
    examples = [each.epilog for each in commands if each.name in ("server", "client")]
    lines = [
        *_head("alfine", own.summary),
        *_section("SYNOPSIS", [f"{_bold('alfine')} {_code(own.usage)}"]),
        *_section("DESCRIPTION", [_prose(ABOUT)]),
        *_terms("OPTIONS", own.panels["Options"]),
        *_terms("COMMANDS", [(f"alfine-{each.name}(1)", f"{each.summary}.") for each in commands]),
        *_terms(outside.HEADING.upper(), _outside()),
        *_terms("EXIT STATUS", EXIT_STATUS),
        *_terms("FILES", FILES),
        *_terms("ENVIRONMENT", ENVIRONMENT),
        *_examples(examples),
        *_section("SEE ALSO", [_prose(f"RFC 9999, {SOURCE}")]),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _outside() -> list[tuple[str, str]]:
    words = outside.WORDS.items()
    return [(f"{word} {takes}".strip(), f"{does.capitalize()}.") for word, (takes, does) in words]


def _page(command: described.Command) -> str:
    name = f"alfine-{command.name}"
    usage = f"{_bold('alfine ' + command.name)} {_code(command.usage)}"
    paragraphs = [_prose(part) for part in command.help.split("\n\n")]
    lines = [
        *_head(name, command.summary),
        *_section("SYNOPSIS", [usage]),
        *_section("DESCRIPTION", paragraphs),
        *(
            line
            for panel, rows in command.panels.items()
            for line in _terms(panel.upper(), rows)
        ),
        *_examples([command.epilog]),
        *(line for each in command.more for line in _more(each)),
        *_section("SEE ALSO", [_bold("alfine") + "(1)"]),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _more(command: described.Command) -> Iterator[str]:
    """Return a section with all that a command behind another one says."""
    usage = f"{_bold('alfine ' + command.name)} {_code(command.usage)}"
    paragraphs = [_prose(part) for part in command.help.split("\n\n")]
    yield from _section(command.name.upper(), [usage, *paragraphs])
    for rows in command.panels.values():
        for word, meaning in rows:
            yield from (".TP", _bold(word), _prose(meaning))
    yield from _example_lines([command.epilog], ".PP")


def _head(name: str, summary: str) -> list[str]:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    title = f'.TH {_code(name.upper())} 1 {DATE} "alfine {version}" "User Commands"'
    about = summary[0].lower() + summary[1:]
    # One line, for apropos(1) reads it.
    return [title, *_section("NAME", [f"{_code(name)} \\- {_escaped(about)}"])]


def _section(heading: str, paragraphs: list[str]) -> Iterator[str]:
    yield f'.SH "{heading}"'
    for number, paragraph in enumerate(paragraphs):
        if number:
            yield ".PP"
        yield paragraph


def _terms(heading: str, terms: Terms) -> Iterator[str]:
    """Return a section with a list of words and what each means."""
    yield f'.SH "{heading}"'
    for word, meaning in terms:
        yield from (".TP", _bold(word), _prose(meaning))


def _examples(epilogs: list[str]) -> Iterator[str]:
    """Return a section with the command lines of "Example: …"."""
    if any(epilogs):
        yield ".SH EXAMPLES"
        yield from _example_lines(epilogs)


def _example_lines(epilogs: list[str], *before: str) -> Iterator[str]:
    lines = [line for each in epilogs if each for line in each.partition(": ")[2].split("; ")]
    for number, line in enumerate(lines):
        yield from ((".PP",) if number else before)
        yield from (".nf", "    " + _code(line), ".fi")


def _bold(text: str) -> str:
    return f"\\fB{_code(text)}\\fR"


def _code(text: str) -> str:
    """Return what is typed: each hyphen is a minus sign, so that it can be copied."""
    return text.translate(_SPECIAL).replace("-", "\\-")


def _prose(text: str) -> str:
    """Return sentences in short lines; a line that begins with a dot is no request."""
    lines = textwrap.wrap(text, _COLUMNS, break_long_words=False, break_on_hyphens=False)
    return _REQUEST.sub(r"\\&", _escaped("\n".join(lines)))


def _escaped(text: str) -> str:
    """Return text in which an option is what is typed, and any other hyphen is one."""
    escaped = text.translate(_SPECIAL)
    return _OPTION.sub(lambda option: option[0].replace("-", "\\-"), escaped)


if __name__ == "__main__":
    write()
