"""The settings of `alfine server`: one frozen object of all that its options say.

A new option: its declaration and its field, in one group of `cli.serving.options`. A new group: a
line in DECLARATIONS, and one in Settings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from cli.command_line import Declaration, Declared
from cli.options import tls as tls_options
from cli.options import tracing
from cli.options.tls import ServerTls
from cli.options.tracing import Trace
from cli.serving.options import limits, listening, running, songs
from cli.serving.options.limits import LimitOptions
from cli.serving.options.listening import Listening
from cli.serving.options.running import Running
from cli.serving.options.songs import Songs
from fsm.frozen import dataclass

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Group = TypeVar("Group", bound="DataclassInstance")

DECLARATIONS: tuple[Declaration, ...] = (
    songs.music_dir,
    *listening.OPTIONS,
    *running.OPTIONS,
    *(each for each in songs.OPTIONS if each is not songs.music_dir),
    *limits.OPTIONS,
    *tls_options.OF_SERVER,
    tracing.options,
)
"""In the order of the help, but that it sorts by headings."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All that the options say, in their groups."""

    songs: Songs
    listening: Listening
    running: Running
    limits: LimitOptions
    tls: ServerTls
    trace: Trace


def declare(function: Declared) -> Declared:
    """Declare all options; they are what `settings_of` takes."""
    for declaration in reversed(DECLARATIONS):
        function = declaration(function)
    return function


def settings_of(given: Mapping[str, Any]) -> Settings:
    """Return the settings. given: the value of every option, by its name."""

    def group(kind: type[Group], prefix: str = "") -> Group:
        return kind(**{field.name: given[prefix + field.name] for field in fields(kind)})

    return Settings(
        group(Songs),
        group(Listening),
        group(Running),
        group(LimitOptions),
        group(ServerTls, "tls_"),
        group(Trace),
    )
