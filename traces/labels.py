"""What a message is called in a drawing, at the proxy's columns, and in a violation.

All of it is printable ASCII, whatever a peer has sent.
"""

from __future__ import annotations

from fsm.client import events as answer
from fsm.events import (
    Event,
    ListRequested,
    PlayFromRequested,
    PlayRequested,
    RequestNotUnderstood,
    RequestsEnded,
    RequestTooLong,
    SetupRequested,
    StopRequested,
    TeardownRequested,
)

LONGEST = 60


def label(event: Event) -> str:
    """Return a message as a person reads it: `PLAY 3`, `RESP 200, 4096 bytes`."""
    return printable(_label(event))


def _label(event: Event) -> str:
    match event:
        case ListRequested():
            return "LIST"
        case PlayRequested(song_id):
            return f"PLAY {song_id}"
        case PlayFromRequested(song_id, offset):
            return f"PLAY {song_id} {offset}"
        case StopRequested():
            return "STOP"
        case SetupRequested(tokens):
            return " ".join(("SETUP", *tokens))
        case TeardownRequested():
            return "TEARDOWN"
        case RequestNotUnderstood(shown):
            return f"{shown!r}, no request"
        case RequestTooLong():
            return "bytes without END END"
        case RequestsEnded():
            return "(the end of what it sends)"
        case answer.ListReceived(()):
            return "RESP 100, empty"
        case answer.ListReceived(songs):
            return f"RESP 100, {len(songs)} song{'' if len(songs) == 1 else 's'}"
        case answer.AudioReceived(b""):
            return "RESP 200, empty"
        case answer.AudioReceived(data):
            return f"RESP 200, {len(data)} bytes"
        case answer.SetupReceived(tokens):
            return " ".join(("RESP 101", *tokens))
        case answer.NotFoundReceived():
            return "ERRO 404"
        case answer.MessageNotUnderstood(reason):
            return reason
    return type(event).__name__


def printable(text: str, longest: int = LONGEST) -> str:
    """Return the text on one line, cut, with a question mark for all but printable ASCII."""
    cut = text if len(text) <= longest else text[: longest - 3] + "..."
    return "".join(c if " " <= c <= "~" else "?" for c in cut)
