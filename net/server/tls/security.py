"""The server's side of TLS as one thing: its files, its context, and the handshakes that it begins.

The files are looked at again before each handshake: a certificate that was renewed is shown to the
next client, without a restart and without a signal.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path

from fsm.handshake import HandshakeSession
from fsm.table import Observer
from net.observing import BytesObserver
from net.server.client_socket import ClientSocket
from net.server.limits import Limits
from net.server.securing import FILES_LOG, Newcomer, OnAdmitted, OnClosed
from net.server.tls.allowed import AllowList, Everybody, Stamp, stamp_of
from net.server.tls.handshake import Handshake
from net.server.tls.refusal_log import RefusalLog
from net.server.tls.shown import Shown
from net.server.tls.socket import ObservedTlsSocket, TlsSocket
from net.server.turns import Share
from net.tls.believed import warning_of
from net.tls.contexts import KeyPair, TlsFileError, server_context
from net.tls.words import FULL

log = logging.getLogger(FILES_LOG)

STILL_SHOWN = "the certificate of before is still shown"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """What the server shows, whom it asks for certificates (None: nobody), and who may come in."""

    pair: KeyPair
    clients: Path | None = None
    allow: Path | None = None

    def stamps(self) -> dict[Path, Stamp | None]:
        """Return what changes when one of those does that the context is made of."""
        paths = (self.pair.certificate, self.pair.key, self.clients)
        return {path: stamp_of(path) for path in paths if path is not None}


class Security:
    """Begins the handshakes of one server (a Securing). Raises TlsFileError.

    kernel: let the kernel encrypt where it can. limits: of the connections.
    """

    refusal = FULL

    def __init__(self, files: TlsFiles, limits: Limits, *, kernel: bool = True) -> None:
        self._files, self._limits, self._kernel = files, limits, kernel
        self._refusals = RefusalLog()
        self._allowed = AllowList(files.allow) if files.allow is not None else Everybody()
        self._told: set[str] = set()
        """What is wrong with the files, as far as the log says so already."""
        self._stamps = files.stamps()
        self._show()

    def __repr__(self) -> str:
        return f"<Security {self._files}>"

    def adopt(self, limits: Limits) -> None:
        """Have other limits from now on (see Securing)."""
        self._limits = limits

    def begin(
        self,
        sock: socket.socket,
        who: Newcomer,
        share: Share,
        crowded: Container[str],
        on_admitted: OnAdmitted,
        on_closed: OnClosed,
        observe: Observer | None,
    ) -> Handshake:
        """Begin one (see Securing)."""
        self.look()
        try:
            wrapped = self._context.wrap_socket(
                sock, server_side=True, do_handshake_on_connect=False
            )
        except (OSError, ValueError) as error:  # it has gone, or sent before it was connected
            sock.close()
            raise OSError(str(error)) from None
        assert isinstance(wrapped, TlsSocket)
        return Handshake(
            wrapped,
            who,
            self._refusals,
            share,
            HandshakeSession(self._allowed, crowded),
            time.monotonic() + self._limits.request_s,
            self._limits.stall_s,
            on_admitted,
            on_closed,
            observe,
        )

    def observed(self, sock: ClientSocket, observer: BytesObserver) -> ClientSocket:
        """Return it as one that shows an observer the bytes of the protocol."""
        sock.__class__ = ObservedTlsSocket
        assert isinstance(sock, ObservedTlsSocket)
        sock.observer = observer
        return sock

    @property
    def fingerprint(self) -> str:
        """That of the certificate that is shown; "" where it is not text."""
        return self._shown.fingerprint

    @property
    def asks(self) -> bool:
        """Whether clients have to show certificates."""
        return self._files.clients is not None

    def look(self) -> None:
        """Have what is in the files now hold, and say what is wrong with them."""
        stamps = self._files.stamps()
        changed = [path for path, stamp in stamps.items() if stamp != self._stamps[path]]
        self._stamps = stamps
        if changed:
            self._read_again(changed)
        self._allowed.look()
        wrong = {*self._shown.complaints(), *self._warnings}
        for words in sorted(wrong - self._told):
            log.warning("%s", words)
        self._told = wrong

    def look_again(self) -> None:
        """Look, and say again what is wrong."""
        self._told = set()
        self.look()

    def _read_again(self, changed: Sequence[Path]) -> None:
        """Have what is in these files hold from now on; what was in them, if it cannot be used."""
        before = self.fingerprint
        try:
            self._show()
        except TlsFileError as error:
            only = changed == [self._files.clients]
            kept = "the clients that are believed stay the same" if only else STILL_SHOWN
            log.error("%s; %s", error, kept)
            return
        certificate = str(self._files.pair.certificate)
        if self.fingerprint != before or not before:
            log.info("a new certificate is shown, of %a", certificate)
        elif changed != [self._files.clients]:
            log.info("the certificate of %a was read again: it is the same", certificate)
        if self._files.clients in changed:
            log.info("other clients are believed, those of %a", str(self._files.clients))

    def _show(self) -> None:
        """Show the certificate that is in the files. Raises TlsFileError: nothing changes."""
        pair, clients = self._files.pair, self._files.clients
        context = server_context(pair, clients, kernel=self._kernel)
        context.sslsocket_class = TlsSocket
        self._context, self._shown = context, Shown.of(pair)
        warning = warning_of(clients) if clients is not None else None
        self._warnings = [f"--tls-clients: {warning}"] if warning else []
