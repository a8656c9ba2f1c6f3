"""What the client sends, and when: nothing before it is needed (protocol.md 7)."""

from __future__ import annotations

import pytest

from tests.end_to_end.conftest import SHORT
from tests.end_to_end.programs import play
from tests.faulty_proxy import FaultyProxy


def requests(port: int, *script: str, options: tuple[str, ...] = ()) -> tuple[str, list[str]]:
    """What the client printed, and what it requested over its one connection."""
    with FaultyProxy(port) as proxy:
        run = play(proxy.port, *script, options=options)
        assert run.code == 0, run
        assert len(proxy.lines) == 1
        return run.out, bytes(proxy.sent).decode().split(" END END")[:-1]


@pytest.mark.parametrize("prebuffer", [1, 500])
def test_the_first_song_is_requested_before_the_list_and_told_with_its_title(
    server, folder, prebuffer
):
    options = ("--prebuffer", prebuffer)
    out, sent = requests(server.port, f"play {SHORT}", "wait", options=options)
    assert sent == ["SETUP ends tags from", f"PLAY {SHORT}", "LIST", "TEARDOWN"]
    for told in ("buffering", "playing", "played"):
        assert f"{told} {SHORT}. {folder.titles[SHORT - 1]}\n" in out


def test_a_list_alone_is_asked_for_once(server):
    assert requests(server.port, "list")[1] == ["SETUP ends tags from", "LIST", "TEARDOWN"]


def test_no_list_is_asked_for_where_nothing_needs_one(server):
    assert requests(server.port, "volume 50", "help")[1] == ["SETUP ends tags from", "TEARDOWN"]


def test_a_title_takes_a_list_first(server, folder):
    title = folder.titles[SHORT - 1]
    _, sent = requests(server.port, f"play {title}", "stop", "status", f"play {title}", "stop")
    assert sent[:3] == ["SETUP ends tags from", "LIST", f"PLAY {SHORT}"]
    assert sent.count("LIST") == 1
