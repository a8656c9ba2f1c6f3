"""The messages of the explored exchanges, and what a ladder calls them.

Equal messages are one object, so that comparing them costs nothing.
"""

from __future__ import annotations

from functools import cache

from fsm import events as on
from fsm.client import events as client_on
from fsm.events import Event
from fsm.words import LIBRARY, OFFERED, Request
from verify.exchange import music

NOBODY, PRESENT, NEXT = 0, 1, 2
"""Whose a message is: no song's that is still wanted, the present song's, or the next one's."""


class Message:
    """A message in a channel.

    event: what its receiver is told; None: the sender has closed the connection. owner: the song
    whose PLAY it is, or is part of the answer to: the one that the person wants at this moment, or
    the next one. shown: as in a ladder.
    """

    __slots__ = ("event", "owner", "shown")

    def __init__(self, event: Event | None, owner: int, shown: str) -> None:
        self.event, self.owner, self.shown = event, owner, shown

    def __str__(self) -> str:
        return self.shown


@cache
def message(event: Event | None, shown: str, owner: int = NOBODY) -> Message:
    """Return the one message that is equal to this."""
    return Message(event, owner, shown)


END = message(None, "(the end of the connection)")
ERRO = message(client_on.NotFoundReceived(), "ERRO 404")
REFUSAL = message(client_on.NotFoundReceived(), "ERRO 404 (to SETUP)")
AUDIO_CLOSING = message(client_on.AudioReceived(), "RESP 200 (closing)")
LIST_CLOSING = message(client_on.ListReceived(), "RESP 100 (closing)")

SETUP_LINE = " ".join(("SETUP", *OFFERED))

_EVENTS: dict[Request, Event] = {
    Request.LIST: on.ListRequested(),
    Request.STOP: on.StopRequested(),
    Request.SETUP: on.SetupRequested(OFFERED),
    Request.TEARDOWN: on.TeardownRequested(),
}


@cache
def request(word: Request, song_id: int | None, owner: int, offset: int = 0) -> Message:
    """Return a request as the server receives it."""
    if song_id is not None and offset:
        event = on.PlayFromRequested(song_id, offset)
        return message(event, f"PLAY {song_id} {offset}", owner)
    if song_id is not None:
        return message(on.PlayRequested(song_id), f"PLAY {song_id}", owner)
    return message(_EVENTS[word], SETUP_LINE if word is Request.SETUP else word.value)


@cache
def audio(title: str, index: int, chunks: tuple[bytes, ...], owner: int) -> Message:
    """Return one audio message of a song."""
    shown = f"RESP 200 {title} {index + 1}/{len(chunks)}"
    return message(client_on.AudioReceived(chunks[index]), shown, owner)


TOKENS = ("ends", "tags", "from")


@cache
def setup_reply(*accepted: str, library: int | None = None) -> Message:
    """Return RESP 101 with these tokens of TOKENS, in their order.

    library: whose version it names, None for none.
    """
    named = () if library is None else (f"{LIBRARY}{library}",)
    tokens = ("alfine/1", *accepted, *named)
    return message(client_on.SetupReceived(tokens), f"RESP 101 {' '.join(tokens)}")


TAGS = (("ar", "artist"),)
"""What a server says of each song besides its title, to a client that has asked for it."""


@cache
def list_messages(
    library: int, parts: int, closes: bool, tags: bool = False
) -> tuple[Message, ...]:
    """Return a whole list: one message, or with parts > 1 one for each song.

    An empty list is its own closing message. tags: with the songs' fields.
    """
    songs = music.entries(library)
    each = [(song,) for song in songs] if parts > 1 else [songs] * bool(songs)
    messages = tuple(
        message(client_on.ListReceived(part, (TAGS,) * len(part) * tags), _shown(part, tags))
        for part in each
    )
    if closes:
        return (*messages, LIST_CLOSING)
    return messages or (message(client_on.ListReceived(), "RESP 100"),)


def _shown(part: tuple[client_on.ListedSong, ...], tags: bool) -> str:
    fields = " and fields" * tags
    return "RESP 100 " + ", ".join(f"{song.song_id}. {song.title}{fields}" for song in part)


def reassigned(channel: tuple[Message, ...], to: dict[int, int]) -> tuple[Message, ...]:
    """Return the same messages with other owners. to: from the old owner to the new one."""
    return tuple([message(m.event, m.shown, to[m.owner]) if m.owner in to else m for m in channel])
