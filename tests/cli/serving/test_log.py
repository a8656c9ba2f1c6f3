"""The server's log keeps little for a reader that does not read, and says how much it lost."""

import logging
import re
import sys
import threading

from cli.serving import log as server_log

LINE = "x" * 1000


class Pipe:
    """A standard output that takes nothing until it is told to."""

    def __init__(self) -> None:
        self.asked, self.open, self.written = threading.Event(), threading.Event(), ""

    def write(self, text: str) -> None:
        self.asked.set()
        assert self.open.wait(30)
        self.written += text

    def flush(self) -> None:
        pass


def test_what_waits_for_a_reader_is_bounded_and_the_rest_told_by_number(monkeypatch):
    pipe = Pipe()
    monkeypatch.setattr(sys, "stdout", pipe)
    monkeypatch.setattr(server_log.log, "propagate", False)  # nor does pytest keep the lines
    count = 10 * server_log.MAX_WAITING_CHARACTERS // len(LINE)
    with server_log.logging_to_stdout() as start_thread:
        stop = start_thread()
        handlers = server_log.log.handlers
        (handler,) = (each for each in handlers if isinstance(each, server_log._ThreadHandler))
        for _ in range(count):
            server_log.log.info(LINE)
        assert pipe.asked.wait(30)
        for _ in range(100):
            server_log.log.log(logging.ERROR, LINE)
        held = sum(map(len, handler._lines))
        assert held <= server_log.MAX_WAITING_CHARACTERS + 2 * len(LINE)
        pipe.open.set()
        server_log.log.info("the last line")
        stop()
        handler._thread.join(30)
    kept = pipe.written.count(LINE)
    lost = sum(map(int, re.findall(r"(\d+) lines were dropped", pipe.written)))
    last = pipe.written.count("the last line")
    assert kept + lost + last == count + 101
    assert kept * len(LINE) <= server_log.MAX_WAITING_CHARACTERS + 2 * len(LINE)
