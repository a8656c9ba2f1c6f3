"""Events, effects and the machines' values as JSON, and back (docs/traces.md, "Values").

Audio is described by its length and its hash. What is read back of it is as long and no more: a
stand-in.
"""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from fsm import effects, events
from fsm.client import effects as client_effects
from fsm.client import events as client_events
from fsm.client import internal_events, requests
from fsm.client.events import ListedSong
from fsm.client.queue import edits as queue_edits
from fsm.client.queue.edits import Edit
from fsm.effects import Effect
from fsm.events import Event

HASH_DIGITS = 16
MAX_AUDIO_BYTES = 64 << 20
"""The longest piece of audio that a trace may describe: no more memory is taken for it."""
MAX_DEPTH = 40
STAND_IN = b"\xaa"
"""What stands for each byte of audio that was not recorded; it can be part of no message."""

Json = Any
_MODULES = (events, effects, client_events, internal_events, requests, queue_edits, client_effects)
_NAMED: dict[str, type[Any]] = {
    name: kind
    for module in _MODULES
    for name, kind in vars(module).items()
    if isinstance(kind, type)
    and issubclass(kind, Event | Effect | Edit | Enum)
    and kind.__module__ != "enum"
}
"""Every event, effect, edit of the queue and choice, by its name. No two share one."""


class ValueUnknown(ValueError):
    """JSON that stands for nothing this program knows. The text says what, in one line."""


class Recorded(bytes):
    """Audio as a trace describes it: stand-in bytes of its length, and its hash."""

    digest: str


class Describer:
    """Describes values as JSON. audio: with the bytes of audio, and not only length and hash."""

    def __init__(self, audio: bool = False) -> None:
        self._audio = audio
        self._last: tuple[bytes, Json] = (b"", {"audio": 0})
        """The last audio: one message passes through several machines."""

    def describe(self, value: object) -> Json:
        """Return what stands for an event, an effect, or a value of a machine."""
        match value:
            case None | bool() | int() | float() | str():
                return value
            case bytes():
                return self._bytes(value)
            case Enum():
                return {type(value).__name__: value.name}
            case ListedSong(song_id, title):
                return {"song": [song_id, title]}
            case tuple():
                return [self.describe(part) for part in value]
            case type():
                return {"type": value.__name__}
        assert is_dataclass(value), f"{type(value).__name__} is no value of a machine"
        members = {f.name: self.describe(getattr(value, f.name)) for f in fields(value)}
        return {type(value).__name__: members}

    def _bytes(self, data: bytes) -> Json:
        if data is not self._last[0]:
            self._last = (data, describe_audio(data, self._audio))
        return self._last[1]


def describe_audio(data: bytes, with_bytes: bool) -> Json:
    """Return length and hash of audio; None for the hash of a part of what was not recorded."""
    if not data:
        return {"audio": 0}
    if isinstance(data, Recorded):
        return {"audio": len(data), "sha256": data.digest}
    if STAND_IN in data and data.count(STAND_IN) == len(data):
        return {"audio": len(data), "sha256": None}
    described: dict[str, Json] = {"audio": len(data), "sha256": digest(data)}
    if with_bytes:
        described["base64"] = base64.b64encode(data).decode()
    return described


def digest(data: bytes) -> str:
    """Return the first digits of the SHA-256, enough to tell pieces of audio apart."""
    return hashlib.sha256(data).hexdigest()[:HASH_DIGITS]


def same(recorded: Json, now: Json) -> bool:
    """Tell whether two descriptions may be of the same value.

    Of audio that is only a part of what was not recorded, the length alone is known.
    """
    if isinstance(recorded, dict) and isinstance(now, dict):
        if "audio" in recorded and "audio" in now:
            known = None not in (recorded.get("sha256"), now.get("sha256"))
            alike = recorded.get("sha256") == now.get("sha256") or not known
            return recorded["audio"] == now["audio"] and alike
        return recorded.keys() == now.keys() and all(same(recorded[k], now[k]) for k in now)
    if isinstance(recorded, list) and isinstance(now, list):
        return len(recorded) == len(now) and all(map(same, recorded, now))
    return type(recorded) is type(now) and bool(recorded == now)


def restore(described: Json, depth: int = 0) -> Any:
    """Return the value that a description stands for. Raises ValueUnknown."""
    if depth > MAX_DEPTH:
        raise ValueUnknown("values within values without an end")
    if described is None or isinstance(described, bool | int | float | str):
        return described
    if isinstance(described, list):
        return tuple(restore(part, depth + 1) for part in described)
    if not isinstance(described, dict):
        raise ValueUnknown("no value")
    if "audio" in described:
        return restore_audio(described)
    match list(described.items()):
        case [("song", [int() | None as song_id, str(title)])]:
            return ListedSong(song_id, title)
        case [("type", str(name))]:
            return _named(name)
        case [(name, str(member))] if issubclass(_named(name), Enum):
            try:
                return _named(name)[member]
            except KeyError:
                raise ValueUnknown(f"{name} has no {member[:40]!a}") from None
        case [(name, dict(members))] if is_dataclass(_named(name)):
            return _built(_named(name), members, depth)
    raise ValueUnknown(f"no value begins like {ascii(described)[:40]}")


def restore_audio(described: dict[str, Json]) -> bytes:
    """Return the audio, or what stands in for it. Raises ValueUnknown."""
    length, encoded = described["audio"], described.get("base64")
    if type(length) is not int or not 0 <= length <= MAX_AUDIO_BYTES:
        raise ValueUnknown(f"no length of audio: {ascii(length)[:40]}")
    if isinstance(encoded, str):
        try:
            return base64.b64decode(encoded, validate=True)
        except ValueError:
            raise ValueUnknown("base64 that is none") from None
    data = Recorded(STAND_IN * length)
    data.digest = str(described.get("sha256"))
    return data


def _named(name: str) -> type[Any]:
    if name not in _NAMED:
        raise ValueUnknown(f"there is no {name[:40]!a}")
    return _NAMED[name]


def _built(kind: type[Any], members: dict[str, Json], depth: int) -> Any:
    values = {name: restore(value, depth + 1) for name, value in members.items()}
    declared = _declared(kind)  # type: ignore[arg-type]  # mypy takes a type for unhashable
    if all(name in declared and _is_of(value, declared[name]) for name, value in values.items()):
        with suppress(TypeError):  # one is missing
            return kind(**values)
    raise ValueUnknown(f"{kind.__name__} has other members")


@cache
def _declared(kind: type[Any]) -> dict[str, Any]:
    """Return the types of an event's or effect's members."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _is_of(value: object, wanted: Any) -> bool:
    """Tell whether a value is of the type that a member declares."""
    origin, parts = get_origin(wanted), get_args(wanted)
    if origin is UnionType:
        return any(_is_of(value, part) for part in parts)
    if origin is tuple:
        return isinstance(value, tuple) and all(_is_of(each, parts[0]) for each in value)
    if wanted is float:
        return isinstance(value, int | float)
    if hasattr(wanted, "_fields"):  # a named tuple is described as one without names
        types = list(get_type_hints(wanted).values())
        if not isinstance(value, tuple) or len(value) != len(types):
            return False
        return all(_is_of(each, kind) for each, kind in zip(value, types, strict=True))
    return isinstance(value, origin or wanted)
