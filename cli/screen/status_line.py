"""The one line under the prompt: what plays, how far it is, what is wrong. It fits every width.

It is made anew from a `Now` each time, and knows nothing of terminals but how wide one is.
"""

from __future__ import annotations

from math import ceil

from cli.words.glyphs import UNICODE, Glyphs
from cli.words.moment import Activity, Status
from cli.words.plain import clock, song_name
from cli.words.safe_text import columns_of, cut

Fragments = list[tuple[str, str]]
"""Pieces of text, each behind the name of its style, as prompt_toolkit takes them."""

TITLE_COLUMNS = 20
"""So much of the song's name goes before anything that can be left out."""
LONG_TITLE_COLUMNS = 28
BAR_MIN, BAR_MAX = 10, 40
GAP = "  "


def live_line(now: Status, columns: int, glyphs: Glyphs = UNICODE) -> Fragments:
    """The line, at most `columns` wide."""
    icon = [("class:live." + now.activity.value, glyphs.icons[now.activity] + " ")]
    room = columns - columns_of(icon[0][1])
    if not now.online and _is_missed(now):
        rest = _offline(now, room, glyphs)
    else:
        rest = _FORMS.get(now.activity, _waiting)(now, room, glyphs)
    return _clipped(icon + rest, columns, glyphs)


def _is_missed(now: Status) -> bool:
    """Whether a connection is needed: not for a song that is all here."""
    retrying = now.attempt > 0 or now.retry_in_s is not None
    return retrying or now.activity not in (Activity.PLAYING, Activity.PAUSED)


def _stopped(now: Status, room: int, glyphs: Glyphs) -> Fragments:
    hints = f" {glyphs.dot} ".join(("play ID or title", "Tab completes", "? helps"))
    parts = [("", "stopped")]
    for style, text in (("", _modes(now)), ("", _volume(now)), ("class:live.dim", hints)):
        _add(parts, style, text, room)
    return parts


def _waiting(now: Status, room: int, glyphs: Glyphs) -> Fragments:
    """`buffering 215/500 (43 %), about 1.3 s`, or as much of that as there is room for."""
    word = {Activity.REQUESTED: "asking the server", Activity.STARVED: "ran dry, buffering"}.get(
        now.activity, "buffering"
    )
    if not now.needed_msgs or now.activity is Activity.REQUESTED:
        forms = [word]
    else:
        percent = f"{min(100, 100 * now.buffered_msgs // now.needed_msgs)} %"
        counted = f"{word} {now.buffered_msgs}/{now.needed_msgs} ({percent})"
        soon = "" if now.starts_in_s is None else f", about {now.starts_in_s:.1f} s"
        forms = [counted + soon, counted, f"{word} {percent}", percent]
    form = next((f for f in forms if columns_of(f) + TITLE_COLUMNS + len(GAP) <= room), forms[-1])
    return _beside_song(now, room, form, glyphs)


def _offline(now: Status, room: int, glyphs: Glyphs) -> Fragments:
    if now.retry_in_s is None:
        forms = ["no connection; trying again", "no connection"]
    else:
        soon = f"{ceil(now.retry_in_s)} s"
        forms = [
            f"connection lost; attempt {now.attempt} in {soon}",
            f"lost; retry in {soon}",
        ]
    if now.activity is Activity.STOPPED:
        forms = ["no connection; the next command connects again", "no connection"]
    else:
        position = f"{clock(now.position_s)}  "
        forms = [position + forms[0], forms[0], position + forms[1], *forms[1:]]
    form = next((f for f in forms if columns_of(f) + TITLE_COLUMNS <= room), forms[-1])
    return _beside_song(now, room, form, glyphs, "class:live.offline")


def _beside_song(now: Status, room: int, form: str, glyphs: Glyphs, style: str = "") -> Fragments:
    name_room = room - columns_of(form) - len(GAP)
    if now.song_id is None or name_room < 4:
        return [(style, form)]
    name = cut(song_name(now), name_room, glyphs.ellipsis)
    return [("class:live.title", name), ("", GAP), (style, form)]


def _playing(now: Status, room: int, glyphs: Glyphs) -> Fragments:
    name = song_name(now)
    time = clock(now.position_s) + (f" / {clock(now.duration_s)}" if now.duration_s else "")
    name_columns = min(columns_of(name), LONG_TITLE_COLUMNS)
    left = room - name_columns - len(GAP) - len(time)
    has_bar = bool(now.duration_s) and left >= BAR_MIN + len(GAP)
    left -= BAR_MIN + len(GAP) if has_bar else 0
    # In the order in which they are shown; what there is no room for is left out from the end of
    # the order in which a person would miss them.
    extras = [_bitrate(now), _volume(now), _received(now, glyphs), _modes(now)]
    kept = set()
    for index in (1, 3, 2, 0):
        needed = columns_of(extras[index]) + len(GAP)
        if extras[index] and needed <= left:
            kept.add(index)
            left -= needed
    longer = min(left, columns_of(name) - name_columns)
    name = cut(name, name_columns + longer, glyphs.ellipsis)
    parts: Fragments = [("class:live.title", name)]
    if has_bar:
        parts += [("", GAP), *_bar(now, min(BAR_MAX, BAR_MIN + left - longer), glyphs)]
    for text in [time, *(extras[index] for index in sorted(kept))]:
        parts += [("", GAP), ("", text)]
    return parts


_FORMS = {
    Activity.STOPPED: _stopped,
    Activity.PLAYING: _playing,
    Activity.PAUSED: _playing,
}


def _bar(now: Status, columns: int, glyphs: Glyphs) -> Fragments:
    duration_s = now.duration_s or 1.0
    played = min(columns - 1, int(columns * now.position_s / duration_s))
    received = columns if now.received is None else int(columns * now.received)
    here = max(0, received - played - 1)
    return [
        ("class:live.played", glyphs.played * played + glyphs.head),
        ("class:live.here", glyphs.here * here),
        ("class:live.missing", glyphs.missing * (columns - played - 1 - here)),
    ]


def _volume(now: Status) -> str:
    return f"vol {now.volume} %"


def _bitrate(now: Status) -> str:
    if now.bitrate_kbps is None:
        return ""
    return f"{now.bitrate_kbps} kbit/s" + (" VBR" if now.variable_bitrate else "")


def _received(now: Status, glyphs: Glyphs) -> str:
    if now.received is not None:
        return f"{glyphs.received}{int(100 * now.received)} %"
    return f"{glyphs.received}{now.received_bytes / 1e6:.1f} MB" if now.received_bytes else ""


def _modes(now: Status) -> str:
    alone = "" if now.online else "no connection"
    queued = f"{len(now.queue)} queued" if now.queue else ""
    repeated = "" if now.repeat == "off" else f"repeat {now.repeat}"
    return ", ".join(filter(None, (alone, queued, repeated)))


def _add(parts: Fragments, style: str, text: str, room: int) -> None:
    used = sum(columns_of(part) for _, part in parts)
    if text and used + len(GAP) + columns_of(text) <= room:
        parts += [("", GAP), (style, text)]


def _clipped(parts: Fragments, room: int, glyphs: Glyphs) -> Fragments:
    """The parts, the last of them cut where the room ends: narrower than 40 columns, too."""
    clipped: Fragments = []
    for style, text in parts:
        if piece := cut(text, room, glyphs.ellipsis):
            clipped.append((style, piece))
            room -= columns_of(piece)
    return clipped
