"""What a person types at the prompt, and which request that is."""

from __future__ import annotations

from dataclasses import dataclass

from fsm.events import (
    Command,
    Event,
    ListRequested,
    PlayRequested,
    StopRequested,
    WaitRequested,
)

HELP = """\
list  (l)        songs with their IDs
play ID  (p)     play a song
stop  (s)        stop the song
wait             until the song has ended
help  (?)        show this
quit  (q, exit)  leave; so does Ctrl-D"""

_WORDS = {
    "l": "list",
    "p": "play",
    "s": "stop",
    "?": "help",
    "q": "quit",
    "exit": "quit",
}
MAX_SONG_ID = 9_999_999_999


class CommandError(ValueError):
    """A line that is no command. The message says what to type instead."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, understood. word: the command's full name; request: None if it needs no server."""

    word: str
    command: Command = Command.LOCAL
    request: Event | None = None


def parse(text: str) -> Line | None:
    """Understand one line; None for an empty one. Raises CommandError."""
    words = text.split()
    if not words:
        return None
    word = _WORDS.get(words[0].lower(), words[0].lower())
    if word == "play":
        return Line(word, Command.PLAY, PlayRequested(_song_id(words[1:])))
    if word not in _REQUESTS:
        raise CommandError(f"there is no command {shown(words[0])}; type help to see them all")
    if len(words) > 1:
        raise CommandError(f"{word} takes nothing after it")
    return _REQUESTS[word]


_REQUESTS = {
    "list": Line("list", Command.LIST, ListRequested()),
    "stop": Line("stop", Command.LOCAL, StopRequested()),
    "wait": Line("wait", Command.WAIT, WaitRequested()),
    "help": Line("help"),
    "quit": Line("quit"),
}


def _song_id(words: list[str]) -> int:
    if len(words) != 1 or not words[0].isascii() or not words[0].isdigit():
        raise CommandError("play takes the ID of one song, as in: play 3 (list shows the IDs)")
    song_id = int(words[0]) if len(words[0]) < 20 else 0
    if not 1 <= song_id <= MAX_SONG_ID:
        raise CommandError("song IDs are 1, 2, 3 and so on; list shows them")
    return song_id


def shown(text: str) -> str:
    """What somebody typed, short and safe to print back."""
    clean = "".join(c if c.isprintable() else "?" for c in text)
    return clean if len(clean) <= 40 else clean[:39] + "…"
