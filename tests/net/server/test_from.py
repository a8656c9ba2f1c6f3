"""PLAY ID OFFSET sends a song from any of its bytes on, exactly (protocol.md 10)."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsm.words import MAX_PAYLOAD_BYTES
from net.framing import AUDIO_CLOSING, audio_message, chunks
from net.server.songs.framer import short_ends
from net.server.songs.message_ends import MessageEnds
from tests.net.server.conftest import eventually
from tests.net.server.in_process import Served
from tests.peers.facts import without_facts
from tests.peers.plain_client import PlainClient

SETUP = b"SETUP ends from END END"
NOT_FOUND = b"ERRO 404 END END"
NASTY = (
    b"END END END END" + b" END END" * 3 + b"x END" + b"END END" + b" END" * 4 + b"  END  END END "
    b"RESP 200 END ERRO 404 END END" + b"\xff\x00" * 5 + b" END END"
)
# Pieces of all lengths lie where messages of 4096 bytes would end.
LARGE = b"".join(
    random.Random(n).randbytes(4096 - 8 * n) + NASTY[n:] + b" END END" * (n % 3) for n in range(40)
) + random.Random(9).randbytes(3_000_000)


PLAIN = random.Random(8).randbytes(100 * 4096)  # no message of it is short


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("music")
    (folder / "1.mp3").write_bytes(NASTY)
    (folder / "2.mp3").write_bytes(LARGE)
    (folder / "3.mp3").write_bytes(NASTY + b"of another")
    (folder / "4.mp3").write_bytes(PLAIN)
    with Served(folder, tmp_path_factory.mktemp("cache")) as served:
        yield served


@pytest.fixture
def client(served):
    with PlainClient(served.port, seconds=30) as client:
        client.send(SETUP)
        assert without_facts(client.next().raw) == b"RESP 101 END alfine/1 ends from END END"
        yield client


def asked(client, song_id: int, offset: int) -> list[bytes]:
    """Return the messages that answer a PLAY, up to the one that closes it."""
    client.send(b"PLAY %d %d END END" % (song_id, offset))
    return [m.raw for m in client.until(lambda m: m.raw in (AUDIO_CLOSING, NOT_FOUND))]


def expected(song: bytes) -> list[bytes]:
    return [*map(audio_message, chunks(song)), AUDIO_CLOSING]


def test_every_offset_of_a_song_that_looks_like_messages(client):
    for offset in range(len(NASTY) + 1):
        assert asked(client, 1, offset) == expected(NASTY[offset:]), offset


def test_every_offset_once_the_song_is_framed(client):
    client.play(3)
    song = NASTY + b"of another"
    assert client.until(lambda m: m.raw == AUDIO_CLOSING)[-1].raw == AUDIO_CLOSING
    for offset in range(len(song) + 1):
        assert asked(client, 3, offset) == expected(song[offset:]), offset


@pytest.mark.parametrize("framed", [False, True])
def test_offsets_in_a_large_song(client, framed):
    if framed:
        client.play(2)
        client.until(lambda m: m.raw == AUDIO_CLOSING)
    boundaries, at = [], 0
    for chunk in chunks(LARGE):
        boundaries.append(at)
        at += len(chunk)
    drawn = random.Random(3).sample(boundaries, 8) + random.Random(4).sample(range(len(LARGE)), 4)
    for offset in (0, 1, 4096, 8 * 4096, *drawn, len(LARGE) - 1, len(LARGE)):
        assert asked(client, 2, offset) == expected(LARGE[offset:]), offset


def test_at_the_end_there_is_only_the_closing_message_and_beyond_it_an_error(client):
    assert asked(client, 2, len(LARGE)) == [AUDIO_CLOSING]
    for beyond in (len(LARGE) + 1, 9_999_999_999):
        assert asked(client, 2, beyond) == [NOT_FOUND]
    assert asked(client, 9, 0) == [NOT_FOUND]
    assert asked(client, 1, 0) == expected(NASTY)


def test_a_song_is_left_for_another_place_in_it(client):
    client.send(b"PLAY 2 4096 END ENDPLAY 2 2000000 END END")
    first = client.until(lambda m: m.raw == AUDIO_CLOSING)
    assert LARGE[4096:].startswith(b"".join(m.data for m in first))
    second = client.until(lambda m: m.raw == AUDIO_CLOSING)
    assert b"".join(m.data for m in second) == LARGE[2_000_000:]


def test_a_list_goes_before_the_rest_of_it(client):
    client.send(b"PLAY 2 100000 END ENDLIST END END")
    messages = client.until(lambda m: m.raw == AUDIO_CLOSING)
    assert sum(m.is_list for m in messages) == 2
    assert b"".join(m.data for m in messages if m.is_audio) == LARGE[100_000:]


@pytest.mark.parametrize("setup", [b"", b"SETUP ends END END", b"SETUP from END END"])
def test_without_it_an_offset_is_not_understood_and_the_song_goes_on(served, setup):
    with PlainClient(served.port, seconds=30) as client:
        client.send(setup + b"PLAY 1 5 END ENDPLAY 4 END ENDPLAY 4 100 END END")
        if setup:
            client.next()
        assert client.next().raw == NOT_FOUND
        got, errors = b"", 0
        while len(got) < len(PLAIN):
            message = client.next()
            got, errors = got + message.data * message.is_audio, errors + message.is_error
        assert got == PLAIN
        assert errors == 1


def test_nothing_is_left_open(served, client):
    asked(client, 2, 12345)
    client.send(b"PLAY 2 77 END END")
    client.next()
    client.sock.close()
    assert served.idle()

    def taken() -> int:
        files = sum(2 - spool.whole for spool in served.spools._spools.values())
        return served.spools._descriptors - files

    assert eventually(lambda: served.do(taken) == 0)


PIECES = [b" END END", b" END", b"END", b"x", bytes(4096), b"\xff" * 5000, bytes(4088)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join), st.integers(1, 5))
def test_where_a_message_begins(song, parts):
    messages = [audio_message(chunk) for chunk in chunks(song)]
    ends = MessageEnds()
    size = -(-len(messages) // parts) or 1
    for start in range(0, len(messages), size):
        part = b"".join(messages[start : start + size])
        ends.add(len(part), short_ends(part))
    begins, at, wire = {}, 0, 0
    for chunk in chunks(song):
        begins[at] = wire
        at, wire = at + len(chunk), wire + len(audio_message(chunk))
    begins[at] = wire
    offsets = set(begins) | {n + d for n in begins for d in (-1, 1, MAX_PAYLOAD_BYTES)}
    for offset in offsets:
        if offset >= 0:
            assert ends.begin_of(offset) == begins.get(offset), offset
