"""The server with clients that have the habits of those in the field."""

from __future__ import annotations

import pytest

from tests.end_to_end.conftest import LONG, SHORT, TWO_MESSAGES
from tests.end_to_end.programs import serving
from tests.peers.patient import PATIENTLY
from tests.peers.plain_client import Habits, PlainClient

EVERY_HABIT = {
    "rfc": Habits(),
    "token reader": Habits(token_reader=True),
    "stop none": Habits(stop_none=True),
    "stop before play": Habits(stop_before_play=True),
    "deployed": Habits(token_reader=True, stop_none=True, stop_before_play=True),
}


@pytest.fixture(scope="module")
def patient_server(folder):
    with serving(folder.path, prefix=PATIENTLY) as program:
        yield program


@pytest.fixture(params=EVERY_HABIT.values(), ids=EVERY_HABIT)
def client(patient_server, request):
    with PlainClient(patient_server.port, request.param, seconds=20) as client:
        yield client


def test_list(client, folder):
    client.list_songs()
    assert client.next().songs == [f"{n}. {title}" for n, title in enumerate(folder.titles, 1)]


@pytest.mark.parametrize("song_id", [SHORT, LONG, TWO_MESSAGES])
def test_play(client, folder, song_id):
    client.play(song_id)
    song = folder.song(song_id)
    assert client.audio(len(song)) == song
    assert client.silence(0.1) == b""


def test_404_and_on(client, folder):
    client.play(99)
    assert client.next().is_error
    client.play(SHORT)
    assert client.audio(len(folder.song(SHORT))) == folder.song(SHORT)


def test_stop_and_on(client, folder):
    client.play(LONG)
    client.next()
    client.stop()
    client.list_songs()
    # Such a client throws away what is late; how much of it there is, is the server's affair.
    *late, _ = client.until(lambda message: message.is_list)
    assert sum(len(message.data) for message in late) < len(folder.song(LONG)) - 4096
    client.stop()
    client.play(SHORT)
    assert client.audio(len(folder.song(SHORT))) == folder.song(SHORT)
