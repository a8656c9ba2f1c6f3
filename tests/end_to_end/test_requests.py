"""What the client sends, and when: nothing before it is needed (protocol.md 7)."""

from __future__ import annotations

from proxy.faults import Faults
from tests.end_to_end.conftest import FULL_OF_FF, LONG, SHORT
from tests.end_to_end.programs import Client, play
from tests.faulty_proxy import FaultyProxy


def requests(port: int, *script: str, options: tuple[str, ...] = ()) -> tuple[str, list[str]]:
    """What the client printed, and what it requested over its one connection."""
    with FaultyProxy(port) as proxy:
        run = play(proxy.port, *script, options=options)
        assert run.code == 0, run
        assert len(proxy.lines) == 1
        return run.out, bytes(proxy.sent).decode().split(" END END")[:-1]


def test_a_song_is_told_by_its_own_tag_and_the_list_is_asked_for_when_it_is_here(server, folder):
    out, sent = requests(server.port, f"play {FULL_OF_FF}", "wait", options=("--prebuffer", 1))
    assert sent == ["SETUP ends tags from", f"PLAY {FULL_OF_FF}", "LIST", "TEARDOWN"]
    for told in ("buffering", "playing", "played"):
        assert f"{told} {FULL_OF_FF}. {folder.titles[FULL_OF_FF - 1]}\n" in out


def test_no_list_comes_in_between_the_audio_of_a_song(server, folder):
    """On a slow line a long list would silence the song."""
    with FaultyProxy(server.port, Faults(hold_after=150_000)) as proxy:
        client = Client(proxy.port, options=("--prebuffer", 4))
        client.type(f"play {LONG}")
        line = proxy.line(0)
        assert line.reached.wait(30), client.err
        client.wait_for(f"playing song {LONG}")
        assert b"LIST" not in proxy.sent
        line.go_on.set()
        assert proxy.wait_for(lambda: b"LIST END END" in proxy.sent)
        assert b"RESP 200 END  END END" in proxy.received[1]
        client.type("list", "status", "quit")
        run = client.run()
        assert proxy.audio() == [folder.song(LONG)]
    assert f"playing {LONG}. {folder.titles[LONG - 1]}" in run.out, "its name is its file's"


def test_a_list_alone_is_asked_for_once(server):
    assert requests(server.port, "list")[1] == ["SETUP ends tags from", "LIST", "TEARDOWN"]


def test_no_list_is_asked_for_where_nothing_needs_one(server):
    assert requests(server.port, "volume 50", "help")[1] == ["SETUP ends tags from", "TEARDOWN"]


def test_a_title_takes_a_list_first(server, folder):
    title = folder.titles[SHORT - 1]
    _, sent = requests(server.port, f"play {title}", "stop", "status", f"play {title}", "stop")
    assert sent[:3] == ["SETUP ends tags from", "LIST", f"PLAY {SHORT}"]
    assert sent.count("LIST") == 1
