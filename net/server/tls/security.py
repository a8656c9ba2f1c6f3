"""The server's side of TLS as one thing: its files, its context, and the handshakes that it begins.

The files are looked at again before each handshake: a certificate that was renewed is shown to the
next client, without a restart and without a signal.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from fsm.handshake import HandshakeSession
from fsm.table import Observer
from net.observing import BytesObserver
from net.server.client_socket import ClientSocket
from net.server.limits import Limits
from net.server.securing import OnAdmitted, OnClosed
from net.server.tls.allowed import AllowList, Everybody, Stamp, stamp_of
from net.server.tls.handshake import Handshake
from net.server.tls.socket import ObservedTlsSocket, TlsSocket
from net.server.turns import Share
from net.tls.contexts import KeyPair, TlsFileError, server_context
from net.tls.identity import fingerprint_in
from net.tls.words import FULL

log = logging.getLogger("alfine.server")


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """What the server shows, whom it asks for certificates (None: nobody), and who may come in."""

    pair: KeyPair
    clients: Path | None = None
    allow: Path | None = None

    def stamps(self) -> list[Stamp | None]:
        """Return what changes when one of those does that the context is made of."""
        paths = (self.pair.certificate, self.pair.key, self.clients)
        return [stamp_of(path) for path in paths if path is not None]


class Security:
    """Begins the handshakes of one server (a Securing). Raises TlsFileError.

    kernel: let the kernel encrypt where it can. limits: of the connections. fingerprint: of the
    certificate that is shown; "" where it is not text.
    """

    refusal = FULL

    def __init__(self, files: TlsFiles, limits: Limits, *, kernel: bool = True) -> None:
        self._files, self._limits, self._kernel = files, limits, kernel
        self._allowed: Container[tuple[str, str]] = Everybody()
        if files.allow is not None:
            self._allowed = AllowList(files.allow)
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
        name: str,
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
            name,
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

    def look(self) -> None:
        """Show the certificate that is in the files now; the old one if they cannot be used."""
        stamps = self._files.stamps()
        if stamps == self._stamps:
            return
        self._stamps = stamps
        try:
            self._show()
        except TlsFileError as error:
            log.error("%s; the certificate of before is still shown", error)
        else:
            log.info("a new certificate is shown, of %a", str(self._files.pair.certificate))

    def _show(self) -> None:
        """Show the certificate that is in the files. Raises TlsFileError: nothing changes."""
        pair = self._files.pair
        context = server_context(pair, self._files.clients, kernel=self._kernel)
        context.sslsocket_class = TlsSocket
        self._context, self.fingerprint = context, _fingerprint_in(pair.certificate)


def _fingerprint_in(certificate: Path) -> str:
    try:
        return fingerprint_in(certificate.read_text())
    except (OSError, ValueError):
        return ""
