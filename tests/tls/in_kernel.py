"""What is done under a kernel that encrypts: the server with its own limits, and who listens in."""

from __future__ import annotations

import ssl
from pathlib import Path

from net.server.limits import Limits
from net.server.tls.security import Security, TlsFiles
from net.tls.contexts import KeyPair
from tests.net.server.in_process import Served
from tests.tls.conftest import MARK
from tests.tls.wire import SETUP, Conversation, connected, tapped

SECRETS = (MARK, b"END END", b"RESP ", b"PLAY")


def songs(music: str, work: str, pair: str, authority: str, version: str, kernel: str) -> object:
    """Have a client play two songs, with lists in between; say what came, and how."""
    work_dir = Path(work)
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    limits = Limits()
    files = TlsFiles(KeyPair(Path(pair), Path(pair).with_suffix(".key")))
    security = Security(files, limits, kernel=kernel == "True")
    with (
        Served(Path(music), work_dir, limits=limits, securing=security) as served,
        tapped(served.port) as wire,
        connected(wire.port, context) as sock,
    ):
        peer = Conversation(sock)
        sock.sendall(SETUP + b"LIST END ENDPLAY 1 END END")
        first = peer.song()
        [connection] = served.server._connections
        in_kernel = connection._sock.in_kernel
        sock.sendall(b"PLAY 2 END END")
        for _ in range(20):
            peer.next()
            sock.sendall(b"LIST END END")
        second = peer.song()
        sock.sendall(b"TEARDOWN END END")
        while sock.recv(1 << 16):
            pass
    heard = bytes(wire.heard["server"] + wire.heard["client"])
    wanted = [path.read_bytes() for path in sorted(Path(music).iterdir())]
    return {
        "in_kernel": in_kernel,
        "whole": [first == wanted[0], second.endswith(wanted[1][-100_000:])],
        "in_clear": [secret.decode() for secret in SECRETS if secret in heard],
        "heard": len(heard),
    }
