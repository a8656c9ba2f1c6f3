"""Words a status in short phrases: what plays, and what has been set.

It knows no terminal; `cli.screen.status_line` fits a status into one line.
"""

from __future__ import annotations

from math import ceil

from cli.words.clock import clock
from cli.words.moment import Activity, SongName, Status, name
from cli.words.safe_text import safe


def status_parts(status: Status, moving: bool = True) -> list[str]:
    """Describe a status in short phrases, the most important first.

    moving: with what changes by itself, as the position does.
    """
    parts = [status.activity.value]
    if status.activity is not Activity.STOPPED:
        parts[0] += f" {song_name(status)}"
        if moving:
            parts += filter(None, (_time(status), _arrival(status)))
        elif status.duration_s:
            parts.append(clock(status.duration_s))
        if status.bitrate_kbps and (moving or not status.variable_bitrate):
            parts.append(f"{status.bitrate_kbps} kbit/s{' VBR' if status.variable_bitrate else ''}")
    parts.append(f"volume {status.volume} %")
    if status.gain != "off":
        parts.append(_gain(status))
    if status.repeat != "off":
        parts.append(f"repeat {status.repeat}")
    if status.queue:
        parts.append(f"{len(status.queue)} queued")
    if sleeps := sleep_part(status, moving):
        parts.append(sleeps)
    if not status.online:
        known = moving and status.retry_in_s is not None
        soon = f", trying again in {status.retry_in_s:.0f} s" if known else ""
        parts.append(f"no connection{soon}")
    return parts


def sleep_part(status: Status, moving: bool = True) -> str:
    """Say in a short phrase when it falls asleep; "" if it does not."""
    if status.sleeps_after_song:
        return "sleeps after this song"
    if status.sleep_in_s is None:
        return ""
    return f"sleeps in {clock(ceil(status.sleep_in_s))}" if moving else "sleeps later"


def setting(word: str, status: Status) -> str:
    """Say in one line what `repeat`, `gain` or `sleep` is set to now."""
    if word == "repeat":
        return _REPEATS[status.repeat]
    return _gain(status) if word == "gain" else sleep_part(status) or "it stays awake"


_REPEATS = {
    "off": "repeat off: nothing follows the end of the queue",
    "one": "repeat one: the song begins again when it is over",
    "all": "repeat all: a new round begins when the queue is empty",
}


def _gain(status: Status) -> str:
    """Say which gain is applied, and how much that is for a song that plays."""
    if not status.gain_applied or status.activity not in (Activity.PLAYING, Activity.PAUSED):
        return f"gain {status.gain}"
    if status.gain_db is None:
        return f"gain {status.gain} (none in its tags)"
    return f"gain {status.gain} ({status.gain_db:+.1f} dB)"


def _time(status: Status) -> str:
    if status.activity in (Activity.REQUESTED, Activity.BUFFERING):
        return ""
    return clock(status.position_s) + (
        f" of {clock(status.duration_s)}" if status.duration_s else ""
    )


def _arrival(status: Status) -> str:
    if status.activity in (Activity.BUFFERING, Activity.STARVED):
        return f"{status.buffered_msgs} of {status.needed_msgs} messages"
    return "" if status.received is None else f"{int(100 * status.received)} % received"


def song_name(status: Status) -> str:
    """Return the name of its song, safe to print."""
    song = None if status.song_id is None else SongName(status.song_id, status.title)
    return safe(name(song))
