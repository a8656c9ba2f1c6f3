"""One client of the server: its socket, its machine, and what is on its way to it.

It performs the effects of the server's machine and decides nothing itself (RFC 2.4). It has no
task and no timer: the event loop calls it when its socket can be read or written.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import assert_never

from fsm import effects as do
from fsm import events as on
from fsm.effects import ServerEffect
from fsm.server import ServerSession
from fsm.table import Observer, take
from net.framing import AUDIO_CLOSING
from net.server.client_socket import ClientSocket
from net.server.connections.incoming import Incoming
from net.server.connections.lingering import Lingering
from net.server.connections.log import ConnectionLog
from net.server.connections.log_words import describe
from net.server.connections.outgoing import Outgoing, SongInFlight, Wait
from net.server.connections.phase import Phase
from net.server.connections.settling import Settling
from net.server.connections.taking import Taken, Takings
from net.server.counters import Counters, Exceeded, Seen, reason_of
from net.server.limits import Limits, reset, segment_bytes, unacknowledged_bytes
from net.server.songs.song_list import SongList
from net.server.songs.spool import Framed
from net.server.songs.spool_cache import SpoolCache
from net.server.turns import Share
from net.wire import NOT_FOUND
from songs import Library

log = logging.getLogger("alfine.server")

RECEIVE_BYTES = 256
"""Read at once; small, so that few requests are read before the rate of requests is looked at."""
BATCH_BYTES = 256 * 1024
"""Sent at once to one client. Twice as much costs a tenth less CPU, and lets the other clients wait
twice as long."""
MAX_ANSWERS = 64
"""A client for which more answers wait is not read from."""


class Connection:
    """One client: performs the effects of its machine on its socket (RFC 2.6.2).

    sock: non-blocking, and the connection's own from here on. name: for the log. share: what its
    address has of each turn of the event loop. on_close: called once, when the socket is closed.
    observe: called with every step of the machine. quiet: only what goes wrong is in the log.
    """

    __slots__ = (
        "_counters", "_incoming", "_interest", "_library", "_limits", "_lines", "_lingering",
        "_name", "_observe", "_on_close", "_outgoing", "_phase", "_sent_bytes", "_session",
        "_settling", "_share", "_sock", "_song_id", "_song_list", "_spools", "_takings",
    )  # fmt: skip

    def __init__(
        self,
        sock: ClientSocket,
        name: str,
        share: Share,
        library: Library,
        limits: Limits,
        spools: SpoolCache,
        song_list: SongList,
        counters: Counters,
        on_close: Callable[[Connection], None],
        observe: Observer | None = None,
        quiet: bool = False,
    ) -> None:
        self._sock, self._name, self._share = sock, name, share
        self._library, self._limits = library, limits
        self._spools, self._song_list, self._counters = spools, song_list, counters
        self._on_close, self._observe = on_close, observe
        self._session = ServerSession(library)
        self._outgoing = Outgoing(sock, spaced=True)
        step_bytes = segment_bytes(sock)
        self._incoming = Incoming(limits, time.monotonic(), step_bytes)
        self._phase, self._sent_bytes = Phase.OPEN, 0
        self._song_id: int | None = None
        self._lingering: Lingering | None = None
        self._settling: Settling | None = None
        """While the client may not have read the last message, and has to before the next one."""
        self._interest = sock.interest(limits.least_s(limits.ack_s, step_bytes))
        self._lines, self._takings = ConnectionLog(name, quiet), Takings()
        self._log("connected", always=True)
        self._watch(writing=False)

    def __repr__(self) -> str:
        states = f"{self._phase.name} {self._session.state.name}"
        return f"<Connection {self._name} {states} {self._outgoing}>"

    # Called by the server

    @property
    def seen(self) -> Seen:
        """What may be told of it."""
        return Seen(self._name, self._session.state, self._song_id, self._sent_bytes)

    def is_new(self, since: float) -> bool:
        """Whether it has come or said something since then, and has had no song yet."""
        return self._song_id is None and self._incoming.pace.quiet_since > since

    def deliver(self, event: on.Event) -> None:
        """Give the machine an event that did not come over the socket; send what follows."""
        try:
            self._handle(event)
        except Exception:
            self._close_after_fault()
        self.resume()

    def sweep(self, now: float) -> None:
        """Close it if the client exceeds a time limit. now: `time.monotonic()`, once a second."""
        if self._lingering is not None:
            if end := self._lingering.over(now):
                self.close(*end)
            return
        if self._incoming.pace.request_overdue(now):
            self._incoming.pace.requests_ended()
            self.deliver(on.RequestTimedOut())
            return
        self._takings.look(self._sock, self._sent_bytes, self._log)
        full = self._interest.writing or self._settling is not None
        taken_bytes = self._sent_bytes - (unacknowledged_bytes(self._sock) if full else 0)
        playing = self._outgoing.song is not None
        if reason := self._incoming.pace.overdue(now, taken_bytes, full=full, playing=playing):
            self.close(reason, at_once=True)

    def close(self, reason: str, at_once: bool = False) -> None:
        """Close the socket. at_once: with a reset, so that the kernel drops what is unsent."""
        if self._phase is Phase.CLOSED:
            return
        self._incoming.done = True
        self._interest.stop()
        self._phase = Phase.CLOSED
        self._stop_settling()
        self._takings.end(self._sock, self._sent_bytes, self._log)
        self._outgoing.drop()
        if at_once:
            reset(self._sock)
        else:
            self._sock.close()
        if isinstance(reason, Exceeded):
            self._counters.refusals[reason.limit] += 1
        take(self._session, on.ConnectionLost(reason), self._name, self._observe)
        self._log(f"disconnected: {reason}", always=True)
        self._on_close(self)

    # Reading

    def _on_readable(self) -> None:
        if not self._share.run(self._read):
            # To be called in each turn until then would take more time than this does.
            self._interest.read(False, self._on_readable)

    def _read(self) -> None:
        if self._phase is Phase.CLOSED:  # since this was put off
            return
        try:
            self._receive(self._sock.recv(RECEIVE_BYTES))
        except (BlockingIOError, InterruptedError):
            self._watch(writing=self._interest.writing)
        except OSError as error:
            self.close(reason_of(error))
        except Exception:
            self._close_after_fault()

    def _receive(self, data: bytes) -> None:
        if self._phase is not Phase.OPEN:
            self._discard(data)
            return
        events, pause_s = self._incoming.receive(data, time.monotonic())
        for event in events:
            self._handle(event)
        if pause_s:
            asyncio.get_running_loop().call_later(pause_s, self._resume_reading)
        self.resume()

    def _resume_reading(self) -> None:
        self._incoming.resume(time.monotonic())
        self._watch(writing=self._interest.writing)

    def _discard(self, data: bytes) -> None:
        self._incoming.discard(data)
        if self._incoming.done and self._phase is Phase.LINGERING:
            self.close("closed")
        self._watch(writing=self._interest.writing)

    # The machine

    def _handle(self, event: on.Event) -> None:
        if self._phase is Phase.CLOSED:  # to send for an event before this one has failed
            return
        effects = take(self._session, event, self._name, self._observe)
        if (words := describe(event, self._library, self._song_id)) is not None:
            self._log(words, logging.ERROR if isinstance(event, on.SongFailed) else logging.INFO)
        for effect in effects:
            self._perform(effect)

    def _perform(self, effect: ServerEffect) -> None:
        match effect:
            case do.SendSongList(closes, tags):
                self._outgoing.send_list(closes, tags)
            case do.SendNotFound():
                self._outgoing.send(NOT_FOUND)
            case do.SendClosing():
                self._outgoing.send(AUDIO_CLOSING)
            case do.SendSetupReply(tokens, tags):
                if self._session.ends:
                    self._stop_settling()
                    self._outgoing.space_no_more()
                self._outgoing.send_setup_reply(tokens, tags)
            case do.StartSong(song_id, offset):
                self._start_song(song_id, offset)
            case do.StopSong():
                self._takings.stop(self._sock, self._log)
                self._outgoing.stop_song()
            case do.CloseWhenSent():
                self._phase = Phase.ENDING
            case do.CloseAtBoundary():
                self._takings.stop(self._sock, self._log)
                self._outgoing.cut()
                self._phase = Phase.ENDING
            case _:
                assert_never(effect)

    def _start_song(self, song_id: int, offset: int) -> None:
        song = self._library.get(song_id)
        assert song is not None, "the machine starts only songs that are known"
        self._song_id = song_id
        in_flight = self._outgoing.start_song(self._counters.song_timer())
        self._takings.start(song_id, song.title, in_flight)
        self._spools.request(song, partial(self._on_spool, in_flight), offset)

    def _on_spool(self, in_flight: SongInFlight, spool: Framed | None, why: str, at: int) -> None:
        """The song's spool is there, to be sent from `at` on; or None, and why."""
        if in_flight is not self._outgoing.song:  # it was stopped meanwhile
            if spool is not None:
                spool.release()
        elif spool is not None:
            in_flight.spool, in_flight.offset = spool, at
            self.resume()
        else:
            self._outgoing.stop_song()
            self.deliver(on.SongFailed(why))

    # Sending

    def _resume_in_turn(self) -> None:
        self._share.run(self.resume)

    def resume(self) -> None:
        """Send at most a batch of what there is to send."""
        if self._phase is Phase.CLOSED:
            return
        more = True
        try:
            more = self._send_batch()
        except OSError as error:
            self.close(reason_of(error))
        except Exception:
            self._close_after_fault()
        self._settle()
        self._watch(writing=more)

    def _settle(self) -> None:
        """If the client has to read the last message before the next one comes: wait for that."""
        if self._outgoing.unsettled and self._settling is None and self._phase is not Phase.CLOSED:
            self._settling = Settling(self._sock, self._on_settled)

    def _on_settled(self) -> None:
        self._settling = None
        self._outgoing.settled()
        self.resume()

    def _stop_settling(self) -> None:
        if self._settling is not None:
            self._settling.cancel()
            self._settling = None

    def _send_batch(self) -> bool:
        """Send; return whether to go on when the socket can be written."""
        room_bytes = BATCH_BYTES
        while room_bytes > 0:
            step = self._outgoing.step(room_bytes)
            if isinstance(step, int):
                room_bytes -= step
                self._sent_bytes += step
                continue
            match step:
                case Wait.ROOM | Wait.TURN:
                    return True
                case Wait.SETTLED:
                    return False
                case Wait.SPOOL:
                    self._outgoing.when_spool_grows(self._resume_in_turn)
                    return False
                case Wait.LIST:
                    tags = self._outgoing.needs_tags
                    if (encoded := self._song_list.get(self._resume_in_turn, tags)) is None:
                        return False
                    self._outgoing.start_list(encoded)
                case Wait.WORK:
                    return self._phase is Phase.ENDING and not self._shut_down_sending()
                case event:
                    if isinstance(event, on.SongSent):
                        self._takings.sent(self._sent_bytes)
                    elif isinstance(event, on.SongFailed):
                        self._takings.stop(self._sock, self._log)
                    self._handle(event)
        return True

    def _watch(self, *, writing: bool) -> None:
        """Have the event loop call when the socket can be read, and when it can be written."""
        if self._phase is Phase.CLOSED:
            return
        reading = self._incoming.wanted and len(self._outgoing.answers) <= MAX_ANSWERS
        self._interest.read(reading, self._on_readable)
        self._interest.write(writing, self._resume_in_turn)

    # The end

    def _shut_down_sending(self) -> bool:
        """Tell the client that nothing more comes, and read for a moment what it still sends.

        Returns whether it is told: over TLS there may be no room for that.
        """
        try:
            self._lingering = Lingering(self._sock, self._limits.stall_s)
        except BlockingIOError:
            return False
        self._phase = Phase.LINGERING
        if self._incoming.done:
            self.close("closed")
        return True

    def _close_after_fault(self) -> None:
        log.exception("%s: a fault in the server ends this connection", self._name)
        self.close("a fault in the server", at_once=True)

    def _log(self, words: str | Taken, level: int = logging.INFO, always: bool = False) -> None:
        self._lines.write(self._session.state.name, words, level, always)
