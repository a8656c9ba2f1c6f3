"""alfine's server with a client as it is deployed: it hears every byte (protocol.md 8 and 9)."""

from __future__ import annotations

import random

import pytest

from tests.end_to_end.programs import serving
from tests.peers.deployed_client import DeployedClient
from tests.peers.patient import PATIENTLY

NOISE = random.Random(9).randbytes(150_000)
SONGS = {
    "ends": NOISE[:30_001] + b" END END" + NOISE[30_001:90_000] + b" END ENDRESP" + NOISE[90_000:],
    "full": NOISE[: 4096 * 20],
    "short": NOISE[:168],
}
"""By title; the IDs are 1, 2 and 3."""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("songs")
    for title, data in SONGS.items():
        (folder / f"{title}.mp3").write_bytes(data)
    with serving(folder, prefix=PATIENTLY) as running:
        yield running


@pytest.mark.parametrize(("song_id", "title"), list(enumerate(SONGS, 1)))
def test_it_hears_a_song_exactly(server, song_id, title):
    with DeployedClient(server.port) as client:
        client.play(song_id)
        assert client.heard(len(SONGS[title])) == SONGS[title]


def test_it_hears_a_song_exactly_with_two_lists_in_it(server):
    with DeployedClient(server.port) as client:
        client.play(1)
        client.heard(4096)
        client.list_songs()
        client.listed(1)
        client.list_songs()
        assert [len(songs) for songs in client.listed(2)] == [3, 3]
        assert client.heard(len(SONGS["ends"])) == SONGS["ends"]


def test_it_hears_an_error_and_goes_on(server):
    with DeployedClient(server.port) as client:
        client.play(9)
        assert client.refused() == 1
        client.play(3)
        assert client.heard(168) == SONGS["short"]


def test_an_empty_library_does_not_end_it(tmp_path):
    with serving(tmp_path, prefix=PATIENTLY) as empty, DeployedClient(empty.port) as client:
        client.list_songs()
        client.play(1)
        assert client.refused() == 1
