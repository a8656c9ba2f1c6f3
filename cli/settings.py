"""The settings of client and server: the command line goes before variables, those before the file.

click reads the command line and the variables itself; the file is given to it as its defaults.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fsm.frozen import dataclass
from fsm.words import PREBUFFER_MSGS

CLIENT, SERVER = "client", "server"
SECTIONS = (CLIENT, SERVER)
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
    section: str = CLIENT

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return variable(self.name, self.section)


def variable(name: str, section: str = CLIENT) -> str:
    """Return the environment variable for a setting: ALFINE_OUTPUT, or ALFINE_SERVER_PORT."""
    return f"{PREFIXES[section]}_{name.upper()}"


PREFIXES = {CLIENT: "ALFINE", SERVER: "ALFINE_SERVER"}
"""Of the variables: a host of the client is not one of the server."""


SETTINGS = (
    Setting("host", (str,), None, "the server's name or address"),
    Setting("port", (int,), None, "the server's port"),
    Setting("output", (str,), "auto", "where the sound goes: auto, pyaudio, null or wav:FILE"),
    Setting("device", (str, int), None, "the sound device: a part of its name, or its index"),
    Setting("volume", (int,), None, "how loud to begin, 0 to 100; none: as it was left"),
    Setting("gain", (str,), "off", "songs equally loud by their tags: off, track or album"),
    Setting("prebuffer", (int, str), PREBUFFER_MSGS, "messages before playing begins, or auto"),
    Setting("plain", (bool,), False, "the server knows only the RFC"),
    Setting("retries", (int,), None, "attempts to reconnect for one song; none: see the help"),
    Setting("song_size", (int,), MAX_SONG_MIB, "the largest song that is kept, in MiB"),
    Setting("notify", (bool,), False, "a notification on the desktop for each song"),
    Setting("tls", (bool,), False, "speak TLS"),
    Setting("tls_ca", (str,), None, "a file with the authority that vouches for the server"),
    Setting("tls_pin", (str,), None, "the fingerprint of the server's certificate"),
    Setting("tls_cert", (str,), None, "the certificate to show a server that asks for one"),
    Setting("tls_key", (str,), None, "its key"),
    Setting("json", (bool,), False, "answer in JSON, an object a line"),
)


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


def read_file(path: Path, settings: Sequence[Setting] = SETTINGS) -> dict[str, Any]:
    """Return what the file sets of the settings of one section; {} if there is no file.

    The other section is for another program to read. Raises SettingsError.
    """
    by_name = {setting.name: setting for setting in settings}
    section = _section(path, settings[0].section)
    for name, value in section.items():
        _check(path, by_name, name, value)
    return section


def _section(path: Path, wanted: str) -> dict[str, Any]:
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
    for name, value in content.items():
        if name not in SECTIONS:
            raise SettingsError(
                f"{path}: everything stands under [{CLIENT}] or [{SERVER}], not {name!r}"
            )
        if not isinstance(value, dict):
            raise SettingsError(f"{path}: {name} is a section: [{name}]")
    return dict(content.get(wanted, {}))


def _check(path: Path, by_name: Mapping[str, Setting], name: str, value: object) -> None:
    if name not in by_name:
        import difflib

        near = difflib.get_close_matches(name, by_name, 1)
        meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(by_name)}"
        raise SettingsError(f"{path}: there is no setting {name!r}; {meant}")
    if type(value) not in by_name[name].kinds:
        kinds = " or ".join(dict.fromkeys(_KINDS[kind] for kind in by_name[name].kinds))
        raise SettingsError(f"{path}: {name} takes {kinds}, not {value!r}")


_KINDS = {
    str: "a text in quotes",
    int: "a number",
    float: "a number",
    bool: "true or false",
    list: "a list of them",
}


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


def origins(
    path: Path, environ: Mapping[str, str], settings: Sequence[Setting] = SETTINGS
) -> list[Origin]:
    """Return each setting as the program will see it that starts next. Raises SettingsError."""
    from_file = read_file(path, settings)
    found = []
    for setting in settings:
        if environ.get(setting.variable):
            origin = Origin(setting, environ[setting.variable], setting.variable)
        elif setting.name in from_file:
            origin = Origin(setting, from_file[setting.name], str(path))
        else:
            origin = Origin(setting, setting.default, "default")
        found.append(origin)
    return found
