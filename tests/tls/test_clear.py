"""Whatever is asked for, and however it is sent: over TLS no byte leaves in clear."""

from __future__ import annotations

import ssl

import pytest

from tests.end_to_end.programs import run, serving
from tests.tls.conftest import MARK, context_of
from tests.tls.wire import SETUP, Conversation, connected, tapped

SECRETS = (MARK, b"END END", b"RESP ", b"ERRO ", b"SETUP", b"PLAY", b"LIST", b"marked")
VERSIONS = {"1.3": ssl.TLSVersion.TLSv1_3, "1.2": ssl.TLSVersion.TLSv1_2}
MODES = {
    "from the cache": (),
    "framed as it is sent": ("--cache-size", 0),
    "by workers": ("--workers", 2),
    "by asyncio": ("--loop", "asyncio"),
    "traced": ("--trace",),
    "with much unsent": ("--unsent", 1024),
}


def everything(port: int, context: ssl.SSLContext) -> list[bytes]:
    """Ask for all that a server can send; return the songs."""
    with connected(port, context) as sock:
        peer = Conversation(sock)
        sock.sendall(SETUP + b"LIST END END")
        assert peer.list() == 2
        sock.sendall(b"PLAY 1 END ENDLIST END END")
        first = peer.song()
        sock.sendall(b"PLAY 2 100000 END END")
        second = peer.song()
        sock.sendall(b"PLAY 2 END END")
        peer.next()
        sock.sendall(b"STOP END ENDPLAY 77 END ENDnonsense END ENDTEARDOWN END END")
        while sock.recv(1 << 16):
            pass
    return [first, second]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("mode", MODES)
def test_nothing_leaves_in_clear(marked, certificates, tmp_path, mode, version):
    options = [*MODES[mode], *([tmp_path / "trace"] if mode == "traced" else ())]
    context = context_of(certificates, version=VERSIONS[version])
    cache = ("--cache-dir", tmp_path / "cache")
    options = (*cache, *options, *certificates.serving)
    with serving(marked, 0, *options) as server, tapped(server.port) as wire:
        first, second = everything(wire.port, context)
    if mode == "traced":
        replayed = run("-m", "cli.app", "replay", tmp_path / "trace")
        assert (replayed.code, replayed.err) == (0, ""), replayed.out
        assert "RESP 200" in (tmp_path / "trace").read_text(), "a trace is in clear"
    songs = [path.read_bytes() for path in sorted(marked.iterdir())]
    assert first == songs[0]
    assert second == songs[1][100_000:]
    assert len(wire.heard["server"]) > len(first) + len(second)
    for name, heard in wire.heard.items():
        for secret in SECRETS:
            assert secret not in heard, f"{secret!r} came from the {name}"


def test_the_wire_hears_what_is_in_clear(marked, tmp_path):
    """Without TLS all of it is heard: so the test above could fail."""
    with serving(marked, 0, "--cache-dir", tmp_path) as server, tapped(server.port) as wire:
        from tests.net.server.conftest import connected as in_clear

        with in_clear(wire.port) as sock:
            sock.sendall(SETUP + b"LIST END ENDPLAY 1 END END")
            Conversation(sock).song()
    assert MARK in wire.heard["server"]
    assert b"PLAY" in wire.heard["client"]


def test_a_refusal_leaves_in_no_clear_message(marked, certificates, tmp_path):
    with serving(marked, 0, "--clients", 1, *certificates.serving) as server:
        context = context_of(certificates)
        with tapped(server.port) as wire, connected(server.port, context) as first:
            first.sendall(SETUP)
            Conversation(first).next()
            with pytest.raises(ssl.SSLError, match="ACCESS_DENIED"):
                connected(wire.port, context)
    assert b"ERRO" not in wire.heard["server"]
