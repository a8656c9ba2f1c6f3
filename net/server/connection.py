"""One client of the server: its socket, its machine, and when each of them is turned to.

It carries out what the server's machine decides and decides nothing itself (RFC 2.4). No task and
no timer belongs to it: the event loop calls it when its socket can be read or written.
"""

from __future__ import annotations

import fcntl
import logging
import socket
import struct
import termios
import time

from fsm.effects import CloseAtBoundary, Effect, StartSong, StopSong
from fsm.events import (
    ConnectionLost,
    DrainExpired,
    Event,
    RequestsEnded,
    ShutdownRequested,
    SongFailed,
)
from fsm.server import ServerSession, ServerState
from net.server.house import House, Phase
from net.server.limits import reset, watch_progress
from net.server.log_words import describe
from net.server.outgoing import Outgoing
from net.server.pace import Pace
from net.server.song_list import ListInFlight
from net.server.spool import Spool
from net.wire import RequestDecoder

log = logging.getLogger("alfine.server")

RECEIVE_BYTES = 1024
"""Of one turn; small, so that few requests are here before the pace is looked at."""
BATCH_BYTES = 256 * 1024
"""Of one connection and turn of the loop: nobody waits longer than that for anybody.

Twice as much costs a tenth less CPU, and makes everyone wait twice as long."""
MAX_ANSWERS = 64
"""That wait. Whoever asks for more without reading is not read from."""
LINGER_S = 1.0
LINGER_BYTES = 256 * 1024


class Connection(Outgoing):
    """One client: its machine, and what goes on between it and the socket (RFC 2.6.2)."""

    __slots__ = (
        "_decoder",
        "_held",
        "_house",
        "_linger_until",
        "_name",
        "_pace",
        "_peer_done",
        "_phase",
        "_reading",
        "_unheard_bytes",
        "_writing",
        "session",
    )

    def __init__(self, house: House, name: str, sock: socket.socket) -> None:
        super().__init__(sock)
        self.session = ServerSession(house.library)
        self._house = house
        self._name = name
        self._decoder = RequestDecoder(house.limits.request_bytes)
        self._pace = Pace(house.limits, time.monotonic())
        self._phase = Phase.OPEN
        self._linger_until = 0.0
        self._unheard_bytes = 0
        self._peer_done = False
        """The client has shut down its side."""
        self._held = False
        """The client asks too fast: for a moment it is not read from."""
        self._reading = self._writing = False
        self._log("connected")
        self._watch(writing=False)

    # What the event loop calls

    def _readable(self) -> None:
        try:
            self._receive(self.sock.recv(RECEIVE_BYTES))
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self.lose(error.strerror or type(error).__name__)
        except Exception:
            self._break_off()

    def go_on(self) -> None:
        """Send a bounded batch of what there is to send."""
        if self._phase is Phase.GONE:
            return
        more = True
        try:
            more = self.turn(BATCH_BYTES)
            if not more and self._phase is Phase.ENDING:
                self._shut_down()
        except (BlockingIOError, InterruptedError):
            pass
        except OSError as error:
            self.lose(error.strerror or str(error))
        except Exception:
            self._break_off()
        self._watch(writing=more)

    def sweep(self, now: float) -> None:
        """Cut the client off if it has run out of time; called at least once a second."""
        if self._phase is Phase.LINGERING:
            self._sweep_lingering(now)
            return
        playing = self._song is not None
        why = self._pace.overdue(now, self.sent_bytes, full=self._writing, playing=playing)
        if why is not None:
            self.lose(why, at_once=True)

    def shut_down(self) -> None:
        """The server is ending: a song may end first."""
        self._happened(ShutdownRequested())

    def drain_expired(self) -> None:
        """The server ends now: close at the next boundary."""
        self._happened(DrainExpired())

    # Reading

    def _receive(self, data: bytes) -> None:
        if self._phase is not Phase.OPEN or self.session.state is ServerState.CLOSING:
            self._discard(data)
            return
        if not data:
            self._peer_done = True
            self._happened(RequestsEnded())
            return
        requests = self._decoder.feed(data)
        for request in requests:
            self.fire(request)
        now = time.monotonic()
        if hold_s := self._pace.heard(len(requests), self._decoder.pending_bytes, now):
            self._held = True
            self._house.loop.call_later(hold_s, self._listen_again)
        self.go_on()

    def _listen_again(self) -> None:
        self._held = False
        self._pace.listening_again(time.monotonic())
        self._watch(writing=self._writing)

    def _discard(self, data: bytes) -> None:
        """All that still comes is thrown away; with unread bytes a close would be a reset."""
        self._unheard_bytes += len(data)
        if not data or self._unheard_bytes > LINGER_BYTES:
            self._peer_done = True
            if self._phase is Phase.LINGERING:
                self.lose("closed")
            else:
                self._watch(writing=self._writing)

    # The machine

    def _happened(self, event: Event) -> None:
        try:
            self.fire(event)
        except Exception:
            self._break_off()
        self.go_on()

    def fire(self, event: Event) -> None:
        """Let the machine take the event, and set going what it asks for."""
        effects = self.session.handle(event)
        song_id = self._song.song_id if self._song is not None else None
        if (words := describe(event, self._house.library, song_id)) is not None:
            self._log(words, logging.ERROR if isinstance(event, SongFailed) else logging.INFO)
        for effect in effects:
            match effect:
                case StartSong(song_id):
                    self._start(song_id)
                case StopSong():
                    self.stop()
                case CloseAtBoundary():
                    self.cut()
                    self.end()
                case Effect():
                    self._answers.append(effect)

    def _start(self, song_id: int) -> None:
        song = self._house.library.get(song_id)
        assert song is not None, "the machine starts only songs that are known"
        sending = self.start(song_id)

        def ready(spool: Spool | None, reason: str) -> None:
            if sending is not self._song:
                if spool is not None:
                    self.release(spool)
            elif spool is not None:
                sending.spool = spool
                self.go_on()
            else:
                self.song_over(SongFailed(reason))
                self.go_on()

        self._house.spools.request(song, ready)

    def release(self, spool: Spool) -> None:
        """Give a spool back."""
        self._house.spools.release(spool)

    def list_now(self, closes: bool) -> ListInFlight | None:
        """Begin with the list, or wait for a look at the directory that is over in a moment."""
        listing = self._house.listing(self.go_on)
        return ListInFlight(listing, closes) if listing is not None else None

    # The end

    def end(self) -> None:
        """Shut down once what was begun is sent."""
        self._phase = Phase.ENDING

    def _shut_down(self) -> None:
        """Tell the client that no more comes, and hear it out for a moment."""
        self._phase = Phase.LINGERING
        self._linger_until = time.monotonic() + LINGER_S
        self.sock.shutdown(socket.SHUT_WR)
        if self._peer_done:
            self.lose("closed")

    def _sweep_lingering(self, now: float) -> None:
        """Close when all has arrived; while something is on its way, there is time to take it."""
        if now < self._linger_until:
            return
        unsent = fcntl.ioctl(self.sock.fileno(), termios.TIOCOUTQ, struct.pack("i", 0))
        if not any(unsent):
            self.lose("closed")
        elif now > self._linger_until + self._house.limits.stall_s:
            self.lose("it did not take the rest", at_once=True)

    def _break_off(self) -> None:
        log.exception("%s: a fault in the server ends this connection", self._name)
        self.lose("a fault in the server", at_once=True)

    def lose(self, why: str, at_once: bool = False) -> None:
        """Close the socket, at_once: with a reset, so that nothing of it stays in the kernel."""
        if self._phase is Phase.GONE:
            return
        self._peer_done = True
        self._watch(writing=False)
        self._phase = Phase.GONE
        self.drop()
        if at_once:
            reset(self.sock)
        else:
            self.sock.close()
        self.session.handle(ConnectionLost(why))
        self._log(f"disconnected: {why}")
        self._house.forget(self)

    def _watch(self, *, writing: bool) -> None:
        """Have the event loop call when the socket can be read, and when it can be written."""
        if self._phase is Phase.GONE:
            return
        loop, fd = self._house.loop, self.sock.fileno()
        reading = not (self._peer_done or self._held or len(self._answers) > MAX_ANSWERS)
        if reading is not self._reading:
            self._reading = reading
            if reading:
                loop.add_reader(fd, self._readable)
            else:
                loop.remove_reader(fd)
        if writing is not self._writing:
            self._writing = writing
            watch_progress(self.sock, self._house.limits.ack_s if writing else 0)
            if writing:
                loop.add_writer(fd, self.go_on)
            else:
                loop.remove_writer(fd)

    def _log(self, what: str, level: int = logging.INFO) -> None:
        log.log(level, "%s %s %s", self._name, self.session.state.name, what)
