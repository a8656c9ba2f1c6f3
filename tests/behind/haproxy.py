"""A real HAProxy in front of servers, for as long as a test needs it."""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.end_to_end.programs import PATIENCE_S
from tests.net.server.conftest import eventually

CHECK = """
    option tcp-check
    tcp-check connect send-proxy
    tcp-check send "PLAY 0 END END"
    tcp-check expect string "ERRO 404 END"
    tcp-check send "TEARDOWN END END"
"""
"""A health check in the protocol: ended by TEARDOWN, or each one would be a reset. A rule that
connects has to send the header by itself."""
TLS_CHECK = CHECK.replace("send-proxy", "send-proxy ssl")
"""The same over TLS, where the proxy passes that on and does not end it."""
ALONE = "option tcp-check\n    tcp-check connect send-proxy"
"""One that only looks whether anybody listens."""
GLOBAL = """
global
    log stderr local0
    stats socket {folder}/admin.sock
defaults
    mode tcp
    timeout connect 3s
    timeout client 1h
    timeout server 1h
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextlib.contextmanager
def haproxy(folder: Path, configuration: str, port: int) -> Iterator[int]:
    """Run HAProxy with a configuration; yield its port, when it listens there."""
    file = folder / "haproxy.cfg"
    file.write_text(GLOBAL.format(folder=folder) + configuration)
    with (folder / "haproxy.log").open("wb") as log:
        process = subprocess.Popen(["haproxy", "-db", "-f", str(file)], stdout=log, stderr=log)

    def listens() -> bool:
        assert process.poll() is None, (folder / "haproxy.log").read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return (folder / "admin.sock").exists()  # made under another name, and renamed
        return False

    try:
        assert eventually(listens, PATIENCE_S)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def checked(folder: Path) -> str:
    """Return what HAProxy found when it last looked at its one server: L7OK, at best."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(folder / "admin.sock"))
        sock.sendall(b"show stat\n")
        text = b""
        while data := sock.recv(1 << 16):
            text += data
    head, *rows = (line.split(",") for line in text.decode().splitlines() if line)
    [server] = (row for row in rows if row[1] == "a")
    return server[head.index("check_status")]
