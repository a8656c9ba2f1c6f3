"""How the log names what happened on a connection."""

from __future__ import annotations

from fsm.events import (
    DrainExpired,
    Event,
    ListRequested,
    PlayRequested,
    RequestNotUnderstood,
    RequestTooLong,
    SetupRequested,
    SongFailed,
    SongSent,
    StopRequested,
    TeardownRequested,
)
from songs import Library


def describe(event: Event, library: Library, song_id: int | None) -> str | None:
    """Return a few words that are safe to print; None for what the log does not tell.

    song_id: the song that was on its way when it happened.
    """
    match event:
        case ListRequested():
            return "LIST"
        case PlayRequested(asked):
            song = library.get(asked)
            return f"PLAY {asked}: {song.title if song else 'no such song'}"
        case StopRequested():
            return "STOP"
        case SetupRequested(tokens):
            return f"SETUP {ascii(' '.join(tokens))[1:-1]}"
        case TeardownRequested():
            return "TEARDOWN"
        case RequestNotUnderstood(shown):
            return f"not understood: {shown}"
        case RequestTooLong():
            return "a request without an end"
        case SongSent():
            return f"song {song_id} sent whole"
        case SongFailed(reason):
            return f"song {song_id} cannot be sent: {reason}"
        case DrainExpired():
            return "the time to end songs is over"
    return None
