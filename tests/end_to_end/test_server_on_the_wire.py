"""The server, heard by a client that knows only the RFC, and its bytes compared by hand."""

from __future__ import annotations

import random
import socket
import threading

import pytest

from tests.end_to_end.conftest import LONG, SHORT, TWO_MESSAGES
from tests.end_to_end.programs import serving
from tests.end_to_end.songs import music, named
from tests.peers.facts import without_facts
from tests.peers.plain_client import PlainClient, split_messages

NOT_FOUND = b"ERRO 404 END END"


@pytest.fixture
def client(server):
    with PlainClient(server.port, seconds=20) as client:
        yield client


def framed(song: bytes) -> bytes:
    """What the RFC makes of a song in which no END occurs."""
    assert b"END" not in song
    pieces = [song[at : at + 4096] for at in range(0, len(song), 4096)]
    return b"".join(b"RESP 200 END " + piece + b" END END" for piece in pieces)


def everything(server, requests: bytes) -> bytes:
    """What comes back for these requests, to the end of the connection."""
    with PlainClient(server.port, seconds=20) as client:
        client.send(requests)
        client.half_close()
        return client.rest()


# The RFC's own examples (2.7.1, 2.7.2)


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    path = tmp_path_factory.mktemp("rfc") / "553-hw6" / "music"
    path.mkdir(parents=True)
    names = (("NIN", "34 Ghosts IV"), ("cinematrik", "Revolve"), ("grapes", "I dunno"))
    songs = []
    for number, (artist, title) in enumerate(names, 1):
        songs.append(named(artist, title) + random.Random(number).randbytes(4_000_000))
        (path / f"{number}.mp3").write_bytes(songs[-1])
    with serving(path) as server:
        yield server, songs


EXAMPLE_LIST = (
    b"RESP 100 END 1. NIN - 34 Ghosts IV END 2. cinematrik - Revolve END 3. grapes - I dunno"
    b" END END"
)


def test_example_2_7_1(example):
    server, songs = example
    with PlainClient(server.port, seconds=20) as client:
        client.send(b"LIST END END")
        assert client.next().raw == EXAMPLE_LIST
        client.send(b"PLAY 3 END END")
        assert client.audio(len(songs[2])) == songs[2]
        client.send(b"PLAY 2 END END")
        heard = client.next().data
        assert songs[1].startswith(heard)
        client.send(b"PLAY 1 END END")
        while not songs[0].startswith(piece := client.next().data):
            heard += piece
        assert songs[1].startswith(heard)
        assert len(heard) < len(songs[1])
        client.send(b"STOP END END")
        client.send(b"LIST END END")
        while not (message := client.next()).is_list:
            piece += message.data
        assert songs[0].startswith(piece)
        assert len(piece) < len(songs[0])
        assert client.silence(0.2) == b""


def test_example_2_7_2(example):
    server, _ = example
    with PlainClient(server.port) as client:
        client.send(b"LIST END END")
        assert client.next().raw == EXAMPLE_LIST
        client.send(b"PLAY 99 END END")
        assert client.next().raw == NOT_FOUND
        assert client.silence(0.2) == b""


# A whole session without SETUP, byte for byte


def test_a_plain_session_byte_for_byte(tmp_path):
    full = random.Random(1).randbytes(4096) + b"\xff" * 4096
    more = random.Random(2).randbytes(9000)
    (tmp_path / "one.mp3").write_bytes(full)
    (tmp_path / "two.mp3").write_bytes(more)
    listed = b"RESP 100 END 1. one END 2. two END END"
    with serving(tmp_path) as server, PlainClient(server.port) as client:
        session = (
            (b"LIST END END", listed),
            (b"PLAY 2 END END", framed(more)),
            (b"STOP END END", b""),
            (b"STOP None END END", b""),
            (b"LIST END END", listed),
            (b"PLAY 1 END END", framed(full)),
            (b"PLAY 3 END END", NOT_FOUND),
            (b"TEARUP END END", NOT_FOUND),
            (b"PLAY 1 END ENDLIST END END", None),
        )
        for request, answer in session[:-1]:
            client.send(request)
            got = b""
            while len(got) < len(answer):
                got += client.next().raw
            assert got == answer
        client.send(session[-1][0])
        client.half_close()
        # Only where the list comes in the song is left to the server.
        messages, rest = split_messages(client.rest())
        assert rest == b""
        assert b"".join(m.raw for m in messages if m.is_audio) == framed(full)
        assert [m.raw for m in messages if not m.is_audio] == [listed]


def test_an_empty_folder(tmp_path):
    with serving(tmp_path) as server:
        requests = b"LIST END ENDPLAY 1 END END"
        # An empty payload would end the receiving thread of deployed clients.
        assert everything(server, requests) == b"RESP 100 END END" + NOT_FOUND
        setup, closing = b"RESP 101 END alfine/1 ends END END", b"RESP 100 END  END END"
        answer = everything(server, b"SETUP ends END END" + requests)
        assert without_facts(answer) == setup + closing + NOT_FOUND


# LIST


def test_list(client, folder):
    client.list_songs()
    assert client.next().raw == folder.list_message


def test_a_long_list_comes_in_several_messages(tmp_path):
    for number in range(1, 301):
        (tmp_path / f"{number} {'a long name ' * 4}.mp3").write_bytes(b"x")
    with serving(tmp_path) as server:
        messages, rest = split_messages(everything(server, b"LIST END END"))
    assert rest == b""
    assert len(messages) > 1
    assert all(len(message.raw) <= 4117 for message in messages)
    entries = [entry for message in messages for entry in message.songs]
    assert entries == [f"{n} {'a long name ' * 4}".strip().join((f"{n}. ", "")) for n in (1,)] + [
        f"{n}. {n} {('a long name ' * 4).strip()}" for n in range(2, 301)
    ]


def test_a_list_during_a_song_comes_once_between_two_audio_messages(client, folder):
    song = folder.song(LONG)
    client.play(LONG)
    heard = client.next().data
    client.list_songs()
    lists = []
    while len(heard) < len(song):
        message = client.next()
        if message.is_audio:
            heard += message.data
        else:
            lists.append((len(heard), message.raw))
    assert heard == song
    assert [raw for _, raw in lists] == [folder.list_message]
    assert 0 < lists[0][0] < len(song)
    assert client.silence(0.2) == b""


# PLAY


def test_every_song_bit_for_bit(client, folder):
    for song_id, song in enumerate(folder.songs, 1):
        client.play(song_id)
        assert client.audio(len(song)) == song
    assert client.silence(0.2) == b""


def test_no_message_is_longer_than_the_rfc_allows(server, folder):
    requests = b"".join(b"LIST END ENDPLAY %d END END" % n for n in (1,))
    for song_id in range(1, len(folder.songs) + 1):
        stream = everything(server, requests.replace(b"1", b"%d" % song_id))
        messages, rest = split_messages(stream)
        assert rest == b""
        assert all(len(message.raw) <= 4117 for message in messages)
        # Nothing empty: that would be a closing message, which nobody has asked for.
        assert all(message.data for message in messages)


def test_a_song_of_whole_messages_has_no_empty_one_behind_it(server, folder):
    stream = everything(server, b"PLAY %d END END" % TWO_MESSAGES)
    assert stream == framed(folder.song(TWO_MESSAGES))


def test_twenty_clients_at_once_on_different_songs(tmp_path):
    songs = [random.Random(number).randbytes(300_000 + number) for number in range(20)]
    for number, song in enumerate(songs):
        (tmp_path / f"{number:02}.mp3").write_bytes(song)
    wrong = []

    def listen(port: int, number: int, ready: threading.Barrier) -> None:
        with PlainClient(port, seconds=30) as client:
            ready.wait(30)
            client.play(number + 1)
            if client.audio(len(songs[number])) != songs[number]:
                wrong.append(number)

    with serving(tmp_path) as server:
        ready = threading.Barrier(len(songs))
        listeners = [
            threading.Thread(target=listen, args=(server.port, number, ready))
            for number in range(len(songs))
        ]
        for listener in listeners:
            listener.start()
        for listener in listeners:
            listener.join(40)
        assert not any(listener.is_alive() for listener in listeners)
    assert wrong == []


# STOP, and another song


def test_stop_ends_the_song(client, folder):
    client.play(LONG)
    heard = client.next().data
    client.stop()
    client.list_songs()
    while not (message := client.next()).is_list:
        heard += message.data
    assert folder.song(LONG).startswith(heard)
    assert len(heard) < len(folder.song(LONG))
    assert client.silence(0.3) == b""


@pytest.mark.parametrize("stop", [b"STOP END END", b"STOP 3 END END", b"STOP None END END"])
def test_stop_without_a_song_is_not_answered(client, folder, stop):
    client.send(stop)
    client.list_songs()
    assert client.next().raw == folder.list_message
    assert client.silence(0.1) == b""


@pytest.mark.parametrize("stop", [b"STOP 3 END END", b"STOP None END END"])
def test_stop_with_anything_behind_it_stops(client, folder, stop):
    client.play(LONG)
    heard = client.next().data
    client.send(stop)
    client.list_songs()
    heard += b"".join(message.data for message in client.until(lambda m: m.is_list)[:-1])
    assert len(heard) < len(folder.song(LONG))
    assert client.silence(0.3) == b""


def test_another_song_takes_the_place_of_the_first(client, folder):
    client.play(LONG)
    heard = client.next().data
    client.play(SHORT)
    wanted = folder.song(SHORT)
    while not heard.endswith(wanted):
        heard += client.next().data
    begun = heard.removesuffix(wanted)
    assert folder.song(LONG).startswith(begun)
    assert len(begun) < len(folder.song(LONG))
    assert client.silence(0.2) == b""


def test_an_unknown_song_ends_the_one_that_plays(client, folder):
    client.play(LONG)
    heard = client.next().data
    client.play(99)
    heard += b"".join(message.data for message in client.until(lambda m: m.is_error)[:-1])
    assert folder.song(LONG).startswith(heard)
    assert len(heard) < len(folder.song(LONG))
    assert client.silence(0.3) == b""


# What is no request


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"PLAY 99",
        b"PLAY 0",
        b"PLAY x",
        b"PLAY -1",
        b"PLAY +1",
        b"PLAY 01",
        b"PLAY 1.0",
        b"PLAY 99999999999",
        b"PLAY",
        b"PLAY ",
        b"PLAY 1 2",
        b"PLAY\t1",
        "PLAY １".encode(),
        b"play 1",
        b"list",
        b"stop",
        b"LISTEN",
        b"STOPPED",
        b"PLAYER 1",
        b"NOPE",
        b"",
        "PLAY é".encode(),
        b"\xff\xfe\x00\x01",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"RESP 200 END x",
    ],
)
def test_what_is_no_request_is_404_and_the_connection_goes_on(client, folder, request_bytes):
    client.send(request_bytes + b" END END" + b"LIST END END")
    assert client.next().raw == NOT_FOUND
    assert client.next().raw == folder.list_message


def test_what_is_no_request_does_not_end_a_song(client, folder):
    client.play(LONG)
    heard = client.next().data
    client.send(b"NOPE END END")
    errors = 0
    while len(heard) < len(folder.song(LONG)):
        message = client.next()
        heard += message.data
        errors += message.is_error
    assert heard == folder.song(LONG)
    assert errors == 1


@pytest.mark.parametrize("ending", [b"", b" END END"])
def test_more_than_4096_bytes_are_refused_and_the_connection_closed(server, ending):
    with PlainClient(server.port) as client:
        client.send(b"x" * 5000 + ending)
        assert client.rest() == NOT_FOUND


def test_4096_bytes_are_waited_for_and_one_more_is_not(server):
    with PlainClient(server.port) as client:
        client.send(b"x" * 4096)
        assert client.silence(0.2) == b""
        client.send(b"x")
        assert client.rest() == NOT_FOUND


def test_a_request_without_end_ends_a_song(server, folder):
    with PlainClient(server.port, seconds=20) as client:
        client.play(LONG)
        heard = client.next().data
        client.send(b"x" * 5000)
        messages = client.until(lambda message: message.is_error)
        heard += b"".join(message.data for message in messages[:-1])
        assert len(heard) < len(folder.song(LONG))
        assert client.rest() == b""


# However the bytes come


def test_line_ends_before_a_request_are_skipped(server, folder):
    requests = b"\r\nLIST END END\r\n\r\nPLAY 99 END END\nLIST END END\n"
    answers = folder.list_message + NOT_FOUND + folder.list_message
    assert everything(server, requests) == answers


def test_a_byte_at_a_time(client, folder):
    requests = b"LIST END END\r\nPLAY 0 END ENDSTOP END ENDPLAY %d END END" % TWO_MESSAGES
    for at in range(len(requests)):
        client.send(requests[at : at + 1])
    wanted = folder.list_message + NOT_FOUND + framed(folder.song(TWO_MESSAGES))
    got = b""
    while len(got) < len(wanted):
        got += client.next().raw
    assert got == wanted


def test_ten_requests_in_one_segment(server, folder):
    requests = b"LIST END ENDPLAY 99 END ENDSTOP END END" * 3 + b"PLAY %d END END" % TWO_MESSAGES
    wanted = (folder.list_message + NOT_FOUND) * 3 + framed(folder.song(TWO_MESSAGES))
    assert everything(server, requests) == wanted


def test_who_sends_no_more_still_gets_every_answer(server, folder):
    stream = everything(server, b"LIST END ENDPLAY %d END ENDLIST END END" % LONG)
    messages, rest = split_messages(stream)
    assert rest == b""
    assert b"".join(m.data for m in messages if m.is_audio) == folder.song(LONG)
    assert [m.raw for m in messages if m.is_list] == [folder.list_message] * 2


def test_half_a_request_at_the_end_is_forgotten(server, folder):
    assert everything(server, b"LIST END ENDLIST EN") == folder.list_message


def test_clients_that_vanish_leave_the_server_as_it_was(server, folder):
    for request in (b"", b"LIS", b"LIST END END", b"PLAY %d END END" % LONG):
        for number in range(5):
            with PlainClient(server.port) as client:
                client.send(request)
                if number % 2:
                    # A reset, not a goodbye.
                    client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert everything(server, b"LIST END END") == folder.list_message


def test_the_order_of_songs_is_the_natural_one(tmp_path):
    for name in ("10 c", "2 b", "1 a"):
        (tmp_path / f"{name}.mp3").write_bytes(music(0.1, seed=1))
    with serving(tmp_path) as server:
        wanted = b"RESP 100 END 1. 1 a END 2. 2 b END 3. 10 c END END"
        assert everything(server, b"LIST END END") == wanted
