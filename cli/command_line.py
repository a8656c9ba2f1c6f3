"""How commands say what they take: click's arguments and options, which the help sorts by headings.

It knows no command, and imports one only when it is run.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

from cli.usage import USAGE

Declared = TypeVar("Declared", bound=Callable[..., Any])


class Declaration(Protocol):
    """What an argument or an option is declared by: it decorates the function of a command."""

    def __call__(self, function: Declared, /) -> Declared:
        """Return the function, with what is declared."""


ARGUMENTS, OPTIONS = "Arguments", "Options"
PATH = click.Path(path_type=Path)


class Option(click.Option):
    """An option that stands under a heading in the help. shown: in the place of its default."""

    def __init__(
        self, names: list[str], heading: str = OPTIONS, shown: str = "", **rest: Any
    ) -> None:
        rest.setdefault("show_default", shown or True)
        super().__init__(names, show_envvar="envvar" in rest, **rest)
        self.heading = heading


class Argument(click.Argument):
    """An argument with a help, which click has for options; for arguments only since 8.5."""

    def __init__(self, names: list[str], help: str = "", **rest: Any) -> None:
        super().__init__(names, **rest)
        self.about = help

    def get_help_record(self, context: click.Context) -> tuple[str, str]:
        """Return its name and its help. click calls it."""
        return " ".join(self.get_usage_pieces(context)), self.about


class Command(click.Command):
    """A command whose help has a section for each heading."""

    def sections(self, context: click.Context) -> dict[str, list[tuple[str, str]]]:
        """Return names and help of arguments and options, by heading, in order."""
        found: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(context):
            own = ARGUMENTS if isinstance(parameter, click.Argument) else OPTIONS
            if record := parameter.get_help_record(context):
                found.setdefault(getattr(parameter, "heading", own), []).append(record)
        return found

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections. click calls it."""
        _write(self.sections(context), formatter)

    def format_arguments(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write nothing: arguments are a section like the others. click calls it."""

    def format_epilog(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example; no word is broken, so that it can be copied. click calls it."""
        if self.epilog:
            width = formatter.width - 2
            lines = textwrap.wrap(
                self.epilog, width, subsequent_indent="  ", break_on_hyphens=False
            )
            formatter.write("\n" + "".join(f"  {line}\n" for line in lines))


def _write(sections: Mapping[str, list[tuple[str, str]]], to: click.HelpFormatter) -> None:
    for heading, rows in sections.items():
        with to.section(heading):
            to.write_dl(rows)


class CommandWithMore(Command):
    """A command of which some first words mean another one. more: these, by their words."""

    def __init__(self, *args: Any, more: Mapping[str, Command], **rest: Any) -> None:
        super().__init__(*args, **rest)
        self.more = more

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Parse the command that is meant. click calls it."""
        if args and (other := self.more.get(args[0])) is not None:
            return other.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return super().make_context(info_name, args, parent, **extra)

    def sections(self, context: click.Context) -> dict[str, list[tuple[str, str]]]:
        """Return names and help, with the other commands."""
        rows = [(word, each.get_short_help_str(200)) for word, each in self.more.items()]
        return {**super().sections(context), "Commands": rows}


class Commands(click.Group):
    """Commands by heading, each with a line of help; the module of one is imported to run it.

    module_of: from a command's name to its module's, whose last part is the name.
    """

    def __init__(
        self,
        headings: Mapping[str, Mapping[str, str]],
        module_of: Callable[[str], str],
        **rest: Any,
    ) -> None:
        named = {name: does for lines in headings.values() for name, does in lines.items()}
        stubs = {name: click.Command(name, help=does) for name, does in named.items()}
        super().__init__(commands=stubs, **rest)
        self._headings = headings
        self._module_of = module_of

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Read the command line; without a word on it, print the help and exit. click calls it."""
        if not arguments and not context.resilient_parsing:
            click.echo(self.get_help(context))
            context.exit(USAGE)
        return super().parse_args(context, arguments)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a section for each heading. click calls it."""
        _write({name: [*lines.items()] for name, lines in self._headings.items()}, formatter)

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is to be run, or completed. click calls it."""
        name, _, rest = super().resolve_command(context, arguments)
        return name, import_command(self._module_of(str(name))), rest


def import_command(module: str) -> Command:
    """Import the command that has the name of its module."""
    command = getattr(import_module(module), module.rpartition(".")[2])
    assert isinstance(command, Command)
    return command


def command(
    epilog: str | None = None,
    more: Mapping[str, Command] | None = None,
    kind: type[Command] = Command,
) -> Callable[[Callable[..., Any]], Command]:
    """Make a command of a function; its name, and what the help says, are the function's.

    more: other commands, by the first word that means each.
    """
    if more is not None:
        return click.command(cls=CommandWithMore, epilog=epilog, more=more)
    return click.command(cls=kind, epilog=epilog)


def argument(name: str, **rest: Any) -> Declaration:
    """Declare an argument, as click.argument does. help: what it is for."""
    return click.argument(name, cls=Argument, **rest)


def option(*names: str, **rest: Any) -> Declaration:
    """Declare an option, as click.option does. heading, shown: see Option."""
    return click.option(*names, cls=Option, **rest)


def flag(*names: str, **rest: Any) -> Declaration:
    """Declare an option that takes no value."""
    return option(*names, is_flag=True, **rest)


def between(least: float, most: float | None = None) -> click.ParamType[Any]:
    """Return the type of a number in a range, whole if least is."""
    kind = _Number if isinstance(least, float) else click.IntRange
    return kind(least, most)


class _Number(click.FloatRange):
    """A number in a range: nan, which is neither below nor above it, is none."""

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> float:
        """Return the number. click calls it."""
        number: float = super().convert(value, parameter, context)
        if number != number:
            self.fail(f"{value!r} is not a number", parameter, context)
        return number
