"""Formats a Status as the one line under the prompt, for any width.

It knows nothing of the terminal but its width, and keeps nothing from one line to the next.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from cli.words.clock import clock
from cli.words.glyphs import UNICODE, Glyphs
from cli.words.moment import Activity, Status
from cli.words.safe_text import columns_of, cut, middle_cut
from cli.words.status_parts import song_name

Fragments = list[tuple[str, str]]
"""Pairs of a style's name and a text, as prompt_toolkit takes them."""

TITLE_COLUMNS = 20
"""The song's name gets this many columns before anything optional is shown."""
LONG_TITLE_COLUMNS = 28
"""It gets this many before anything that no command has set is shown."""
BAR_MIN, BAR_MAX = 10, 40
GAP = "  "


def status_line(status: Status, columns: int, glyphs: Glyphs = UNICODE) -> Fragments:
    """Return the line, at most `columns` wide."""
    icon = [("class:status." + status.activity.value, glyphs.icons[status.activity] + " ")]
    room = columns - columns_of(icon[0][1])
    if not status.online and _needs_connection(status):
        rest = _offline(status, room, glyphs)
    else:
        rest = _FORMS.get(status.activity, _waiting)(status, room, glyphs)
    return _clipped(icon + rest, columns, glyphs)


def _needs_connection(status: Status) -> bool:
    """Whether the client needs a connection: not while it plays a song that has arrived whole."""
    retrying = status.attempt > 0 or status.retry_in_s is not None
    return retrying or status.activity not in (Activity.PLAYING, Activity.PAUSED)


def _stopped(status: Status, room: int, glyphs: Glyphs) -> Fragments:
    parts = [("", "stopped")]
    for text in (*_modes(status), _volume(status)):
        _add(parts, "", text, room)
    for hints in _HINTS:
        if _add(parts, "class:status.dim", f" {glyphs.dot} ".join(hints), room):
            break
    return parts


_HINTS = (
    ("list", "play ID or title", "Tab completes", "? helps"),
    ("list", "play ID or title", "? helps"),
    ("list", "play ID", "? helps"),
    ("list", "? helps"),
    ("list",),
)
"""What a newcomer may type: the first form that there is room for."""


def _waiting(status: Status, room: int, glyphs: Glyphs) -> Fragments:
    """Return `buffering 215/500 (43 %), about 1.3 s`, or as much of it as fits beside the name."""
    forms = _waiting_forms(status)
    form = next((f for f in forms if columns_of(f) + TITLE_COLUMNS + len(GAP) <= room), forms[-1])
    return _beside_song(status, room, form, glyphs)


def _waiting_forms(status: Status) -> list[str]:
    word = {Activity.REQUESTED: "asking the server", Activity.STARVED: "ran dry, buffering"}.get(
        status.activity, "buffering"
    )
    if not status.needed_msgs or status.activity is Activity.REQUESTED:
        return [word]
    percent = f"{min(100, 100 * status.buffered_msgs // status.needed_msgs)} %"
    counted = f"{word} {status.buffered_msgs}/{status.needed_msgs} ({percent})"
    soon = "" if status.starts_in_s is None else f", about {status.starts_in_s:.1f} s"
    return [counted + soon, counted, f"{word} {percent}", percent]


def _offline(status: Status, room: int, glyphs: Glyphs) -> Fragments:
    forms = _offline_forms(status)
    form = next((f for f in forms if columns_of(f) + TITLE_COLUMNS <= room), forms[-1])
    return _beside_song(status, room, form, glyphs, "class:status.offline")


def _offline_forms(status: Status) -> list[str]:
    if status.activity is Activity.STOPPED:
        return ["no connection; the next command connects again", "no connection"]
    if status.retry_in_s is None:
        long, short = "no connection; trying again", "no connection"
    else:
        soon = f"{ceil(status.retry_in_s)} s"
        long = f"connection lost; attempt {status.attempt} in {soon}"
        short = f"lost; retry in {soon}"
    position = f"{clock(status.position_s)}  "
    return [position + long, long, position + short, short]


def _beside_song(
    status: Status, room: int, form: str, glyphs: Glyphs, style: str = ""
) -> Fragments:
    name_room = room - columns_of(form) - len(GAP)
    if status.song_id is None or name_room < 4:
        return [(style, form)]
    name = middle_cut(song_name(status), name_room, glyphs.ellipsis)
    return [("class:status.title", name), ("", GAP), (style, form)]


def _playing(status: Status, room: int, glyphs: Glyphs) -> Fragments:
    """Return name, bar, time and extras: what a command has set goes before what is only told."""
    name, time = song_name(status), _time(status)
    name_columns = min(columns_of(name), TITLE_COLUMNS)
    modes, left = _fitting(_modes(status), room - name_columns - len(GAP) - len(time))
    name_columns, left = _longer(name, name_columns, LONG_TITLE_COLUMNS, left)
    volume, left = _fitting([_volume(status)], left)
    bar_columns = BAR_MIN if status.duration_s and left >= BAR_MIN + len(GAP) else 0
    left -= bar_columns + len(GAP) if bar_columns else 0
    received, left = _fitting([_received(status, glyphs)], left)
    bitrate, left = _fitting([_bitrate(status)], left)
    name_columns, left = _longer(name, name_columns, columns_of(name), left)
    parts: Fragments = [("class:status.title", middle_cut(name, name_columns, glyphs.ellipsis))]
    if bar_columns:
        parts += [("", GAP), *_bar(status, min(BAR_MAX, bar_columns + left), glyphs)]
    for text in [time, *bitrate, *volume, *received, *modes]:
        parts += [("", GAP), ("", text)]
    return parts


def _longer(name: str, name_columns: int, wanted: int, room: int) -> tuple[int, int]:
    """Return how many columns a name gets that wants so many, and the columns still free."""
    longer = max(0, min(room, min(wanted, columns_of(name)) - name_columns))
    return name_columns + longer, room - longer


def _fitting(texts: Iterable[str], room: int) -> tuple[list[str], int]:
    """Return the texts that fit, the first one first, and the columns still free."""
    kept = []
    for text in texts:
        needed = columns_of(text) + len(GAP)
        if text and needed <= room:
            kept.append(text)
            room -= needed
    return kept, room


def _time(status: Status) -> str:
    whole = f" / {clock(status.duration_s)}" if status.duration_s else ""
    return clock(status.position_s) + whole


_FORMS = {
    Activity.STOPPED: _stopped,
    Activity.PLAYING: _playing,
    Activity.PAUSED: _playing,
}


def _bar(status: Status, columns: int, glyphs: Glyphs) -> Fragments:
    duration_s = status.duration_s or 1.0
    played = min(columns - 1, int(columns * min(1.0, status.position_s / duration_s)))
    received = columns if status.received is None else int(columns * status.received)
    arrived = max(0, received - played - 1)
    return [
        ("class:status.played", glyphs.played * played + glyphs.head),
        ("class:status.arrived", glyphs.arrived * arrived),
        ("class:status.missing", glyphs.missing * (columns - played - 1 - arrived)),
    ]


def _volume(status: Status) -> str:
    return f"vol {status.volume} %"


def _bitrate(status: Status) -> str:
    if status.bitrate_kbps is None:
        return ""
    return f"{status.bitrate_kbps} kbit/s" + (" VBR" if status.variable_bitrate else "")


def _received(status: Status, glyphs: Glyphs) -> str:
    """Return how much has arrived; "" where all has: that is what a person expects."""
    if status.received is None:
        arrived = f"{status.received_bytes / 1e6:.1f} MB"
        return f"{glyphs.received}{arrived}" if status.received_bytes else ""
    return f"{glyphs.received}{int(100 * status.received)} %" if status.received < 1 else ""


def _modes(status: Status) -> list[str]:
    """Return what holds until it is changed, what is easiest forgotten first."""
    alone = "" if status.online else "no connection"
    repeated = "" if status.repeat == "off" else f"repeat {status.repeat}"
    queued = f"{len(status.queue)} queued" if status.queue else ""
    return [alone, _sleep(status), repeated, queued]


def _sleep(status: Status) -> str:
    """Return when it falls asleep, as it is typed; in whole minutes: nobody wants a countdown."""
    if status.sleeps_after_song:
        return "sleep end"
    if status.sleep_in_s is None:
        return ""
    return f"sleep {ceil(status.sleep_in_s / 60)}m"


def _add(parts: Fragments, style: str, text: str, room: int) -> bool:
    """Append a text if there is room for it; return whether there was."""
    used = sum(columns_of(part) for _, part in parts)
    fits = bool(text) and used + len(GAP) + columns_of(text) <= room
    if fits:
        parts += [("", GAP), (style, text)]
    return fits


def _clipped(parts: Fragments, room: int, glyphs: Glyphs) -> Fragments:
    """Cut the parts to `room` columns: a terminal may be narrower than the shortest form."""
    clipped: Fragments = []
    for style, text in parts:
        if piece := cut(text, room, glyphs.ellipsis):
            clipped.append((style, piece))
            room -= columns_of(piece)
    return clipped
