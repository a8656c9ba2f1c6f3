"""What is on its way to one client, in the order of protocol.md 6, and how far it has come.

`os.sendfile` stops anywhere in a message; answers and the ends of songs wait for where it ends. It
knows sockets and messages, and nothing of what a client asked for.
"""

from __future__ import annotations

import os
import socket
from abc import ABC, abstractmethod

from fsm.effects import (
    CloseWhenSent,
    Effect,
    SendClosing,
    SendNotFound,
    SendSetupReply,
    SendSongList,
)
from fsm.events import Event, ListSent, SongFailed, SongSent
from net.framing import AUDIO_CLOSING
from net.server.song_list import ListInFlight, message_end
from net.server.spool import Spool
from net.wire import NOT_FOUND, setup_message

NOTHING = -1
LATER = -2
"""In place of a count of bytes: nothing can be sent at present; enough was done in this turn."""


class Sending:
    """A song on its way. spool: None until it is there. offset: how much of it has been sent."""

    __slots__ = ("offset", "song_id", "spool")

    def __init__(self, song_id: int) -> None:
        self.song_id = song_id
        self.spool: Spool | None = None
        self.offset = 0

    @property
    def left_of_message(self) -> int:
        """How many bytes of a message that was begun are still to be sent."""
        return self.spool.boundary(self.offset) - self.offset if self.spool is not None else 0


class Outgoing(ABC):
    """The sending half of a connection: one step at a time, never more than asked for."""

    __slots__ = (
        "_answers",
        "_data",
        "_data_at",
        "_listing",
        "_song",
        "_tail",
        "sent_bytes",
        "sock",
    )

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.sent_bytes = 0
        self._answers: list[Effect] = []
        self._data = b""
        """Messages other than audio, sent up to `_data_at`."""
        self._data_at = 0
        self._listing: ListInFlight | None = None
        self._song: Sending | None = None
        self._tail: Sending | None = None
        """A song that was stopped in the middle of a message, which is sent to its end."""

    @abstractmethod
    def fire(self, event: Event) -> None:
        """Something has been sent to its end."""

    @abstractmethod
    def release(self, spool: Spool) -> None:
        """This connection needs the spool no more."""

    @abstractmethod
    def list_now(self, closes: bool) -> ListInFlight | None:
        """Return the list to send, or None if it will be there soon, and `go_on` will be called."""

    @abstractmethod
    def go_on(self) -> None:
        """There may be something to send again."""

    @abstractmethod
    def end(self) -> None:
        """What was to be sent before the connection closes is sent."""

    def turn(self, room_bytes: int) -> bool:
        """Send at most about so much; return whether there is more that could go at once.

        Raises BlockingIOError when the kernel has no room, OSError when the connection is gone.
        """
        while room_bytes > 0:
            count = self._step(room_bytes)
            if count < 0:
                return count == LATER
            room_bytes -= count
            self.sent_bytes += count
        return True

    def start(self, song_id: int) -> Sending:
        """From the next boundary on, send this song; its spool is set when it is there."""
        self._song = Sending(song_id)
        return self._song

    def stop(self) -> None:
        """Send no more of the song but the rest of the message that was begun."""
        song, self._song = self._song, None
        if song is not None and song.left_of_message:
            self._tail = song
        elif song is not None:
            self._let_go(song)

    def cut(self) -> None:
        """Send nothing more but the rest of the message that was begun."""
        self.stop()
        self._answers.clear()
        self._listing = None
        self._data = self._data[: message_end(self._data, self._data_at)]

    def drop(self) -> None:
        """Send nothing more."""
        for sending in (self._song, self._tail):
            if sending is not None:
                self._let_go(sending)
        self._song = self._tail = self._listing = None
        self._answers.clear()
        self._data = b""

    def song_over(self, event: Event) -> None:
        """The song has come to its end, or will never come to it."""
        self.fire(event)
        song, self._song = self._song, None
        if song is not None:
            self._let_go(song)

    def _let_go(self, sending: Sending) -> None:
        spool, sending.spool = sending.spool, None
        if spool is not None:
            self.release(spool)

    def _step(self, room_bytes: int) -> int:
        if self._data_at < len(self._data):
            return self._send_data()
        if self._tail is not None:
            return self._send_tail(self._tail)
        if self._answers or self._listing is not None:
            if self._song is not None and (left := self._song.left_of_message):
                return self._send_file(self._song, left)
            return self._next_answer()
        if self._song is not None:
            return self._send_song(self._song, room_bytes)
        return NOTHING

    def _send_data(self) -> int:
        count = self.sock.send(memoryview(self._data)[self._data_at :])
        self._data_at += count
        if self._data_at == len(self._data):
            self._data = b""
            self._data_at = 0
        return count

    def _send_tail(self, tail: Sending) -> int:
        if left := tail.left_of_message:
            return self._send_file(tail, left)
        self._tail = None
        self._let_go(tail)
        return 0

    def _send_song(self, song: Sending, room_bytes: int) -> int:
        spool = song.spool
        if spool is None:
            return NOTHING
        # In this order: the thread that frames sets the length first.
        whole, failure = spool.whole, spool.failure
        if left := spool.length_bytes - song.offset:
            return self._send_file(song, min(left, room_bytes))
        if whole or failure is not None:
            self.song_over(SongSent() if whole else SongFailed(failure or ""))
            return 0
        spool.waiting.add(self)
        return NOTHING

    def _send_file(self, sending: Sending, count_bytes: int) -> int:
        assert sending.spool is not None
        count = os.sendfile(self.sock.fileno(), sending.spool.fd, sending.offset, count_bytes)
        if count == 0:
            raise OSError("the cached song is shorter than it was")
        sending.offset += count
        return count

    def _next_answer(self) -> int:
        if self._listing is not None:
            encoded = self._listing.is_encoded
            self._data = self._listing.next_piece()
            if not encoded:
                return LATER
            if not self._data:
                self._listing = None
                self.fire(ListSent())
            return 0
        match self._answers[0]:
            case SendSongList(closes):
                self._listing = self.list_now(closes)
                if self._listing is None:
                    return NOTHING
            case SendNotFound():
                self._data = NOT_FOUND
            case SendClosing():
                self._data = AUDIO_CLOSING
            case SendSetupReply(tokens):
                self._data = setup_message(tokens)
            case CloseWhenSent():
                self.end()
        self._answers.pop(0)
        return 0
