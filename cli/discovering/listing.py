"""What was found, in words for a person and in JSON for a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cli.words.safe_text import columns_of, cut
from discovery.finding import Findings
from discovery.record import Found

NAME_COLUMNS = 40


def lines(servers: Sequence[Found]) -> list[str]:
    """Return a line for each server, in columns: name, host and port as they are typed, songs."""
    names = [cut(each.name, NAME_COLUMNS) for each in servers]
    places = [place(each) for each in servers]
    songs = [songs_of(each) for each in servers]
    rows = zip(_padded(names), _padded(places), _padded(songs), servers, strict=True)
    return [
        f"{name}  {where}  {count}{'  TLS' if each.tls else ''}".rstrip()
        for name, where, count, each in rows
    ]


def place(server: Found) -> str:
    """Return a server's host and port, as `alfine client` takes them."""
    return f"{server.addresses[0]} {server.port}"


def songs_of(server: Found) -> str:
    """Return how many songs a server says that it has; "" where it does not say."""
    if server.songs is None:
        return ""
    return f"{server.songs:,} song{'' if server.songs == 1 else 's'}"


def more(findings: Findings) -> str:
    """Return what is told of the servers that were not looked up; "" for none."""
    return f"and {findings.more:,} more, which were not looked at" if findings.more else ""


def members(server: Found) -> dict[str, Any]:
    """Return a server as JSON has it."""
    return {
        "name": server.name,
        "host": server.addresses[0],
        "port": server.port,
        "addresses": list(server.addresses),
        "songs": server.songs,
        "library": server.library,
        "protocol": server.protocol,
        "tls": server.tls,
        "fingerprint": server.fingerprint,
    }


def _padded(texts: Sequence[str]) -> list[str]:
    width = max(map(columns_of, texts), default=0)
    return [text + " " * (width - columns_of(text)) for text in texts]
