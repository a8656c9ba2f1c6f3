"""Everything at one moment: both sides, the messages between them, and what the checker remembers.

A World is worked on; its state, a tuple, is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, NamedTuple

from fsm.client.events import Command, RetryDue
from fsm.effects import Effect
from fsm.events import Event
from verify.messages import NEXT, PRESENT, Message, message
from verify.reference import Due
from verify.snapshots import Snapshot

RETRY_DUE = RetryDue()
LIST_SENT = message(None, "(the end of a list)")
"""Stands in the server's line behind the last message of a list."""

DOWN, CONNECTING, UP, HUNG_UP = "down", "connecting", "up", "hung up"
SILENT, RUNNING, DRY, FAR = "silent", "running", "dry", "far from a place"
NOT_QUEUED, QUEUED, GONE_ON = 0, 1, 2
"""Whether the player is to go on into the next song, or has."""

HERE, LEAVING, GONE = "here", "leaving", "gone"


class Stream(NamedTuple):
    """A song that the server is sending.

    sent: how many of its chunks. owner: as in a message. list_again: a server that repeats lists
    will, after the song.
    """

    title: str
    chunks: tuple[bytes, ...]
    sent: int
    owner: int
    list_again: bool = False


class Wanted(NamedTuple):
    """The song that the person asked for last, until its end has been told.

    titles: which song that may be, by the lists seen so far; none if it is on no list. audio: its
    file, as the server has begun to send it. excused: it cannot be had whole, and may be told so.
    heard: the player has played all of it.
    """

    song_id: int
    titles: tuple[str, ...]
    audio: bytes | None = None
    excused: bool = False
    heard: bool = False


class Next(NamedTuple):
    """What is here of the song after the present one. finished: nothing more of it will come."""

    audio: bytes = b""
    msgs: int = 0
    finished: bool = False


State = tuple[Any, ...]


class World:
    """The state of everything, taken apart to be changed.

    client, server: between two events. connection: the client's view of it. requests, responses:
    in flight. line: answers that the server sends before the next audio message. closing: it closes
    once the line is empty. stream: what it sends meanwhile. due: what it owes by the reference.
    timers: the client's. player, finished: what the player does, and whether it knows that nothing
    more comes. buffer: all that was added to the MAD buffer since it was cleared. fresh: how many
    messages, since then or since the player was heard to be dry. reports: of the player, not yet
    heard. wanted: the song. awaited: the command that keeps the prompt locked. lists_owed: lists
    asked for and not shown. known: by the numbers of which start of the server the person may go.
    settled: commands can be typed. left: whether the person has. library: the server's numbering.
    changed: song A has another file. losses, troubles: how many may still happen, losses below 0
    for any number. paused: the player makes no sound and keeps its place. place: how many bytes
    have to be here for the place that it waits for. upcoming: the IDs that are queued. ahead: the
    first of them, once the client asks for it. next: what is here of it. following: whether the
    player goes on into it.
    """

    __slots__ = (
        "ahead", "awaited", "buffer", "changed", "client", "closing", "connection", "due",
        "finished", "following", "fresh", "known", "left", "library", "line", "lists_owed",
        "losses", "next", "paused", "place", "player", "reports", "requests", "responses",
        "server", "settled", "stream", "timers", "troubles", "upcoming", "wanted",
    )  # fmt: skip

    def __init__(self, client: Snapshot, library: int, losses: int, troubles: int) -> None:
        self.client = client
        self.server: Snapshot | None = None
        self.connection = CONNECTING
        self.requests: tuple[Message, ...] = ()
        self.responses: tuple[Message, ...] = ()
        self.line: tuple[Effect | Message, ...] = ()
        self.closing = False
        self.stream: Stream | None = None
        self.due = Due()
        self.timers: frozenset[Event] = frozenset()
        self.player, self.finished, self.paused, self.place = SILENT, False, False, 0
        self.buffer, self.fresh = b"", 0
        self.reports: tuple[Event, ...] = ()
        self.wanted: Wanted | None = None
        self.upcoming: tuple[int, ...] = ()
        self.ahead: Wanted | None = None
        self.next, self.following = Next(), NOT_QUEUED
        self.awaited: Command | None = None
        self.lists_owed = 0
        self.known: tuple[int, ...] = ()
        self.settled, self.left = False, HERE
        self.library, self.changed = library, False
        self.losses, self.troubles = losses, troubles

    def load(self, state: State) -> None:
        """Become this state."""
        (
            self.ahead, self.awaited, self.buffer, self.changed, self.client, self.closing,
            self.connection, self.due, self.finished, self.following, self.fresh, self.known,
            self.left, self.library, self.line, self.lists_owed, self.losses, self.next,
            self.paused, self.place, self.player, self.reports, self.requests, self.responses,
            self.server, self.settled, self.stream, self.timers, self.troubles, self.upcoming,
            self.wanted,
        ) = state  # fmt: skip

    def excuse(self, *owners: int) -> None:
        """The present song, or the next, cannot be had whole."""
        if PRESENT in owners and self.wanted is not None:
            self.wanted = self.wanted._replace(excused=True)
        if NEXT in owners and self.ahead is not None:
            self.ahead = self.ahead._replace(excused=True)

    @property
    def quiet(self) -> bool:
        """Nothing is on its way, and the server has nothing to send."""
        unheard = self.requests and self.server is not None
        return not (unheard or self.responses or self.line or self.stream or self.closing)


freeze: Callable[[World], State] = attrgetter(*World.__slots__)
"""The state of a world, to be kept."""
