"""The commands that a person can type, and the request that each makes.

The help and the completion by Tab are made from the same table of commands.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cli.words import title_search
from cli.words.clock import clock
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

MAX_SONG_ID = 9_999_999_999
_NEAR_END_S = 2.0
"""Who seeks behind the end is offered so much of it."""
_IDS = "song IDs are 1, 2, 3 and so on; list shows them"


class CommandError(ValueError):
    """A line is not a command. The message says what to type instead."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the client knows at the moment when it runs a command. songs: the last list."""

    songs: Sequence[ListedSong] = ()
    status: Status = field(default_factory=Status)


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
    needs_list: it names songs by their titles.
    """

    word: str
    rest: str = ""
    command: Command = Command.LOCAL
    request: MakeRequest = lambda context: None
    needs_list: bool = False

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


@dataclass(frozen=True, slots=True)
class Spec:
    """A command as the help shows it. takes: its arguments, in words; "" where it has none."""

    word: str
    letter: str
    takes: str
    does: str
    titles: bool = False
    """Tab completes the titles of songs after it."""


SPECS = (
    Spec("list", "l", "[WORDS]", "list the songs, or those with these words"),
    Spec("find", "f", "WORDS", "the songs with these words"),
    Spec("play", "p", "SONG", "play a song, by its ID or a part of its title", titles=True),
    Spec("pause", "", "", "fall silent and keep the place; also Space"),
    Spec("resume", "", "", "go on; also Space"),
    Spec("toggle", "", "", "pause, or go on after a pause"),
    Spec("stop", "s", "", "stop the song"),
    Spec("seek", "g", "PLACE", "go to 1:30, +10, -10, 50%; also ← and →"),
    Spec("volume", "v", "0-100", "how loud; also +5 and -5, and + and - alone"),
    Spec("next", "n", "", "play what comes next; also n alone"),
    Spec("prev", "b", "", "play the song before this one"),
    Spec("queue", "u", "[SONG…]", "play these afterwards; alone: show the queue", titles=True),
    Spec("clear", "c", "", "forget what is queued"),
    Spec("shuffle", "z", "", "put what is queued into another order"),
    Spec("repeat", "r", "off|one|all", "what comes when the queue is empty"),
    Spec("status", "i", "", "what plays now"),
    Spec("why", "w", "", "why it is silent, or why it stopped"),
    Spec("wait", "", "", "wait until the song has ended"),
    Spec("help", "?", "", "show this"),
    Spec("quit", "q", "", "leave; so does Ctrl-D"),
)
WORDS = {spec.word: spec for spec in SPECS}
_ALIASES = {spec.letter: spec.word for spec in SPECS if spec.letter} | {
    "exit": "quit",
    "previous": "prev",
}


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


def full_word(typed: str) -> str:
    """Return the name of the command whose name, letter or unique prefix was typed.

    Raises CommandError: no command, or more than one.
    """
    lowered = typed.lower()
    if lowered in WORDS:
        return lowered
    if lowered in _ALIASES:
        return _ALIASES[lowered]
    meant = [word for word in WORDS if word.startswith(lowered)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise CommandError(f"{shown(typed)} could be {' or '.join(meant)}")
    raise CommandError(f"there is no command {shown(typed)}; type help to see them all")


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
        raise CommandError("find takes words of a title, as in: find moon (list shows all)")
    return Line(word, rest, Command.LIST, _always(ListRequested()))


def _play(word: str, rest: str) -> Line:
    if not rest:
        raise CommandError("play takes an ID or a part of a title, as in: play 3, play moon")
    _check_number(rest)

    def request(context: Context) -> Event:
        return PlayRequested(_song_id(rest, context.songs))

    return Line(word, rest, Command.PLAY, request, needs_list=not _is_number(rest) or not int(rest))


def _queue(word: str, rest: str) -> Line:
    numbers = rest.replace(",", " ").split()
    if all(map(_is_number, numbers)):
        for number in numbers:
            _check_number(number)

        def numbered(context: Context) -> Event | None:
            ids = tuple(_zero_if_listed(int(number), context.songs) for number in numbers)
            return QueueRequested(ids) if ids else None

        zero = any(int(number) == 0 for number in numbers)
        return Line(word, rest, request=numbered, needs_list=zero)

    def titled(context: Context) -> Event:
        return QueueRequested((_song_id(rest, context.songs),))

    return Line(word, rest, request=titled, needs_list=True)


def _seek(word: str, rest: str) -> Line:
    place = _place(rest)

    def request(context: Context) -> Event:
        end_s, place_s = context.status.duration_s, _place_s(place, context.status)
        if end_s is not None and place_s is not None and place_s >= end_s:
            near_s = max(0.0, end_s - _NEAR_END_S)
            raise CommandError(f"the song ends at {clock(end_s)}: seek {clock(near_s)}?")
        return place

    return Line(word, rest, request=request)


def _place_s(place: SeekRequested, status: Status) -> float | None:
    """Return the second that is meant; None where it is a part of the song."""
    if place.measure is Measure.FRACTION:
        return None
    here_s = status.position_s if place.measure is Measure.FROM_HERE else 0.0
    return here_s + place.amount


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
    if not _is_number(digits) or len(digits) > 3:
        raise CommandError("volume takes a number from 0 to 100, or a change, as in: volume +5")
    amount = int(number)
    if digits == number:
        if amount > 100:
            raise CommandError("the volume goes from 0 to 100")
        return Line(word, rest, request=_always(VolumeRequested(amount)))

    def changed(context: Context) -> Event:
        return VolumeRequested(max(0, min(100, context.status.volume + amount)))

    return Line(word, rest, request=changed)


def _repeat(word: str, rest: str) -> Line:
    choices = [repeat.value for repeat in Repeat]
    if rest.lower() not in choices:
        raise CommandError(f"repeat takes one of {', '.join(choices)}, as in: repeat all")
    return Line(word, rest, request=_always(RepeatRequested(Repeat(rest.lower()))))


_PARSERS: dict[str, Callable[[str, str], Line]] = {
    "list": _list,
    "find": _list,
    "play": _play,
    "queue": _queue,
    "seek": _seek,
    "volume": _volume,
    "repeat": _repeat,
}


def _song_id(text: str, songs: Sequence[ListedSong]) -> int:
    """Return the ID of the song that `text` names; a number is an ID, unless only a title has it.

    Raises CommandError: no title, or more than one, has this text.
    """
    if _is_number(text):
        song_id = int(text)
        titled = [s.song_id for s in songs if text in title_search.fold(s.title).split()]
        listed = song_id in {s.song_id for s in songs}
        if len(titled) == 1 and not listed:
            return titled[0] or song_id
        return _zero_if_listed(song_id, songs)
    if not songs:
        raise CommandError("no titles are known yet; list fetches them, or play takes an ID")
    try:
        return title_search.resolve(songs, text).song_id or 0
    except title_search.NoSuchSong as error:
        raise CommandError(f"{shown(text)}: {error}") from None


def _zero_if_listed(song_id: int, songs: Sequence[ListedSong]) -> int:
    """Return the ID; some servers count from 0 (protocol.md 8). Raises CommandError: others."""
    if song_id == 0 and not any(song.song_id == 0 for song in songs):
        raise CommandError(_IDS)
    return song_id


def _check_number(text: str) -> None:
    if _is_number(text) and (len(text) > 10 or int(text) > MAX_SONG_ID):
        raise CommandError(_IDS)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()
