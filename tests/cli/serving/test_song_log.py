"""What the server says while it reads songs."""

import logging
import sys

import pytest

from cli.serving import log as server_log
from cli.serving import song_log
from cli.serving.log import StatusLine
from cli.serving.song_log import ProgressLog, bar, in_words
from songs import Progress


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (Progress(12_300, None, 2.0), "12,300 found"),
        (Progress(0, 100_000, 0.0), "0 of about 100,000"),
        (Progress(12_300, 100_000, 25.25), "12,300 of about 100,000, 3 min left"),
        (Progress(50_000, 100_000, 9.0), "50,000 of about 100,000, 9 s left"),
        (Progress(1, 100_000, 1.0), "1 of about 100,000, 28 h left"),
        (Progress(100, 100, 9.0), "100 of about 100, 0 s left"),
    ],
)
def test_in_words(progress, words):
    assert in_words(progress) == words


def test_a_bar():
    assert bar(Progress(5, None, 1.0)) == ""
    assert bar(Progress(25, 100, 1.0)) == "[#####---------------] "
    assert len(bar(Progress(100, 100, 1.0))) == len(bar(Progress(0, 100, 1.0)))


def test_without_a_terminal_a_line_is_logged_every_few_seconds(monkeypatch, caplog):
    now = [100.0]
    monkeypatch.setattr(song_log.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    monkeypatch.setattr(server_log.log, "propagate", True)
    with caplog.at_level(logging.INFO, "alfine.server"):
        say = ProgressLog()
        for _ in range(50):
            say(Progress(10, 100, 1.0))
            now[0] += 0.2
        say.over()
    assert caplog.messages == ["reading songs: 10 of about 100, 9 s left"] * 3


def test_on_a_terminal_there_is_a_bar_below_the_log(monkeypatch, capsys):
    line = StatusLine()
    say = ProgressLog(line.show)
    say(Progress(50, 100, 1.0))
    line.write("a line of the log\n")
    say(Progress(60, 100, 1.0))
    say.over()
    shown = "[##########----------] reading songs: 50 of about 100, 1 s left"
    later = "[############--------] reading songs: 60 of about 100, 1 s left"
    clear = "\r\x1b[K"
    expected = f"{shown}{clear}a line of the log\n{shown}{clear}{later}{clear}"
    assert capsys.readouterr().out == expected


@pytest.mark.parametrize(("term", "possible"), [("xterm", True), ("dumb", False), ("", False)])
def test_only_a_terminal_that_can_take_a_line_back_has_one(monkeypatch, term, possible):
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert StatusLine.possible() is possible
