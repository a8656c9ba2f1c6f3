"""The command line of `alfine server`, completed by variables and by the file of the settings.

A server that cannot read its settings does not start: what it would do without them, nobody wants.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from cli import settings
from cli.command_line import Command
from cli.settings import PREFIXES, SERVER, Setting, SettingsError, variable
from cli.usage import USAGE
from net.server.limits import Keepalive

ARGUMENTS = "alfine.serving.arguments"
"""Under this name the context keeps what was typed."""


class ServerCommand(Command):
    """The command. Its options are settings as well, under their own names."""

    def __init__(self, *args: Any, **rest: Any) -> None:
        super().__init__(*args, **rest)
        for parameter in self.params:  # click finds those of options itself
            if isinstance(parameter, click.Argument):
                parameter.envvar = variable(str(parameter.name), SERVER)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Parse what was typed. click calls it."""
        if extra.get("resilient_parsing") or "--help" in args:
            return super().make_context(info_name, args, parent, **extra)
        try:
            return self._completed(info_name, args, parent, **extra)
        except SettingsError as error:
            print(f"alfine server: {error}", file=sys.stderr)
            raise click.exceptions.Exit(USAGE) from None

    def given_now(self, context: click.Context) -> Mapping[str, Any]:
        """Return what would be given if the command began now: the file may be another.

        context: of the command that runs. Raises SettingsError.
        """
        typed = list(context.meta[ARGUMENTS])
        try:
            return self._completed(context.info_name, typed, context.parent).params
        except click.ClickException as error:
            raise SettingsError(error.format_message()) from None

    def _completed(
        self, info_name: str | None, args: list[str], parent: click.Context | None, **extra: Any
    ) -> click.Context:
        typed = list(args)
        extra["auto_envvar_prefix"] = PREFIXES[SERVER]
        extra["default_map"] = from_file(self, settings.config_path())
        context = super().make_context(info_name, args, parent, **extra)
        context.meta[ARGUMENTS] = typed
        return context


def from_file(command: click.Command, path: Path) -> dict[str, Any]:
    """Return what the file sets, as click's default_map. Raises SettingsError."""
    given = settings.read_file(path, settings_of(command))
    parameters = {parameter.name: parameter for parameter in command.params}
    context = click.Context(command)
    for name, value in given.items():
        parameter = parameters[name]
        texts = value if isinstance(value, list) else [value]
        if parameter.multiple and not all(isinstance(text, str) for text in texts):
            raise SettingsError(f"{path}: {name} takes a list of texts, not {value!r}")
        given[name] = texts if parameter.multiple else _in_full(value)
        try:
            parameter.process_value(context, given[name])
        except click.BadParameter as error:
            raise SettingsError(f"{path}: {name}: {error.message}") from None
    return given


def _in_full(value: Any) -> Any:
    """Return a path as a shell would have given it: ~ is the user's home."""
    return os.path.expanduser(value) if isinstance(value, str) else value


def settings_of(command: click.Command) -> tuple[Setting, ...]:
    """Return the command's parameters as settings."""
    return tuple(map(_setting, command.params))


def _setting(parameter: click.Parameter) -> Setting:
    default = parameter.to_info_dict()["default"]
    if isinstance(default, Keepalive):
        default = str(default)
    about = str(getattr(parameter, "help", None) or "")
    first = about.replace("\n", " ").split(". ")[0].rstrip(".")
    return Setting(str(parameter.name), _kinds(parameter), default, first, SERVER)


def _kinds(parameter: click.Parameter) -> tuple[type, ...]:
    if isinstance(parameter.type, click.types.BoolParamType):
        return (bool,)
    if isinstance(parameter.type, click.types.IntParamType):
        return (int,)
    if isinstance(parameter.type, click.types.FloatParamType):
        return (int, float)
    return (str, list) if parameter.multiple else (str,)
