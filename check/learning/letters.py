"""What is said to a server while it is learned: each letter is said whole, and answered to its end.

A letter that leaves a song on its way would have no end to wait for. So what a server does in the
middle of a song is asked by two requests in one letter, the second behind the song's first audio.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from check.server.facts import Facts, Song
from fsm.words import ENDS
from net.framing import EOM

NOT_UNDERSTOOD = b"NOPE"


class Asks(Enum):
    """What a request asks for."""

    LIST = "the list"
    SONG = "a song"
    UNKNOWN = "a song that there is not"
    NOTHING = "nothing more"
    SETUP = "closing messages"
    GOODBYE = "the end of the connection"
    ERROR = "what is no request"


@dataclass(frozen=True, slots=True)
class Request:
    """One request. audio_bytes: how long the song is that it asks for."""

    text: bytes
    asks: Asks
    audio_bytes: int = 0

    @property
    def data(self) -> bytes:
        """Return what is sent."""
        return self.text + EOM


@dataclass(frozen=True, slots=True)
class Letter:
    """One request, or two, of which the second is sent when audio has come."""

    requests: tuple[Request, ...]

    def __str__(self) -> str:
        return ", in it ".join(request.text.decode() for request in self.requests)

    __repr__ = __str__

    def count(self, *asks: Asks) -> int:
        """Return how many of its requests ask for one of these."""
        return sum(request.asks in asks for request in self.requests)

    @property
    def audio_bytes(self) -> int:
        """How much audio there is if every song is sent whole."""
        return sum(request.audio_bytes for request in self.requests)


def alphabet(facts: Facts) -> list[Letter]:
    """Return all that is said to this server: what it does not offer is left out."""
    return [Letter((one,)) for one in _alone(facts)] + [Letter(two) for two in _in_a_song(facts)]


def _alone(facts: Facts) -> Iterator[Request]:
    yield Request(b"LIST", Asks.LIST)
    if facts.song is not None:
        yield _play(facts.song)
    yield from _others(facts)
    yield Request(NOT_UNDERSTOOD, Asks.ERROR)
    if ENDS in facts.offers:
        yield Request(f"SETUP {ENDS}".encode(), Asks.SETUP)


def _in_a_song(facts: Facts) -> Iterator[tuple[Request, Request]]:
    if facts.long is None or facts.song is None:
        return
    long = _play(facts.long)
    yield long, Request(b"LIST", Asks.LIST)
    yield long, _play(facts.song)
    for other in _others(facts):
        yield long, other


def _others(facts: Facts) -> Iterator[Request]:
    yield Request(b"PLAY %d" % facts.unknown, Asks.UNKNOWN)
    yield Request(b"STOP", Asks.NOTHING)
    if ENDS in facts.offers:
        yield Request(b"TEARDOWN", Asks.GOODBYE)


def _play(song: Song) -> Request:
    return Request(b"PLAY %d" % song.song_id, Asks.SONG, len(song.audio))
