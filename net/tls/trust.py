"""How a client connects over TLS, and why it believes that the server is the right one.

Either an authority vouches for its name, or its certificate has the fingerprint that was given, or
the same one as when this client met it first.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from net.tls.contexts import KeyPair, client_context, unverified
from net.tls.identity import fingerprint
from net.tls.known import KnownServers
from net.tls.words import UNKNOWN_AUTHORITY, seen_by_client, verification_words

HANDSHAKE_S = 4.0
"""For the handshake alone, so that it can be told from a server that is not there."""
NO_ANSWER = "it does not answer in TLS: leave out --tls, or check the port"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class TlsFailed(ConnectionError):
    """There is no connection over TLS. The text says why, and what to do, in one line."""


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
        """Connect (as `asyncio.open_connection`). Raises TlsFailed, or OSError: no connection."""
        wanted = self.pin or self._remembered(host, port)
        context = client_context(self.authority, self.pair)
        if wanted is not None and self.authority is None:
            unverified(context)
        try:
            streams = await _connect(host, port, context)
        except ssl.SSLCertVerificationError as error:
            if self.known is None or error.verify_code not in UNKNOWN_AUTHORITY:
                raise TlsFailed(self._refused(host, error)) from None
            return await self._meet(host, port, error)
        if wanted is not None and (shown := _shown(streams)) != wanted:
            streams[1].transport.abort()
            raise TlsFailed(self._another(host, port, shown, wanted))
        return streams

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

    async def _meet(self, host: str, port: int, error: ssl.SSLCertVerificationError) -> Streams:
        """Remember a server that nobody vouches for, where a person sees its fingerprint."""
        streams = await _connect(host, port, unverified(client_context(None, self.pair)))
        shown = _shown(streams)
        if not self.learns:
            streams[1].transport.abort()
            raise TlsFailed(
                f"nobody whom this machine believes vouches for its certificate "
                f"({verification_words(error)}): if its fingerprint is right, give it by "
                f"--tls-pin {shown}"
            )
        assert self.known is not None
        self.tell(
            f"{host} is met for the first time, and nobody vouches for it. Its fingerprint, to be "
            f"compared with what alfine certs show prints there, is remembered: {shown}"
        )
        try:
            self.known.remember(host, port, shown)
        except OSError as problem:
            self.tell(f"it cannot be remembered in {str(self.known.path)!a}: {problem.strerror}")
        return streams

    def _refused(self, host: str, error: ssl.SSLCertVerificationError) -> str:
        words = f"the server's certificate does not hold: {verification_words(error)}"
        if error.verify_code in UNKNOWN_AUTHORITY:
            return f"{words}; --tls-ca has another one's certificate"
        return f"{words} than {host!a}" if error.verify_code in (62, 64) else words

    def _another(self, host: str, port: int, shown: str, wanted: str) -> str:
        if self.pin is not None:
            return f"its certificate is {shown}, and not that of --tls-pin: do not go on"
        assert self.known is not None
        return (
            f"its certificate is another than before: {shown} now, {wanted} then. If it was made "
            f"anew, remove the line of {host} {port} from {self.known.path}; if not, somebody may "
            "be in between"
        )


async def _connect(host: str, port: int, context: ssl.SSLContext) -> Streams:
    try:
        return await asyncio.open_connection(
            host, port, ssl=context, server_hostname=host, ssl_handshake_timeout=HANDSHAKE_S
        )
    except ssl.SSLCertVerificationError:
        raise
    except ssl.SSLError as error:
        raise TlsFailed(seen_by_client(error)) from None
    except ConnectionAbortedError:
        raise TlsFailed(NO_ANSWER) from None
    except ConnectionResetError:
        raise TlsFailed(
            "the server has ended the handshake: is it an alfine server? It may be full"
        ) from None


def _shown(streams: Streams) -> str:
    """Return the fingerprint of what the server has shown."""
    certificate = streams[1].get_extra_info("ssl_object").getpeercert(binary_form=True)
    return fingerprint(certificate or b"")
