"""The explored exchange at one moment: both sides, what is between them, and what is expected.

A World is changed in place by one move after another; its state, a tuple, is what is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, NamedTuple

from fsm.client.events import Command, RetryDue
from fsm.effects import Effect
from fsm.events import Event
from verify.exchange import music
from verify.exchange.messages import NEXT, PRESENT, Message, message
from verify.exchange.reference import Due
from verify.snapshots import Snapshot

RETRY_DUE = RetryDue()
LIST_SENT = message(None, "(the end of a list)")
"""Stands among the server's answers behind the last message of a list."""

DOWN, CONNECTING, UP, DISCONNECTING = "down", "connecting", "up", "disconnecting"
"""The connection, as the client sees it."""

SILENT, RUNNING, DRY = "silent", "running", "dry"
FAR, BEFORE = "far from a place", "behind a place"
"""The player. FAR, BEFORE: it seeks a place that is not here, behind what is or before it."""

NOT_QUEUED, QUEUED, GONE_ON = 0, 1, 2
"""Whether the player is to go on into the next song, or has gone on."""

HERE, LEAVING, GONE = "here", "leaving", "gone"
"""The person."""


class Stream(NamedTuple):
    """A song that the server sends.

    sent: how many of its chunks. owner: as in a message. beyond: it was requested from an offset
    that it does not have. list_again: a server that repeats lists sends one more after the song.
    """

    title: str
    chunks: tuple[bytes, ...]
    sent: int
    owner: int
    beyond: bool = False
    list_again: bool = False


class Wanted(NamedTuple):
    """A song that is to be played: the one that the person chose last, or the next in the queue.

    titles: which songs the ID may mean, by the lists seen so far; none if it is on no list.
    audio: its file, as the server has begun to send it. unlisted: it was on no list when it was
    chosen, so after a restart nobody knows its ID. named: it says itself what it is called, and is
    found again by that. may_fail: it cannot be had whole, so the
    person may be told so. heard: the player has played all of it.
    """

    song_id: int
    titles: tuple[str, ...]
    audio: bytes | None = None
    may_fail: bool = False
    unlisted: bool = False
    named: bool = False
    heard: bool = False


class Next(NamedTuple):
    """What is here of the next song. finished: nothing more of it will come."""

    audio: bytes = b""
    msgs: int = 0
    finished: bool = False


State = tuple[Any, ...]


class World:
    """The exchange at one moment.

    Between the sides. requests, responses: messages in flight. fence_unwritten: the client does not
    know yet that the LIST has left which it sent as a fence. connection: as the client sees it.
    losses, troubles: how many may still happen; losses below 0: any number.

    The server. server: its session, None without a connection. setup_held: it has SETUP, and may
    still accept it. answers: what it sends before the
    next audio message. stream: the song that it sends meanwhile. closing: it closes once no answer
    is left. due: what it owes by the reference. library: which songs it has, under which IDs.
    changed: song A has another file now.

    The client. client: its sessions. timers: those that run. player: what it does. finished: it
    knows that nothing more of the song comes. paused: it makes no sound and keeps its place. place:
    how many bytes have to be here for the place that it seeks, 0 for none. buffer: the audio of the
    present song. msgs_since: audio messages since the buffer was cleared, the player was known to
    be dry, or the place was here. base: the byte of the song at which the buffer begins. find: as
    place, where the song is to begin; None where that is known. next: what is here of the next
    song. following: whether the player goes on into it. reports: of the player, on their way to the
    machines.

    What the person expects. wanted: the present song. upcoming: the songs that are queued. ahead:
    the first of them, once the client may request it. changes: what was queued before each change
    that can be taken back, without what has been played since. last: nothing is to follow the
    present song. awaited: the command that keeps the prompt locked. lists_owed: lists requested and
    not shown. titles_awaited: a title is waited for, and no list has come. known: the libraries
    whose lists the person may have seen. settled: commands can be typed. left: whether the person
    has left.
    """

    __slots__ = (
        "ahead", "answers", "awaited", "base", "buffer", "changed", "changes", "client", "closing",
        "connection", "due", "fence_unwritten", "find", "finished", "following", "known", "last",
        "left", "library", "lists_owed", "losses", "msgs_since", "next", "paused", "place",
        "player", "reports", "requests", "responses", "server", "settled", "setup_held", "stream",
        "timers", "titles_awaited", "troubles", "upcoming", "wanted",
    )  # fmt: skip

    def __init__(self, client: Snapshot, library: int, losses: int, troubles: int) -> None:
        self.client = client
        self.server: Snapshot | None = None
        self.connection = CONNECTING
        self.requests: tuple[Message, ...] = ()
        self.fence_unwritten = False
        self.responses: tuple[Message, ...] = ()
        self.answers: tuple[Effect | Message, ...] = ()
        self.closing = False
        self.setup_held = False
        self.stream: Stream | None = None
        self.due = Due()
        self.timers: frozenset[Event] = frozenset()
        self.player, self.finished, self.paused, self.place = SILENT, False, False, 0
        self.buffer, self.msgs_since, self.base = b"", 0, 0
        self.find: int | None = None
        self.reports: tuple[Event, ...] = ()
        self.wanted: Wanted | None = None
        self.upcoming: tuple[Wanted, ...] = ()
        self.ahead: Wanted | None = None
        self.changes: tuple[tuple[Wanted, ...], ...] = ()
        self.next, self.following = Next(), NOT_QUEUED
        self.awaited: Command | None = None
        self.last = False
        self.lists_owed, self.titles_awaited = 0, False
        self.known: tuple[int, ...] = (music.EMPTY,)
        self.settled, self.left = False, HERE
        self.library, self.changed = library, False
        self.losses, self.troubles = losses, troubles

    def load(self, state: State) -> None:
        """Become this state. Written out, because nothing is called more often."""
        (
            self.ahead, self.answers, self.awaited, self.base, self.buffer, self.changed,
            self.changes, self.client, self.closing, self.connection, self.due,
            self.fence_unwritten, self.find, self.finished, self.following, self.known, self.last,
            self.left, self.library, self.lists_owed, self.losses, self.msgs_since, self.next,
            self.paused, self.place, self.player, self.reports, self.requests, self.responses,
            self.server, self.settled, self.setup_held, self.stream,
            self.timers, self.titles_awaited, self.troubles, self.upcoming, self.wanted,
        ) = state  # fmt: skip

    def __repr__(self) -> str:
        song = self.wanted.song_id if self.wanted is not None else None
        return (
            f"<World {self.connection} player={self.player} wanted={song} "
            f"requests={list(map(str, self.requests))} responses={list(map(str, self.responses))}>"
        )

    def allow_failure(self, *owners: int) -> None:
        """Note that the present song, or the next, cannot be had whole."""
        if PRESENT in owners and self.wanted is not None:
            self.wanted = self.wanted._replace(may_fail=True)
        if NEXT in owners and self.ahead is not None:
            self.ahead = self.ahead._replace(may_fail=True)

    @property
    def quiet(self) -> bool:
        """Nothing is in flight, and the server has nothing to send."""
        unread = self.requests and self.server is not None
        unread = unread or self.fence_unwritten
        return not (unread or self.responses or self.answers or self.stream or self.closing)


state_of: Callable[[World], State] = attrgetter(*World.__slots__)
"""The state of a world, to be kept."""
