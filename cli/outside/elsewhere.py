"""Has the client that plays run a line of a script that plays nothing itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Sequence

from cli.address import are_one_host, parted
from cli.outside.peers import Found, NoAnswer, Peer, text_of
from cli.playing.elsewhere import Elsewhere, Relayed
from cli.words.commands import parser
from cli.words.safe_text import shown


def elsewhere_of(
    server: str, script: Sequence[str], remark: Callable[[str], None]
) -> Elsewhere | None:
    """Return what runs a line in a client of this server; None for a script that starts a song.

    remark: told once under which name another client plays, where that may be this server.
    """
    if parser.starts_song(script):
        return None
    told: set[str] = set()

    async def run(text: str) -> Relayed | None:
        answer, others = await asyncio.to_thread(_run, server, text)
        for other in others if answer is None else ():
            if other not in told:
                told.add(other)
                remark(
                    f"a client plays from {shown(other)}, which may be another server; the short "
                    "commands (alfine pause) act on it whatever it is called"
                )
        return answer

    return run


def _run(server: str, text: str) -> tuple[Relayed | None, list[str]]:
    """Return the answer of a client that plays from this server, None if there is none; and where
    others play from, of which it is not sure that it is not this server.
    """
    others: list[str] = []
    with contextlib.suppress(OSError, NoAnswer), Found() as found:
        for peer in found.peers:
            if peer.status.get("activity") == "stopped":
                continue
            theirs = str(peer.status.get("server"))
            if _is_one(server, theirs):
                return _relayed(peer, text), []
            if parted(theirs)[1] == parted(server)[1]:
                others.append(theirs)
    return None, others


def _is_one(server: str, other: str) -> bool:
    """Tell whether both are one server: the same port of the same machine."""
    (host, port), (other_host, other_port) = parted(server), parted(other)
    return port == other_port and are_one_host(host, other_host)


def _relayed(peer: Peer, text: str) -> Relayed:
    answer = peer.ask(line=text)
    line = parser.parse(text)
    words = text_of(answer, shows=line is not None and line.shows)
    return Relayed(json.dumps(answer), words, answer.get("kind") == "error")
