"""Compares what came with what a row expects, message by message.

A row's `expects` is a sequence of words, each standing for one message or more; what has come so
far may stand at several places in it, and all are kept.

| word | stands for |
|---|---|
| `list` | the messages of the list, as they were found before |
| `closed-list` | the same, and its closing message |
| `fence` | what `{fence}` is answered with: the list, if LIST is answered at all |
| `mark` | what `{mark}` is answered with: an ERRO message, if anything is |
| `404`, `101`, `closed` | an ERRO message, a RESP 101, a song's closing message |
| `lists`, `list-closed` | any messages of a list, the closing message of one |
| `audio` | one message of audio, whatever is in it |
| `song`, `long`, `hard` | all audio of that song |
| `song-part`, `long-part` | its audio from the beginning to anywhere, or none |
| `long-cut` | the same, but not all of it |
| `long-begun` | some of it, but not all |
| `song-rest`, `long-rest` | what follows from there, to its end |
| `long-more` | what follows from there, to anywhere |
| `song-half` | what follows its first half, to its end |
| `quiet`, `end` | silence for a while, the end of the connection |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from check.server.facts import LIST, Facts, Song
from check.server.messages import Kind, Message

LISTS = (Kind.LIST, Kind.EMPTY_LIST, Kind.LIST_CLOSING)


class Place(NamedTuple):
    """Where in the expected sequence what has come may stand.

    at: the number of the word. progress: messages that it has taken. heard: bytes of the song that
    was begun last.
    """

    at: int
    progress: int
    heard: int


@dataclass(frozen=True, slots=True)
class Word:
    """One word.

    words: what it stands for, for a person. takes: returns whether the next message, behind so
    much, is one of its messages. complete: whether it may end behind so much. begins_at: where in
    a song it begins, if it begins one.
    """

    words: str
    takes: Callable[[Message, int, int], bool]
    complete: Callable[[int, int], bool]
    begins_at: int | None = None


class Matcher:
    """Follows one expected sequence. Raises KeyError: a word that there is not, or has no song."""

    def __init__(self, expects: str, facts: Facts) -> None:
        self._words = [word(name, facts) for name in expects.split()]
        self._places = self._with_followers([self._entered(0, 0)])

    @property
    def accepted(self) -> bool:
        """All that was expected has come, and nothing else."""
        return any(place.at == len(self._words) for place in self._places)

    @property
    def dead(self) -> bool:
        """Something came that was not expected."""
        return not self._places

    @property
    def awaited(self) -> list[str]:
        """What may come next, in words."""
        open_ = sorted({place.at for place in self._places if place.at < len(self._words)})
        return list(dict.fromkeys(self._words[index].words for index in open_))

    @property
    def awaits_silence(self) -> bool:
        """Silence is what may come next."""
        return Kind.QUIET.value in self.awaited

    def feed(self, message: Message) -> None:
        """Go on by one message."""
        self._places = self._with_followers(
            Place(place.at, place.progress + 1, place.heard + _audio_bytes(message))
            for place in self._places
            if place.at < len(self._words)
            and self._words[place.at].takes(message, place.progress, place.heard)
        )

    def _with_followers(self, places: Iterable[Place]) -> set[Place]:
        """Add the places behind the words that may end where they are."""
        found, new = set[Place](), list(places)
        while new:
            place = new.pop()
            found.add(place)
            at, progress, heard = place
            if at < len(self._words) and self._words[at].complete(progress, heard):
                new.append(self._entered(at + 1, heard))
        return found

    def _entered(self, at: int, heard: int) -> Place:
        begins_at = self._words[at].begins_at if at < len(self._words) else None
        return Place(at, 0, heard if begins_at is None else begins_at)


def _audio_bytes(message: Message) -> int:
    return len(message.payload) if message.kind is Kind.AUDIO else 0


def word(name: str, facts: Facts) -> Word:
    """Return one word of a row's `expects`. Raises KeyError: there is no such word, or no song."""
    if name in ("fence", "mark"):
        request = facts.fence if name == "fence" else facts.mark
        name = "list" if request == LIST else "404"
    if (kind := _SINGLE.get(name)) is not None:
        return _once(kind)
    if name == "list":
        return _list(facts.list_messages)
    if name == "lists":
        return _lists()
    if name == "closed-list":
        return _closed_list(facts.list_messages)
    song_name, _, which = name.partition("-")
    song = {"song": facts.song, "long": facts.long, "hard": facts.hard}[song_name]
    if song is None:
        raise KeyError(name)
    return _audio(song, which)


_SINGLE = {
    "404": Kind.ERROR,
    "101": Kind.SETUP,
    "closed": Kind.CLOSING,
    "audio": Kind.AUDIO,
    "list-closed": Kind.LIST_CLOSING,
    "quiet": Kind.QUIET,
    "end": Kind.END,
}


def _once(kind: Kind) -> Word:
    return Word(
        kind.value,
        takes=lambda message, progress, heard: progress == 0 and message.kind is kind,
        complete=lambda progress, heard: progress == 1,
    )


def _list(payloads: tuple[bytes, ...]) -> Word:
    return Word(
        "the list",
        takes=lambda message, progress, heard: (
            progress < len(payloads)
            and message.kind in LISTS
            and message.payload == payloads[progress]
        ),
        complete=lambda progress, heard: progress == len(payloads) > 0,
    )


def _lists() -> Word:
    return Word(
        "a list",
        takes=lambda message, progress, heard: message.kind is Kind.LIST,
        complete=lambda progress, heard: True,
    )


def _closed_list(payloads: tuple[bytes, ...]) -> Word:
    """The list with its closing message, which is all of an empty one (protocol.md 7)."""
    entries = tuple(payload for payload in payloads if payload)

    def takes(message: Message, progress: int, heard: int) -> bool:
        if progress == len(entries):
            return message.kind is Kind.LIST_CLOSING
        return progress < len(entries) and message.payload == entries[progress]

    return Word(
        "the list, closed", takes, complete=lambda progress, heard: progress == len(entries) + 1
    )


_PARTS = {
    "": "all of song {}",
    "part": "song {}, or some of it",
    "cut": "song {}, but not all of it",
    "begun": "some of song {}, but not all of it",
    "more": "more of song {}",
    "rest": "the rest of song {}",
    "half": "the second half of song {}",
}


def _audio(song: Song, which: str) -> Word:
    begins_at = {"more": None, "rest": None, "half": len(song.audio) // 2}
    complete: dict[str, Callable[[int, int], bool]] = {
        "": lambda progress, heard: heard == len(song.audio),
        "part": lambda progress, heard: True,
        "cut": lambda progress, heard: heard < len(song.audio),
        "begun": lambda progress, heard: 0 < heard < len(song.audio),
        "more": lambda progress, heard: True,
        "rest": lambda progress, heard: heard == len(song.audio),
        "half": lambda progress, heard: heard == len(song.audio),
    }
    return Word(
        _PARTS[which].format(song.song_id),
        takes=lambda message, progress, heard: (
            message.kind is Kind.AUDIO and song.audio.startswith(message.payload, heard)
        ),
        complete=complete[which],
        begins_at=begins_at.get(which, 0),
    )
