"""How a client comes to believe a server: whom it meets for the first time it knows again."""

from __future__ import annotations

import asyncio
import os
import stat

import pytest

from net.tls.contexts import KeyPair, TlsFileError
from net.tls.known import KnownServers
from net.tls.trust import Trust
from net.tls.words import TlsFailed
from tests.end_to_end.programs import serving
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


def test_only_who_signed_it_may_be_unknown(marked, certificates, known):
    """A name or a date that is wrong is not learnt."""
    trust = Trust(certificates.ca, known=known, learns=True)
    expired = pytest.raises(TlsFailed, match="has expired")
    with serving(marked, 0, *certificates.pair(certificates.expired)) as server, expired:
        connect(trust, server.port)
    assert not known.path.exists()


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
    assert [path.name for path in known.path.parent.iterdir()] == ["known-servers"]


def test_a_line_that_says_nothing_is_no_server(known):
    known.path.parent.mkdir()
    known.path.write_text("\nfoo\nhost 1 nonsense\nhost 1 SHA256:" + "a" * 64 + " more\n")
    assert known.fingerprint("host", 1) is None


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
