"""Formats a Status as the one line under the prompt, for any width.

It knows nothing of the terminal but its width, and keeps nothing from one line to the next.
"""

from __future__ import annotations

from math import ceil

from cli.words.clock import clock
from cli.words.glyphs import UNICODE, Glyphs
from cli.words.moment import Activity, Status
from cli.words.plain import song_name
from cli.words.safe_text import columns_of, cut

Fragments = list[tuple[str, str]]
"""Pairs of a style's name and a text, as prompt_toolkit takes them."""

TITLE_COLUMNS = 20
"""The song's name gets this many columns before anything optional is shown."""
LONG_TITLE_COLUMNS = 28
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
    hints = f" {glyphs.dot} ".join(("list", "play ID or title", "Tab completes", "? helps"))
    parts = [("", "stopped")]
    for style, text in (("", _modes(status)), ("", _volume(status)), ("class:status.dim", hints)):
        _add(parts, style, text, room)
    return parts


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
    name = cut(song_name(status), name_room, glyphs.ellipsis)
    return [("class:status.title", name), ("", GAP), (style, form)]


def _playing(status: Status, room: int, glyphs: Glyphs) -> Fragments:
    name = song_name(status)
    time = clock(status.position_s)
    time += f" / {clock(status.duration_s)}" if status.duration_s else ""
    name_columns = min(columns_of(name), LONG_TITLE_COLUMNS)
    left = room - name_columns - len(GAP) - len(time)
    has_bar = bool(status.duration_s) and left >= BAR_MIN + len(GAP)
    left -= BAR_MIN + len(GAP) if has_bar else 0
    extras, left = _extras(status, left, glyphs)
    longer = min(left, columns_of(name) - name_columns)
    name = cut(name, name_columns + longer, glyphs.ellipsis)
    parts: Fragments = [("class:status.title", name)]
    if has_bar:
        parts += [("", GAP), *_bar(status, min(BAR_MAX, BAR_MIN + left - longer), glyphs)]
    for text in [time, *extras]:
        parts += [("", GAP), ("", text)]
    return parts


def _extras(status: Status, room: int, glyphs: Glyphs) -> tuple[list[str], int]:
    """Return the optional parts that fit, in the order of the line, and the columns still free."""
    extras = [_bitrate(status), _volume(status), _received(status, glyphs), _modes(status)]
    kept = set()
    for index in (1, 3, 2, 0):  # the most useful first
        needed = columns_of(extras[index]) + len(GAP)
        if extras[index] and needed <= room:
            kept.add(index)
            room -= needed
    return [extras[index] for index in sorted(kept)], room


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
    if status.received is not None:
        return f"{glyphs.received}{int(100 * status.received)} %"
    return f"{glyphs.received}{status.received_bytes / 1e6:.1f} MB" if status.received_bytes else ""


def _modes(status: Status) -> str:
    alone = "" if status.online else "no connection"
    queued = f"{len(status.queue)} queued" if status.queue else ""
    repeated = "" if status.repeat == "off" else f"repeat {status.repeat}"
    return ", ".join(filter(None, (alone, queued, repeated, _sleep(status))))


def _sleep(status: Status) -> str:
    """Return when it falls asleep, in whole minutes: who looks wants no countdown."""
    if status.sleeps_after_song:
        return "sleep after this"
    if status.sleep_in_s is None:
        return ""
    return f"sleep in {ceil(status.sleep_in_s / 60)} min"


def _add(parts: Fragments, style: str, text: str, room: int) -> None:
    used = sum(columns_of(part) for _, part in parts)
    if text and used + len(GAP) + columns_of(text) <= room:
        parts += [("", GAP), (style, text)]


def _clipped(parts: Fragments, room: int, glyphs: Glyphs) -> Fragments:
    """Cut the parts to `room` columns: a terminal may be narrower than the shortest form."""
    clipped: Fragments = []
    for style, text in parts:
        if piece := cut(text, room, glyphs.ellipsis):
            clipped.append((style, piece))
            room -= columns_of(piece)
    return clipped
