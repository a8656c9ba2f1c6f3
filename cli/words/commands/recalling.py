"""Makes the requests of the commands that need what the client remembers, and those about sleep."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cli.memory.memory import Memory
from cli.memory.playlists import PlaylistError, checked
from cli.words.commands.table import CommandError
from cli.words.moment import Activity, Status
from fsm.client.events import Event, ListedSong, PlayRequested
from fsm.client.queue.edits import Load
from fsm.client.requests import (
    EditRequested,
    Measure,
    NextRequested,
    PrevRequested,
    SeekRequested,
    SleepAfterSongRequested,
    SleepRequested,
    StayAwakeRequested,
)

_WITH_UNITS = re.compile(r"(?:(\d{1,2})h)?\s*(?:(\d{1,4})m(?:in)?)?\s*(?:(\d{1,5})s)?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)", re.ASCII)
MAX_SLEEP_S = 24 * 3600


def save(memory: Memory, name: str, status: Status, songs: Sequence[ListedSong]) -> None:
    """Keep what plays and what is queued as a playlist. Raises CommandError."""
    plays = status.activity is not Activity.STOPPED and status.song_id is not None
    present = (status.song_id,) if plays and status.song_id is not None else ()
    try:
        memory.save(name, (*present, *status.queue), songs)
    except PlaylistError as error:
        raise CommandError(str(error)) from error


def check_name(name: str) -> None:
    """Raise CommandError for what no playlist can be called."""
    try:
        checked(name)
    except PlaylistError as error:
        raise CommandError(str(error)) from error


def load(memory: Memory, name: str, songs: Sequence[ListedSong]) -> Event:
    """Return the request that queues a playlist. Raises CommandError."""
    try:
        return EditRequested(Load(memory.load(name, songs)))
    except PlaylistError as error:
        raise CommandError(str(error)) from error


def again(memory: Memory, status: Status, songs: Sequence[ListedSong]) -> Event:
    """Return the request that plays the present song once more, or the one that was heard last.

    Raises CommandError: there is none.
    """
    if status.activity in (Activity.PLAYING, Activity.STARVED):
        return SeekRequested(0.0, Measure.FROM_START)
    if status.activity is not Activity.STOPPED and status.song_id is not None:
        return PlayRequested(status.song_id)
    song_id = memory.last_heard(songs)
    if song_id is None:
        raise CommandError("nothing of this server was heard before; play ID or a title plays it")
    return PlayRequested(song_id)


def going_on(memory: Memory, status: Status) -> Event | None:
    """Return the request that goes on where nothing plays: where the last run was left, or with the
    last song; None for what the machines know, a pause and a queue.
    """
    where = memory.left_off
    if status.activity is not Activity.STOPPED:
        return None
    if where is None:
        return PrevRequested() if status.played and not status.queue else None
    if where.song_id is None:
        return NextRequested()
    return PlayRequested(where.song_id, where.position_s)


def sleep(text: str) -> Event | None:
    """Return the request of `sleep TEXT`, None for none: how long it is left is asked.

    Raises CommandError.
    """
    match text.lower():
        case "":
            return None
        case "off":
            return StayAwakeRequested()
        case "end":
            return SleepAfterSongRequested()
    seconds = _seconds(text.lower())
    if not 0 < seconds <= MAX_SLEEP_S:
        raise CommandError("sleep takes a time of up to 24 h, as in: sleep 30m, sleep 1:30:00")
    return SleepRequested(seconds)


def _seconds(text: str) -> float:
    """Return the time that is typed: 30m, 1h 15m, 90s, 1:30:00, or a number of minutes; 0: none."""
    if found := _CLOCK.fullmatch(text):
        hours, minutes, seconds = map(int, found.groups())
    elif text.isascii() and text.isdigit() and len(text) <= 4:
        hours, minutes, seconds = 0, int(text), 0
    elif found := _WITH_UNITS.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
    else:
        return 0.0
    return 3600.0 * hours + 60 * minutes + seconds
