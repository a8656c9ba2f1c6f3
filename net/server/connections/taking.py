"""How much of its songs a client has taken: what its machine has acknowledged, not what was sent.

What a client has taken it may still not have played.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

from fsm.frozen import dataclass
from net.server.connections.outgoing import SongInFlight
from net.server.limits import unacknowledged_bytes

LONGEST_PART = 0.999
"""Of a song that was not sent whole: how long it is was estimated."""
MAX_TITLE = 100
"""Characters of a title in the log."""


@dataclass(frozen=True, slots=True)
class Taken:
    """How far a client has taken a song. part: from 0 to 1."""

    song_id: int
    title: str
    part: float

    @property
    def whole(self) -> bool:
        """It was taken to its end."""
        return self.part == 1

    def __str__(self) -> str:
        far = "to its end song" if self.whole else f"{int(100 * self.part)} % of song"
        return f"took {far} {self.song_id}: {self.title[:MAX_TITLE]}"


class _Song:
    """A song on its way. ends_at: behind so many bytes of the connection, once it is sent whole."""

    __slots__ = ("ends_at", "in_flight", "song_id", "title")

    def __init__(self, song_id: int, title: str, in_flight: SongInFlight) -> None:
        self.song_id, self.title, self.in_flight = song_id, title, in_flight
        self.ends_at = 0

    def taken(self, lacking_bytes: int) -> Taken:
        sent, length = self.in_flight.offset, self.in_flight.expected_bytes
        taken = max(0, sent - lacking_bytes) / length if length else 1.0  # from its very end on
        return Taken(self.song_id, self.title, taken if self.ends_at else min(taken, LONGEST_PART))


Say = Callable[[Taken], None]


class Takings:
    """The songs of one connection that are not taken to their ends yet.

    What becomes known is said at once. sent_bytes: by the connection, of all kinds.
    """

    __slots__ = ("_begun", "_sent")

    def __init__(self) -> None:
        self._begun: _Song | None = None
        self._sent: tuple[_Song, ...] = ()

    def __repr__(self) -> str:
        return f"<Takings {self._begun is not None} begun, {len(self._sent)} sent>"

    def start(self, song_id: int, title: str, in_flight: SongInFlight) -> None:
        """A song begins to be sent."""
        self._begun = _Song(song_id, title, in_flight)

    def sent(self, sent_bytes: int) -> None:
        """The song is sent whole."""
        if self._begun is not None:
            self._begun.ends_at = sent_bytes
            self._sent += (self._begun,)
            self._begun = None

    def stop(self, sock: socket.socket, say: Say) -> None:
        """The song, if there is one, is sent no further: say how much was taken if it had begun.

        It was stopped, it has failed, or the client is gone.
        """
        song, self._begun = self._begun, None
        if song is not None and song.in_flight.offset:
            say(song.taken(unacknowledged_bytes(sock)))

    def look(self, sock: socket.socket, sent_bytes: int, say: Say) -> None:
        """Say which songs were taken to their ends since the last look."""
        if self._sent:
            taken_bytes = sent_bytes - unacknowledged_bytes(sock)
            while self._sent and self._sent[0].ends_at <= taken_bytes:
                say(self._sent[0].taken(0))
                self._sent = self._sent[1:]

    def end(self, sock: socket.socket, sent_bytes: int, say: Say) -> None:
        """Say what was taken of each song: the client is gone."""
        self.look(sock, sent_bytes, say)
        taken_bytes = sent_bytes - unacknowledged_bytes(sock)
        for song in self._sent:
            say(song.taken(song.ends_at - taken_bytes))
        self._sent = ()
        self.stop(sock, say)
