"""The words for what happened on a connection, for the log."""

from __future__ import annotations

from fsm.events import (
    DrainExpired,
    Event,
    ListRequested,
    PlayFromRequested,
    PlayRequested,
    RequestNotUnderstood,
    RequestTimedOut,
    RequestTooLong,
    SetupRequested,
    SongFailed,
    SongSent,
    StopRequested,
    TeardownRequested,
)
from songs import Library

MAX_WORDS = 160
"""Characters that one request may have the log say."""


def clip(words: str) -> str:
    """Return the words, or their beginning."""
    return words if len(words) <= MAX_WORDS else words[: MAX_WORDS - 1] + "…"


def describe(event: Event, library: Library, song_id: int | None) -> str | None:
    """Return a few words that are safe to print; None for an event that is not logged.

    song_id: the song that was started last.
    """
    match event:
        case ListRequested():
            return "LIST"
        case PlayRequested(wanted_id):
            song = library.get(wanted_id)
            return f"PLAY {wanted_id}: {song.title if song else 'no such song'}"
        case PlayFromRequested(wanted_id, offset):
            song = library.get(wanted_id)
            title = song.title if song else "no such song"
            return f"PLAY {wanted_id} from byte {offset}: {title}"
        case StopRequested():
            return "STOP"
        case SetupRequested(tokens):
            return f"SETUP {ascii(' '.join(tokens)[:MAX_WORDS])[1:-1]}"
        case TeardownRequested():
            return "TEARDOWN"
        case RequestNotUnderstood(shown):
            return f"not understood: {shown}"
        case RequestTooLong():
            return "a request without an end"
        case RequestTimedOut():
            return "a request without an end in time"
        case SongSent():
            return f"song {song_id} sent whole"
        case SongFailed(reason):
            return f"song {song_id} cannot be sent: {reason}"
        case DrainExpired():
            return "the time to end songs is over"
    return None
