"""Between real programs the proxy finds no violation, and of one on purpose just that."""

import socket

import pytest

from proxy.faults import RANDOM, Faults
from tests.end_to_end.programs import play, serving
from tests.faulty_proxy import FaultyProxy
from tests.peers.deployed_client import DeployedClient
from tests.peers.patient import PATIENTLY
from tests.peers.plain_server import Habits, PlainServer
from tests.traces import record

SCRIPT = ("list", "play 2", "play 9", "play 1", "stop", "list", "play 2", "wait")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return record.songs(tmp_path_factory.mktemp("proxied"))


def wrong(proxy):
    """Each violation: who, which message, and what would have been legal."""
    return [(seen.sender, seen.message, seen.legal) for seen in proxy.seen if seen.legal]


def test_alfines_own_pair_is_legal(folder):
    with serving(folder) as server, FaultyProxy(server.port, Faults(split=RANDOM)) as proxy:
        play(proxy.port, *SCRIPT, options=("--prebuffer", 2))
        assert wrong(proxy) == []
        assert proxy.seen[-1].client == "LEAVING"


def test_a_plain_server_is_legal(folder):
    with PlainServer(folder, Habits()) as server, FaultyProxy(server.port) as proxy:
        play(proxy.port, "play 1", "wait", "stop", "list", options=("--plain", "--prebuffer", 2))
        assert wrong(proxy) == []


def test_a_server_that_answers_stop_is_not(folder):
    habits = Habits(not_found_for_stop=True)
    with PlainServer(folder, habits) as server, FaultyProxy(server.port) as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port), 20) as client:
            client.sendall(b"LIST END END")
            assert client.recv(1000)
            client.sendall(b"STOP END END")
            assert client.recv(1000) == b"ERRO 404 END END"
        assert wrong(proxy) == [("server", "ERRO 404", ("RESP 100 with songs",))]


def test_a_deployed_client_is_legal(folder):
    with (
        serving(folder, prefix=PATIENTLY) as server,
        FaultyProxy(server.port) as proxy,
    ):
        song = (folder / "1.mp3").read_bytes()
        with DeployedClient(proxy.port) as client:
            client.play(1)
            assert client.heard(len(song)) == song
        assert wrong(proxy) == []
