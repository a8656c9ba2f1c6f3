"""What `alfine verify` explores with plain servers, and what it shows cannot be proven of them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from verify.bounds import Bounds, ServerKind, Trouble
from verify.rules import Rule
from verify.suites.bases import LOSSES, ONE_SONG, PLAIN_LOSSES

PLAIN = (
    replace(PLAIN_LOSSES, name="plain, refuses SETUP", server=ServerKind.REFUSING),
    replace(PLAIN_LOSSES, name="plain, ignores SETUP", server=ServerKind.IGNORING, list_messages=2),
    replace(PLAIN_LOSSES, name="plain, repeats lists", server=ServerKind.REPEATING, chunks=(1, 1)),
    replace(
        PLAIN_LOSSES,
        name="plain, and told so",
        server=ServerKind.IGNORING,
        plain=True,
        chunks=(1, 1),
        person=(*ONE_SONG, "play 9"),
    ),
    replace(
        PLAIN_LOSSES,
        name="plain, everything fails",
        server=ServerKind.DECLINING,
        requests=1,
        losses=1,
        person=ONE_SONG,
        troubles=1,
        trouble=(Trouble.FILE_FAILS, Trouble.UNDECODABLE, Trouble.CONNECT_FAILS),
    ),
    replace(
        PLAIN_LOSSES,
        name="closing, then plain, a queue",
        listed=True,
        server=ServerKind.CLOSING,
        after_loss=ServerKind.REFUSING,
        losses=1,
        person=("queue 1", "queue 2", "clear", "stop"),
    ),
    replace(
        PLAIN_LOSSES,
        name="plain, closes on SETUP",
        server=ServerKind.HANGING_UP,
        requests=1,
        losses=1,
    ),
    replace(
        PLAIN_LOSSES,
        name="plain, closes after a song",
        server=ServerKind.ONE_SONG,
        requests=1,
        losses=0,
        person=("play 1", "play 2", "stop", "interrupt"),
    ),
    replace(
        PLAIN_LOSSES,
        name="plain, falls silent",
        server=ServerKind.REFUSING,
        requests=1,
        losses=0,
        person=("play 1", "play 2", "stop", "interrupt"),
        troubles=2,
        trouble=(Trouble.FALLS_SILENT,),
    ),
    replace(
        PLAIN_LOSSES,
        name="plain, a song says its length",
        server=ServerKind.REFUSING,
        requests=1,
        losses=1,
        person=("play 1", "play 2"),
        troubles=1,
        trouble=(Trouble.FILE_FAILS,),
        header=0,
    ),
    replace(
        PLAIN_LOSSES,
        name="... and has less",
        server=ServerKind.REFUSING,
        requests=1,
        losses=1,
        person=("play 1", "play 2"),
        chunks=(3, 1),
        prebuffer=2,
        dry=True,
        header=1,
        ignored=(Rule.PLAYED_WHOLE,),
    ),
    replace(
        PLAIN_LOSSES,
        name="... and is closed after it",
        server=ServerKind.ONE_SONG,
        requests=1,
        losses=0,
        person=("play 1", "play 2", "stop"),
        header=1,
        ignored=(Rule.PLAYED_WHOLE,),
    ),
    replace(
        PLAIN_LOSSES,
        name="... in a queue",
        server=ServerKind.CLOSING,
        after_loss=ServerKind.REFUSING,
        listed=True,
        requests=1,
        losses=1,
        person=("queue 1", "queue 2"),
        chunks=(1, 2),
        header=0,
    ),
    replace(
        PLAIN_LOSSES,
        name="plain, slow, stalls anywhere",
        server=ServerKind.IGNORING,
        requests=2,
        losses=0,
        chunks=(3, 2),
        timely=False,
        person=("play 1", "play 2", "interrupt"),
        ignored=(Rule.PLAYED_WHOLE,),
    ),
    replace(
        PLAIN_LOSSES,
        name="told plain, slow, stalls",
        server=ServerKind.IGNORING,
        requests=1,
        losses=1,
        chunks=(3, 2),
        plain=True,
        timely=False,
        person=("play 1", "play 2", "interrupt"),
        ignored=(Rule.PLAYED_WHOLE,),
    ),
    replace(
        PLAIN_LOSSES,
        name="told plain, a queue",
        server=ServerKind.IGNORING,
        requests=1,
        losses=1,
        plain=True,
        person=("list", "queue 1", "queue 2", "next", "stop"),
    ),
    replace(
        PLAIN_LOSSES,
        name="told plain, a restart renumbers",
        server=ServerKind.IGNORING,
        requests=1,
        losses=1,
        plain=True,
        person=("list", "play 1", "play 2"),
        troubles=1,
        trouble=(Trouble.RENUMBERED, Trouble.SONG_GONE),
    ),
    replace(
        PLAIN_LOSSES,
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
    replace(
        PLAIN_LOSSES,
        name="SETUP is accepted at any time",
        server=ServerKind.ACCEPTING_LATE,
        requests=1,
        losses=0,
        person=("list", "play 1", "play 2", "stop", "interrupt"),
    ),
    replace(
        PLAIN_LOSSES,
        name="... by one that is slow",
        server=ServerKind.ACCEPTING_LATE,
        requests=1,
        losses=0,
        timely=False,
        person=("play 1", "play 2"),
        ignored=(Rule.PLAYED_WHOLE,),
    ),
    replace(PLAIN_LOSSES, name="mute", server=ServerKind.MUTE),
)


@dataclass(frozen=True, slots=True)
class Unprovable:
    """A rule that no client can keep within these bounds. why: what the wire does not say."""

    bounds: Bounds
    rule: Rule
    why: str


UNPROVABLE = (
    Unprovable(
        replace(
            PLAIN_LOSSES,
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
    Unprovable(
        replace(
            PLAIN_LOSSES,
            name="a plain server restarts in no time",
            server=ServerKind.IGNORING,
            requests=1,
            losses=0,
            timely=False,
            plain=True,
            person=("list", "play 1", "play 2"),
            troubles=1,
            trouble=(Trouble.RENUMBERED,),
            ignored=(Rule.PLAYED_WHOLE, Rule.LISTS_ONCE),
        ),
        Rule.RIGHT_AUDIO,
        "With --plain no list is asked for. A server that is started again, with other numbers, in "
        "the moment in which the client connects anew is taken for the same.",
    ),
)
