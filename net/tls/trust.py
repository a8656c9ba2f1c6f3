"""How a client connects over TLS, and why it believes that the server is the right one.

Either an authority vouches for its name, or its certificate has the fingerprint that was given, or
the same one as when this client met it first.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from net.tls.contexts import KeyPair, client_context, context_for_one, unverified
from net.tls.identity import fingerprint
from net.tls.known import DamagedLine, KnownServers
from net.tls.words import (
    OTHER_NAME,
    UNKNOWN_AUTHORITY,
    NobodyVouches,
    TlsFailed,
    seen_by_client,
    verification_words,
)

HANDSHAKE_S = 4.0
"""For the handshake alone, so that it can be told from a server that is not there."""
NO_ANSWER = "it does not answer in TLS: leave out --tls, or check the port"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Trust:
    """What one client believes, and what it shows. Raises TlsFileError when it is used.

    authority: a file with who is believed; None: those that the system believes. pin: the one
    fingerprint that is right. pair: what it shows a server that asks. known: the servers it has
    met; None: neither looked up nor remembered. learns: it remembers a server that nobody vouches
    for. tell: called with a line for a person.
    """

    authority: Path | None = None
    pin: str | None = None
    pair: KeyPair | None = None
    known: KnownServers | None = None
    learns: bool = False
    tell: Callable[[str], None] = lambda text: None

    def check(self) -> None:
        """Raise TlsFileError if one of the files cannot be used."""
        client_context(self.authority, self.pair)

    async def open(self, host: str, port: int) -> Streams:
        """Connect (as `asyncio.open_connection`).

        Raises TlsFailed, or OSError: no connection; TlsFileError: a file is gone since `check`.
        """
        expected = self.expect(host, port)
        try:
            return await expected.connect()
        except NobodyVouches:
            if self.known is None:
                raise
        return await self._meet(host, port)

    def expect(self, host: str, port: int) -> Expected:
        """Return what this server has to show. Raises TlsFailed, TlsFileError."""
        mark = self.pin or self._remembered(host, port)
        context = client_context(self.authority, self.pair)
        if mark is not None and self.authority is None:
            unverified(context)
        return Expected(self, host, port, context, mark)

    def _remembered(self, host: str, port: int) -> str | None:
        if self.known is None:
            return None
        try:
            return self.known.fingerprint(host, port)
        except OSError as error:
            raise TlsFailed(
                f"{str(self.known.path)!a}, which says what servers are known, cannot be read: "
                f"{error.strerror}"
            ) from None
        except DamagedLine as error:
            raise TlsFailed(str(error)) from None

    async def _meet(self, host: str, port: int) -> Streams:
        """Remember a server for which nobody vouches, where a person sees its fingerprint.

        An unknown issuer hides whatever else is wrong: so the certificate has to hold once more,
        with nobody but itself to vouch for it.
        """
        assert self.known is not None
        shown = await self._shown_by(host, port)
        mark = fingerprint(shown)
        if not self.learns:
            raise TlsFailed(
                "nobody whom this machine believes vouches for its certificate: if its fingerprint "
                f"is right, give it by --tls-pin {mark}"
            )
        context = context_for_one(shown, self.pair)
        streams = await Expected(self, host, port, context, mark).connect()
        self.tell(
            f"{host} is met for the first time, and nobody vouches for it. Its fingerprint, to be "
            f"compared with what alfine certs show prints there, is remembered: {mark}"
        )
        try:
            self.known.remember(host, port, mark)
        except OSError as problem:
            self.tell(f"it cannot be remembered in {str(self.known.path)!a}: {problem.strerror}")
        return streams

    async def _shown_by(self, host: str, port: int) -> bytes:
        """Return the certificate, in DER, that a server shows whoever believes everything."""
        context = unverified(client_context(None, self.pair))
        streams = await Expected(self, host, port, context, None).connect()
        streams[1].transport.abort()
        return _shown(streams)


@dataclass(frozen=True, slots=True)
class Expected:
    """What one server has to show. mark: the fingerprint, if it is known already."""

    trust: Trust
    host: str
    port: int
    context: ssl.SSLContext
    mark: str | None

    async def connect(self) -> Streams:
        """Connect, and compare what is shown. Raises TlsFailed, or OSError: no connection."""
        try:
            streams = await _connect(self.host, self.port, self.context)
        except ssl.SSLError as error:
            raise self.failed(error) from None
        try:
            self.verify(_shown(streams))
        except TlsFailed:
            streams[1].transport.abort()
            raise
        return streams

    def wrap(self, sock: socket.socket) -> ssl.SSLSocket:
        """Return a connected socket over which TLS will be spoken, before its handshake."""
        return self.context.wrap_socket(
            sock, server_hostname=self.host, do_handshake_on_connect=False
        )

    def verify(self, certificate: bytes | None) -> None:
        """Compare what was shown, in DER, with the fingerprint. Raises TlsFailed."""
        shown = fingerprint(certificate or b"")
        if self.mark is None or shown == self.mark:
            return
        known = self.trust.known
        if known is None:
            raise TlsFailed(f"its certificate is {shown}, and not that of --tls-pin: do not go on")
        raise TlsFailed(
            f"its certificate is another than before: {shown} now, {self.mark} then. If it was "
            f"made anew, remove the line of {self.host} {self.port} from {known.path}; if not, "
            "somebody may be in between"
        )

    def failed(self, error: ssl.SSLError) -> TlsFailed:
        """Return why there is no connection, in words."""
        if not isinstance(error, ssl.SSLCertVerificationError):
            return TlsFailed(seen_by_client(error))
        words = f"the server's certificate does not hold: {verification_words(error)}"
        if error.verify_code in UNKNOWN_AUTHORITY:
            advice = "believe whoever signed it by --tls-ca, or it alone by --tls-pin"
            return NobodyVouches(f"{words}; {advice}")
        if error.verify_code in OTHER_NAME:
            advice = f"connect by one that is in it, or make it with --also {self.host}"
            return TlsFailed(f"{words} than {self.host!a}; {advice}")
        return TlsFailed(words)


async def _connect(host: str, port: int, context: ssl.SSLContext) -> Streams:
    try:
        return await asyncio.open_connection(
            host, port, ssl=context, server_hostname=host, ssl_handshake_timeout=HANDSHAKE_S
        )
    except ConnectionAbortedError:
        raise TlsFailed(NO_ANSWER) from None
    except ConnectionResetError:
        raise TlsFailed(
            "the server has ended the handshake: is it an alfine server? It may be full"
        ) from None


def _shown(streams: Streams) -> bytes:
    """Return the certificate that the server has shown, in DER."""
    shown: bytes | None = streams[1].get_extra_info("ssl_object").getpeercert(binary_form=True)
    return shown or b""
