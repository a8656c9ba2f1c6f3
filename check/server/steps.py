r"""What a row sends, step by step, in the words of its `sends`.

Steps stand between bars (` | `). One is either bytes, written as in Python (`\r`, `\xff`), or an
action in angle brackets. `{song}` and the like are filled in, `{5000x}` is 5000 times an x. Behind
bytes the next step waits for a message, or for a moment, so that what follows is read apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from check.server.facts import Facts


class Action(Enum):
    """What a row does beside sending bytes."""

    BYTEWISE = "<bytewise>"
    GAP = "<gap>"
    SONG = "<song>"
    QUIET = "<quiet>"
    PAUSE = "<pause>"
    HALF_CLOSE = "<half-close>"
    RESET = "<reset>"
    OTHER = "<other>"
    FIRST = "<first>"
    END = "<end>"


IN_WORDS = {
    Action.BYTEWISE: "what follows goes byte by byte",
    Action.GAP: "a moment passes",
    Action.SONG: "until all audio of the song has come",
    Action.QUIET: "until it has been silent for a while",
    Action.PAUSE: "nothing is read for a while",
    Action.HALF_CLOSE: "the sending side is shut down",
    Action.RESET: "the connection is reset",
    Action.OTHER: "on another connection",
    Action.FIRST: "on the first connection again",
    Action.END: "until the server has closed, or a request may no longer be unfinished",
}
_ACTIONS = {action.value: action for action in Action}
_REPEATED = re.compile(r"\{(\d+)(.)\}")
_NAME = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes, sent in one segment if they fit."""

    data: bytes


Step = Send | Action


def steps(sends: str, facts: Facts) -> list[Step]:
    """Return the steps of a row. Raises KeyError: it names what the server does not have."""
    return [_step(text, facts) for text in sends.split(" | ")]


def _step(text: str, facts: Facts) -> Step:
    if text.startswith("<"):
        return _ACTIONS[text]
    filled = _REPEATED.sub(lambda match: match[2] * int(match[1]), text)
    filled = _NAME.sub(lambda match: _named(match[1], facts), filled)
    return Send(filled.encode("latin-1").decode("unicode_escape").encode("latin-1"))


def _named(name: str, facts: Facts) -> str:
    if name in ("fence", "mark"):
        return (facts.fence if name == "fence" else facts.mark).decode()
    numbers = {"unknown": facts.unknown, "missing": facts.missing, "next": facts.next}
    if facts.song_ids:
        numbers |= {"first": facts.song_ids[0], "last": facts.song_ids[-1]}
    songs = {"song": facts.song, "long": facts.long, "hard": facts.hard}
    if facts.song is not None:
        size = len(facts.song.audio)
        numbers |= {"half": size // 2, "size": size, "beyond": size + 1}
    numbers |= {each: song.song_id for each, song in songs.items() if song is not None}
    if (number := numbers.get(name)) is None:
        raise KeyError(name)
    return str(number)
