"""What is known of a server before its cases are tried, and what was chosen by who checks it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from net.framing import EOM

if TYPE_CHECKING:
    from net.tls.trust import Expected

MIB = 1 << 20
LIST = b"LIST" + EOM
TAGS, FROM = "tags", "from"
"""The tokens of the extensions of protocol.md 10."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a server is checked.

    timeout_s: how long a server may be silent where it owes something. case_s: how long one case
    may take. connections: cases at once. long_bytes: a song of so many bytes is longer than what
    may lie on the way, in the kernels of both sides; only with one can it be told that STOP stops.
    songs: how many songs are tried to find one. request_s: how long the server allows a request to
    be unfinished. gap_s: between two requests that a server is not to read at once. quiet_s:
    silence that shows that no more comes. pause_s: how long a slow client does not read. tls: what
    the server has to show over TLS. header: what each connection begins with, before TLS.
    """

    timeout_s: float = 2.0
    case_s: float = 20.0
    connections: int = 4
    plain: bool = False
    music: Path | None = None
    request_s: float | None = None
    long_bytes: int = 6 * MIB
    songs: int = 8
    gap_s: float = 0.1
    quiet_s: float = 0.25
    pause_s: float = 0.5
    tls: Expected | None = None
    header: bytes = b""


@dataclass(frozen=True, slots=True)
class Song:
    """A song that has been received whole.

    clean: all that came while it was sent were audio messages.
    """

    song_id: int
    audio: bytes
    clean: bool = True

    @property
    def hard(self) -> bool:
        """The song has an EOM in it, so that it matters where it is cut (protocol.md 4)."""
        return EOM in self.audio or not self.clean


@dataclass(frozen=True, slots=True)
class Facts:
    """What the survey has found.

    list_messages: the payloads of the messages that make the list; () if LIST was not answered.
    entries: the IDs and titles in it. message_ids: the first and the last ID of each message that
    has any. offers: the extensions that the server accepts. several: it serves more than one client
    at a time. error_request: what it answers by an error, and goes on; None if there is nothing.
    answer_s: how long an answer took.
    """

    list_messages: tuple[bytes, ...] = ()
    entries: tuple[tuple[int, str], ...] = ()
    message_ids: tuple[tuple[int, int], ...] = ()
    offers: frozenset[str] = frozenset()
    songs: tuple[Song, ...] = ()
    several: bool = True
    error_request: bytes | None = None
    answer_s: float = 0.0
    options: Options = field(default_factory=Options)

    @property
    def mute(self) -> bool:
        """No request has been answered, or the answer has no end."""
        return not self.list_messages and self.error_request is None

    @property
    def fence(self) -> bytes:
        """A request whose answer shows that nothing came before it: LIST, if that is answered."""
        return LIST if self.list_messages else self.mark

    @property
    def mark(self) -> bytes:
        """Another such request, whose answer is not that of LIST if that can be had."""
        return self.error_request or LIST

    @property
    def gap_s(self) -> float:
        """The time between two requests that are not to be read at once; longer where it is far."""
        return max(self.options.gap_s, min(2 * self.answer_s, self.options.timeout_s))

    @property
    def quiet_s(self) -> float:
        """Silence that shows that no more comes; longer where it is far."""
        return max(self.options.quiet_s, min(2 * self.answer_s, self.options.timeout_s))

    @property
    def song_ids(self) -> tuple[int, ...]:
        """The IDs in the list, in its order."""
        return tuple(song_id for song_id, _ in self.entries)

    @property
    def unknown(self) -> int:
        """An ID that no song has."""
        return next(i for i in range(999_999_999, 0, -1) if i not in self.song_ids)

    @property
    def missing(self) -> int | None:
        """An ID that the list leaves out between two others.

        If it can be, one where a message ends: servers have lost entries there.
        """
        ids = set(self.song_ids)
        ends = ((last, first) for (_, last), (first, _) in pairwise(self.message_ids))
        gaps = (*ends, *pairwise(sorted(ids)))
        return next((a + 1 for a, b in gaps if a + 1 < b and a + 1 not in ids), None)

    @property
    def next(self) -> int | None:
        """The ID behind the highest in the list."""
        return max(self.song_ids, default=0) + 1

    @property
    def song(self) -> Song | None:
        """A song, the shortest that is known."""
        return min(self._clean(), key=lambda song: len(song.audio), default=None)

    @property
    def long(self) -> Song | None:
        """A song that is longer than what may lie on the way; the shortest such."""
        long = [song for song in self._clean() if len(song.audio) >= self.options.long_bytes]
        return min(long, key=lambda song: len(song.audio), default=None)

    @property
    def hard(self) -> Song | None:
        """A song with an EOM in it."""
        return next((song for song in self.songs if song.hard), None)

    def _clean(self) -> list[Song]:
        return [song for song in self.songs if song.clean and song.audio]
