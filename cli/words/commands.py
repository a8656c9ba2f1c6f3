"""Parses the lines that a person types, and makes the request of each."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import Any

from cli.browsing import choosing, query
from cli.browsing.song_ids import NO_IDS, NotChosen, are_possible, is_number, need_list
from cli.words.clock import clock
from cli.words.command_table import WORDS, CommandError, full_word
from cli.words.moment import Status
from cli.words.safe_text import shown
from fsm.client.events import (
    Command,
    Event,
    ListedSong,
    ListRequested,
    PlayRequested,
    StopRequested,
    WaitRequested,
)
from fsm.client.requests import (
    ClearRequested,
    Gain,
    GainRequested,
    Measure,
    NextRequested,
    PauseRequested,
    PrevRequested,
    QueueRequested,
    Repeat,
    RepeatRequested,
    ResumeRequested,
    SeekRequested,
    ShuffleRequested,
    ToggleRequested,
    VolumeRequested,
)
from fsm.frozen import dataclass

_NOTHING = Status()


@dataclass(frozen=True, slots=True)
class Context:
    """What the client knows at the moment when it runs a command.

    songs: the last list. answer: the songs that the client has shown last, for `play *`.
    """

    songs: Sequence[ListedSong] = ()
    status: Status = _NOTHING
    answer: Sequence[ListedSong] = ()


_STARTS = ("play", "queue")
_SHOWS = ("status", "why", "queue")
_OWN = ("help", "quit")
"""They mean the client that they are given to, whatever plays in another."""

MakeRequest = Callable[[Context], Event | None]


@dataclass(frozen=True, slots=True)
class Line:
    """One parsed line.

    word: the command's full name. rest: the text after it, stripped. request: makes the request
    for the machines, or None where the client answers by itself; it raises CommandError.
    needs_list: it names songs otherwise than by their IDs. also: makes a request that follows the
    first one at once.
    """

    word: str
    rest: str = ""
    command: Command = Command.LOCAL
    request: MakeRequest = lambda context: None
    needs_list: bool = False
    also: MakeRequest = lambda context: None

    @property
    def starts_song(self) -> bool:
        """It names songs that are to be played."""
        return self.word in _STARTS and bool(self.rest)

    @property
    def shows(self) -> bool:
        """It asks for what is known, and changes nothing."""
        return self.word in _SHOWS and not self.rest

    @property
    def for_running_song(self) -> bool:
        """It means what plays already: in a script that plays nothing, another client's song."""
        return self.from_outside and not self.starts_song

    @property
    def from_outside(self) -> bool:
        """Another program may send it: it is answered at once, and is not about the prompt."""
        return self.command is Command.LOCAL and self.word not in _OWN


def starts_song(script: Iterable[str]) -> bool:
    """Whether some line names songs that are to be played. Raises CommandError."""
    return any(line is not None and line.starts_song for line in map(parse, script))


def parse(text: str) -> Line | None:
    """Parse one line; return None for an empty one. Raises CommandError."""
    first, *more = text.split(maxsplit=1) or [""]
    if not first:
        return None
    word = full_word(first)
    rest = more[0].strip() if more else ""
    spec = WORDS[word]
    if rest and not spec.takes:
        raise CommandError(f"{word} takes nothing after it")
    return _PARSERS.get(word, _without_arguments)(word, rest)


def _without_arguments(word: str, rest: str) -> Line:
    """Parse a command without arguments."""
    command = Command.WAIT if word == "wait" else Command.LOCAL
    make = _REQUESTS.get(word)
    return Line(word, rest, command, lambda context: make() if make else None)


def _always(request: Event | None) -> MakeRequest:
    """Make the same request in every context."""
    return lambda context: request


_REQUESTS: dict[str, Callable[[], Event]] = {
    "stop": StopRequested,
    "wait": WaitRequested,
    "pause": PauseRequested,
    "resume": ResumeRequested,
    "toggle": ToggleRequested,
    "next": NextRequested,
    "prev": PrevRequested,
    "clear": ClearRequested,
    # The seed is drawn here, because the machines are deterministic.
    "shuffle": lambda: ShuffleRequested(random.getrandbits(32)),
}


def _list(word: str, rest: str) -> Line:
    if word == "find" and not rest:
        raise CommandError("find takes words, as in: find moon, find artist:x (list shows all)")
    if word == "album" and not rest:
        raise CommandError("album takes a part of an album's name (albums shows them)")
    try:
        query.parse(rest)
    except query.BadQuery as error:
        raise CommandError(str(error)) from None
    return Line(word, rest, Command.LIST, _always(ListRequested()))


def _play(word: str, rest: str) -> Line:
    if not rest:
        raise CommandError("play takes an ID, or a part of a name, as in: play 3, play moon")
    _check_ids(rest)

    def request(context: Context) -> Event:
        return PlayRequested(_song_ids(rest, context)[0])

    def rest_queued(context: Context) -> Event | None:
        _, *more = _song_ids(rest, context)
        return QueueRequested(tuple(more)) if more else None

    return Line(word, rest, Command.PLAY, request, need_list(rest), rest_queued)


def _queue(word: str, rest: str) -> Line:
    if not rest:
        return Line(word, rest)
    _check_ids(rest)

    def request(context: Context) -> Event:
        return QueueRequested(_song_ids(rest, context))

    return Line(word, rest, request=request, needs_list=need_list(rest))


def _seek(word: str, rest: str) -> Line:
    place = _place(rest)

    def request(context: Context) -> Event:
        end_s = context.status.duration_s
        if place.measure is Measure.FROM_START and end_s is not None and place.amount >= end_s:
            raise CommandError(f"the song ends at {clock(end_s)}: seek takes a place before that")
        return place

    return Line(word, rest, request=request)


def _place(text: str) -> SeekRequested:
    """Parse a place in a song: 1:30, 90, +10, -1:00, 50%. Raises CommandError."""
    if percent := _PERCENT.fullmatch(text):
        if (part := float(percent[1]) / 100) <= 1:
            return SeekRequested(part, Measure.FRACTION)
    elif found := _CLOCK.fullmatch(text):
        sign, hours, minutes, seconds = found.groups()
        amount = 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(seconds)
        measure = Measure.FROM_HERE if sign else Measure.FROM_START
        return SeekRequested(-amount if sign == "-" else amount, measure)
    raise CommandError("seek takes a place, as in: seek 1:30, seek +10, seek -10, seek 50%")


_CLOCK = re.compile(r"([+-]?)(?:(?:(\d{1,3}):)?(\d{1,5}):)?(\d{1,6}(?:\.\d{1,6})?)", re.ASCII)
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s*%", re.ASCII)


def _volume(word: str, rest: str) -> Line:
    number = rest.removesuffix("%").rstrip()
    digits = number[1:] if number[:1] in ("+", "-") else number
    if not is_number(digits) or len(digits) > 3:
        raise CommandError("volume takes a number from 0 to 100, or a change, as in: volume +5")
    amount = int(number)
    if digits == number:
        if amount > 100:
            raise CommandError("the volume goes from 0 to 100")
        return Line(word, rest, request=_always(VolumeRequested(amount)))

    def changed(context: Context) -> Event:
        return VolumeRequested(max(0, min(100, context.status.volume + amount)))

    return Line(word, rest, request=changed)


CHOICES: dict[str, tuple[type[Enum], Callable[[Any], Event]]] = {
    "repeat": (Repeat, RepeatRequested),
    "gain": (Gain, GainRequested),
}
"""The commands that take one of a few words, and what each word makes."""


def _choose(word: str, rest: str) -> Line:
    kind, request = CHOICES[word]
    choices = [choice.value for choice in kind]
    if rest.lower() not in choices:
        raise CommandError(f"{word} takes one of {', '.join(choices)}, as in: {word} {choices[-1]}")
    return Line(word, rest, request=_always(request(kind(rest.lower()))))


def _help(word: str, rest: str) -> Line:
    return Line(word, full_word(rest) if rest else "")


_PARSERS: dict[str, Callable[[str, str], Line]] = {
    "list": _list,
    "find": _list,
    "albums": _list,
    "album": _list,
    "artists": _list,
    "play": _play,
    "queue": _queue,
    "seek": _seek,
    "volume": _volume,
    "repeat": _choose,
    "gain": _choose,
    "help": _help,
}


def _song_ids(text: str, context: Context) -> tuple[int, ...]:
    """Return the IDs of the songs that `text` names, one or more, in their order.

    Raises CommandError: it names none, or could be more than one thing.
    """
    try:
        return choosing.song_ids(context.songs, text, context.answer)
    except (NotChosen, query.BadQuery) as error:
        raise CommandError(f"{shown(text)}: {error}") from None


def _check_ids(text: str) -> None:
    """Raise CommandError for a number that is no ID."""
    if not are_possible(text):
        raise CommandError(NO_IDS)
