"""How a line of the server's log looks: for people, for the journal, or as JSON for programs."""

from __future__ import annotations

import json
import logging
import os
import re
from datetime import datetime
from typing import Any

from net.server.connections.log import LINE
from net.server.connections.taking import Taken

NAME = re.compile(r"(?:w(\d+) )?#(\d+) (\S+)(?: (.*))?", re.S)
"""A connection's: its worker, its number, its client's address, and the name in its certificate."""
STDOUT = 1
PRIORITIES = {logging.WARNING: "<4>", logging.ERROR: "<3>", logging.CRITICAL: "<2>"}
"""What the journal reads before a line (sd-daemon(3))."""


def formatter(name: str) -> logging.Formatter:
    """Return what formats the lines. name: one of FORMATS; text is shorter in the journal."""
    if name == "json":
        return JsonFormatter()
    if is_journal():
        return JournalFormatter()
    return logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S")


def is_journal() -> bool:
    """Return whether the journal takes stdout: it adds the time itself (systemd.exec(5))."""
    try:
        stat = os.fstat(STDOUT)
    except OSError:
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{stat.st_dev}:{stat.st_ino}"


class JournalFormatter(logging.Formatter):
    """The words, behind how grave they are."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. logging calls it."""
        return PRIORITIES.get(record.levelno, "") + super().format(record)


class JsonFormatter(logging.Formatter):
    """One object a line (docs/schema/log-1.json)."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. logging calls it."""
        at = datetime.fromtimestamp(record.created).astimezone()
        line = {
            "alfine": 1,
            "at": at.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "text": super().format(record),
        }
        if record.msg is LINE and isinstance(record.args, tuple):
            line |= _of_connection(*record.args)
        return json.dumps(line)


def _of_connection(name: Any, state: Any, words: Any) -> dict[str, Any]:
    members: dict[str, Any] = {"state": state}
    if match := NAME.fullmatch(str(name)):
        worker, number, members["address"], named = match.groups()
        members["connection"] = int(number)
        members |= {"worker": int(worker)} if worker else {}
        members |= {"name": named} if named else {}
    members["text"] = str(words)
    if isinstance(words, Taken):
        members["took"] = {
            "song": {"id": words.song_id, "title": words.title},
            "part": round(words.part, 4),
            "whole": words.whole,
        }
    return members
