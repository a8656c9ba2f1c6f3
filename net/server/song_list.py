"""The list as it goes over the wire, encoded once for all clients, piece by piece (RFC 2.4.1)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from net.framing import EOM
from net.wire import LIST_CLOSING, list_messages
from songs import Song

PIECE_MESSAGES = 4
"""Encoded in one go, in about 2 ms, then others have their turn: a hundred thousand songs would
hold up the loop for 0.3 s."""


class EncodedList:
    """The list of one moment. songs: what `Library.songs` was then."""

    def __init__(self, songs: tuple[Song, ...]) -> None:
        self.songs = songs
        self._messages: Iterator[bytes] = list_messages((s.song_id, s.title) for s in songs)
        self._pieces: list[bytes] = []

    @property
    def encoded_pieces(self) -> int:
        """How many pieces somebody has asked for already."""
        return len(self._pieces)

    def piece(self, number: int) -> bytes:
        """Return whole messages, b"" behind the last one. number: 0, or one more than before."""
        if number == len(self._pieces):
            self._pieces.append(b"".join(itertools.islice(self._messages, PIECE_MESSAGES)))
        return self._pieces[number]


class ListInFlight:
    """One listing on its way to one client. closes: end it with the empty message."""

    __slots__ = ("_closes", "_listing", "_next")

    def __init__(self, listing: EncodedList, closes: bool) -> None:
        self._listing = listing
        self._closes = closes
        self._next = 0

    @property
    def is_encoded(self) -> bool:
        """Whether the next piece is there already, and costs nothing."""
        return self._next < self._listing.encoded_pieces

    def next_piece(self) -> bytes:
        """Return the next whole messages, or b"" at the end."""
        if self._next < 0:
            return b""
        piece = self._listing.piece(self._next)
        self._next += 1
        if not piece:
            self._next = -1
            return LIST_CLOSING if self._closes else b""
        return piece


def message_end(messages: bytes, offset: int) -> int:
    """Return where the message ends that `offset` lies in, or `offset` if it is between two.

    messages: no audio; in all others an EOM is always an end.
    """
    if offset == 0 or messages.endswith(EOM, 0, offset):
        return offset
    return messages.index(EOM, max(0, offset - len(EOM) + 1)) + len(EOM)
