"""What is explored to find one of thousands of faults: small, and what finds most comes first.

Each of these is a part of something in `verify.suite`, or its like with fewer commands.
"""

from __future__ import annotations

from dataclasses import replace

from verify.bounds import Bounds, Peers, ServerKind, Trouble
from verify.music import EMPTY
from verify.suite import FILE, LOSSES, ONE_SONG, QUEUE, STRANGER

_BRIEF = replace(LOSSES, losses=1, chunks=(1, 1), person=ONE_SONG)
_BRIEF_PLAIN = replace(_BRIEF, server=ServerKind.REFUSING, full=True)
_FILE_BRIEF = replace(FILE, losses=1, person=("play 1", "stop", "interrupt"))

HUNTED = (
    replace(_BRIEF, name="losses", person=(*ONE_SONG, "play 9")),
    replace(_BRIEF_PLAIN, name="plain", losses=0, requests=3, person=(*ONE_SONG, "play 9")),
    Bounds(
        "any client",
        Peers.ANY_CLIENT,
        requests=2,
        troubles=1,
        trouble=(Trouble.FILE_FAILS, Trouble.SERVER_ENDS),
    ),
    replace(LOSSES, name="a queue", requests=1, losses=1, person=QUEUE),
    replace(
        LOSSES,
        name="a queue, two requests",
        losses=0,
        person=("play 1", "queue 2", "queue 9", "next", "clear", "stop", "wait", "interrupt"),
    ),
    replace(
        LOSSES,
        name="a queue, and songs fail",
        requests=1,
        losses=0,
        chunks=(2, 2),
        prebuffer=2,
        person=("queue 1", "queue 2", "play 1", "stop"),
        troubles=2,
        trouble=(Trouble.FILE_FAILS, Trouble.UNDECODABLE, Trouble.OUTPUT_FAILS),
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
    replace(
        FILE,
        name="another place",
        losses=1,
        prebuffer=1,
        person=("play 1", "stop", "seek start", "seek far"),
        dry=True,
        trouble=(Trouble.FILE_FAILS, Trouble.UNDECODABLE, Trouble.OUTPUT_FAILS),
    ),
    replace(STRANGER, name="any server", peers=Peers.ANY_SERVER, requests=1, troubles=2),
    replace(
        _FILE_BRIEF,
        name="the file fails",
        losses=0,
        person=("play 1", "stop", "wait", "interrupt"),
        troubles=2,
        dry=True,
        trouble=(Trouble.FILE_FAILS, Trouble.UNDECODABLE, Trouble.OUTPUT_FAILS),
    ),
    replace(
        _FILE_BRIEF,
        name="underruns",
        troubles=0,
        dry=True,
        prebuffer=1,
        person=("play 1", "stop", "wait", "interrupt"),
    ),
    replace(_FILE_BRIEF, name="slow to begin", troubles=0, prebuffer=3, losses=1),
    replace(_FILE_BRIEF, name="the file changes", trouble=(Trouble.FILE_CHANGES,), dry=True),
    replace(_FILE_BRIEF, name="... late", trouble=(Trouble.FILE_CHANGES,), changed=b"aqr"),
    replace(_FILE_BRIEF, name="... short", trouble=(Trouble.FILE_CHANGES,), changed=b"a"),
    replace(
        _BRIEF,
        name="no way back",
        requests=1,
        troubles=2,
        trouble=(Trouble.CONNECT_FAILS,),
        max_retries=1,
        dry=True,
    ),
    replace(_BRIEF, name="no retry", requests=1, max_retries=0, chunks=(2, 1), prebuffer=3),
    replace(
        _BRIEF,
        name="the player fails",
        requests=1,
        chunks=(2, 1),
        person=("play 1", "stop", "interrupt"),
        troubles=1,
        trouble=(Trouble.UNDECODABLE, Trouble.OUTPUT_FAILS),
    ),
    replace(
        _BRIEF_PLAIN,
        name="plain, the player fails",
        requests=2,
        chunks=(2, 1),
        person=("list", "play 1", "interrupt"),
        troubles=1,
        trouble=(Trouble.UNDECODABLE,),
    ),
    replace(_BRIEF_PLAIN, name="plain, declines", server=ServerKind.DECLINING, requests=1),
    replace(_BRIEF_PLAIN, name="plain, told so", plain=True, requests=2),
    replace(
        _BRIEF_PLAIN,
        name="plain, lists",
        server=ServerKind.IGNORING,
        requests=4,
        list_messages=2,
        person=("list", "interrupt"),
    ),
    replace(
        _BRIEF_PLAIN,
        name="plain, repeats lists",
        server=ServerKind.REPEATING,
        losses=0,
        person=("list", "play 1", "interrupt"),
    ),
    replace(_BRIEF, name="lists", requests=4, person=("list", "interrupt"), library=EMPTY),
    replace(_BRIEF, name="an empty library", requests=3, library=EMPTY),
    replace(_BRIEF, name="an empty song", requests=1, chunks=(0, 1)),
    replace(_BRIEF_PLAIN, name="mute", server=ServerKind.MUTE),
    replace(_BRIEF, name="leaving", requests=1, losses=1, person=("play 1", "stop", "leave")),
    replace(
        _BRIEF,
        name="renumbered",
        requests=1,
        troubles=1,
        trouble=(Trouble.RENUMBERED, Trouble.SONG_GONE),
    ),
    replace(
        STRANGER,
        name="any server, told plain",
        peers=Peers.ANY_SERVER,
        plain=True,
        requests=1,
        losses=0,
        person=("list", "play 1", "leave"),
        troubles=2,
    ),
)
