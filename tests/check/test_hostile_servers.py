"""Servers that are none: each ends the check in its bounds, and none of it reaches a terminal."""

import asyncio
import contextlib
import random
from itertools import count

import pytest

from check import report
from check.case import Outcome
from check.server.cases import CASES
from tests.check.checking import failed, verdicts, warned

HURRY = {
    "timeout_s": 0.2,
    "case_s": 2.0,
    "gap_s": 0.02,
    "quiet_s": 0.05,
    "pause_s": 0.02,
    "connections": 32,
}
ESCAPE = b"\x1b[2J\x1b]0;owned\x07\x9b31m\xe2\x80\xae"
FLOOD_BYTES = 1 << 16


async def silent(reader, writer):
    await reader.read()


async def closes_at_once(reader, writer):
    pass


async def resets(reader, writer):
    writer.transport.abort()


async def closes_after_a_request(reader, writer):
    await reader.read(100)


async def greets_and_hangs(reader, writer):
    writer.write(b"220 " + ESCAPE + b"\r\n")
    await reader.read()


async def drips(reader, writer):
    for number in count():
        writer.write(b"RESP 100 END 1. a"[number % 17 :][:1])
        await writer.drain()
        await asyncio.sleep(0.05)


async def never_reads(reader, writer):
    await asyncio.sleep(3600)


def answers(answer):
    """Answers every request with the same bytes."""

    async def serve(reader, writer):
        while await reader.readuntil(b" END END"):
            writer.write(answer)
            await writer.drain()

    return serve


def floods(piece):
    """Sends the same bytes without end, as soon as something is asked for."""

    async def serve(reader, writer):
        await reader.read(100)
        while True:
            writer.write(piece * (FLOOD_BYTES // len(piece)))
            await writer.drain()

    return serve


async def noise(reader, writer):
    chance = random.Random(1)
    words = [b"RESP ", b"ERRO ", b"100 ", b"200 END ", b" END", b" END END", ESCAPE, b"\xff"]
    while await reader.read(100):
        writer.write(b"".join(chance.choices(words, k=200)))
        await writer.drain()


async def half_a_message(reader, writer):
    await reader.read(100)
    writer.write(b"RESP 200 END " + bytes(2000))


def listed(entries, audio=b"x"):
    """Answers LIST with these entries, PLAY with audio, and nothing else."""

    async def serve(reader, writer):
        while request := await reader.readuntil(b" END END"):
            payload = entries if request.startswith(b"LIST") else audio
            code = b"100" if request.startswith(b"LIST") else b"200"
            writer.write(b"RESP " + code + b" END " + payload + b" END END")
            await writer.drain()

    return serve


SERVERS = {
    "silent": silent,
    "closes at once": closes_at_once,
    "resets": resets,
    "closes after a request": closes_after_a_request,
    "greets": greets_and_hangs,
    "drips": drips,
    "never reads": never_reads,
    "http": answers(b"HTTP/1.1 400 Bad Request\r\n\r\n" + ESCAPE),
    "only errors": answers(b"ERRO 404 END END"),
    "errors with escapes": answers(b"ERRO " + ESCAPE + b" END END"),
    "only lists": answers(b"RESP 100 END 1. " + ESCAPE + b" END END"),
    "only audio": answers(b"RESP 200 END " + ESCAPE * 100 + b" END END"),
    "accepts, then nothing": answers(b"RESP 101 END x/1 ends END END"),
    "flood of lists": floods(b"RESP 100 END 1. a END END"),
    "flood of audio": floods(b"RESP 200 END " + bytes(4096) + b" END END"),
    "flood of closing messages": floods(b"RESP 200 END  END END"),
    "flood of errors": floods(b"ERRO 404 END END"),
    "flood of ends": floods(b" END"),
    "flood without end": floods(b"RESP 200 END \x1b[2J"),
    "flood of line ends": floods(b"\r\n"),
    "noise": noise,
    "half a message": half_a_message,
    "IDs of 4,000 digits": listed(b"9" * 4000 + b". a"),
    "an ID of ten digits": listed(b"9999999999. a END 0. b"),
    "IDs far apart": listed(b"1. a END 9999999998. b"),
    "no IDs": listed(b" END ".join([ESCAPE] * 100)),
    "the same ID": listed(b" END ".join([b"1. a"] * 500)),
}


async def checked(serve):
    async def closing(reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_server(closing, "127.0.0.1", 0)
    try:
        return await verdicts(server.sockets[0].getsockname()[1], **HURRY)
    finally:
        server.close()


@pytest.mark.parametrize("name", SERVERS)
def test_the_check_ends_and_finds_fault(name):
    found = asyncio.run(checked(SERVERS[name]))
    assert len(found) == len(CASES)
    assert failed(found)
    assert warned(found)
    for verdict in found.values():
        assert len(verdict.exchange.came) <= 2 * 40
        for line in report.lines(verdict, None):
            assert len(line) <= 80
            assert line.isascii()
            assert line.isprintable()


def test_a_server_that_answers_nothing_is_told_so():
    found = asyncio.run(checked(silent))
    told = {v.reason for v in found.values() if v.outcome is Outcome.FAILED}
    assert told == {"no request has been answered, or the answer has no end"}
