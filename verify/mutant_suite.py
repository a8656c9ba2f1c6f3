"""What is explored to find one of thousands of faults: small, and what finds most comes first.

Each of these is a part of an exploration in `verify.suite`, or like one with fewer commands.
"""

from __future__ import annotations

from dataclasses import replace

from verify.bases import ANY_PEER, FILE, LOSSES, ONE_SONG, QUEUE
from verify.bounds import Bounds, Peers, ServerKind, Trouble
from verify.music import EMPTY
from verify.rules import Rule

_BRIEF = replace(LOSSES, losses=1, chunks=(1, 1), person=ONE_SONG)
_BRIEF_PLAIN = replace(_BRIEF, server=ServerKind.REFUSING, full=True)
_FILE_BRIEF = replace(FILE, losses=1, person=("play 1", "stop", "interrupt"))
_PLAYER_FAILS = (Trouble.UNDECODABLE, Trouble.OUTPUT_FAILS)

_FEW_STATES = (
    replace(_FILE_BRIEF, name="slow to begin", troubles=0, prebuffer=3),
    replace(
        _BRIEF_PLAIN,
        name="closing, then plain, a queue",
        server=ServerKind.CLOSING,
        after_loss=ServerKind.REFUSING,
        person=("queue 1", "clear"),
    ),
    replace(
        _BRIEF,
        name="the volume",
        requests=1,
        losses=0,
        person=("play 1", "pause", "volume"),
        troubles=1,
        trouble=(Trouble.DEVICE_GOES,),
    ),
    replace(
        _BRIEF_PLAIN,
        name="plain, lists",
        server=ServerKind.IGNORING,
        requests=4,
        list_messages=2,
        person=("list", "interrupt"),
    ),
    replace(
        _FILE_BRIEF,
        name="the file fails",
        losses=0,
        person=("play 1", "stop", "wait", "interrupt"),
        flow=True,
        troubles=2,
        dry=True,
        trouble=(Trouble.FILE_FAILS, *_PLAYER_FAILS),
    ),
    replace(_BRIEF, name="an empty song", requests=1, chunks=(0, 1)),
    replace(_BRIEF, name="no retry", requests=1, max_retries=0, chunks=(2, 1), prebuffer=3),
    replace(
        _BRIEF_PLAIN,
        name="plain, repeats lists",
        server=ServerKind.REPEATING,
        losses=0,
        person=("list", "play 1", "interrupt"),
    ),
    replace(_BRIEF_PLAIN, name="plain, declines", server=ServerKind.DECLINING, requests=1),
    replace(
        _FILE_BRIEF, name="the file changes late", trouble=(Trouble.FILE_CHANGES,), changed=b"aqr"
    ),
    replace(_FILE_BRIEF, name="the file is short", trouble=(Trouble.FILE_CHANGES,), changed=b"a"),
)
_ONE_SIDED = (
    replace(
        ANY_PEER,
        name="any server",
        peers=Peers.ANY_SERVER,
        requests=1,
        losses=0,
        person=("list", "play 1"),
    ),
    Bounds(
        "any client",
        Peers.ANY_CLIENT,
        requests=2,
        troubles=1,
        trouble=(Trouble.FILE_FAILS, Trouble.SERVER_ENDS),
    ),
    replace(
        ANY_PEER,
        name="any server, told plain",
        peers=Peers.ANY_SERVER,
        plain=True,
        requests=1,
        losses=0,
        person=("list", "play 1", "leave"),
        troubles=2,
    ),
)
_CLOSING = (
    replace(
        _BRIEF,
        name="leaving",
        requests=1,
        person=("play 1", "stop", "leave"),
        troubles=2,
        trouble=(Trouble.CONNECT_FAILS,),
    ),
    replace(_BRIEF, name="an empty library", requests=3, library=EMPTY),
    replace(
        _BRIEF,
        name="no way back",
        requests=1,
        troubles=2,
        trouble=(Trouble.CONNECT_FAILS,),
        max_retries=1,
        dry=True,
    ),
    replace(
        _BRIEF,
        name="renumbered",
        requests=1,
        chunks=(2, 1),
        list_messages=2,
        troubles=1,
        trouble=(Trouble.RENUMBERED, Trouble.SONG_GONE),
    ),
)
_SOUND = (
    replace(
        LOSSES,
        name="a queue, two requests, songs fail",
        losses=0,
        prebuffer=2,
        person=("play 1", "queue 2", "clear", "next", "stop"),
        troubles=1,
        trouble=(Trouble.FILE_FAILS, Trouble.OUTPUT_FAILS, Trouble.NEXT_BUFFER_FULL),
    ),
    replace(
        LOSSES,
        name="a queue, two requests, another place",
        losses=0,
        chunks=(3, 1),
        prebuffer=2,
        dry=True,
        person=("play 1", "queue 2", "seek far", "seek start"),
    ),
    replace(
        LOSSES,
        name="pause, and the device goes",
        requests=1,
        losses=0,
        person=("play 1", "queue 1", "queue 9", "next", "stop", "pause", "resume", "wait"),
        troubles=2,
        trouble=(Trouble.DEVICE_GOES, Trouble.OUTPUT_FAILS),
    ),
    replace(LOSSES, name="a queue", requests=1, losses=1, person=QUEUE),
    replace(
        LOSSES,
        name="a queue, and songs fail",
        requests=1,
        losses=0,
        chunks=(2, 2),
        prebuffer=2,
        person=("queue 1", "queue 2", "play 1", "stop"),
        troubles=2,
        trouble=(Trouble.FILE_FAILS, *_PLAYER_FAILS),
    ),
    replace(
        FILE,
        name="another place",
        losses=1,
        prebuffer=1,
        person=("play 1", "stop", "seek start", "seek far"),
        dry=True,
        trouble=(Trouble.FILE_FAILS, *_PLAYER_FAILS),
    ),
)
_PLAIN = (
    replace(_BRIEF_PLAIN, name="plain", losses=0, requests=3, person=(*ONE_SONG, "play 9")),
    replace(
        _BRIEF_PLAIN,
        name="plain, the player fails",
        chunks=(2, 1),
        person=("list", "play 1", "interrupt"),
        troubles=1,
        trouble=(Trouble.UNDECODABLE,),
    ),
    replace(_BRIEF_PLAIN, name="plain, told so", plain=True),
)
_STRANGERS = (
    replace(
        _BRIEF,
        name="SETUP is accepted late",
        requests=1,
        losses=0,
        chunks=(2, 2),
        timely=False,
        person=("play 1", "play 2", "stop"),
    ),
    replace(
        _BRIEF_PLAIN,
        name="plain, closes after a song",
        server=ServerKind.ONE_SONG,
        requests=1,
        losses=0,
        chunks=(2, 1),
        person=("play 1", "play 2", "stop", "interrupt"),
    ),
    replace(
        _BRIEF_PLAIN,
        name="plain, closes on SETUP",
        server=ServerKind.HANGING_UP,
        requests=1,
        losses=0,
        person=("list", "play 1", "stop"),
    ),
    replace(
        _BRIEF_PLAIN,
        name="plain, falls silent",
        requests=1,
        losses=0,
        chunks=(2, 1),
        person=("play 1", "play 2", "stop", "interrupt"),
        troubles=2,
        trouble=(Trouble.FALLS_SILENT,),
    ),
    replace(
        _BRIEF,
        name="the server ends",
        requests=1,
        losses=0,
        person=("list", "play 1", "interrupt"),
        troubles=1,
        trouble=(Trouble.SERVER_ENDS,),
    ),
    replace(
        _BRIEF_PLAIN,
        name="plain, slow",
        server=ServerKind.IGNORING,
        losses=0,
        chunks=(2, 1),
        plain=True,
        timely=False,
        person=("play 1", "play 2", "interrupt"),
        ignored=(Rule.PLAYED_WHOLE,),
    ),
)
SEARCHED = _FEW_STATES + _STRANGERS + _ONE_SIDED + _CLOSING + _SOUND + _PLAIN
"""In the order of the search."""
