"""SETUP ends: every LIST and every PLAY is closed, once, by the right message; and TEARDOWN."""

from __future__ import annotations

import os
import random

import pytest

from tests.end_to_end.conftest import HOSTILE, LONG, SHORT, TWO_MESSAGES
from tests.end_to_end.programs import serving
from tests.peers.facts import without_facts
from tests.peers.plain_client import PlainClient

SETUP = b"SETUP ends END END"
ACCEPTED = b"RESP 101 END alfine/1 ends END END"
LIST_CLOSED = b"RESP 100 END  END END"
SONG_CLOSED = b"RESP 200 END  END END"
BIG = 20_000_000
"""More bytes than the kernel takes at once from a server whose client reads slowly."""
NOT_FOUND = b"ERRO 404 END END"


@pytest.fixture
def client(server):
    with PlainClient(server.port, seconds=20) as client:
        client.send(SETUP)
        assert without_facts(client.next().raw) == ACCEPTED
        yield client


def song_until(client, closing: bytes) -> tuple[bytes, list[bytes]]:
    """The audio up to this message, and every other message that came before it."""
    heard, others = bytearray(), []
    for message in client.until(lambda message: message.raw == closing)[:-1]:
        if message.is_audio and message.data:
            heard += message.data
        else:
            others.append(without_facts(message.raw))
    return bytes(heard), others


def nothing_more(client) -> bool:
    """Nothing has been sent but the answer to one more LIST."""
    client.list_songs()
    return client.next().is_list and client.next().raw == LIST_CLOSED


@pytest.mark.parametrize(
    ("tokens", "answer"),
    [
        (b" ends", ACCEPTED),
        (b"", b"RESP 101 END alfine/1 END END"),
        (b" seek", b"RESP 101 END alfine/1 END END"),
        (b" seek ends pause", ACCEPTED),
    ],
)
def test_setup_says_what_it_accepts(server, folder, tokens, answer):
    with PlainClient(server.port) as client:
        client.send(b"SETUP" + tokens + b" END END")
        assert without_facts(client.next().raw) == answer
        client.list_songs()
        assert client.next().raw == folder.list_message
        if answer == ACCEPTED:
            assert client.next().raw == LIST_CLOSED
        assert client.silence(0.1) == b""


@pytest.mark.parametrize(
    ("tokens", "answer"),
    [
        (b" ends", ACCEPTED),
        (b"", b"RESP 101 END alfine/1 END END"),
        (b" seek", b"RESP 101 END alfine/1 END END"),
    ],
)
def test_what_was_accepted_stays_in_force(client, folder, tokens, answer):
    """Each SETUP is told which of its own tokens are accepted; none takes back an earlier one."""
    client.play(LONG)
    client.send(b"SETUP" + tokens + b" END END")
    assert song_until(client, SONG_CLOSED) == (folder.song(LONG), [answer])
    client.play(SHORT)
    assert song_until(client, SONG_CLOSED) == (folder.song(SHORT), [])
    assert nothing_more(client)


def test_a_list_is_closed_once(client, folder):
    client.list_songs()
    assert client.next().raw == folder.list_message
    assert client.next().raw == LIST_CLOSED
    assert client.silence(0.1) == b""


def test_an_empty_list_is_closed_too(tmp_path):
    with serving(tmp_path) as server, PlainClient(server.port) as client:
        client.send(SETUP + b"LIST END END")
        client.half_close()
        # There is nothing to send but the message that closes it.
        assert without_facts(client.rest()) == ACCEPTED + LIST_CLOSED


@pytest.mark.parametrize("song_id", [SHORT, HOSTILE, LONG, TWO_MESSAGES])
def test_a_song_is_closed_once(client, folder, song_id):
    client.play(song_id)
    assert song_until(client, SONG_CLOSED) == (folder.song(song_id), [])
    assert nothing_more(client)


@pytest.mark.parametrize("request_bytes", [b"PLAY 99", b"PLAY 0", b"PLAY x", b"PLAY"])
def test_a_song_that_is_not_there_is_closed_by_404(client, request_bytes):
    client.send(request_bytes + b" END END")
    assert client.next().raw == NOT_FOUND
    assert nothing_more(client)


def test_every_request_of_many_is_closed(client, folder):
    wanted = [SHORT, 99, TWO_MESSAGES, LONG]
    for song_id in wanted:
        client.play(song_id)
    closings = []
    for _ in wanted:
        message = client.until(lambda m: m.is_error or m.raw == SONG_CLOSED)[-1]
        closings.append(message.raw)
    assert closings == [SONG_CLOSED, NOT_FOUND, SONG_CLOSED, SONG_CLOSED]
    assert nothing_more(client)


def test_stop_closes_the_song_before_anything_that_follows(client, folder):
    client.play(LONG)
    first = client.next().data
    client.send(b"STOP END ENDLIST END ENDSTOP END END")
    heard, others = song_until(client, SONG_CLOSED)
    assert others == []
    assert folder.song(LONG).startswith(first + heard)
    assert len(first + heard) < len(folder.song(LONG))
    assert client.next().raw == folder.list_message
    assert client.next().raw == LIST_CLOSED
    assert nothing_more(client)


def test_another_song_closes_the_first_before_it_begins(client, folder):
    client.play(LONG)
    first = client.next().data
    client.play(HOSTILE)
    heard, others = song_until(client, SONG_CLOSED)
    assert others == []
    assert folder.song(LONG).startswith(first + heard)
    assert len(first + heard) < len(folder.song(LONG))
    assert song_until(client, SONG_CLOSED) == (folder.song(HOSTILE), [])
    assert nothing_more(client)


def test_an_unknown_song_closes_the_first_and_then_itself(client, folder):
    client.play(LONG)
    client.next()
    client.play(99)
    heard, others = song_until(client, SONG_CLOSED)
    assert len(heard) < len(folder.song(LONG))
    assert others == []
    assert client.next().raw == NOT_FOUND
    assert nothing_more(client)


def test_a_list_during_a_song_is_closed_and_the_song_goes_on(client, folder):
    client.play(LONG)
    first = client.next().data
    client.list_songs()
    heard, others = song_until(client, SONG_CLOSED)
    assert first + heard == folder.song(LONG)
    assert others == [folder.list_message, LIST_CLOSED]
    assert nothing_more(client)


def test_setup_during_a_song_does_not_close_that_song(server, folder):
    with PlainClient(server.port, seconds=20) as client:
        client.play(LONG)
        client.next()
        client.send(SETUP + b"LIST END END")
        heard, others = song_until(client, LIST_CLOSED)
        assert others == [ACCEPTED, folder.list_message]
        assert len(heard) < len(folder.song(LONG))
        client.stop()
        assert nothing_more_but_audio(client, folder)
        client.play(SHORT)
        assert song_until(client, SONG_CLOSED) == (folder.song(SHORT), [])


def nothing_more_but_audio(client, folder) -> bool:
    """Only late audio is sent before the answer to one more LIST."""
    client.list_songs()
    messages = client.until(lambda message: message.raw == LIST_CLOSED)
    late = messages[:-2]
    return messages[-2].raw == folder.list_message and all(m.is_audio and m.data for m in late)


def test_setup_during_a_song_leaves_its_end_unclosed(server, folder):
    with PlainClient(server.port, seconds=20) as client:
        client.play(LONG)
        heard = bytearray(client.next().data)
        client.send(SETUP)
        others = []
        while len(heard) < len(folder.song(LONG)):
            message = client.next()
            if message.is_audio:
                heard += message.data
            else:
                others.append(without_facts(message.raw))
        assert heard == folder.song(LONG)
        assert others == [ACCEPTED]
        assert nothing_more(client)


def test_what_is_no_request_is_not_closed(client):
    client.send(b"NOPE END END")
    assert client.next().raw == NOT_FOUND
    assert nothing_more(client)


# A song that cannot be sent whole


def audio_until_over(client, song):
    """The audio up to ERRO 404, or all of it, and whether it was the latter."""
    heard = bytearray()
    while len(heard) < len(song):
        message = client.next()
        if message.raw == NOT_FOUND:
            return bytes(heard), False
        heard += message.data
    return bytes(heard), True


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize("left_bytes", [15_000_000, 1])
def test_a_song_cut_short_under_the_server_is_404_or_whole(tmp_path, ends, left_bytes):
    """It is whole if the server had read it to its end already, which nobody can tell from here."""
    song = random.Random(1).randbytes(BIG)
    path = tmp_path / "song.mp3"
    path.write_bytes(song)
    with serving(tmp_path) as server, PlainClient(server.port, seconds=20) as client:
        if ends:
            client.send(SETUP)
            client.next()
        client.play(1)
        first = client.next().data
        os.truncate(path, left_bytes)
        rest, whole = audio_until_over(client, song[len(first) :])
        assert song.startswith(first + rest)
        if whole and ends:
            assert client.next().raw == SONG_CLOSED
        client.list_songs()
        assert client.next().raw == b"RESP 100 END 1. song END END"


def test_a_song_written_over_while_it_is_sent_is_404_or_whole(tmp_path):
    song = random.Random(1).randbytes(BIG)
    path = tmp_path / "song.mp3"
    path.write_bytes(song)
    with serving(tmp_path) as server, PlainClient(server.port, seconds=20) as client:
        client.send(SETUP + b"PLAY 1 END END")
        client.next()
        first = client.next().data
        with path.open("r+b") as file:
            file.seek(-4096, os.SEEK_END)
            file.write(bytes(4096))
        messages = client.until(lambda message: message.raw in (NOT_FOUND, SONG_CLOSED))
        heard = first + b"".join(message.data for message in messages)
        # Half of the one and half of the other is never closed as if that were a song.
        assert messages[-1].raw == NOT_FOUND or heard == song


def test_a_song_that_has_gone_is_404(tmp_path):
    path = tmp_path / "song.mp3"
    path.write_bytes(b"x" * 100)
    with serving(tmp_path) as server, PlainClient(server.port) as client:
        path.unlink()
        client.send(SETUP + b"PLAY 1 END ENDLIST END END")
        assert without_facts(client.next().raw) == ACCEPTED
        # The list goes before the song, as in every song.
        assert client.next().raw == b"RESP 100 END 1. song END END"
        assert client.next().raw == LIST_CLOSED
        assert client.next().raw == NOT_FOUND
        assert client.silence(0.1) == b""


def test_a_song_deleted_while_it_is_sent_is_whole_all_the_same(tmp_path):
    song = random.Random(1).randbytes(BIG)
    path = tmp_path / "song.mp3"
    path.write_bytes(song)
    with serving(tmp_path) as server, PlainClient(server.port, seconds=30) as client:
        client.send(SETUP + b"PLAY 1 END END")
        client.next()
        first = client.next().data
        path.unlink()
        heard, others = song_until(client, SONG_CLOSED)
        assert (first + heard == song, others) == (True, [])


# TEARDOWN


def test_teardown_closes(client):
    client.send(b"TEARDOWN END ENDLIST END END")
    assert client.rest() == b""


def test_teardown_without_setup_closes_too(server):
    with PlainClient(server.port) as client:
        client.send(b"TEARDOWN END END")
        assert client.rest() == b""


def test_teardown_in_a_song_finishes_the_message_and_nothing_else(client, folder):
    client.play(LONG)
    heard = bytearray(client.next().data)
    client.send(b"TEARDOWN END END")
    while (message := client.next()) is not None:
        assert message.data, "a song that was cut off must not be closed"
        heard += message.data
    assert client.waiting == b"", "the last message was not finished"
    assert folder.song(LONG).startswith(heard)
    assert len(heard) < len(folder.song(LONG))


def test_a_server_that_is_told_to_stop_lets_the_song_end(tmp_path):
    song = random.Random(1).randbytes(BIG)
    (tmp_path / "song.mp3").write_bytes(song)
    with serving(tmp_path) as server, PlainClient(server.port, seconds=20) as client:
        client.send(SETUP + b"PLAY 1 END END")
        client.next()
        first = client.next().data
        server.process.terminate()
        heard, others = song_until(client, SONG_CLOSED)
        assert (first + heard == song, others) == (True, [])
        assert client.next() is None
        assert server.end() == 0
