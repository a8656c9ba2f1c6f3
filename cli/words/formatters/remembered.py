"""Words what the client remembers: playlists, the history, and where it was left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cli.browsing.columns import counted
from cli.memory.heard import Heard
from cli.memory.kept import Kept
from cli.memory.memory import LeftOff, Loading, Saving
from cli.memory.playlists import Summary
from cli.words.clock import clock
from cli.words.safe_text import safe

_NAMED = 3
"""So many songs that are missing are told by name."""


def left_off_line(left_off: LeftOff | None, queued: int, missing: Sequence[Kept]) -> str:
    """Say what `resume` goes on with, and what of it is no longer there; "" for nothing."""
    if left_off is None:
        where = ""
    elif left_off.song_id is None:
        where = f"resume: {counted(queued)} queued"
    else:
        title = safe(left_off.title or "") or f"song {left_off.song_id}"
        more = f", {queued} more queued" if queued else ""
        where = f"resume: {title} at {clock(left_off.position_s)}{more}"
    gone = f"not on this server any more: {named(missing)}" if missing else ""
    return "; ".join(filter(None, (where, gone)))


def saving_line(saving: Saving) -> str:
    """Say what has been saved, and what that has replaced."""
    text = f"saved {counted(saving.songs)} as {safe(saving.name)}"
    if saving.replaced is None:
        return text
    return f"{text}, in the place of {counted(saving.replaced)} (kept as {safe(saving.name)}.m3u8~)"


def loading_line(loading: Loading) -> str:
    """Say what has been loaded, and which songs are not on this server."""
    text = f"loaded {counted(loading.songs)} of {safe(loading.name)}"
    if not loading.missing:
        return text
    return f"{text}; not on this server: {named(loading.missing)}"


def playlist_lines(playlists: Sequence[Summary]) -> list[str]:
    """Return a line for each playlist."""
    return [_playlist_line(playlist) for playlist in playlists]


def heard_lines(history: Sequence[Heard], server: str, today: datetime) -> list[str]:
    """Return a line for each song that was heard; of those on other servers, on which."""
    return [_heard_line(heard, server, today) for heard in history]


def named(songs: Sequence[Kept]) -> str:
    """Name some of these songs, and say how many more there are."""
    more = f" and {len(songs) - _NAMED} more" if len(songs) > _NAMED else ""
    return ", ".join(title_of(song) for song in songs[:_NAMED]) + more


def title_of(song: Kept) -> str:
    """Return what a kept song is called, safe to print."""
    return safe(song.title) or safe(song.path) or f"song {song.song_id}"


def _playlist_line(playlist: Summary) -> str:
    if playlist.fault:
        return f"{safe(playlist.name)}: {playlist.fault}"
    time = f", {clock(playlist.duration_s)}" if playlist.duration_s else ""
    return f"{safe(playlist.name)}: {counted(playlist.songs)}{time}"


def _heard_line(heard: Heard, server: str, today: datetime) -> str:
    at = datetime.fromtimestamp(heard.at)
    if at.date() == today.date():
        when = f"{at:%H:%M}"
    elif at.year == today.year:
        when = f"{at:%d %b %H:%M}"
    else:
        when = f"{at:%d %b %Y}"
    elsewhere = "" if heard.server == server else f" ({safe(heard.server)})"
    return f"{when}  {title_of(heard.song)}{elsewhere}"
