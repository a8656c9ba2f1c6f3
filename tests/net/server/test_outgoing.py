"""What goes out, and in which order, with no network: the socket writes into a file."""

from __future__ import annotations

import os
import random
import socket
import sys
import tempfile

import pytest

from fsm.client.events import AudioReceived, ListReceived, NotFoundReceived
from fsm.events import ListSent, SongFailed, SongSent
from net.framing import AUDIO_CLOSING, audio_message, chunks
from net.responses import ResponseDecoder
from net.server.client_socket import ClientSocket
from net.server.connections.outgoing import Outgoing, Wait
from net.server.songs.framer import Position, Slice, Source, short_ends
from net.server.songs.song_list import PIECE_MESSAGES, EncodedList
from net.server.songs.spool import Spool, Work
from net.wire import LIST_CLOSING, NOT_FOUND, list_messages, setup_message
from songs import Song
from songs.folder.folder import FolderSong

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sends a file into a file")

SETUP_REPLY = setup_message(("alfine/1", "ends"))
SONG = random.Random(1).randbytes(9000)
"""Three messages."""
OTHER = random.Random(2).randbytes(5000)
SONGS = tuple(Song(n, f"song {n} " + "x" * 400, b"%d.mp3" % n) for n in range(1, 100))
LIST = list(list_messages((s.song_id, s.title) for s in SONGS))
SHORT_LIST = EncodedList(SONGS[:1])
SHORT_LIST.piece(SHORT_LIST.encoded_pieces)
SHORT_LIST.piece(SHORT_LIST.encoded_pieces)
SHORT_LIST_BYTES = b"RESP 100 END 1. " + SONGS[0].title.encode() + b" END END"
BATCH = 1 << 18


class FileSocket:
    """A socket as `Outgoing` needs it. room: how many bytes of an answer it takes at once."""

    def __init__(self, file):
        self.file, self.room = file, BATCH

    def fileno(self):
        return self.file.fileno()

    def send(self, data):
        if not self.room:
            raise BlockingIOError
        return os.write(self.fileno(), data[: self.room])

    def send_file(self, fd, offset, count_bytes):
        return os.sendfile(self.fileno(), fd, offset, count_bytes)

    @property
    def wire(self) -> bytes:
        """All that was sent."""
        return os.pread(self.fileno(), 1 << 24, 0)


@pytest.fixture
def sock():
    with tempfile.TemporaryFile(buffering=0) as file:
        yield FileSocket(file)


@pytest.fixture
def outgoing(sock):
    return Outgoing(sock)


@pytest.fixture
def spooled(tmp_path):
    """Make spools with one user: spooled(song) is whole, spooled(song, whole=False) is not."""
    spools = []

    def make(song: bytes, whole: bool = True) -> Spool:
        released = []
        file = open(tmp_path / f"spool {len(spools)}", "w+b", buffering=0)  # noqa: SIM115
        spool = Spool(
            1, Source(FolderSong(os.open(tmp_path, os.O_RDONLY))), file, unused=released.append
        )
        spool.users = 1
        add(spool, song, whole)
        spools.append(spool)
        return spool

    yield make
    for spool in spools:
        spool.close()


def add(spool: Spool, song: bytes, whole: bool = False) -> None:
    """Take this as what a thread has framed."""
    messages = framed(song)
    spool._write([messages])
    spool.apply(Work(Slice([messages], short_ends(messages), Position(), whole)))


def framed(song: bytes) -> bytes:
    return b"".join(messages_of(song))


def messages_of(song: bytes) -> list[bytes]:
    return [audio_message(chunk) for chunk in chunks(song)]


def run(outgoing: Outgoing, encoded: EncodedList = SHORT_LIST, room_bytes: int = BATCH) -> list:
    """Step until there is nothing to send; return what was not a number of bytes, in order."""
    results = []
    while True:
        result = outgoing.step(room_bytes)
        if result is Wait.LIST:
            outgoing.start_list(encoded)
        elif not isinstance(result, int):
            results.append(result)
        if result in (Wait.WORK, Wait.SPOOL, Wait.ROOM):
            return results


def test_answers_go_out_in_their_order(outgoing, sock):
    outgoing.send(SETUP_REPLY)
    outgoing.send_list(closes=True)
    outgoing.send(NOT_FOUND)
    outgoing.send_list(closes=False)
    assert run(outgoing) == [ListSent(), ListSent(), Wait.WORK]
    assert sock.wire == SETUP_REPLY + SHORT_LIST_BYTES + LIST_CLOSING + NOT_FOUND + SHORT_LIST_BYTES
    assert "0 of 0 bytes" in repr(outgoing), "what is sent takes memory no more"


def test_a_list_is_reported_as_sent_when_its_last_byte_is(outgoing, sock):
    outgoing.send_list(closes=True)
    assert outgoing.step(BATCH) is Wait.LIST
    outgoing.start_list(SHORT_LIST)
    sent = b""
    while (result := outgoing.step(BATCH)) != ListSent():
        assert isinstance(result, int)
        sent = sock.wire
    assert sent == SHORT_LIST_BYTES + LIST_CLOSING


def test_a_list_that_is_not_encoded_takes_a_turn_for_each_piece(outgoing, sock):
    encoded = EncodedList(SONGS)
    pieces = -(-len(LIST) // PIECE_MESSAGES)
    outgoing.send_list(closes=False)
    turns = [Wait.TURN] * (pieces + 1)  # the last one finds out that there is no further piece
    assert run(outgoing, encoded) == [*turns, ListSent(), Wait.WORK]
    outgoing.send_list(closes=False)
    assert run(outgoing, encoded) == [ListSent(), Wait.WORK], "encoded for the first client"
    assert sock.wire == b"".join(LIST) * 2


def test_a_song_to_its_end(outgoing, sock, spooled):
    spool = outgoing.start_song().spool = spooled(SONG)
    assert run(outgoing) == [SongSent(), Wait.WORK]
    assert sock.wire == framed(SONG)
    assert (spool.users, outgoing.song) == (0, None)


def test_the_first_byte_of_a_song_is_told_once(outgoing, sock, spooled):
    told = []
    outgoing.send(NOT_FOUND)
    outgoing.start_song(lambda: told.append(len(sock.wire))).spool = spooled(SONG)
    outgoing.step(1000)
    assert told == []  # it was the answer
    outgoing.step(1000)
    assert told == [len(NOT_FOUND) + 1000]
    assert run(outgoing) == [SongSent(), Wait.WORK]
    assert len(told) == 1


@pytest.mark.parametrize("room_bytes", [1, 1000, 4117, 5000])
def test_a_step_sends_no_more_of_a_song_than_there_is_room_for(outgoing, sock, spooled, room_bytes):
    outgoing.start_song().spool = spooled(SONG)
    assert outgoing.step(room_bytes) == room_bytes
    assert sock.wire == framed(SONG)[:room_bytes]
    assert run(outgoing, room_bytes=room_bytes) == [SongSent(), Wait.WORK]
    assert sock.wire == framed(SONG)


def test_an_answer_waits_for_the_message_that_was_begun(outgoing, sock, spooled):
    first, *rest = messages_of(SONG)
    outgoing.start_song().spool = spooled(SONG)
    outgoing.step(1000)
    outgoing.send(NOT_FOUND)
    assert run(outgoing) == [SongSent(), Wait.WORK]
    assert sock.wire == first + NOT_FOUND + b"".join(rest)


def test_a_list_goes_between_two_messages_of_a_song(outgoing, sock, spooled):
    first, second, third = messages_of(SONG)
    outgoing.start_song().spool = spooled(SONG)
    outgoing.step(len(first))
    outgoing.send_list(closes=True)
    assert outgoing.step(BATCH) is Wait.LIST
    outgoing.start_list(SHORT_LIST)
    assert run(outgoing, room_bytes=3000) == [ListSent(), SongSent(), Wait.WORK]
    assert sock.wire == first + SHORT_LIST_BYTES + LIST_CLOSING + second + third


def test_a_song_that_is_stopped_within_a_message_is_sent_to_the_end_of_it(outgoing, sock, spooled):
    first, *_ = messages_of(SONG)
    spool = outgoing.start_song().spool = spooled(SONG)
    outgoing.step(1000)
    outgoing.stop_song()
    outgoing.send(AUDIO_CLOSING)
    assert spool.users == 1
    assert outgoing.step(BATCH) == len(first) - 1000
    assert spool.users == 0, "it is not sent from any more"
    assert run(outgoing) == [Wait.WORK]
    assert sock.wire == first + AUDIO_CLOSING


def test_a_song_that_is_stopped_between_two_messages_ends_there(outgoing, sock, spooled):
    first, *_ = messages_of(SONG)
    spool = outgoing.start_song().spool = spooled(SONG)
    outgoing.step(len(first))
    outgoing.stop_song()
    assert spool.users == 0
    assert run(outgoing) == [Wait.WORK]
    assert sock.wire == first


def test_another_song(outgoing, sock, spooled):
    first, *_ = messages_of(SONG)
    outgoing.start_song().spool = spooled(SONG)
    outgoing.step(1000)
    outgoing.stop_song()
    outgoing.send(AUDIO_CLOSING)
    in_flight = outgoing.start_song()
    assert run(outgoing) == [Wait.SPOOL]
    in_flight.spool = spooled(OTHER)
    assert run(outgoing) == [SongSent(), Wait.WORK]
    assert sock.wire == first + AUDIO_CLOSING + framed(OTHER)


def test_a_cut_within_a_message_of_a_song(outgoing, sock, spooled):
    first, *_ = messages_of(SONG)
    spool = outgoing.start_song().spool = spooled(SONG)
    outgoing.step(1000)
    outgoing.send(NOT_FOUND)
    outgoing.send_list(closes=True)
    outgoing.cut()
    outgoing.cut()  # TEARDOWN, and then the server ends
    assert run(outgoing) == [Wait.WORK]
    assert sock.wire == first
    assert spool.users == 0


@pytest.mark.parametrize("sent", [0, 1, 4110, 4117, 4118])
def test_a_cut_within_a_list(outgoing, sock, sent):
    """The piece holds four messages; what of them was not begun is not sent."""
    encoded = EncodedList(SONGS)
    outgoing.send_list(closes=True)
    outgoing.send(NOT_FOUND)
    assert outgoing.step(BATCH) is Wait.LIST
    outgoing.start_list(encoded)
    assert outgoing.step(BATCH) is Wait.TURN
    sock.room = sent
    assert outgoing.step(BATCH) == (sent or Wait.ROOM)
    outgoing.cut()
    outgoing.cut()
    sock.room = BATCH
    assert run(outgoing) == [Wait.WORK]
    ends = [0, len(LIST[0]), len(LIST[0] + LIST[1])]
    assert len(sock.wire) == min(end for end in ends if end >= sent)
    assert b"".join(LIST).startswith(sock.wire)


def test_a_cut_between_answers(outgoing, sock):
    outgoing.send(SETUP_REPLY)
    outgoing.step(BATCH)
    outgoing.send(NOT_FOUND)
    outgoing.cut()
    assert run(outgoing) == [Wait.WORK]
    assert sock.wire == SETUP_REPLY


def test_a_song_whose_spool_is_not_there_yet_delays_no_answer(outgoing, sock, spooled):
    in_flight = outgoing.start_song()
    outgoing.when_spool_grows(lambda: None)  # nothing to wait for: who sets the spool goes on
    outgoing.send(SETUP_REPLY)
    assert run(outgoing) == [Wait.SPOOL]
    assert sock.wire == SETUP_REPLY
    in_flight.spool = spooled(SONG)
    assert run(outgoing) == [SongSent(), Wait.WORK]
    assert sock.wire == SETUP_REPLY + framed(SONG)


def test_a_spool_that_grows(outgoing, sock, spooled):
    first, second, third = messages_of(SONG)
    spool = outgoing.start_song().spool = spooled(b"", whole=False)
    sent = b""
    for part, message in zip(chunks(SONG), (first, second, third), strict=True):
        assert run(outgoing) == [Wait.SPOOL]
        calls = []
        outgoing.when_spool_grows(lambda calls=calls: calls.append(1))
        add(spool, part)
        for resume in spool.waiting:
            resume()
        assert calls == [1]
        spool.waiting.clear()
        sent += message
        assert run(outgoing) == [Wait.SPOOL]
        assert sock.wire == sent
    spool.whole = True
    assert run(outgoing) == [SongSent(), Wait.WORK]


def test_a_spool_that_fails_is_sent_as_far_as_it_goes(outgoing, sock, spooled):
    first, *_ = messages_of(SONG)
    spool = outgoing.start_song().spool = spooled(SONG[:4096], whole=False)
    outgoing.step(1000)
    spool.failure = "Input/output error"
    assert run(outgoing) == [SongFailed("Input/output error"), Wait.WORK]
    assert sock.wire == first
    assert (spool.users, outgoing.song) == (0, None)


def test_a_spool_that_was_truncated_is_an_error(outgoing, spooled):
    spool = outgoing.start_song().spool = spooled(SONG)
    os.ftruncate(spool.fd, 0)
    with pytest.raises(OSError, match="shorter"):
        outgoing.step(BATCH)


def test_when_the_socket_is_gone_every_spool_is_released(outgoing, sock, spooled):
    tail = outgoing.start_song().spool = spooled(SONG)
    outgoing.step(1000)
    outgoing.stop_song()
    other = outgoing.start_song().spool = spooled(OTHER)
    outgoing.send(NOT_FOUND)
    outgoing.drop()
    assert (tail.users, other.users) == (0, 0)
    assert run(outgoing) == [Wait.WORK]
    assert len(sock.wire) == 1000


def test_a_socket_without_room(spooled):
    ours, its = socket.socketpair()
    with ClientSocket(fileno=ours.detach()) as ours, its:
        ours.setblocking(False)
        outgoing = Outgoing(ours)
        song = random.Random(3).randbytes(3_000_000)
        outgoing.start_song().spool = spooled(song)
        received = b""
        while (results := run(outgoing))[-1] is Wait.ROOM:
            outgoing.send(SETUP_REPLY)
            assert outgoing.step(BATCH) is Wait.ROOM
            received += its.recv(1 << 20)
        assert results == [SongSent(), Wait.WORK]
        ours.close()
        while data := its.recv(1 << 20):
            received += data
    assert received.count(SETUP_REPLY) > 1
    assert received.replace(SETUP_REPLY, b"") == framed(song)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_comes_in_between_messages_stay_whole(sock, spooled, seed):
    rng = random.Random(seed)
    song = random.Random(4).randbytes(100_000)
    outgoing = Outgoing(sock)
    outgoing.start_song().spool = spooled(song)
    lists = errors = 0
    result = None
    while result != SongSent():
        sock.room = rng.randint(0, 5000)
        if rng.random() < 0.2:
            outgoing.send(NOT_FOUND)
            errors += 1
        elif rng.random() < 0.2:
            outgoing.send_list(closes=False)
            lists += 1
        result = outgoing.step(rng.randint(1, 9000))
        if result is Wait.LIST:
            outgoing.start_list(SHORT_LIST)
    received = ResponseDecoder().feed(sock.wire)
    kinds = [type(event) for event in received]
    assert b"".join(e.data for e in received if isinstance(e, AudioReceived)) == song
    assert (kinds.count(NotFoundReceived), kinds.count(ListReceived)) == (errors, lists)


def test_what_a_failing_test_prints(outgoing, spooled):
    outgoing.start_song().spool = spooled(SONG)
    outgoing.step(1000)
    outgoing.send(NOT_FOUND)
    assert repr(outgoing) == (
        "<Outgoing 0 of 0 bytes, tail None, answers (b'ERRO 404 END END',), "
        "song <SongInFlight at 1000 of <Spool 1: 9063 bytes, whole, 1 users>>>"
    )


@pytest.fixture
def spaced(sock):
    return Outgoing(sock, spaced=True)


def sent_between_waits(spaced: Outgoing, sock) -> tuple[list[bytes], list]:
    """Run; whenever the peer has to read first, let it. Return what was sent between, and the rest
    of the results.
    """
    parts, results, before = [], [], 0
    while True:
        got = run_to_wait(spaced)
        parts.append(sock.wire[before:])
        before += len(parts[-1])
        results += got[:-1]
        if got[-1] is not Wait.SETTLED:
            return parts, [*results, got[-1]]
        spaced.settled()


def run_to_wait(spaced: Outgoing) -> list:
    results = []
    while True:
        result = spaced.step(BATCH)
        if result is Wait.LIST:
            spaced.start_list(EncodedList(SONGS))
        elif not isinstance(result, int) and result is not Wait.TURN:
            results.append(result)
        if result in (Wait.WORK, Wait.SPOOL, Wait.ROOM, Wait.SETTLED):
            return results


def test_spaced_each_message_that_is_not_of_full_length_is_sent_alone(spaced, sock, spooled):
    song = SONG + b" END END" + bytes(10_000)
    spaced.send(NOT_FOUND)
    spaced.send_list(closes=False)
    spaced.start_song().spool = spooled(song)
    parts, results = sent_between_waits(spaced, sock)
    assert results == [ListSent(), SongSent(), Wait.WORK]
    expected, messages = [], [NOT_FOUND, *LIST, *messages_of(song)]
    while messages:
        part = b""
        while messages and len(part) % 4117 == 0:
            part += messages.pop(0)
        expected.append(part)
    assert parts == expected
    assert len(parts) > len(LIST) + 2


@pytest.mark.parametrize("room", [1, 7, 1000, 4117, 5000])
def test_spaced_and_with_little_room(spaced, sock, spooled, room):
    sock.room = room
    spaced.send(NOT_FOUND)
    spaced.send(NOT_FOUND)
    spaced.send_list(closes=False)
    parts, _ = sent_between_waits(spaced, sock)
    assert [part for part in parts if part] == [NOT_FOUND, NOT_FOUND, *LIST]


def test_spaced_what_was_stopped_within_a_short_message_is_waited_for(spaced, sock, spooled):
    song = bytes(100)
    spaced.start_song().spool = spooled(song)
    spaced.step(50)
    spaced.stop_song()
    spaced.send(NOT_FOUND)
    assert sent_between_waits(spaced, sock)[0] == [framed(song), NOT_FOUND]


def test_spaced_an_end_is_told_before_the_peer_has_read_it(spaced, sock, spooled):
    """There is nothing to send, so there is nothing to wait for."""
    spaced.start_song().spool = spooled(SONG)
    assert run_to_wait(spaced) == [SongSent(), Wait.WORK]
    assert spaced.unsettled
