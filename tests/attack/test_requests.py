"""Any stream of requests: what it is answered is what an oracle of its own says."""

from __future__ import annotations

import contextlib
import socket
from collections import deque

import pytest

from fsm import events as on
from net.framing import AUDIO_CLOSING
from net.server.connections.incoming import Incoming
from net.server.limits import Limits
from tests import test_fake_wire as fake_wire
from tests.attack import request_streams
from tests.attack.oracle import ERROR, LIST, Expected, expected
from tests.net.server.conftest import connected
from tests.net.server.in_process import Served
from tests.peers.plain_client import split_messages

SONGS = {"one": b"1" * 5000, "two": b"2 END END" * 40, "three": b"END"}
TITLES = list(SONGS)
UNPACED = Limits(requests_s=1_000_000)


@pytest.fixture(autouse=True)
def songs(monkeypatch):
    for title, song in SONGS.items():
        monkeypatch.setitem(fake_wire.SONGS, title, song)


class PacedDecoder:
    """The server's way in: what its connections do with received bytes."""

    def __init__(self) -> None:
        self.incoming = Incoming(Limits(), now=0.0)
        self.now = 0.0

    def feed(self, data: bytes) -> list[on.Event]:
        self.now += 1.0
        events, _ = self.incoming.receive(data, self.now)
        return events


class ServerSide(fake_wire.ServerSide):
    """A server with the way in that its connections have. sent: all that it has sent."""

    def __init__(self) -> None:
        super().__init__(TITLES, plain=False)
        self.decoder = PacedDecoder()
        self.sent = b""

    def send_all(self) -> None:
        while self.has_work():
            self.sent += self.next_message()


def transcript(sent: bytes) -> tuple[list[str], list[tuple[bytes, bool]]]:
    """Return the answers by the oracle's words, and each song: its audio, and whether it is closed.

    A closing message ends a song; without one it is known only that audio came.
    """
    messages, rest = split_messages(sent)
    assert rest == b"", "the last message is not whole"
    answers: list[str] = []
    songs: list[tuple[bytes, bool]] = []
    audio = b""
    waiting = deque(messages)
    while waiting:
        message = waiting.popleft()
        if message.is_audio and message.data:
            audio += message.data
        elif message.is_audio:
            songs.append((audio, True))
            audio = b""
        elif message.is_list and message.data:
            assert message.songs == [f"{n}. {title}" for n, title in enumerate(TITLES, 1)]
            answers.append(LIST)
        elif message.is_list:
            answers[-1] += " closed"
        elif message.is_error:
            answers.append(ERROR)
        else:
            assert message.code == b"101"
            tokens = message.data.decode().split(" ")
            answers.append(" ".join(token for token in tokens if "=" not in token))
    return answers, [*songs, (audio, False)] if audio else songs


def judge(sent: bytes, wanted: Expected, exact: bool = True) -> None:
    """Hold what a server sent against the oracle.

    exact: it is known when the songs ended, so none is whole that was stopped, and the other way.
    """
    answers, heard = transcript(sent)
    if wanted.dropped:
        assert answers == wanted.answers[: len(answers)]
        return
    assert answers == wanted.answers
    closings = sum(closes for _, closes in wanted.songs)
    assert sent.count(AUDIO_CLOSING) == closings
    if closings == len(wanted.songs):
        assert len(heard) == closings
        for number, (audio, closed) in enumerate(heard):
            song = SONGS[TITLES[wanted.songs[number][0] - 1]]
            assert closed and song.startswith(audio)
            if number not in wanted.stopped:
                assert audio == song
            elif exact:
                assert audio == b""
    elif exact and not closings:
        whole = [s for n, (s, _) in enumerate(wanted.songs) if n not in wanted.stopped]
        everything = b"".join(SONGS[TITLES[song_id - 1]] for song_id in whole)
        assert b"".join(audio for audio, _ in heard) == everything


def test_any_stream_in_memory(campaign):
    """In parts of any size; between two of them the server may send all that it has."""
    count, requests, too_long = campaign.size(3000, 1_000_000), 0, 0
    for number in range(count):
        rng = campaign.random("stream", number)
        stream = request_streams.stream(rng)
        parts = request_streams.splits(rng, len(stream))
        all_sent_at = [at for at in parts if rng.random() < 0.5]
        server, start = ServerSide(), 0
        try:
            for at in [*parts, len(stream)]:
                if at > start:  # nothing at all would be the end
                    server.receive(stream[start:at])
                start = at
                if at in all_sent_at:
                    server.send_all()
            server.receive(b"")
            server.send_all()
            wanted = expected(stream, len(TITLES), all_sent_at)
            judge(server.sent, wanted)
        except Exception as error:
            error.add_note(
                f"stream {number}: {stream!r} in parts at {parts}, sent at {all_sent_at}"
            )
            raise
        requests += len(wanted.answers) + len(wanted.songs)
        too_long += wanted.closed and not wanted.dropped
    campaign.did("streams in memory, judged by the oracle", count)
    campaign.did("... answers and songs in them", requests)
    campaign.did("... ended by a request that was too long", too_long)


def conversation(port: int, stream: bytes, parts: list[int]) -> bytes:
    """Send a stream in parts over a socket, shut it down, and read to the end."""
    sent, start = bytearray(), 0
    with connected(port) as sock:
        with contextlib.suppress(ConnectionError, BrokenPipeError):
            for at in [*parts, len(stream)]:
                sock.sendall(stream[start:at])
                start = at
            sock.shutdown(socket.SHUT_WR)
        while data := sock.recv(1 << 16):
            sent += data
    return bytes(sent)


@pytest.mark.parametrize("loop_name", ["asyncio", "uvloop"])
def test_any_stream_over_a_socket(campaign, tmp_path, loop_name, caplog):
    pytest.importorskip(loop_name)
    (tmp_path / "music").mkdir()
    for number, (title, song) in enumerate(SONGS.items(), 1):
        (tmp_path / "music" / f"{number}").mkdir()
        (tmp_path / "music" / f"{number}" / f"{title}.mp3").write_bytes(song)
    count = campaign.size(40, 10_000)
    with Served(tmp_path / "music", tmp_path, loop_name, UNPACED) as served:
        for number in range(count):
            rng = campaign.random("socket", loop_name, number)
            # Without closing messages each short message waits for 20 ms.
            front = b"SETUP ends END END" if number % 20 else b""
            stream = front + request_streams.stream(rng, 12 if front else 4)
            parts = request_streams.splits(rng, len(stream))
            try:
                wanted = expected(stream, len(TITLES), [])
                judge(conversation(served.port, stream, parts), wanted, exact=False)
            except Exception as error:
                error.add_note(f"stream {number}: {stream!r} in parts at {parts}")
                raise
        assert served.idle()
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    campaign.did(f"streams over sockets, {loop_name}", count)


def test_the_oracle_says_what_the_protocol_says():
    """By hand, from the protocol's words."""
    setup, play = b"SETUP ends END END", b"PLAY 2 END END"
    wanted = expected(setup + b"LIST END END" + play + b"STOP END ENDPLAY 9 END END", 3, [])
    assert wanted.answers == ["alfine/1 ends", "LIST closed", ERROR]
    assert (wanted.songs, wanted.stopped) == ([(2, True)], {0})
    for sent_at, stopped in (([], {0}), ([13], {0}), ([14], set()), ([27], set()), ([28], {0})):
        assert expected(play + play, 3, sent_at).stopped == stopped
    assert expected(b"x" * 4089 + b" END END", 3, []).closed
    assert expected(b"x" * 4088 + b" END END", 3, []).answers == [ERROR]
    assert not expected(b" " * 9000 + b"LIST END END", 3, []).closed
