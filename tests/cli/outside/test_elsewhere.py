"""Which client that plays a script means: that of its server, whatever the server is called."""

import asyncio
import contextlib
import json
from pathlib import Path

import pytest

from cli.outside import directory
from cli.outside.elsewhere import elsewhere_of


@contextlib.asynccontextmanager
async def clients(*found):
    """Run clients that have these servers and activities, and answer each line with a status."""

    async def answer(reader, writer, status):
        while line := await reader.readline():
            told = status | {"kind": "status", "text": json.loads(line)["line"]}
            writer.write(json.dumps(told).encode() + b"\n")
        writer.close()

    async with contextlib.AsyncExitStack() as stack:
        for pid, (server, activity) in enumerate(found, 1):
            status = {"server": server, "activity": activity, "since_s": float(pid)}
            path = Path(directory.runtime_directory()) / f"{pid}.sock"
            serve = lambda r, w, status=status: answer(r, w, status)  # noqa: E731
            await stack.enter_async_context(await asyncio.start_unix_server(serve, path))
        yield


def asked(server, text, *found):
    """Run a line twice; return whose status the answer is, and what is remarked."""
    remarks = []

    async def twice():
        async with clients(*found):
            run = elsewhere_of(server, [text], remarks.append)
            return [await run(text) for _ in range(2)]

    answer, again = asyncio.run(twice())
    assert answer == again
    return answer and json.loads(answer.json)["server"], remarks


@pytest.mark.parametrize(
    ("server", "theirs"),
    [
        ("host.invalid:7", "host.invalid:7"),
        ("localhost:7", "127.0.0.1:7"),
        ("127.0.0.1:7", "[::1]:7"),
        ("[::1]:7", "localhost:7"),
    ],
)
def test_a_client_of_the_same_machine_and_port_is_meant(server, theirs):
    assert asked(server, "pause", (theirs, "playing")) == (theirs, [])


def test_the_one_that_plays_is_meant_before_the_one_that_is_paused():
    found = (("127.0.0.1:7", "paused"), ("localhost:7", "playing"))
    assert asked("127.0.0.1:7", "pause", *found) == ("localhost:7", [])


def test_where_it_may_be_another_machine_the_name_is_told_once():
    found = (("192.0.2.7:7", "playing"), ("192.0.2.8:7", "stopped"))
    answer, remarks = asked("127.0.0.1:7", "pause", *found)
    assert answer is None
    assert remarks == [
        "a client plays from 192.0.2.7:7, which may be another server; the short commands "
        "(alfine pause) act on it whatever it is called"
    ]


def test_another_port_is_another_server():
    assert asked("127.0.0.1:7", "pause", ("127.0.0.1:8", "playing")) == (None, [])


def test_a_script_that_starts_a_song_drives_its_own_client():
    assert elsewhere_of("127.0.0.1:7", ["pause", "play 1"], print) is None
