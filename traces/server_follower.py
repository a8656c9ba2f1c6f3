"""The server's machine as the wire shows it: which states it can be in, and what it may send next.

Between a request that passes and the moment when the server reads it, answers to earlier ones still
come. So the follower keeps every world that explains what has come: in each the server has read
some of the requests. An answer that no world explains is a violation.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from fsm import effects as do
from fsm import events as on
from fsm.client import events as answer
from fsm.effects import Effect, ServerEffect
from fsm.events import Event
from fsm.server import ServerSession
from fsm.table import UnexpectedEvent
from fsm.words import ENDS

MOST_WORLDS = 64
MOST_UNREAD = 64
"""With more requests on their way the oldest is taken to be read."""
MOST_READ = 128
"""A connection with more worlds in which equally many requests are read is not followed any more:
each SETUP that is not answered multiplies them by four.
"""
MOST_ANSWERS = 256
"""Nor is a server that owes more answers: a flood is not worth the time."""

LIST, CLOSES_LIST = "RESP 100 with songs", "RESP 100, empty"
AUDIO, CLOSES_SONG = "RESP 200 with audio", "RESP 200, empty"
NOT_FOUND, SETUP_REPLY, NOTHING = "ERRO 404", "RESP 101", "nothing"


class _AnySong:
    """Has every song: that the server has not the song shows in its answer, as if it had failed."""

    def __contains__(self, song_id: object) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class World:
    """One explanation of what has come so far.

    unread: requests on their way. answers: what the machine has decided to send. begun: the first
    of them is a list of which some has come. streaming: a song is being sent.
    """

    session: ServerSession
    unread: tuple[Event, ...] = ()
    answers: tuple[Effect, ...] = ()
    begun: bool = False
    streaming: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """Return what makes two worlds the same."""
        session = self.session
        accepted = (session.ends, session.tags, session.plays_from)
        values = (session.state, accepted, session.song_closes, session.lists_waiting)
        return (*values, len(self.unread), self.answers, self.begun, self.streaming)


class ServerFollower:
    """Follows the server of one connection."""

    def __init__(self) -> None:
        self._worlds = [World(ServerSession(_AnySong()))]
        self._ahead = self._worlds[0]
        """The likeliest world, once the server has read all that has passed."""
        self._answered = False
        self._followed = True

    @property
    def state(self) -> str:
        """The state in which the server is once it has read all that has passed."""
        return self._ahead.session.state.name

    def requested(self, event: Event) -> None:
        """Note that a request has passed."""
        self._followed = self._followed and len(self._ahead.answers) < MOST_ANSWERS
        if not self._followed:
            return
        self._ahead = _told(self._ahead, event)
        worlds = [replace(world, unread=(*world.unread, event)) for world in self._worlds]
        if len(worlds[0].unread) > MOST_UNREAD:
            worlds = self._read_once(worlds)
        self._keep(worlds)

    def answered(self, event: Event, begun_request: bool = False) -> tuple[str, ...]:
        """Note that an answer has come; return what would have been legal if it is none, else ().

        begun_request: a request has begun and not ended, so its time may be up.
        """
        if not self._followed:
            return ()
        found = [after for world in self._all_read() for after in _send(world, event)]
        first, self._answered = not self._answered, True
        spontaneous = isinstance(event, answer.NotFoundReceived) and (first or begun_request)
        if found:
            self._keep(found)
            self._ahead = self._worlds[0]
            while self._ahead.unread:
                self._ahead = next(_read(self._ahead))
            return ()
        return () if spontaneous or not self._followed else self.legal

    @property
    def legal(self) -> tuple[str, ...]:
        """What the server may send next."""
        words = {word for world in self._all_read() for word in _legal(world)}
        order = (LIST, CLOSES_LIST, AUDIO, CLOSES_SONG, NOT_FOUND, SETUP_REPLY)
        return tuple(word for word in order if word in words) or (NOTHING,)

    def lost(self) -> None:
        """Note that the connection is gone."""
        self._ahead = _told(self._ahead, on.ConnectionLost())
        self._worlds = [World(self._ahead.session)]

    def _all_read(self) -> Iterator[World]:
        """Yield each world with none, one, two … of its requests read, the least read first."""
        read: list[World] = []
        for unread in range(len(self._worlds[0].unread), -1, -1):
            present = [world for world in self._worlds if len(world.unread) == unread]
            read = _different([*present, *self._read_once(read)])
            yield from read

    def _read_once(self, worlds: Iterable[World]) -> list[World]:
        """Return the worlds in which one more request has been read; [] if they are too many."""
        read = _different(read for world in worlds for read in _read(world))
        self._followed = self._followed and len(read) <= MOST_READ
        return read if self._followed else []

    def _keep(self, worlds: Iterable[World]) -> None:
        self._worlds = _different(worlds)[:MOST_WORLDS]


def _different(worlds: Iterable[World]) -> list[World]:
    """Return one of each that are the same, the first."""
    different: dict[tuple[object, ...], World] = {}
    for world in worlds:
        different.setdefault(world.key, world)
    return list(different.values())


def _read(world: World) -> Iterator[World]:
    """Yield the worlds in which the server has read the next request."""
    event, rest = world.unread[0], world.unread[1:]
    unread = replace(world, unread=rest)
    yield _told(unread, event)
    if isinstance(event, on.SetupRequested):
        # A plain server accepts nothing, does not understand it, or does not answer at all.
        yield _told(unread, on.SetupRequested())
        yield _told(unread, on.RequestNotUnderstood())
        yield unread


def _told(world: World, event: Event) -> World:
    """Return the world in which the machine has taken the event."""
    session = copy.copy(world.session)
    try:
        outcomes = session.handle(event)
    except UnexpectedEvent:
        return world
    answers, streaming = world.answers, world.streaming
    for effect in outcomes:
        answers, streaming = _performed(effect, answers, streaming)
    return replace(world, session=session, answers=answers, streaming=streaming)


def _performed(
    effect: ServerEffect, answers: tuple[Effect, ...], streaming: bool
) -> tuple[tuple[Effect, ...], bool]:
    match effect:
        case do.StartSong():
            return answers, True
        case do.StopSong():
            return answers, False
        case do.CloseAtBoundary():
            return (), streaming
        case do.CloseWhenSent():
            return answers, streaming
    return (*answers, effect), streaming


def _send(world: World, message: Event) -> Iterator[World]:
    """Yield the worlds in which the server has sent this message next."""
    if world.answers:
        yield from _send_answer(world, message)
    elif world.streaming:
        match message:
            case answer.AudioReceived(data) if data:
                yield world
            case answer.AudioReceived():
                yield from _send_answer(
                    replace(_told(world, on.SongSent()), streaming=False), message
                )
            case answer.NotFoundReceived():
                failed = replace(_told(world, on.SongFailed()), streaming=False)
                yield from _send_answer(failed, message)


def _send_answer(world: World, message: Event) -> Iterator[World]:
    if not world.answers:
        return
    sent = replace(world, answers=world.answers[1:], begun=False)
    match world.answers[0], message:
        case do.SendSongList(closes=True), answer.ListReceived(()):
            yield _told(sent, on.ListSent())
        case do.SendSongList(closes=True), answer.ListReceived():
            yield replace(world, begun=True)
        case do.SendSongList(), answer.ListReceived():
            yield replace(world, begun=True)
            yield _told(sent, on.ListSent())
        case do.SendSongList(closes=False), _ if world.begun:
            yield from _send(_told(sent, on.ListSent()), message)
        case do.SendClosing(), answer.AudioReceived(b""):
            yield sent
        case do.SendNotFound(), answer.NotFoundReceived():
            yield sent
        case do.SendSetupReply(tokens), answer.SetupReceived(said):
            if (ENDS in tokens[1:]) == (ENDS in said[1:]):
                yield sent


def _legal(world: World) -> Iterator[str]:
    match world.answers[:1]:
        case (do.SendSongList(closes),):
            yield LIST
            if closes:
                yield CLOSES_LIST
        case (do.SendClosing(),):
            yield CLOSES_SONG
        case (do.SendNotFound(),):
            yield NOT_FOUND
        case (do.SendSetupReply(),):
            yield SETUP_REPLY
        case _ if world.streaming:
            yield AUDIO
            if world.session.song_closes:
                yield CLOSES_SONG
            yield NOT_FOUND
