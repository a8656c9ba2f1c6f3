"""Has the client that plays run a line of a script that plays nothing itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence

from cli.outside.peers import Found, NoAnswer, text_of
from cli.playing.elsewhere import Elsewhere, Relayed
from cli.words.commands import parser


def elsewhere_of(server: str, script: Sequence[str]) -> Elsewhere | None:
    """Return what runs a line in a client of this server; None for a script that starts a song."""
    if parser.starts_song(script):
        return None

    async def run(text: str) -> Relayed | None:
        return await asyncio.to_thread(_run, server, text)

    return run


def _run(server: str, text: str) -> Relayed | None:
    with contextlib.suppress(OSError, NoAnswer), Found() as found:
        for peer in found.peers:
            status = peer.status
            if status.get("server") == server and status.get("activity") != "stopped":
                answer = peer.ask(line=text)
                line = parser.parse(text)
                words = text_of(answer, shows=line is not None and line.shows)
                return Relayed(json.dumps(answer), words, answer.get("kind") == "error")
    return None
