"""What is explored to find one of thousands of faults: small, and what finds most comes first.

Each of these is a part of an exploration of `verify.suites.default`: fewer commands, losses or
messages.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from verify.bounds import Bounds, ServerKind, Trouble
from verify.suites.default import PROVEN

_BY_NAME = {bounds.name: bounds for bounds in PROVEN}


def _part(of: str, **narrower: Any) -> Bounds:
    """Return an exploration of the suite within narrower bounds."""
    return replace(_BY_NAME[of], **narrower)


SEARCHED = (
    _part(
        "any number of losses",
        name="slow to begin",
        requests=1,
        losses=1,
        person=("play 1", "stop", "interrupt"),
    ),
    _part("closing, then plain, a queue", chunks=(1, 1), person=("queue 1", "clear")),
    _part(
        "the server ends",
        name="the volume",
        requests=1,
        person=("play 1", "pause", "volume", "gain"),
        trouble=(Trouble.DEVICE_GOES,),
    ),
    _part(
        "plain, ignores SETUP",
        name="plain, lists",
        chunks=(1, 1),
        requests=4,
        losses=1,
        person=("list", "interrupt"),
    ),
    _part("the file fails", person=("play 1", "stop", "wait", "interrupt"), flow=True),
    _part(
        "an empty song, and one message",
        name="an empty song",
        requests=1,
        person=("list", "play 1", "stop", "interrupt"),
    ),
    _part(
        "a queue, any number of losses",
        name="no retry",
        losses=1,
        prebuffer=3,
        max_retries=0,
        person=("list", "play 1", "stop", "interrupt"),
    ),
    _part("plain, repeats lists", losses=0, person=("list", "play 1", "interrupt")),
    _part("plain, everything fails", name="plain, declines", chunks=(1, 1), troubles=0, trouble=()),
    _part("... late", name="the file changes late", person=("play 1", "stop", "interrupt")),
    _part("... and is short", name="the file is short", person=("play 1", "stop", "interrupt")),
    _part("SETUP is accepted late"),
    _part("plain, closes after a song"),
    _part("plain, closes on SETUP", chunks=(1, 1), losses=0, person=("list", "play 1", "stop")),
    _part("plain, falls silent"),
    _part("the server ends", requests=1, person=("list", "play 1", "interrupt")),
    _part("plain, slow, stalls anywhere", name="plain, slow", requests=1, chunks=(2, 1)),
    _part("told plain, slow, stalls", requests=1, losses=0, chunks=(2, 1)),
    _part("told plain, a restart renumbers", losses=0),
    _part("SETUP is accepted at any time", person=("list", "play 1", "play 2")),
    _part("... and has less"),
    _part("... and is closed after it"),
    _part("titles are needed", losses=0, chunks=(1, 1)),
    _part("a queue, and a restart renumbers", person=("queue 1", "queue 2")),
    _part(
        "... twice, and taken back",
        name="a queue, edited",
        changes=1,
    ),
    _part("any server", requests=1, losses=0, person=("list", "play 1")),
    _part("any client"),
    _part("any handshake"),
    _part("any server, told plain", losses=0, person=("list", "play 1", "leave")),
    _part("leaving", chunks=(1, 1), troubles=2, trouble=(Trouble.CONNECT_FAILS,)),
    _part(
        "an empty library",
        chunks=(1, 1),
        requests=3,
        losses=1,
        person=("list", "play 1", "stop", "interrupt"),
    ),
    _part("no way back", chunks=(1, 1), losses=1),
    _part("a restart renumbers", name="renumbered", person=("list", "play 1", "stop", "interrupt")),
    _part(
        "the server ends",
        name="a queue, two requests, songs fail",
        chunks=(2, 1),
        prebuffer=2,
        person=("play 1", "queue 2", "clear", "next", "stop"),
        trouble=(Trouble.FILE_FAILS, Trouble.OUTPUT_FAILS, Trouble.NEXT_BUFFER_FULL),
    ),
    _part(
        "any number of losses",
        name="a queue, two requests, another place",
        losses=0,
        prebuffer=2,
        person=("play 1", "queue 2", "seek far", "seek start"),
        dry=True,
    ),
    _part(
        "pause, and the device goes",
        requests=1,
        losses=0,
        person=("play 1", "queue 1", "queue 9", "next", "stop", "pause", "resume", "wait"),
        dry=False,
        troubles=2,
        trouble=(Trouble.DEVICE_GOES, Trouble.OUTPUT_FAILS),
    ),
    _part("a queue, any number of losses", name="a queue", losses=1),
    _part(
        "a queue, and songs fail",
        chunks=(2, 2),
        losses=0,
        person=("queue 1", "queue 2", "play 1", "stop"),
        troubles=2,
        trouble=(Trouble.FILE_FAILS, Trouble.UNDECODABLE, Trouble.OUTPUT_FAILS),
    ),
    _part(
        "another place",
        trouble=(Trouble.FILE_FAILS, Trouble.UNDECODABLE, Trouble.OUTPUT_FAILS),
        flow=False,
    ),
    _part(
        "three requests",
        name="plain",
        server=ServerKind.REFUSING,
        full=True,
        person=("list", "play 1", "stop", "interrupt", "play 9"),
    ),
    _part(
        "plain, refuses SETUP",
        name="plain, the player fails",
        losses=1,
        person=("list", "play 1", "interrupt"),
        troubles=1,
        trouble=(Trouble.UNDECODABLE,),
    ),
    _part(
        "plain, and told so",
        name="plain, told so",
        server=ServerKind.REFUSING,
        losses=1,
        person=("list", "play 1", "stop", "interrupt"),
    ),
)
"""In the order of the search."""
