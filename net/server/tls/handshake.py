"""One client's handshake: its socket, its machine, and what the machine has done with the socket.

It decides nothing itself. It has no task and no timer: the event loop calls it when its socket can
be read or written, and the server about once a second.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
from collections.abc import Callable
from typing import assert_never

from fsm import effects as do
from fsm import events as on
from fsm.effects import HandshakeEffect
from fsm.handshake import REFUSED, SHAKING, HandshakeSession
from fsm.table import Observer, take
from net.server.connections.incoming import LINGER_BYTES
from net.server.connections.lingering import Lingering
from net.server.connections.log import ConnectionLog
from net.server.limits import reset
from net.server.securing import Newcomer
from net.server.tls.refusal_log import RefusalLog
from net.server.tls.socket import TlsSocket
from net.server.turns import Share
from net.tls.identity import fingerprint, name_of
from net.tls.words import CLEAR_TEXT, NOT_TLS, has_gone, seen_by_server
from net.tls.words import reason_of as openssl_reason
from net.wire import NOT_FOUND

log = logging.getLogger("alfine.server")

DISCARD_BYTES = 16 * 1024


class Handshake:
    """A handshake, up to the moment when the client is in, or has gone.

    sock: non-blocking, and the handshake's own until `on_admitted` is called with it and the
    client's name. refusals: which of them have a line in the log. on_closed: called instead if that
    never comes. deadline: in `time.monotonic()`.
    observe: called with every step of the machine.
    """

    __slots__ = (
        "_deadline", "_discarded_bytes", "_interest", "_key", "_lines", "_lingering", "_name",
        "_observe", "_on_admitted", "_on_closed", "_refusals", "_session", "_share", "_sock",
        "_stall_s", "why_refused",
    )  # fmt: skip

    def __init__(
        self,
        sock: TlsSocket,
        who: Newcomer,
        refusals: RefusalLog,
        share: Share,
        session: HandshakeSession,
        deadline: float,
        stall_s: float,
        on_admitted: Callable[[Handshake, TlsSocket, str], None],
        on_closed: Callable[[Handshake], None],
        observe: Observer | None = None,
    ) -> None:
        self._sock, self._share, self._session = sock, share, session
        self._name, self._key, self._refusals = who.name, who.key, refusals
        self._deadline, self._stall_s = deadline, stall_s
        self._on_admitted, self._on_closed, self._observe = on_admitted, on_closed, observe
        self._interest = sock.interest(0)
        self._lines = ConnectionLog(who.name, who.quiet)
        self._lingering: Lingering | None = None
        self._discarded_bytes = 0
        self.why_refused = ""
        self._interest.read(True, self._in_turn)

    def __repr__(self) -> str:
        return f"<Handshake {self._name} {self._session.state.name}>"

    # Called by the server

    def sweep(self, now: float) -> None:
        """End it if it has taken too long."""
        if self._lingering is not None:
            if end := self._lingering.over(now):
                self._close(*end)
        elif now > self._deadline:
            self._refused("its handshake took too long")
            self._handle(on.HandshakeTimedOut())

    def shut_down(self) -> None:
        """End it: the server does."""
        self.why_refused = self.why_refused or "the server stops"
        self._handle(on.ShutdownRequested())

    # The handshake

    def _in_turn(self) -> None:
        if not self._share.run(self._go_on):
            self._interest.read(False, self._in_turn)

    def _go_on(self) -> None:
        try:
            if self._session.state is SHAKING:
                self._shake()
            elif self._session.state is REFUSED:
                self._discard()
        except Exception:
            log.exception("%s: a fault in the server ends this handshake", self._name)
            self._interest.stop()
            reset(self._sock)
            self._on_closed(self)

    def _shake(self) -> None:
        try:
            self._sock.shake_hands()
        except ssl.SSLWantReadError:
            self._watch(writing=False)
        except ssl.SSLWantWriteError:
            self._watch(writing=True)
        except OSError as error:
            self._failed(error)
        else:
            self._completed()

    def _watch(self, *, writing: bool) -> None:
        self._interest.read(not writing, self._in_turn)
        self._interest.write(writing, self._in_turn)

    def _failed(self, error: OSError) -> None:
        if isinstance(error, ssl.SSLError) and openssl_reason(error) in CLEAR_TEXT:
            self._send_in_clear(NOT_TLS)
        gone = self._sock.shared_ciphers() is None and has_gone(error)
        words = "gone before it has said anything" if gone else seen_by_server(error)
        self._refused(words, logging.INFO if gone else logging.WARNING)
        self._handle(on.HandshakeFailed(words))

    def _completed(self) -> None:
        shown = self._sock.getpeercert(binary_form=True)
        client, mark = "", ""
        if shown:
            mark = fingerprint(shown)
            client = name_of(self._sock.getpeercert() or {}) or mark
        event = on.HandshakeCompleted(client, mark)
        if self._session.not_allowed(event):
            self._refused(f"{client} ({mark}) is not among those that may come in")
        elif self._session.too_many(event):
            self._refused(f"{client} has connections enough")
        self._handle(event)

    # The machine

    def _handle(self, event: on.Event) -> None:
        for effect in take(self._session, event, self._name, self._observe):
            self._perform(effect)

    def _perform(self, effect: HandshakeEffect) -> None:
        match effect:
            case do.Admit(client):
                self._interest.stop()
                self._on_admitted(self, self._sock, client)
            case do.SendNotFound():
                self._send(NOT_FOUND)
            case do.CloseWhenSent():
                self._linger()
            case do.CloseAtOnce():
                self._interest.stop()
                reset(self._sock)
                self._on_closed(self)
            case _:
                assert_never(effect)

    # Refusals

    def _refused(self, words: str, level: int = logging.WARNING) -> None:
        self.why_refused = words
        if self._lines.shows(level) and self._refusals.allows(self._key):
            self._lines.write(self._session.state.name, words, level, always=True)

    def _send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # the socket was just empty: the client has gone
            self._sock.send(data)

    def _send_in_clear(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            socket.socket.send(self._sock, data)

    def _linger(self) -> None:
        """Read for a moment what still comes: to close at once would reset what was just sent."""
        try:
            self._lingering = Lingering(self._sock, self._stall_s)
        except OSError:
            self._close(self.why_refused, True)
            return
        self._watch(writing=False)

    def _discard(self) -> None:
        try:
            data = self._sock.recv(DISCARD_BYTES)
        except (BlockingIOError, InterruptedError):
            self._watch(writing=False)
            return
        except OSError:
            data = b""
        self._discarded_bytes += len(data)
        if data and self._discarded_bytes <= LINGER_BYTES:
            self._watch(writing=False)
        else:
            self._close("closed", False)

    def _close(self, reason: str, at_once: bool) -> None:
        self._interest.stop()
        if at_once:
            reset(self._sock)
        else:
            self._sock.close()
        self._handle(on.ConnectionLost(reason))
        self._on_closed(self)
