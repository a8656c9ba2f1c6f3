"""Events and effects in few words, whatever a peer has put into them."""

import pytest

from fsm import effects as do
from fsm import events as on
from fsm.client import events as client
from fsm.client.internal_events import SongReady
from monitor.words import MAX_TEXT, words


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        (on.PlayRequested(3), "PlayRequested 3"),
        (on.ListRequested(), "ListRequested"),
        (SongReady(1, finished=True), "SongReady 1 finished"),
        (do.SendSongList(closes=True), "SendSongList closes"),
        (do.SendSongList(closes=False), "SendSongList"),
        (on.SetupRequested(("ends", "tags")), "SetupRequested ends tags"),
        (on.SetupRequested(("a",) * 5), "SetupRequested 5 items"),
        (client.AudioReceived(b"x" * 4096), "AudioReceived 4,096 bytes"),
        (client.ListReceived(()), "ListReceived"),
        (client.CommandAnswered(client.Command.PLAY), "CommandAnswered PLAY"),
        (on.RequestNotUnderstood("a\x1b[2J\u202eb\n"), "RequestNotUnderstood a·[2J·b·"),
    ],
)
def test_what_is_said(thing, expected):
    assert words(thing) == expected


def test_a_long_text_is_cut():
    said = words(on.RequestNotUnderstood("x" * 5000))
    assert said == "RequestNotUnderstood " + "x" * (MAX_TEXT - 1) + "…"
