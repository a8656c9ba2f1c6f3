"""The list as it goes over the wire: encoded once for all clients, piece by piece (RFC 2.4.1).

It knows songs and messages, and nothing of sockets.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from net.framing import EOM
from net.wire import EMPTY_LIST, LIST_CLOSING, list_messages
from songs import Library, Song

PIECE_MESSAGES = 4
"""Messages encoded at once, which takes about 2 ms: 100,000 songs at once would block the event
loop for 0.3 s."""

RequestRescan = Callable[[Callable[[], None]], bool]
"""Called for every LIST with a callback. Returns whether the callback will be called, once the
library is up to date; if not, the library is to be used as it is."""


class EncodedList:
    """One version of the list, encoded as far as any client has needed it.

    songs: what `Library.songs` was then.
    """

    def __init__(self, songs: tuple[Song, ...]) -> None:
        self.songs = songs
        self._messages: Iterator[bytes] = list_messages((s.song_id, s.title) for s in songs)
        self._pieces: list[bytes] = []

    def __repr__(self) -> str:
        return f"<EncodedList of {len(self.songs)} songs, {len(self._pieces)} pieces encoded>"

    @property
    def encoded_pieces(self) -> int:
        """How many pieces are encoded already."""
        return len(self._pieces)

    def piece(self, number: int) -> bytes:
        """Return whole messages; b"" after the last one.

        number: from 0 to `encoded_pieces`. Cost: about 2 ms for a piece that is not encoded yet.
        """
        if number == len(self._pieces):
            self._pieces.append(b"".join(itertools.islice(self._messages, PIECE_MESSAGES)))
        return self._pieces[number]


class SongList:
    """The list as it is now: encoded again when the library has changed, shared by all clients."""

    def __init__(self, library: Library, request_rescan: RequestRescan) -> None:
        self._library = library
        self._request_rescan = request_rescan
        self._encoded = EncodedList(library.songs)

    def get(self, ready: Callable[[], None]) -> EncodedList | None:
        """Return the list. None: `ready` will be called, and `get` is to be called again then."""
        if self._request_rescan(ready):
            return None
        if self._encoded.songs is not self._library.songs:
            self._encoded = EncodedList(self._library.songs)
        return self._encoded


class ListInFlight:
    """One list on its way to one client.

    closes: the empty message follows the list (protocol.md 7). encoded: None until its turn comes.
    """

    __slots__ = ("_closes", "_next", "encoded")

    def __init__(self, closes: bool, encoded: EncodedList | None = None) -> None:
        self.encoded = encoded
        self._closes = closes
        self._next = 0
        """The number of the next piece; -1 after the last one."""

    def __repr__(self) -> str:
        return f"<ListInFlight at piece {self._next} of {self.encoded!r}>"

    @property
    def is_encoded(self) -> bool:
        """Whether the next piece is encoded already, so that `next_piece` costs nothing."""
        return self.encoded is not None and self._next < self.encoded.encoded_pieces

    @property
    def is_over(self) -> bool:
        """Whether it is known that nothing follows."""
        if self._next < 0:
            return True
        if self.encoded is None or self._closes or not self.is_encoded:
            return False
        return not self.encoded.piece(self._next)

    def next_piece(self) -> bytes:
        """Return the next whole messages; b"" after the last ones."""
        if self._next < 0:
            return b""
        assert self.encoded is not None
        piece = self.encoded.piece(self._next) if self.encoded.songs else b""
        self._next += 1
        if piece:
            return piece
        self._next = -1
        if self._closes:
            return LIST_CLOSING
        return b"" if self.encoded.songs else EMPTY_LIST


def message_end(messages: bytes, offset: int) -> int:
    """Return the end of the message that contains `offset`; `offset` itself between two messages.

    messages: no audio. In every other message an EOM is the end.
    """
    if offset == 0 or messages.endswith(EOM, 0, offset):
        return offset
    return messages.index(EOM, max(0, offset - len(EOM) + 1)) + len(EOM)
