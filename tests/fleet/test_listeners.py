"""The listeners of the fleet's tests and benchmarks: what they hear, and what they count."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager

import pytest

from fleet.arrival import AHEAD_S, Arrival, Changed
from fleet.listeners import Listeners
from fsm.client.song.session import TAIL_BYTES

SONG = random.Random(3).randbytes(20_000)
RATE = 1000.0
SECOND = SONG[: round(RATE)]
SETUP = b"SETUP ends tags from END END"
NOT_FOUND = b"ERRO 404 END END"
AT_ONCE = 1e9
"""Bytes per second: nobody waits for the sound."""


def audio(content: bytes) -> bytes:
    pieces = [content[at : at + 4000] for at in range(0, len(content), 4000)]
    return b"".join(b"RESP 200 END %b END END" % piece for piece in (*pieces, b""))


def test_the_sound_begins_with_a_second_of_it_and_stops_when_that_has_been_played():
    song = Arrival(1, RATE, asked_at=10.0)
    song.take(SECOND[:-1], 10.1)
    assert song.longest_s == 0.0
    song.take(SECOND[-1:], 10.5)
    assert (song.stopped, song.longest_s) == (False, pytest.approx(0.5))
    song.take(SECOND, 11.4)
    assert not song.stopped, "there was a tenth of a second left"
    song.take(SECOND, 13.3)
    assert (song.stopped, song.longest_s) == (True, pytest.approx(0.8))


def test_a_short_song_begins_when_it_is_whole():
    song = Arrival(1, RATE, asked_at=10.0)
    song.take(b"short", 10.1)
    song.take(b"", 12.0)
    assert (song.stopped, song.longest_s) == (False, pytest.approx(2.0))


def test_the_end_of_a_song_that_comes_late_is_no_silence():
    song = Arrival(1, RATE, asked_at=10.0)
    song.take(SECOND, 10.0)
    song.take(b"", 60.0)
    assert (song.stopped, song.longest_s) == (False, 0.0)


def test_no_more_is_taken_than_a_second_ahead():
    song = Arrival(1, RATE, asked_at=10.0)
    song.take(SECOND[:10], 10.0)
    assert song.too_early_s(10.0) == 0.0, "it does not play yet"
    song.take(SONG[10:4000], 10.0)
    assert song.too_early_s(10.0) == pytest.approx(4.0 - AHEAD_S)
    assert song.too_early_s(13.5) == 0.0


def test_what_comes_again_is_compared_and_not_kept_twice():
    song = Arrival(7, RATE, asked_at=0.0)
    assert song.request() == b"PLAY 7 END END"
    song.take(SONG[:9000], 0.0)
    assert song.request() == b"PLAY 7 %d END END" % (9000 - TAIL_BYTES)
    song.take(SONG[9000 - TAIL_BYTES : 6000], 1.0)
    song.take(SONG[6000:10_000], 1.0)
    assert song.content == SONG[:10_000]
    song.request()
    with pytest.raises(Changed):
        song.take(SONG[:10], 2.0)


def test_a_song_that_ends_before_what_is_here_is_another_one():
    song = Arrival(7, RATE, asked_at=0.0)
    song.take(SONG[:100], 0.0)
    song.request()
    with pytest.raises(Changed):
        song.take(b"", 1.0)


@asynccontextmanager
async def answering(*answers: bytes):
    """A server that gives each connection the next answer and ends it; yields what it was asked."""
    asked: list[bytes] = []

    async def answer(reader, writer):
        asked.append(await reader.readuntil(b" END END") + await reader.readuntil(b" END END"))
        writer.write(answers[min(len(asked), len(answers)) - 1])
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], asked


async def heard_of(*answers: bytes, content: bytes = SONG):
    """Have one listener ask until the answers are used up; return what was heard and asked."""
    async with answering(*answers) as (port, asked), asyncio.timeout(60):
        listeners = Listeners(port, {1: content}, 1, AT_ONCE)
        listeners.start()
        await asyncio.sleep(0)  # the listener has asked for one song, and for no other
        return await listeners.stop(), asked


@pytest.mark.asyncio
async def test_a_song_that_never_began_is_asked_for_again_and_nobody_is_interrupted():
    heard, asked = await heard_of(b"", b"RESP 101 END alfine/1 ends END END", audio(SONG))
    assert asked == [SETUP + b"PLAY 1 END END"] * 3
    assert (heard.songs, heard.asked_again, heard.gone_on) == (1, 2, 0)
    assert (heard.wrong, heard.failed, heard.interrupted) == (0, 0, [])


@pytest.mark.asyncio
async def test_a_song_that_is_cut_goes_on_with_the_byte_that_is_missing():
    cut = audio(SONG[:8000])[: -len(audio(b""))]
    heard, asked = await heard_of(cut, audio(SONG[8000 - TAIL_BYTES :]))
    assert asked[1] == SETUP + b"PLAY 1 %d END END" % (8000 - TAIL_BYTES)
    assert (heard.songs, heard.asked_again, heard.gone_on) == (1, 0, 1)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (audio(SONG), (1, 0, 0)),
        (audio(SONG[:-1]), (0, 1, 0)),
        (NOT_FOUND, (0, 0, 1)),
    ],
    ids=["right", "wrong", "failed"],
)
async def test_every_byte_counts(answer, outcome):
    heard, _ = await heard_of(answer)
    assert (heard.songs, heard.wrong, heard.failed) == outcome


@pytest.mark.asyncio
async def test_a_song_of_which_nothing_comes_any_more_is_interrupted(monkeypatch):
    monkeypatch.setattr("fleet.listeners.SILENCE_S", 0.1)
    heard, _ = await heard_of(b"")
    assert heard.songs == 0
    assert heard.interrupted == ["song 1: EOFError the connection ended"]
