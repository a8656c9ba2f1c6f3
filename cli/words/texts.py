"""The sentences that a person reads: one for each thing that the machines have to tell."""

from __future__ import annotations

from collections.abc import Sequence

from fsm.client.effects import Report
from fsm.client.events import ListedSong

FAILURES = frozenset(
    {
        Report.SONG_NOT_FOUND,
        Report.SONG_CUT_OFF,
        Report.SONG_UNDECODABLE,
        Report.OUTPUT_FAILED,
        Report.DEVICE_LOST,
        Report.LIST_FAILED,
    }
)
"""A command failed: the exit code will be 1."""

SHOWN_NEAR = 2

ERRORS = FAILURES | {Report.CONNECTION_LOST, Report.CONNECT_FAILED}

_TEXTS = {
    Report.SONG_ARRIVING: "buffering {song}",
    Report.SONG_PLAYING: "playing {song}",
    Report.SONG_PLAYED: "played {song}",
    Report.SONG_NOT_FOUND: "404: the server has no song {id}; {near}",
    Report.SONG_CUT_OFF: "{song} was cut off before its end{detail}; play {id} starts it again",
    Report.SONG_UNDECODABLE: "{song} cannot be decoded{detail}; play another, or look at the file",
    Report.OUTPUT_FAILED: "the audio output failed{detail}",
    Report.UNDERRUN: "the buffer ran dry: waiting until there is enough of {song} again",
    Report.PLAYING_AGAIN: "playing {song} again",
    Report.LIST_FAILED: "the list did not come; list asks for it again",
    Report.CONNECTION_LOST: "the connection was lost{detail}",
    Report.CONNECT_FAILED: "cannot connect to {server}{detail}",
    Report.RETRYING: "connecting to {server} again; stop gives up {song}{detail}",
    Report.RECONNECTED: "connected to {server} again",
    Report.SONG_RESUMED: "{song} goes on where it was interrupted",
    Report.DEVICE_LOST: "paused{detail}; resume plays on the default device",
    Report.NOTHING_PLAYS: "nothing is playing; play ID or a title starts a song",
    Report.NOTHING_FOLLOWS: "nothing is queued; queue ID adds a song",
}


def sentence(
    report: Report, server: str, song_id: int | None, detail: str, songs: Sequence[ListedSong]
) -> str:
    """Say it in one line. server: HOST:PORT. songs: the last list, for the title."""
    title = next((s.title for s in songs if s.song_id == song_id), None)
    song = f"{song_id}. {title}" if title else f"song {song_id}"
    return _TEXTS[report].format(
        id=song_id,
        song=song,
        server=server,
        detail=f": {detail}" if detail else "",
        near=_near(song_id, songs),
    )


def _near(song_id: int | None, songs: Sequence[ListedSong]) -> str:
    """The songs whose IDs come nearest to one that there is not."""
    known = [s for s in songs if s.song_id is not None]
    if song_id is None or not known:
        return "list shows the songs that it has"
    near = sorted(known, key=lambda s: abs((s.song_id or 0) - song_id))[:SHOWN_NEAR]
    names = ", ".join(f"{s.song_id}. {s.title}" for s in near)
    return f"the nearest: {names}; list shows all"
