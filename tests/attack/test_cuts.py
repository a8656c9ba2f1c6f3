"""What the server sends, and what it is sent, ends or is divided at every byte."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest

from fsm.client.effects import Report
from fsm.client.events import AudioReceived
from fsm.server import ServerState
from net.framing import EOM, audio_message, chunks
from net.responses import ResponseDecoder
from net.wire import LIST_CLOSING, NOT_FOUND, list_messages, setup_message
from tests import test_fake_wire as fake_wire
from tests.attack.cut_wire import Cut, CutWire, Peer
from tests.audio.making import id3v2, mp3
from tests.end_to_end.conftest import PIECES
from tests.net.decoding import decode

FRAMES = id3v2(b"THE END END" + PIECES) + mp3(0.2) + PIECES
"""Real frames, and ends of messages within them."""
MOST_PLACES = 20_000
TITLES = ["frames", "two THE END END", "three"]


@pytest.fixture(autouse=True)
def songs(monkeypatch):
    monkeypatch.setattr(fake_wire, "TITLES", TITLES)
    monkeypatch.setitem(fake_wire.SONGS, "frames", FRAMES)


def places(campaign, length: int, suite: int, case: object) -> list[int]:
    """Return at which bytes to cut: at every one, or at so many by chance."""
    rng = campaign.random("places", case)
    count = min(campaign.size(suite, length), MOST_PLACES, length)
    return sorted(rng.sample(range(length), count))


@pytest.mark.parametrize("peer", Peer)
def test_a_connection_that_breaks_at_any_byte(campaign, peer):
    """The song is whole in the end; or it is cut off, and never told as played."""
    whole = CutWire(peer, Cut.SPLIT)
    whole.run(1, lists=1)
    ended: Counter[str] = Counter()
    for cut, retries in product(Cut, (None, 0)):
        for at in places(campaign, whole.sent_bytes, 8, (peer, cut, retries)):
            wire = CutWire(peer, cut, at, retries)
            try:
                wire.run(1, lists=1)
            except Exception as error:
                error.add_note(f"{peer} {cut} at={at} retries={retries}")
                raise
            played = wire.told[Report.SONG_PLAYED] or wire.told[Report.SONG_PROBABLY_PLAYED]
            if retries is None or cut is Cut.SPLIT:
                assert played == 1, (cut, at, wire.told)
            ended["played" if played else "not played"] += 1
    campaign.did(f"cut points, server {peer.name.lower()}", ended.total())
    campaign.did("... of these heard whole in the end", ended["played"])


def stream() -> bytes:
    """Return all that a server can send."""
    songs = [*enumerate(TITLES, 1), (4, "x" * 5000), *((n, f"song {n}") for n in range(5, 150))]
    parts = [setup_message(("alfine/1", "ends")), *list_messages(songs), LIST_CLOSING, NOT_FOUND]
    for song in (FRAMES, fake_wire.SONGS["two THE END END"], fake_wire.SONGS["three"], b""):
        parts += [audio_message(chunk) for chunk in chunks(song)]
        parts += [*list_messages(songs[:2]), LIST_CLOSING, audio_message(b""), b"\r\n\0 "]
    return b"".join(parts)


def joined(events: list) -> list:
    """Return the events with audio that follows audio as one: a split may divide it."""
    found: list = []
    for event in events:
        match found[-1] if found else None, event:
            case AudioReceived(before), AudioReceived(data) if before and data:
                found[-1] = AudioReceived(before + data)
            case _:
                found.append(event)
    return found


def test_what_comes_in_two_parts_is_the_same(campaign):
    sent = stream()
    expected = joined(decode(ResponseDecoder(), sent))
    rng = campaign.random("parts")
    points = places(campaign, len(sent), 150, "split")
    for at in points:
        behind = rng.randrange(at, len(sent) + 1)
        got = joined(decode(ResponseDecoder(), sent[:at], sent[at:behind], sent[behind:]))
        assert got == expected, (at, behind)
    campaign.did(f"splits of {len(sent):,} bytes of all responses", len(points))


@pytest.mark.parametrize("broken", ["not cut cleanly", "cut cleanly"])
def test_a_song_that_is_sent_at_any_split(campaign, broken):
    """Also by servers that cut their songs anywhere (protocol.md 4)."""
    pieces = [FRAMES[at : at + 4096] for at in range(0, len(FRAMES), 4096)]
    if broken == "cut cleanly":
        pieces = list(chunks(FRAMES))
    sent = b"".join(map(audio_message, pieces))
    points = places(campaign, len(sent), 300, broken)
    for at in points:
        events = decode(ResponseDecoder(), sent[:at], sent[at:])
        assert b"".join(event.data for event in events) == FRAMES, at
    campaign.did(f"splits of a song {broken}", len(points))


REQUESTS = b"".join(
    request + EOM
    for request in (
        b"SETUP ends", b"LIST", b"\r\n\0PLAY 1", b"PLAY 2", b"STOP None", b"PLAY 9", b"PLAY", b"",
        b"PLAY  3", b"LIST x y", b"\xff\xfe", b"PLAY 0", b"STOP", b"list", b"PLAY 1 2", b"SETUP",
        b"PLAY 1", b"TEARDOWN",
    )
)  # fmt: skip


def served(*parts: bytes, ended: bool = False) -> tuple[bytes, ServerState]:
    """Return what a server answers to these parts, and its state."""
    server, answers = fake_wire.ServerSide(TITLES, plain=False), b""
    for part in parts:
        server.receive(part)
    if ended:
        server.fire(fake_wire.events.RequestsEnded())
    while server.has_work():
        answers += server.next_message()
    return answers, server.session.state


def test_requests_that_end_or_are_divided_at_any_byte(campaign):
    whole, _ = served(REQUESTS)
    boundaries = {0}
    while (end := REQUESTS.find(EOM, max(boundaries))) >= 0:
        boundaries.add(end + len(EOM))
    by_requests = {}
    for end in boundaries:
        by_requests[end] = served(REQUESTS[:end], ended=True)
    for at in range(len(REQUESTS)):
        assert served(REQUESTS[:at], REQUESTS[at:])[0] == whole, at
        # What is no whole request changes nothing.
        complete = max(end for end in boundaries if end <= at)
        assert served(REQUESTS[:at], ended=True) == by_requests[complete], at
    campaign.did("requests cut and divided at", 2 * len(REQUESTS))
