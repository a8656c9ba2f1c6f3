"""The client's settings: the command line goes before variables, those before the file.

click reads the command line and the variables itself; the file is given to it as its defaults.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fsm.frozen import dataclass
from fsm.words import PREBUFFER_MSGS

SECTION = "client"
MAX_SONG_MIB = 1024


class SettingsError(ValueError):
    """The file cannot be used. The message names the place in it, and what would be right."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. kinds: the types that the file may give; default: None if it has none."""

    name: str
    kinds: tuple[type, ...]
    default: Any
    about: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return variable(self.name)


def variable(name: str) -> str:
    """Return the environment variable for a setting: ALFINE_OUTPUT for output."""
    return f"ALFINE_{name.upper()}"


SETTINGS = (
    Setting("host", (str,), None, "the server's name or address"),
    Setting("port", (int,), None, "the server's port"),
    Setting("output", (str,), "auto", "where the sound goes: auto, pyaudio, null or wav:FILE"),
    Setting("device", (str, int), None, "the sound device: a part of its name, or its index"),
    Setting("volume", (int,), 100, "how loud to begin, 0 to 100"),
    Setting("gain", (str,), "off", "songs equally loud by their tags: off, track or album"),
    Setting("prebuffer", (int, str), PREBUFFER_MSGS, "messages before playing begins, or auto"),
    Setting("plain", (bool,), False, "the server knows only the RFC"),
    Setting("retries", (int,), None, "attempts to reconnect for one song; none: see the help"),
    Setting("song_size", (int,), MAX_SONG_MIB, "the largest song that is kept, in MiB"),
    Setting("notify", (bool,), False, "a notification on the desktop for each song"),
    Setting("json", (bool,), False, "answer in JSON, an object a line"),
)
_BY_NAME = {setting.name: setting for setting in SETTINGS}


def config_path() -> Path:
    """Return $ALFINE_CONFIG, else config.toml in the user's configuration directory for alfine."""
    if named := os.environ.get("ALFINE_CONFIG"):
        return Path(named)
    if sys.platform == "linux":  # platformdirs says the same, and its imports take longer
        base = os.environ.get("XDG_CONFIG_HOME", "")
        base = base if os.path.isabs(base) else os.path.expanduser("~/.config")
        return Path(base, "alfine", "config.toml")
    from platformdirs import user_config_path

    return user_config_path("alfine") / "config.toml"


def read_file(path: Path) -> dict[str, Any]:
    """Return what the file sets; {} if there is no file. Raises SettingsError."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error
    import tomllib  # most people have no such file

    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from error
    for name in content:
        if name != SECTION:
            raise SettingsError(f"{path}: everything stands under [{SECTION}], not {name!r}")
    section = content.get(SECTION, {})
    if not isinstance(section, dict):
        raise SettingsError(f"{path}: {SECTION} is a section: [{SECTION}]")
    for name, value in section.items():
        _check(path, name, value)
    return section


def _check(path: Path, name: str, value: object) -> None:
    if name not in _BY_NAME:
        import difflib

        near = difflib.get_close_matches(name, _BY_NAME, 1)
        meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(_BY_NAME)}"
        raise SettingsError(f"{path}: there is no setting {name!r}; {meant}")
    if type(value) not in _BY_NAME[name].kinds:
        kinds = " or ".join(_KINDS[kind] for kind in _BY_NAME[name].kinds)
        raise SettingsError(f"{path}: {name} takes {kinds}, not {value!r}")


_KINDS = {str: "a text in quotes", int: "a number", bool: "true or false"}


def defaults() -> dict[str, Any]:
    """Return the file's settings as click's default_map; {} and a line on stderr if it is bad."""
    try:
        section = read_file(config_path())
    except SettingsError as error:
        print(f"alfine: {error}; going on without that file", file=sys.stderr)
        return {}
    named = {_OPTIONS.get(name, name): value for name, value in section.items()}
    return {name: str(value) if name in _TEXTS else value for name, value in named.items()}


_OPTIONS = {"json": "as_json"}
_TEXTS = ("device", "prebuffer")
"""The file may give a number for these, but the options take a text."""


@dataclass(frozen=True, slots=True)
class Origin:
    """A setting, its value, and its source: a variable, a file, or default."""

    setting: Setting
    value: Any
    source: str


def origins(path: Path, environ: Mapping[str, str]) -> list[Origin]:
    """Return each setting as the next `alfine client` will see it. Raises SettingsError."""
    from_file = read_file(path)
    found = []
    for setting in SETTINGS:
        if environ.get(setting.variable):
            origin = Origin(setting, environ[setting.variable], setting.variable)
        elif setting.name in from_file:
            origin = Origin(setting, from_file[setting.name], str(path))
        else:
            origin = Origin(setting, setting.default, "default")
        found.append(origin)
    return found
