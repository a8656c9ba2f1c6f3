"""What `alfine verify` explores unless it is told otherwise.

There are many small explorations instead of one that varies everything: each widens one bound.
"""

from __future__ import annotations

from dataclasses import replace

from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.words import ENDS, OFFERED, TAGS
from verify.bounds import Bounds, Peers, Trouble
from verify.exchange.music import EMPTY
from verify.suites.bases import ANY_PEER, EDITS, EVERYTHING, FILE, LOSSES, ONE_SONG, QUEUE
from verify.suites.plain import PLAIN
from verify.watched import Said

CLOSING = (
    Bounds("three requests", requests=3, losses=0, person=EVERYTHING, chunks=(1, 1)),
    replace(LOSSES, name="any number of losses", listed=True, chunks=(3, 1), prebuffer=3),
    replace(LOSSES, name="an empty song, and one message", listed=True, losses=1, chunks=(0, 1)),
    replace(LOSSES, name="an empty library", library=EMPTY, person=("list", "play 1", "interrupt")),
    replace(
        FILE, name="underruns", troubles=0, dry=True, prebuffer=1, person=(*EVERYTHING, "wait")
    ),
    replace(
        FILE,
        name="the file fails",
        person=(*ONE_SONG, "wait"),
        troubles=2,
        trouble=(Trouble.FILE_FAILS, Trouble.UNDECODABLE, Trouble.OUTPUT_FAILS),
        dry=True,
        losses=0,
    ),
    replace(FILE, name="the file changes", trouble=(Trouble.FILE_CHANGES,)),
    replace(FILE, name="... late", trouble=(Trouble.FILE_CHANGES,), changed=b"aqr"),
    replace(FILE, name="... and is short", trouble=(Trouble.FILE_CHANGES,), changed=b"a"),
    replace(
        LOSSES,
        name="a restart renumbers",
        listed=True,
        requests=1,
        losses=1,
        troubles=1,
        trouble=(Trouble.RENUMBERED, Trouble.SONG_GONE),
        list_messages=2,
    ),
    replace(
        LOSSES,
        name="... before a list has come",
        requests=1,
        losses=1,
        troubles=1,
        trouble=(Trouble.RENUMBERED, Trouble.SONG_GONE),
        own_titles=True,
    ),
    replace(
        FILE,
        name="the player fails",
        losses=1,
        chunks=(2, 1),
        trouble=(Trouble.UNDECODABLE, Trouble.OUTPUT_FAILS, Trouble.BUFFER_FULL),
        dry=True,
    ),
    replace(
        LOSSES,
        name="no way back",
        listed=True,
        requests=1,
        losses=2,
        person=ONE_SONG,
        troubles=2,
        trouble=(Trouble.CONNECT_FAILS,),
        max_retries=1,
        dry=True,
    ),
    replace(
        LOSSES,
        name="titles are needed",
        requests=1,
        losses=1,
        chunks=(2, 1),
        person=("play 1", "titles", "stop"),
        troubles=1,
        trouble=(Trouble.CONNECT_FAILS, Trouble.SERVER_ENDS),
        knows=(ENDS, TAGS),
    ),
    replace(
        LOSSES, name="accepts ends alone", listed=True, requests=1, chunks=(2, 1), knows=(ENDS,)
    ),
    replace(LOSSES, name="names no library", listed=True, requests=1, losses=1, knows=OFFERED),
    replace(
        LOSSES,
        name="falls silent",
        listed=True,
        troubles=1,
        trouble=(Trouble.FALLS_SILENT,),
        requests=1,
    ),
    replace(
        LOSSES,
        name="leaving",
        listed=True,
        requests=1,
        losses=1,
        person=("play 1", "stop", "leave", "toggle from outside"),
        troubles=1,
        trouble=(Trouble.CONNECT_FAILS, Trouble.UNDECODABLE),
    ),
    replace(
        LOSSES,
        name="the server ends",
        losses=0,
        chunks=(1, 1),
        person=ONE_SONG,
        troubles=1,
        trouble=(Trouble.SERVER_ENDS,),
    ),
)
SOUND = (
    replace(
        LOSSES,
        name="pause, and the device goes",
        listed=True,
        losses=1,
        person=(
            *("play 1", "stop", "pause", "resume", "volume", "gain", "wait", "interrupt", "help"),
            "toggle from outside",
        ),
        dry=True,
        troubles=1,
        trouble=(Trouble.DEVICE_GOES,),
    ),
    replace(
        FILE,
        name="another place",
        losses=1,
        prebuffer=1,
        person=("play 1", "stop", "seek start", "seek far"),
        flow=True,
        dry=True,
        trouble=(Trouble.FILE_FAILS, Trouble.BUFFER_FULL),
    ),
    replace(
        FILE,
        name="a place behind the end",
        chunks=(1, 1),
        troubles=0,
        person=("play 1", "stop", "seek start", "seek far"),
    ),
    replace(
        FILE,
        name="another place, without from",
        requests=2,
        losses=0,
        prebuffer=1,
        person=("play 1", "stop", "seek start", "seek far"),
        dry=True,
        troubles=0,
        knows=(ENDS, TAGS),
    ),
    replace(
        FILE,
        name="in the middle of a song",
        losses=None,
        troubles=0,
        person=("play 1 there", "stop", "seek start"),
    ),
    replace(
        FILE,
        name="another place, while it arrives",
        requests=2,
        losses=0,
        prebuffer=1,
        troubles=0,
        dry=True,
        person=("play 1", "queue 2", "next", "seek start", "seek far"),
    ),
    replace(LOSSES, name="a queue, any number of losses", listed=True, requests=1, person=QUEUE),
    replace(
        LOSSES,
        name="a queue, and a restart renumbers",
        listed=True,
        requests=1,
        losses=0,
        person=("list", "queue 1", "queue 2", "next"),
        troubles=1,
        trouble=(Trouble.RENUMBERED, Trouble.SONG_GONE),
    ),
    replace(LOSSES, name="a queue, two requests", listed=True, losses=0, person=QUEUE),
    replace(
        LOSSES,
        name="a queue, and songs fail",
        listed=True,
        requests=1,
        losses=1,
        chunks=(1, 2),
        prebuffer=2,
        person=("queue 1", "queue 2", "next"),
        troubles=1,
        trouble=(
            Trouble.FILE_FAILS,
            Trouble.UNDECODABLE,
            Trouble.OUTPUT_FAILS,
            Trouble.BUFFER_FULL,
            Trouble.NEXT_BUFFER_FULL,
        ),
    ),
    replace(
        LOSSES,
        name="a queue, edited",
        listed=True,
        requests=1,
        losses=1,
        person=EDITS,
        changes=1,
    ),
    replace(
        LOSSES,
        name="... twice, and taken back",
        listed=True,
        requests=2,
        losses=0,
        chunks=(1, 1),
        person=EDITS,
        changes=2,
    ),
    replace(
        LOSSES,
        name="... and a restart renumbers",
        listed=True,
        requests=1,
        losses=0,
        chunks=(1, 1),
        person=("list", *EDITS),
        troubles=1,
        trouble=(Trouble.RENUMBERED, Trouble.SONG_GONE),
        changes=1,
    ),
    replace(
        LOSSES,
        name="a queue, and sleep",
        listed=True,
        requests=1,
        losses=1,
        person=("queue 1", "queue 2", "next", "stop", "resume", "sleep end", "sleep off"),
        troubles=1,
        trouble=(Trouble.FILE_FAILS, Trouble.OUTPUT_FAILS),
    ),
    replace(
        LOSSES,
        name="a queue, paused and sought in",
        listed=True,
        requests=1,
        losses=1,
        chunks=(3, 1),
        dry=True,
        person=("queue 1", "queue 2", "next", "pause", "resume", "seek start", "seek far"),
    ),
)
ONE_SIDED = (
    Bounds(
        "any client",
        Peers.ANY_CLIENT,
        requests=2,
        troubles=1,
        trouble=(Trouble.FILE_FAILS, Trouble.SERVER_ENDS),
    ),
    replace(ANY_PEER, name="any server", peers=Peers.ANY_SERVER),
    replace(
        ANY_PEER,
        name="any server, told plain",
        peers=Peers.ANY_SERVER,
        plain=True,
        requests=1,
        person=(*ONE_SONG, "leave"),
        troubles=2,
    ),
    Bounds("any handshake", Peers.ANY_HANDSHAKE, requests=0, chunks=(0, 0), troubles=1),
)
PROVEN = CLOSING + SOUND + PLAIN + ONE_SIDED

UNTYPED = (ask.PrevRequested, ask.RepeatRequested, ask.SleepRequested)
"""What the explored person never types; conversations written by hand test it."""
UNSAID: frozenset[Said] = frozenset(
    {*(("prompt", request) for request in UNTYPED), ("queue", internal.SeekWanted)}
)
"""The events that the machines therefore never record in these explorations."""
