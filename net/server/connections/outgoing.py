"""What is on its way to one client, in the order of protocol.md 6, and how much of it is sent.

It knows a socket, spools and messages. It knows nothing of machines, of the event loop, or of what
the client asked for: what to send is pushed into it, and `step` sends it.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from fsm.events import ListSent, SongFailed, SongSent
from net.server.client_socket import Sending
from net.server.songs.song_list import EncodedList, ListInFlight, SetupReply, message_end
from net.server.songs.spool import Framed


class Wait(Enum):
    """What has to come before the next step can send anything."""

    WORK = "an answer or a song: everything is sent"
    LIST = "the song list, whose turn it is or whose version is to be named, by `start_list`"
    SPOOL = "the song's spool, or more of it"
    ROOM = "room in the socket's send buffer"
    SETTLED = "a call of `settled`: the peer has to read the last message before the next one comes"
    TURN = "another turn of the event loop: the last step was long enough for one"


Step = int | Wait | ListSent | SongSent | SongFailed
"""What a step did: the number of bytes sent, or what it waits for, or what is now sent whole."""


class SongInFlight:
    """A song on its way to one client.

    spool: None until the song's first messages are framed. offset: up to where it is sent, in the
    framed song, wherever in a message that is. at_first_byte: called once, when the first bytes are
    sent.
    """

    __slots__ = ("_length_bytes", "at_first_byte", "offset", "spool")

    def __init__(self, at_first_byte: Callable[[], None] | None = None) -> None:
        self.spool: Framed | None = None
        self._length_bytes = 0
        self.offset = 0
        self.at_first_byte = at_first_byte

    def __repr__(self) -> str:
        return f"<SongInFlight at {self.offset} of {self.spool!r}>"

    @property
    def left_of_message(self) -> int:
        """How many bytes of a message that was begun are not sent yet."""
        return self.spool.ends.boundary(self.offset) - self.offset if self.spool is not None else 0

    @property
    def expected_bytes(self) -> int:
        """How long the framed song is, about; 0 if it never had a spool."""
        return self.spool.expected_bytes if self.spool is not None else self._length_bytes

    def close(self) -> None:
        """Send nothing more of it: its spool is not needed here any longer."""
        if self.spool is not None:
            self._length_bytes = self.spool.expected_bytes
            self.spool.release()
            self.spool = None


class Outgoing:
    """The sending half of a connection.

    Answers go before the song, at the next end of a message; a message that was begun is always
    finished. sock: non-blocking. spaced: behind each message
    that is not of full length, nothing is sent before `settled` is called (protocol.md 8).
    """

    __slots__ = ("_data", "_data_sent", "_sock", "_tail", "answers", "song", "spaced", "unsettled")

    def __init__(self, sock: Sending, spaced: bool = False) -> None:
        self._sock = sock
        self.spaced = spaced
        self.unsettled = False
        """While spaced: the last message was not of full length, and may not be read yet."""
        self.answers: tuple[bytes | SetupReply | ListInFlight, ...] = ()
        """Not begun, or a list that is not sent whole. A tuple, since an empty list is 56 bytes."""
        self._data = b""
        """Whole messages other than audio, of which `_data_sent` bytes are sent."""
        self._data_sent = 0
        self.song: SongInFlight | None = None
        self._tail: SongInFlight | None = None
        """A song that was stopped in the middle of a message, which is sent to its end."""

    def __repr__(self) -> str:
        data = f"{self._data_sent} of {len(self._data)} bytes"
        return f"<Outgoing {data}, tail {self._tail}, answers {self.answers}, song {self.song}>"

    # What to send

    def send(self, message: bytes) -> None:
        """Send one whole message, which is no audio, after the answers that wait already."""
        self.answers += (message,)

    def send_list(self, closes: bool, tags: bool = False) -> None:
        """Send the list after the answers that wait already; when its turn comes, `step` asks for
        it by `Wait.LIST`. closes: the empty message follows it. tags: with the songs' fields.
        """
        self.answers += (ListInFlight(closes, tags=tags),)

    def send_setup_reply(self, tokens: tuple[str, ...], tags: bool) -> None:
        """Send RESP 101 after the answers that wait already; it needs the list, for its version."""
        self.answers += (SetupReply(tokens, tags),)

    @property
    def needs_tags(self) -> bool:
        """Whether the list that `step` asks for is the one with the songs' fields."""
        first = self.answers[0]
        assert not isinstance(first, bytes), "it is no list's turn"
        return first.tags

    def start_list(self, encoded: EncodedList) -> None:
        """Send this as the list whose turn it is, or name its version."""
        first = self.answers[0]
        assert not isinstance(first, bytes), "it is no list's turn"
        if isinstance(first, SetupReply):
            self.answers = (first.message(encoded), *self.answers[1:])
        else:
            first.encoded = encoded

    def start_song(self, at_first_byte: Callable[[], None] | None = None) -> SongInFlight:
        """Send a song when no answer waits. The caller sets its spool when there is one."""
        assert self.song is None, "stop_song comes first"
        self.song = SongInFlight(at_first_byte)
        return self.song

    def stop_song(self) -> None:
        """Send nothing more of the song but the rest of the message that was begun."""
        song, self.song = self.song, None
        if song is not None and song.left_of_message:
            self._tail = song
        elif song is not None:
            song.close()

    def cut(self) -> None:
        """Send nothing more but the rest of the message that was begun."""
        self.stop_song()
        self.answers = ()
        self._data = self._data[: message_end(self._data, self._data_sent)]

    def drop(self) -> None:
        """Send nothing more: the socket is gone."""
        for song in (self.song, self._tail):
            if song is not None:
                song.close()
        self.song = self._tail = None
        self.answers = ()
        self._data = b""
        self._data_sent = 0

    def space_no_more(self) -> None:
        """Send as fast as the socket takes it: the peer finds the ends of messages."""
        self.spaced = self.unsettled = False

    def settled(self) -> None:
        """Go on: the peer has read the last message."""
        self.unsettled = False

    def when_spool_grows(self, resume: Callable[[], None]) -> None:
        """Have `resume` called once the song's spool has more to send, or will never have."""
        if self.song is not None and self.song.spool is not None:
            self.song.spool.wait(resume)

    # Sending

    def step(self, room_bytes: int) -> Step:
        """Send once, at most `room_bytes` of a song. Raises OSError: the connection is gone."""
        if self.unsettled and self._has_bytes:
            return Wait.SETTLED
        try:
            if self._data_sent < len(self._data):
                return self._send_data()
            if self._tail is not None:
                return self._send_tail(self._tail)
            if self.answers:
                return self._send_answer(self.answers[0])
            if self.song is not None:
                return self._send_song(self.song, room_bytes)
            return Wait.WORK
        except (BlockingIOError, InterruptedError):
            return Wait.ROOM

    @property
    def _has_bytes(self) -> bool:
        """The next step would send something, and not only say that all of it is sent."""
        if self._data or self._tail is not None:
            return True
        if self.answers:
            first = self.answers[0]
            return not (isinstance(first, ListInFlight) and first.is_over)
        song = self.song
        return song is not None and song.spool is not None and song.offset < song.spool.length_bytes

    def _send_data(self) -> int:
        end = self._end_of_data()
        sent = self._sock.send(memoryview(self._data)[self._data_sent : end])
        self._data_sent += sent
        self.unsettled = self.spaced and self._data_sent == end
        if self._data_sent == len(self._data):
            self._data, self._data_sent = b"", 0
        return sent

    def _end_of_data(self) -> int:
        """Return how far `_data` may be sent at once. Of answers only few are of full length."""
        if not self.spaced:
            return len(self._data)
        begun = message_end(self._data, self._data_sent)
        return begun if begun > self._data_sent else message_end(self._data, self._data_sent + 1)

    def _send_messages(self, messages: bytes) -> int:
        self._data, self._data_sent = messages, 0
        return self._send_data()

    def _send_tail(self, tail: SongInFlight) -> int:
        sent = self._send_file(tail, tail.left_of_message)
        if not tail.left_of_message:
            self._tail = None
            tail.close()
        return sent

    def _send_answer(self, answer: bytes | SetupReply | ListInFlight) -> Step:
        if self.song is not None and (left := self.song.left_of_message):
            return self._send_file(self.song, left)
        if isinstance(answer, SetupReply):
            return Wait.LIST
        if isinstance(answer, ListInFlight):
            return self._send_list(answer)
        self.answers = self.answers[1:]
        return self._send_messages(answer)

    def _send_list(self, in_flight: ListInFlight) -> Step:
        if in_flight.encoded is None:
            return Wait.LIST
        encoded_before = in_flight.is_encoded
        messages = in_flight.next_piece()
        if not encoded_before:
            self._data, self._data_sent = messages, 0
            return Wait.TURN
        if messages:
            return self._send_messages(messages)
        self.answers = self.answers[1:]
        return ListSent()

    def _send_song(self, song: SongInFlight, room_bytes: int) -> Step:
        spool = song.spool
        if spool is None:
            return Wait.SPOOL
        if left := spool.length_bytes - song.offset:
            return self._send_file(song, min(left, room_bytes))
        if (rest := spool.continuation()) is not None:
            song.spool = rest
            spool.release()
            return Wait.SPOOL
        if not spool.complete:
            return Wait.SPOOL
        self.song = None
        song.close()
        return SongSent() if spool.whole else SongFailed(spool.failure or "")

    def _send_file(self, song: SongInFlight, count_bytes: int) -> int:
        spool = song.spool
        assert spool is not None
        if self.spaced:
            count_bytes = min(count_bytes, spool.ends.short_end(song.offset) - song.offset)
        sent = spool.send(self._sock, song.offset, count_bytes)
        song.offset += sent
        if song.at_first_byte is not None and sent:
            song.at_first_byte()
            song.at_first_byte = None
        self.unsettled = self.spaced and spool.ends.is_short_end(song.offset)
        spool.sent(song.offset)
        return sent
