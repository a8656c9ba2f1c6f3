"""What the explorations of the suites begin with: each of them widens or narrows one of these."""

from __future__ import annotations

from dataclasses import replace

from verify.bounds import Bounds

EVERYTHING = ("list", "play 1", "play 2", "play 9", "stop", "interrupt")
ONE_SONG = ("list", "play 1", "stop", "interrupt")
QUEUE = ("play 1", "queue 1", "queue 2", "queue 9", "next", "clear", "stop")
EDITS = ("queue 1", "insert 2", "remove 1", "move 2 1", "undo", "next")

LOSSES = Bounds("losses", requests=2, losses=None, person=EVERYTHING)
FILE = replace(LOSSES, listed=True, requests=1, losses=1, chunks=(3, 1), prebuffer=2, troubles=1)
PLAIN_LOSSES = replace(LOSSES, full=True)
ANY_PEER = Bounds("", requests=2, losses=1, person=ONE_SONG, troubles=2, timely=False)
