"""Parses the lines that a person types, and makes the request of each."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from cli.browsing import choosing, query
from cli.browsing.song_ids import NO_IDS, NotChosen, are_possible, is_number, need_list
from cli.words.clock import clock
from cli.words.commands import recalling
from cli.words.commands.line import Context as Context
from cli.words.commands.line import Line as Line
from cli.words.commands.line import MakeRequest
from cli.words.commands.positions import check_positions, move, positions
from cli.words.commands.table import WORDS, CommandError, full_word
from cli.words.moment import Status
from cli.words.safe_text import shown
from fsm.client.events import (
    Command,
    Event,
    ListRequested,
    PlayRequested,
    StopRequested,
    WaitRequested,
)
from fsm.client.queue.edits import Append, Clear, Insert, Move, Remove, Shuffle
from fsm.client.requests import (
    EditRequested,
    Gain,
    GainRequested,
    Measure,
    NextRequested,
    PauseRequested,
    PrevRequested,
    Repeat,
    RepeatRequested,
    ResumeRequested,
    SeekRequested,
    ToggleRequested,
    UndoRequested,
    VolumeRequested,
)

_NEAR_END_S = 2.0
"""Who seeks behind the end is offered so much of it."""


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
    "next": NextRequested,
    "prev": PrevRequested,
    "clear": lambda: EditRequested(Clear()),
    "undo": UndoRequested,
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
        return EditRequested(Insert(tuple(more))) if more else None

    return Line(word, rest, Command.PLAY, request, need_list(rest), also=rest_queued)


def _queue(word: str, rest: str) -> Line:
    if not rest:
        return Line(word, rest, needs_list=True, if_queued=True)
    return _adding(word, rest, Append)


def _insert(word: str, rest: str) -> Line:
    if not rest:
        raise CommandError("insert takes an ID, or a part of a name, as in: insert 3, insert moon")
    return _adding(word, rest, Insert)


def _adding(word: str, rest: str, edit: type[Append] | type[Insert]) -> Line:
    """Parse a command that puts songs into the queue."""
    _check_ids(rest)

    def request(context: Context) -> Event:
        return EditRequested(edit(_song_ids(rest, context)))

    return Line(word, rest, request=request, needs_list=need_list(rest))


def _remove(word: str, rest: str) -> Line:
    check_positions(rest)

    def request(context: Context) -> Event:
        return EditRequested(Remove(positions(rest, len(context.status.queue))))

    return Line(word, rest, request=request)


def _move(word: str, rest: str) -> Line:
    return Line(word, rest, request=_always(EditRequested(Move(*move(rest)))))


def _shuffle(word: str, rest: str) -> Line:
    def request(context: Context) -> Event:
        # The seed is drawn here, because the machines are deterministic.
        seed, status = random.getrandbits(32), context.status
        if status.queue:
            return EditRequested(Shuffle(seed))
        others = (s.song_id for s in context.songs if s.song_id != status.song_id)
        return EditRequested(Shuffle(seed, tuple(i for i in others if i is not None)))

    return Line(word, rest, request=request, needs_list=True, unless_queued=True)


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


def _go_on(word: str, rest: str) -> Line:
    """Parse resume and toggle: where nothing plays, they go on where the last run was left, or
    with what is queued, or play the last song again.
    """
    request = ResumeRequested() if word == "resume" else ToggleRequested()
    return Line(word, rest, request=lambda c: recalling.going_on(c.memory, c.status) or request)


def _save(word: str, rest: str) -> Line:
    if not rest:
        raise CommandError("save takes a name, as in: save sunday")
    recalling.check_name(rest)

    def saving(context: Context) -> None:
        recalling.save(context.memory, rest, context.status, context.songs)

    return Line(word, rest, request=saving, needs_list=True)


def _load(word: str, rest: str) -> Line:
    if not rest:
        raise CommandError("load takes the name of a playlist (playlists shows them)")
    return Line(
        word, rest, request=lambda c: recalling.load(c.memory, rest, c.songs), needs_list=True
    )


def _again(word: str, rest: str) -> Line:
    return Line(
        word,
        rest,
        request=lambda c: recalling.again(c.memory, c.status, c.songs),
        needs_list=True,
    )


def _sleep(word: str, rest: str) -> Line:
    return Line(word, rest, request=_always(recalling.sleep(rest)))


_PARSERS: dict[str, Callable[[str, str], Line]] = {
    "list": _list,
    "find": _list,
    "albums": _list,
    "album": _list,
    "artists": _list,
    "play": _play,
    "queue": _queue,
    "insert": _insert,
    "remove": _remove,
    "move": _move,
    "shuffle": _shuffle,
    "seek": _seek,
    "volume": _volume,
    "repeat": _choose,
    "gain": _choose,
    "help": _help,
    "resume": _go_on,
    "toggle": _go_on,
    "save": _save,
    "load": _load,
    "again": _again,
    "sleep": _sleep,
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
