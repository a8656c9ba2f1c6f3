"""The list as it goes over the wire: encoded once for all clients, piece by piece (RFC 2.4.1).

It knows songs and messages, and nothing of sockets.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator

from fsm.words import LIBRARY
from net.framing import EOM
from net.wire import EMPTY_LIST, LIST_CLOSING, list_messages, setup_message
from songs import Library, Song

PIECE_MESSAGES = 4
"""Messages encoded at once, which takes about 2 ms: 100,000 songs at once would block the event
loop for 0.3 s."""

RequestRescan = Callable[[Callable[[], None]], bool]
"""Called for every LIST with a callback. Returns whether the callback will be called, once the
library is up to date; if not, the library is to be used as it is."""


class EncodedList:
    """One version of the list, encoded as far as any client has needed it.

    songs: what `Library.songs` was then. tags: with the songs' fields (protocol.md 10). version:
    its name (protocol.md 7).
    """

    def __init__(self, songs: tuple[Song, ...], tags: bool = False, version: str = "") -> None:
        self.songs = songs
        self.version = version
        entries = (
            (song.song_id, song.title, fields_of(song) if tags else ()) for song in self.songs
        )
        self._messages: Iterator[bytes] = list_messages(entries)
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


def fields_of(song: Song) -> list[tuple[str, str]]:
    """Return a song's fields, as far as it has them (protocol.md 10)."""
    details = song.details
    seconds = details.duration_s
    fields = (
        ("ar", details.artist),
        ("aa", details.album_artist),
        ("al", details.album),
        ("ti", details.title),
        ("tr", details.track),
        ("di", details.disc),
        ("yr", details.year and f"{details.year:04}"),
        ("ge", details.genre),
        ("du", seconds and f"{seconds:.3f}".rstrip("0").rstrip(".")),
        ("fo", os.path.dirname(song.path).decode(errors="replace")),
    )
    return [(key, str(value)) for key, value in fields if value]


class SongList:
    """The list as it is now: encoded again when the library has changed, shared by all clients."""

    def __init__(self, library: Library, request_rescan: RequestRescan) -> None:
        self._library = library
        self._request_rescan = request_rescan
        self._encoded: dict[bool, EncodedList] = {}
        """With fields, and without."""

    def get(self, ready: Callable[[], None], tags: bool = False) -> EncodedList | None:
        """Return the list. None: `ready` will be called, and `get` is to be called again then.

        tags: with the songs' fields.
        """
        if self._request_rescan(ready):
            return None
        songs, versions = self._library.listed
        encoded = self._encoded.get(tags)
        if encoded is None or encoded.songs is not songs:
            version = versions.detailed if tags else versions.plain
            encoded = self._encoded[tags] = EncodedList(songs, tags, version)
        return encoded


class SetupReply:
    """RESP 101 on its way to one client: it names the version of the list, whose turn comes then.

    tokens: the product token and those accepted. tags: of the list with the songs' fields.
    """

    __slots__ = ("_tokens", "tags")

    def __init__(self, tokens: tuple[str, ...], tags: bool) -> None:
        self._tokens = tokens
        self.tags = tags

    def __repr__(self) -> str:
        return f"<SetupReply {' '.join(self._tokens)}>"

    def message(self, encoded: EncodedList) -> bytes:
        """Return the whole message. encoded: the list that a LIST would be answered by."""
        return setup_message((*self._tokens, LIBRARY + encoded.version))


class ListInFlight:
    """One list on its way to one client.

    closes: the empty message follows the list (protocol.md 7). encoded: None until its turn comes.
    tags: with the songs' fields.
    """

    __slots__ = ("_closes", "_next", "encoded", "tags")

    def __init__(
        self, closes: bool, encoded: EncodedList | None = None, tags: bool = False
    ) -> None:
        self.encoded = encoded
        self.tags = tags
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
