"""What `alfine verify` explores unless it is told otherwise, and what it shows cannot be proven.

There are many small explorations instead of one that varies everything: each widens one bound.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from fsm.client import internal_events as internal
from fsm.client import requests as ask
from verify.bounds import Bounds, Peers, ServerKind, Trouble
from verify.music import EMPTY
from verify.rules import Rule
from verify.snapshots import Said

EVERYTHING = ("list", "play 1", "play 2", "play 9", "stop", "interrupt")
ONE_SONG = ("list", "play 1", "stop", "interrupt")
QUEUE = ("play 1", "queue 1", "queue 2", "queue 9", "next", "clear", "stop")

LOSSES = Bounds("losses", requests=2, losses=None, person=EVERYTHING)
FILE = replace(LOSSES, requests=1, losses=1, chunks=(3, 1), prebuffer=2, troubles=1)
_PLAIN = replace(LOSSES, full=True)
ANY_PEER = Bounds("", requests=2, losses=1, person=ONE_SONG, troubles=2, timely=False)

CLOSING = (
    Bounds("three requests", requests=3, losses=0, person=EVERYTHING, chunks=(1, 1)),
    replace(LOSSES, name="any number of losses", chunks=(3, 1), prebuffer=3),
    replace(LOSSES, name="an empty song, and one message", losses=1, chunks=(0, 1)),
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
        requests=1,
        losses=1,
        troubles=1,
        trouble=(Trouble.RENUMBERED, Trouble.SONG_GONE),
        list_messages=2,
    ),
    replace(
        FILE,
        name="the player fails",
        losses=1,
        chunks=(2, 1),
        trouble=(Trouble.UNDECODABLE, Trouble.OUTPUT_FAILS),
        dry=True,
    ),
    replace(
        LOSSES,
        name="no way back",
        requests=1,
        losses=2,
        person=ONE_SONG,
        troubles=2,
        trouble=(Trouble.CONNECT_FAILS,),
        max_retries=1,
        dry=True,
    ),
    replace(LOSSES, name="falls silent", troubles=1, trouble=(Trouble.FALLS_SILENT,), requests=1),
    replace(
        LOSSES,
        name="leaving",
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
        losses=1,
        person=(
            *("play 1", "stop", "pause", "resume", "volume", "wait", "interrupt", "help"),
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
        trouble=(Trouble.FILE_FAILS, Trouble.UNDECODABLE, Trouble.OUTPUT_FAILS),
    ),
    replace(LOSSES, name="a queue, any number of losses", requests=1, person=QUEUE),
    replace(LOSSES, name="a queue, two requests", losses=0, person=QUEUE),
    replace(
        LOSSES,
        name="a queue, and songs fail",
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
            Trouble.NEXT_BUFFER_FULL,
        ),
    ),
    replace(
        LOSSES,
        name="a queue, paused and sought in",
        requests=1,
        losses=0,
        dry=True,
        person=("queue 1", "queue 2", "next", "pause", "resume", "seek start", "seek far"),
    ),
)
PLAIN = (
    replace(_PLAIN, name="plain, refuses SETUP", server=ServerKind.REFUSING),
    replace(_PLAIN, name="plain, ignores SETUP", server=ServerKind.IGNORING, list_messages=2),
    replace(_PLAIN, name="plain, repeats lists", server=ServerKind.REPEATING, chunks=(1, 1)),
    replace(
        _PLAIN,
        name="plain, and told so",
        server=ServerKind.IGNORING,
        plain=True,
        chunks=(1, 1),
        person=(*ONE_SONG, "play 9"),
    ),
    replace(
        _PLAIN,
        name="plain, everything fails",
        server=ServerKind.DECLINING,
        requests=1,
        losses=1,
        person=ONE_SONG,
        troubles=1,
        trouble=(Trouble.FILE_FAILS, Trouble.UNDECODABLE, Trouble.CONNECT_FAILS),
    ),
    replace(
        _PLAIN,
        name="closing, then plain, a queue",
        server=ServerKind.CLOSING,
        after_loss=ServerKind.REFUSING,
        losses=1,
        person=("queue 1", "queue 2", "clear", "stop"),
    ),
    replace(
        _PLAIN, name="plain, closes on SETUP", server=ServerKind.HANGING_UP, requests=1, losses=1
    ),
    replace(
        _PLAIN,
        name="plain, closes after a song",
        server=ServerKind.ONE_SONG,
        requests=1,
        losses=0,
        person=("play 1", "play 2", "stop", "interrupt"),
    ),
    replace(
        _PLAIN,
        name="plain, falls silent",
        server=ServerKind.REFUSING,
        requests=1,
        losses=0,
        person=("play 1", "play 2", "stop", "interrupt"),
        troubles=2,
        trouble=(Trouble.FALLS_SILENT,),
    ),
    replace(
        _PLAIN,
        name="plain, slow, stalls anywhere",
        server=ServerKind.IGNORING,
        requests=2,
        losses=0,
        chunks=(3, 2),
        plain=True,
        timely=False,
        person=("play 1", "play 2", "interrupt"),
        ignored=(Rule.PLAYED_WHOLE,),
    ),
    replace(
        _PLAIN,
        name="plain, slow, with a queue",
        server=ServerKind.REFUSING,
        requests=1,
        losses=0,
        timely=False,
        person=("queue 1", "queue 2", "next"),
        ignored=(Rule.PLAYED_WHOLE,),
    ),
    replace(
        LOSSES,
        name="SETUP is accepted late",
        requests=1,
        losses=0,
        chunks=(2, 2),
        timely=False,
        person=("play 1", "play 2", "stop"),
    ),
    replace(_PLAIN, name="mute", server=ServerKind.MUTE),
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
)
PROVEN = CLOSING + SOUND + PLAIN + ONE_SIDED

UNTYPED = (ask.PrevRequested, ask.ShuffleRequested, ask.RepeatRequested)
"""What the explored person never types; conversations written by hand test it."""
UNSAID: frozenset[Said] = frozenset(
    {*(("prompt", request) for request in UNTYPED), ("queue", internal.SeekWanted)}
)
"""The events that the machines therefore never record in these explorations."""


@dataclass(frozen=True, slots=True)
class Unprovable:
    """A rule that no client can keep within these bounds. why: what the wire does not say."""

    bounds: Bounds
    rule: Rule
    why: str


UNPROVABLE = (
    Unprovable(
        replace(
            _PLAIN,
            name="a plain server pauses in a list",
            server=ServerKind.IGNORING,
            losses=0,
            list_messages=2,
            timely=False,
            plain=True,
            person=("list",),
        ),
        Rule.LISTS_ONCE,
        "250 ms without a RESP 100 end a plain server's list; a longer pause on the way cuts it.",
    ),
)
