"""RESP 101 names the version of the list: equal as long as a LIST would be answered the same."""

from __future__ import annotations

import pytest

from songs import Library
from tests.end_to_end.programs import serving
from tests.net.server.conftest import eventually
from tests.peers.facts import LIBRARY
from tests.peers.plain_client import PlainClient
from tests.songs.making import put, raw_id3v2, sound, text_frame

PLAIN, TAGS = b"SETUP ends END END", b"SETUP ends tags END END"


def tagged(name: str, **frames: str) -> bytes:
    return raw_id3v2(b"".join(text_frame(k.encode(), v) for k, v in frames.items())) + sound(name)


@pytest.fixture
def music(tmp_path):
    put(tmp_path / "music" / "A" / "1.mp3", tagged("1", TPE1="NIN", TIT2="34 Ghosts IV", TCON="17"))
    put(
        tmp_path / "music" / "A" / "2.mp3", tagged("2", TALB="THE END END", TRCK="2/9", TYER="2008")
    )
    return tmp_path / "music"


def serve(music, *options):
    return serving(music, 0, "--state-dir", music.parent / "state", *options)


def version(server, setup: bytes) -> bytes:
    with PlainClient(server.port, seconds=30) as client:
        client.send(setup)
        raw = client.next().raw
        [fact] = LIBRARY.findall(raw)
        assert raw.endswith(fact + b" END END")
        return fact


def listed(server, setup: bytes) -> bytes:
    with PlainClient(server.port, seconds=30) as client:
        client.send(setup + b"LIST END END")
        client.next()
        return client.next().raw


def test_the_fields_of_a_list(music):
    with serve(music) as server:
        assert listed(server, TAGS) == (
            b"RESP 100 END 1. NIN - 34 Ghosts IV\x1far=NIN\x1fti=34 Ghosts IV\x1fge=Rock"
            b"\x1fdu=0.026\x1ffo=A END 2. 2\x1fal=THE\xc2\xa0END\xc2\xa0END\x1ftr=2\x1fyr=2008"
            b"\x1fdu=0.026\x1ffo=A END END"
        )
        assert listed(server, PLAIN) == b"RESP 100 END 1. NIN - 34 Ghosts IV END 2. 2 END END"
        with PlainClient(server.port, seconds=30) as client:
            client.list_songs()
            assert client.next().raw == listed(server, PLAIN)


@pytest.mark.parametrize("workers", [1, 2])
def test_it_is_the_same_over_restarts_and_in_all_workers(music, workers):
    with serve(music, "--workers", workers) as server:
        plain, tags = version(server, PLAIN), version(server, TAGS)
        assert plain != tags
        assert {version(server, PLAIN) for _ in range(5)} == {plain}
    with serve(music) as server:
        assert (version(server, PLAIN), version(server, TAGS)) == (plain, tags)


def test_it_is_of_the_list_that_the_connection_would_be_sent(music):
    with serve(music) as server, PlainClient(server.port, seconds=30) as client:
        plain, tags = version(server, PLAIN), version(server, TAGS)
        for setup, expected in (
            (PLAIN, plain),
            (TAGS, tags),
            (PLAIN, tags),
            (b"SETUP END END", tags),
        ):
            client.send(setup)
            assert LIBRARY.findall(client.next().raw) == [expected]


def test_it_changes_with_the_list_and_only_then(music):
    with serve(music) as server:
        plain, tags = version(server, PLAIN), version(server, TAGS)
        put(music / "A" / "1.mp3", tagged("1", TPE1="NIN", TIT2="34 Ghosts IV", TCON="18"))
        # SETUP has the folder looked at again, as LIST has.
        assert eventually(lambda: version(server, TAGS) != tags)
        assert version(server, PLAIN) == plain
        put(music / "B" / "3.mp3", sound("3"))
        assert eventually(lambda: version(server, PLAIN) != plain)
        (music / "B" / "3.mp3").unlink()
        assert eventually(lambda: version(server, PLAIN) == plain)


def test_in_one_process():
    """Libraries with the same songs have the same versions, whatever else they know."""
    assert Library("/usr").versions == Library("/").versions
