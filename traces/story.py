"""The lines of a trace as sentences, for a person who walks through it. All is printable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from traces.reading import Line

MOST_CHARS = 400


def sentences(line: Line) -> Iterator[str]:
    """Yield what a line of a trace says."""
    where = f"{line.at:10.6f} #{line.connection} "
    for number, text in enumerate(_said(line)):
        yield (where if not number else " " * len(where)) + _printable(text)


def _printable(text: str) -> str:
    cut = text if len(text) <= MOST_CHARS else text[: MOST_CHARS - 3] + "..."
    return "".join(c if c.isprintable() else "?" for c in cut)


def _said(line: Line) -> Iterator[str]:
    said = line.members
    match line.kind:
        case "step":
            yield f"{said['machine']}: {said['row']}"
            for outcome in said["outcomes"]:
                yield f"    {_value(outcome)}"
        case "bytes":
            yield f"{said['sender']} sends {said['length']} bytes: {_parts(said['parts'])}"
        case "violation":
            legal = ", ".join(map(str, said["legal"]))
            yield f"{said['side']} in {said['state']}: {said['message']}; legal: {legal}"
        case "trouble":
            yield str(said["text"])
        case kind:
            yield f"{kind} {said.get('address', '')}".rstrip()


def _parts(parts: list[Any]) -> str:
    return "".join(
        ascii(part)[1:-1] if isinstance(part, str) else f"<{part.get('audio')} bytes>"
        for part in parts
        if isinstance(part, str | dict)
    )


def _value(described: Any) -> str:
    match described:
        case {"audio": length}:
            return f"<{length} bytes>"
        case {"song": [song_id, title]}:
            return f"{song_id}. {title}"
        case {"type": name}:
            return str(name)
        case dict() if len(described) == 1:
            name, members = next(iter(described.items()))
            if isinstance(members, str):
                return members
            if isinstance(members, dict):
                inner = (f"{key}={_value(value)}" for key, value in members.items())
                return f"{name}({', '.join(inner)})"
        case list():
            return f"({', '.join(map(_value, described))})"
    return ascii(described)
