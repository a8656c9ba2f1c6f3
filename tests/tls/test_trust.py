"""How a client comes to believe a server: whom it meets for the first time it knows again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import stat
import threading
from collections.abc import Iterator

import pytest

from fsm.client.events import Connected, ConnectFailed
from net.client import ServerConnection
from net.tls.contexts import KeyPair, TlsFileError
from net.tls.known import KnownServers
from net.tls.trust import Trust
from net.tls.words import TlsFailed
from tests.end_to_end.programs import PATIENCE_S, serving
from tests.tls.conftest import Certificates


@pytest.fixture
def known(tmp_path) -> KnownServers:
    return KnownServers(tmp_path / "state" / "known-servers")


def connect(trust: Trust, port: int, host: str = "127.0.0.1") -> str:
    """Return the version of TLS by which it is connected."""

    async def once() -> str:
        _, writer = await trust.open(host, port)
        version = writer.get_extra_info("ssl_object").version()
        writer.transport.abort()
        return version

    return asyncio.run(once())


def test_who_is_met_first_is_remembered_and_then_compared(marked, certificates, known):
    told = []
    trust = Trust(known=known, learns=True, tell=told.append)
    with serving(marked, 0, *certificates.serving) as server:
        port = server.port
        assert connect(trust, port) == "TLSv1.3"
        [words] = told
        assert "is met for the first time" in words
        mark = known.fingerprint("127.0.0.1", port)
        assert mark in words
        assert connect(trust, port) == "TLSv1.3"
        assert len(told) == 1, "it is told once"
        in_script = Trust(known=known)
        assert connect(in_script, port) == "TLSv1.3", "a script compares it, too"
    with serving(marked, port, *certificates.pair(certificates.wrong_name)) as server:
        for later in (trust, in_script):
            with pytest.raises(TlsFailed, match="another than before: SHA256:") as refused:
                connect(later, port)
            assert mark in str(refused.value)
            assert str(known.path) in str(refused.value)
    assert len(told) == 1


def test_a_script_remembers_nobody(marked, certificates, known):
    give = pytest.raises(TlsFailed, match="give it by --tls-pin SHA256:")
    with serving(marked, 0, *certificates.serving) as server, give:
        connect(Trust(known=known), server.port)
    assert not known.path.exists()


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ("expired", "it has expired"),
        ("wrong_name", "it is for another address than '127.0.0.1'; connect by one that is in it"),
        ("client", "it was not made for this use"),
    ],
)
def test_only_who_signed_it_may_be_unknown(marked, certificates, known, shown, words):
    """A name, a date or a use that is wrong is not learnt."""
    told = []
    trust = Trust(known=known, learns=True, tell=told.append)
    options = certificates.pair(getattr(certificates, shown))
    with serving(marked, 0, *options) as server, pytest.raises(TlsFailed) as refused:
        connect(trust, server.port)
    assert f"the server's certificate does not hold: {words}" in str(refused.value)
    assert (told, known.path.exists()) == ([], False)


@contextlib.contextmanager
def asking(certificates: Certificates, version: ssl.TLSVersion) -> Iterator[int]:
    """The port of a server of that version alone that asks for a certificate."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=certificates.ca)
    context.load_cert_chain(certificates.server, certificates.server.with_suffix(".key"))
    context.verify_mode = ssl.CERT_REQUIRED
    context.minimum_version = context.maximum_version = version
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError):
                context.wrap_socket(sock, server_side=True).close()
            sock.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()


def test_a_first_meeting_that_the_server_ends_is_told_in_words(certificates, known):
    """With 1.2 it does so within the handshake, which is the second one."""
    words = pytest.raises(TlsFailed, match=r"it asks for a certificate \(--tls-cert\)$")
    with asking(certificates, ssl.TLSVersion.TLSv1_2) as port, words:
        connect(Trust(known=known, learns=True), port)


def test_an_authority_and_a_fingerprint_both_have_to_be_right(marked, certificates):
    with serving(marked, 0, *certificates.serving) as server:
        with pytest.raises(TlsFailed, match="not that of --tls-pin"):
            connect(Trust(certificates.ca, "SHA256:" + "0" * 64), server.port)
        with pytest.raises(TlsFailed, match="does not hold"):
            connect(Trust(certificates.stranger_ca, "SHA256:" + "0" * 64), server.port)


def test_known_servers_are_one_users_own(known):
    known.remember("Music.Home", 1, "SHA256:" + "a" * 64)
    known.remember("music.home", 2, "SHA256:" + "b" * 64)
    assert known.fingerprint("music.HOME", 1) == "SHA256:" + "a" * 64
    assert known.fingerprint("music.home", 2) == "SHA256:" + "b" * 64
    assert known.fingerprint("music.home", 3) is None
    assert stat.S_IMODE(os.stat(known.path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(known.path.parent).st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in known.path.parent.iterdir()}
    assert modes == {"known-servers": 0o600, ".known-servers.lock": 0o600}


@pytest.mark.parametrize(
    "line",
    [
        "host 1 nonsense",
        "host 1",
        "host",
        "HOST? 1 x\nhost 1 SHA256:" + "a" * 63,
        "host 1 SHA256:" + "a" * 64 + " more",
        "host one SHA256:" + "a" * 64,
    ],
)
def test_a_line_that_is_damaged_is_no_first_meeting(known, line):
    """The server is known; whoever is in between is not to profit from a line that is not."""
    known.path.parent.mkdir()
    known.path.write_text(f"\nfoo\n{line}\n")
    number = 3 + line.count("\n")
    with pytest.raises(TlsFailed, match=rf"line {number} of '.*' does not say what host 1 has to"):
        connect(Trust(known=known, learns=True), 1, "host")
    with pytest.raises(TlsFailed, match="write its fingerprint there, or remove the line"):
        connect(Trust(known=known), 1, "Host")
    assert known.fingerprint("other", 1) is None


def test_what_is_remembered_takes_the_place_of_what_was(known):
    for mark in ("a", "b"):
        known.remember("host", 1, "SHA256:" + mark * 64)
        known.remember("host", 11, "SHA256:" + "c" * 64)
    assert known.path.read_text().splitlines() == [
        "host 1 SHA256:" + "b" * 64,
        "host 11 SHA256:" + "c" * 64,
    ]
    known.path.write_text("host 1 nonsense\nfoo\n")
    known.remember("HOST", 1, "SHA256:" + "a" * 64)
    assert known.path.read_text() == "foo\nhost 1 SHA256:" + "a" * 64 + "\n"


def test_of_two_that_remember_at_once_none_is_lost(known):
    class Slow(KnownServers):
        """Another client comes just when this one has read the file."""

        def _lines(self):
            lines = super()._lines()
            other.start()
            other.join(0.5)  # it has to wait for this one; without a lock it is done by then
            return lines

    other = threading.Thread(target=known.remember, args=("other", 1, "SHA256:" + "b" * 64))
    Slow(known.path).remember("host", 1, "SHA256:" + "a" * 64)
    other.join()
    assert known.fingerprint("host", 1) == "SHA256:" + "a" * 64
    assert known.fingerprint("other", 1) == "SHA256:" + "b" * 64


def test_a_file_that_cannot_be_read_lets_nobody_in(tmp_path):
    trust = Trust(known=KnownServers(tmp_path), learns=True)  # a folder
    with pytest.raises(TlsFailed, match="which says what servers are known, cannot be read"):
        connect(trust, 1)


def test_a_server_that_cannot_be_remembered_is_told_and_used(marked, certificates, tmp_path):
    (tmp_path / "file").write_text("")
    told = []

    class Unwritable(KnownServers):
        def remember(self, host, port, mark):
            raise OSError(28, "No space left on device")

    trust = Trust(known=Unwritable(tmp_path / "k"), learns=True, tell=told.append)
    with serving(marked, 0, *certificates.serving) as server:
        assert connect(trust, server.port) == "TLSv1.3"
    assert "cannot be remembered" in told[1]
    assert "No space left" in told[1]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda c, t: KeyPair(t / "none.pem"), "none.pem' cannot be read: No such file"),
        (lambda c, t: KeyPair(c.server, t / "none.key"), "none.key' cannot be read: No such file"),
        (lambda c, t: KeyPair(c.server, c.client.with_suffix(".key")), "is not that of the cert"),
        (lambda c, t: KeyPair(c.server), "give the key too"),
        (lambda c, t: KeyPair(t / "empty", t / "empty"), "has no certificate, or"),
        (lambda c, t: KeyPair(c.server, t / "locked"), "locked' is encrypted"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_one_line(
    certificates: Certificates, tmp_path, make, words
):
    from cryptography.hazmat.primitives import serialization

    (tmp_path / "empty").write_text("")
    key = serialization.load_pem_private_key(
        certificates.server.with_suffix(".key").read_bytes(), None
    )
    (tmp_path / "locked").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(TlsFileError) as refused:
        Trust(pair=make(certificates, tmp_path)).check()
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_who_is_believed_has_to_be_readable(certificates, tmp_path):
    with pytest.raises(TlsFileError, match=r"none' cannot be read"):
        Trust(tmp_path / "none").check()
    (tmp_path / "empty").write_text("")
    with pytest.raises(TlsFileError, match="has no certificate in PEM"):
        Trust(tmp_path / "empty").check()


def test_a_file_that_goes_meanwhile_is_why_there_is_no_connection(marked, certificates, tmp_path):
    """Once it is back, so is the connection."""
    ca = tmp_path / "ca.pem"
    ca.write_bytes(certificates.ca.read_bytes())

    async def attempt(port):
        events = asyncio.Queue()
        trust = Trust(ca)
        connection = ServerConnection(
            "127.0.0.1", port, events.put_nowait, open_connection=trust.open
        )
        connection.connect()
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await events.get()
        finally:
            await connection.close()

    with serving(marked, 0, *certificates.serving) as server:
        assert asyncio.run(attempt(server.port)) == Connected()
        ca.rename(tmp_path / "away")
        failed = asyncio.run(attempt(server.port))
        assert isinstance(failed, ConnectFailed)
        assert failed.reason == f"'{ca}' cannot be read: No such file or directory"
        (tmp_path / "away").rename(ca)
        assert asyncio.run(attempt(server.port)) == Connected()
