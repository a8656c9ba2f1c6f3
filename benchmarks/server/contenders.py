"""The servers that are compared, each with its requests."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import load, servers
from benchmarks.scale import LOOPS
from benchmarks.servers import Running
from net.wire import list_messages

NGINX = "nginx, sendfile"
LIST_FILE = "list"


@dataclass(frozen=True)
class Contender:
    """One server.

    start: runs it. play: makes the request for a song by its number. list_: the request for the
    list. hello: what its clients send first, and have answered by one message; behind each song
    comes a closing message then (protocol.md 7).
    """

    name: str
    start: Callable[[], contextlib.AbstractContextManager[Running]]
    play: Callable[[int], bytes]
    list_: bytes
    hello: bytes = b""


def contenders(folder: Path, work: Path, *options: object) -> list[Contender]:
    """All servers that can run here, on one folder of songs. options: further ones of alfine."""
    found = [
        Contender(
            f"alfine, {loop}",
            partial(servers.alfine, folder, work / f"cache-{loop}", loop, *options),
            _play,
            b"LIST END END",
            load.HELLO,
        )
        for loop in LOOPS
    ]
    found.append(
        Contender("plain asyncio streams", partial(servers.streams, folder), _play, b"LIST END END")
    )
    if servers.nginx_program() is not None:
        # nginx has no LIST, so a file holds the same bytes.
        names = sorted(path.stem for path in folder.glob("*.mp3"))
        (folder / LIST_FILE).write_bytes(b"".join(list_messages(enumerate(names, 1))))
        start = partial(servers.nginx, folder, work / "nginx")
        found.append(
            Contender(NGINX, start, lambda number: _get(f"{number:06}.mp3"), _get(LIST_FILE))
        )
    return found


def _play(number: int) -> bytes:
    return b"PLAY %d END END" % number


def _get(name: str) -> bytes:
    return f"GET /{name} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()
