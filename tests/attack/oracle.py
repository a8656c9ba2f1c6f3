"""What a server has to answer to a stream of bytes, by RFC 9999 and docs/protocol.md alone.

It shares no code with the server: a request is found by a pattern over the whole stream, and the
answers are kept as words. It is as slow and as short as it can be.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

GAP = re.compile(rb"[\r\n \t\0]*")
EMPTY, EOM = re.compile(rb"END ++END"), re.compile(rb"(?<! ) ++END ++END")
SPACES = re.compile(rb" +")
MOST_BYTES = 4096
LIST, ERROR = "LIST", "ERRO 404"


@dataclass
class Expected:
    """What comes of one stream.

    answers: in their order, but for the closing messages of songs. songs: the ID of each PLAY of a
    known song, and whether its end is closed. stopped: which of the songs are stopped before they
    begin to be sent. closed: the server ends the connection itself. dropped: it drops what waits.
    """

    answers: list[str] = field(default_factory=list)
    songs: list[tuple[int, bool]] = field(default_factory=list)
    stopped: set[int] = field(default_factory=set)
    closed: bool = False
    dropped: bool = False


def requests(stream: bytes) -> list[tuple[int, bytes | None]]:
    """Return where each request of the stream ends, and its text with single spaces.

    None for one that is too long; nothing follows it.
    """
    found: list[tuple[int, bytes | None]] = []
    at = 0
    while at < len(stream):
        begin = GAP.match(stream, at).end()
        match = EMPTY.match(stream, begin) or EOM.search(stream, begin)
        end = match.end() if match else len(stream)
        if (too_long := _too_long_at(stream, at, end)) is not None:
            return [*found, (too_long, None)]
        if match is None:
            break
        found.append((end, SPACES.sub(b" ", stream[begin : match.start()])))
        at = end
    return found


def _too_long_at(stream: bytes, start: int, end: int) -> int | None:
    """Return where a request that begins here has more than 4096 bytes, if it has."""
    if end - start <= MOST_BYTES:
        return None
    length, last = 0, 0
    for at in range(start, end):
        byte = stream[at]
        if (length or byte not in b"\r\n \t\0") and not (byte == last == 32):
            length += 1
        last = byte
        if length > MOST_BYTES:
            return at + 1
    return None


class Reference:
    """A server by the book, for one client. songs: the song IDs that there are."""

    def __init__(self, songs: int) -> None:
        self._songs = songs
        self._ends = False
        self._playing: int | None = None
        """Which of `expected.songs` is being sent."""
        self.expected = Expected()

    def song_ended(self) -> None:
        """The song that is being sent has been sent to its end."""
        self._playing = None

    def take(self, request: bytes | None) -> None:
        """Take a request."""
        if self.expected.closed:
            return
        if request is None:
            self._stop()
            self._answer(ERROR)
            self.expected.closed = True
            return
        words = request.split(b" ")
        match words:
            case [b"LIST", *_]:
                self._answer(LIST + (" closed" if self._ends else ""))
            case [b"STOP", *_]:
                self._stop()
            case [b"PLAY", number] if re.fullmatch(rb"[1-9][0-9]{0,9}", number):
                self._play(int(number))
            case [b"SETUP", *tokens] if all(byte < 128 for byte in request):
                accepted = b"ends" in tokens
                self._ends = self._ends or accepted
                self._answer("alfine/1 ends" if accepted else "alfine/1")
            case [b"TEARDOWN"]:
                self._stop()
                self.expected.closed = self.expected.dropped = True
            case _:
                self._answer(ERROR)

    def _play(self, song_id: int) -> None:
        self._stop()
        if song_id > self._songs:
            self._answer(ERROR)
            return
        self._playing = len(self.expected.songs)
        self.expected.songs.append((song_id, self._ends))

    def _stop(self) -> None:
        if self._playing is not None:
            self.expected.stopped.add(self._playing)
        self._playing = None

    def _answer(self, words: str) -> None:
        self.expected.answers.append(words)


def expected(stream: bytes, songs: int, all_sent_at: list[int]) -> Expected:
    """Return what comes of a stream.

    all_sent_at: after so many bytes of it, in rising order, the server sends all that it has to.
    """
    reference = Reference(songs)
    sent = 0
    for end, request in requests(stream):
        if bisect_right(all_sent_at, end - 1) > sent:
            sent = bisect_right(all_sent_at, end - 1)
            reference.song_ended()
        reference.take(request)
    return reference.expected
