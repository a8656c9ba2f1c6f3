"""Handshakes are counted by the rows of their machine, and connections bear names."""

from __future__ import annotations

import urllib.request

from tests.end_to_end.programs import serving
from tests.needs import needs_module
from tests.tls.conftest import context_of
from tests.tls.wire import SETUP, Conversation, connected

pytestmark = needs_module("aiohttp", "prometheus_client")


def counted(url: str) -> dict[str, int]:
    """How often each row of the handshake's machine has fired, by its event and guard."""
    with urllib.request.urlopen(f"{url}metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    fired = {}
    for line in lines:
        if line.startswith("alfine_rows_fired_total{") and 'machine="handshake"' in line:
            labels = dict(part.split("=", 1) for part in line[24:].partition("}")[0].split(","))
            key = f"{labels['event']}{labels['guard']}{labels['state']}".replace('"', " ").split()
            fired[" ".join(key)] = int(float(line.rsplit(" ", 1)[1]))
    return {key: times for key, times in fired.items() if times}


def test_the_monitor_counts_handshakes(marked, certificates):
    options = ("--monitor", 0, *certificates.asking)
    context = context_of(certificates, certificates.client)
    with serving(marked, 0, *options) as server:
        url = server.wait_for(r"the monitor is at \S+").split()[-1]
        with connected(server.port, context) as sock:
            sock.sendall(SETUP)
            Conversation(sock).next()
            page = urllib.request.urlopen(url, timeout=30).read().decode()
        server.wait_for("kitchen CLOSED disconnected")
        with connected(server.port, context_of(certificates)):
            server.wait_for("the client has shown no certificate")
        assert counted(url)["HandshakeCompleted else SHAKING"] == 1
        assert counted(url)["HandshakeFailed SHAKING"] == 1
    assert "handshake" in page
