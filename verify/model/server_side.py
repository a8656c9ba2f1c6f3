"""The server's half of an exchange: its machine, its answers, the song that it sends.

It stands for what `net.server` does between the machine and the socket, one message at a time.
"""

from __future__ import annotations

from typing import assert_never, cast

from fsm import effects as do
from fsm import events as on
from fsm.effects import ServerEffect
from fsm.events import Event
from fsm.server import ServerSession, ServerState
from fsm.words import OFFERED
from verify.bounds import Bounds, ServerKind
from verify.exchange import messages, music
from verify.exchange.messages import (
    AUDIO_CLOSING,
    END,
    ERRO,
    NEXT,
    NOBODY,
    PRESENT,
    REFUSAL,
    SETUP_LINE,
    Message,
    list_messages,
    message,
    setup_reply,
)
from verify.exchange.reference import NOTHING, Reference
from verify.exchange.world import GONE, LIST_SENT, Stream, Wanted, World
from verify.properties import claims
from verify.rules import Broken, Rule
from verify.snapshots import Actor
from verify.watched import Memory

SONG_ENDED, SONG_FAILED, LIST_WAS_SENT = on.SongSent(), on.SongFailed("unreadable"), on.ListSent()
LOST, REQUESTS_ENDED = on.ConnectionLost("cut"), on.RequestsEnded()
SHUTDOWN, EXPIRED = on.ShutdownRequested(), on.DrainExpired()


class ServerSide:
    """The server's half of a world: what it receives, does and sends."""

    def __init__(self, bounds: Bounds, memory: Memory) -> None:
        self.bounds = bounds
        self._setup = on.SetupRequested(tuple(filter(self._understands, OFFERED)))
        self._references = [Reference(bounds, lib) for lib in range(len(music.NUMBERINGS))]
        self.actors: list[Actor] = []
        for numbering in music.NUMBERINGS:
            session = ServerSession(frozenset(numbering))
            self.actors.append(Actor({"server": session}, memory))

    def accept(self, world: World) -> None:
        """Accept a connection: a new session begins."""
        world.server = self.actors[world.library].start
        self._clear(world)

    def lose(self, world: World) -> None:
        """End the session: its connection is gone."""
        if world.server is not None:
            self._fire(world, LOST)
        if world.server is not None and self._state(world) is not ServerState.CLOSED:
            raise Broken(Rule.STATES, f"server is {self._state(world).name} and lost")
        if world.stream is not None:
            raise Broken(Rule.STATES, "the server goes on with the song of a lost connection")
        world.server = None
        self._clear(world)

    def _clear(self, world: World) -> None:
        world.requests = world.responses = world.answers = ()
        world.closing, world.stream, world.due = False, None, NOTHING
        world.setup_held = False

    def can_send(self, world: World) -> bool:
        """Something can be handed to the connection."""
        if len(world.responses) >= self.bounds.messages or world.responses[-1:] == (END,):
            return False
        return bool(world.answers or world.stream or (world.closing and world.left is not GONE))

    def receive(self, world: World) -> None:
        """Receive the next request."""
        request, world.requests = world.requests[0], world.requests[1:]
        event = self._as_received(request.event or REQUESTS_ENDED, world)
        if event is None:
            return
        self._take(world, event, request)
        if self._kind(world) is ServerKind.ONE_SONG and isinstance(event, on.PlayRequested):
            # It looks at nothing more, sends the song, and closes.
            self._take(world, REQUESTS_ENDED, request)

    def _take(self, world: World, event: Event, request: Message) -> None:
        world.due = self._reference(world).requested(world.due, event, world.changed)
        self._fire(world, event, request)

    def accept_setup(self, world: World) -> None:
        """Accept the SETUP that has come long ago."""
        world.setup_held = False
        self._take(world, self._setup, message(self._setup, SETUP_LINE))

    def end(self, world: World) -> None:
        """Tell the server to end."""
        world.due = self._reference(world).ends(world.due)
        self._fire(world, SHUTDOWN)

    def end_now(self, world: World) -> None:
        """End the time that songs had to end."""
        world.due = self._reference(world).expires(world.due)
        self._fire(world, EXPIRED)

    def _as_received(self, event: Event, world: World) -> Event | None:
        """Return the request as this kind of server understands it, None if it ignores it."""
        kind = self._kind(world)
        if kind is ServerKind.MUTE:
            return None
        if kind is ServerKind.ACCEPTING_LATE and isinstance(event, on.SetupRequested):
            world.setup_held = True
            return None
        if kind is ServerKind.REPEATING and world.stream and event == on.ListRequested():
            world.stream = world.stream._replace(list_again=True)
        if not isinstance(event, on.SetupRequested):
            return event
        if kind is ServerKind.CLOSING:
            return on.SetupRequested(tuple(filter(self._understands, event.tokens)))
        if kind is ServerKind.DECLINING:
            return on.SetupRequested(("other",))
        if kind is ServerKind.HANGING_UP:
            return on.TeardownRequested()
        return on.RequestNotUnderstood(SETUP_LINE) if kind is ServerKind.REFUSING else None

    def _understands(self, token: str) -> bool:
        """Tell whether this server knows a token; what nobody knows it ignores by itself."""
        return token in self.bounds.knows or token not in OFFERED

    def _kind(self, world: World) -> ServerKind:
        bounds = self.bounds
        return bounds.after_loss if bounds.after_loss and not world.losses else bounds.server

    def _state(self, world: World) -> ServerState:
        assert world.server is not None
        return cast("ServerState", world.server.states[0])

    def _reference(self, world: World) -> Reference:
        return self._references[world.library]

    def _fire(self, world: World, event: Event, cause: Message | None = None) -> None:
        assert world.server is not None
        outcome = self.actors[world.library].fire(world.server, event)
        if outcome.fault is not None:
            raise outcome.fault
        world.server = outcome.after
        for effect in outcome.effects:
            self._perform(world, cast("ServerEffect", effect), cause)
        if event is not LOST and (false := claims.server(self._state(world), world)):
            raise Broken(Rule.STATES, f"server is {self._state(world).name}: {false}")

    def _perform(self, world: World, effect: ServerEffect, cause: Message | None) -> None:
        match effect:
            case do.StartSong(song_id, offset):
                self._start(world, song_id, offset, cause)
            case do.StopSong():
                world.stream = None
            case do.CloseAtBoundary():
                world.answers, world.closing = (), True
            case do.SendNotFound():
                if cause is not None:
                    world.allow_failure(cause.owner)
                to_setup = cause is not None and isinstance(cause.event, on.SetupRequested)
                world.answers += (REFUSAL if to_setup else ERRO,)
            case do.SendSongList() | do.SendClosing() | do.SendSetupReply() | do.CloseWhenSent():
                world.answers += (effect,)
            case _:
                assert_never(effect)

    def _start(self, world: World, song_id: int, offset: int, cause: Message | None) -> None:
        if world.stream is not None:
            raise Broken(Rule.PLAYS_ONCE, "a song is started while another is being sent")
        title = music.NUMBERINGS[world.library].get(song_id)
        if title is None:
            raise Broken(Rule.PLAYS_ONCE, "a song is started that is not there")
        whole = music.chunks(self.bounds, title, world.changed, world.library)
        audio = b"".join(whole)
        chunks, beyond = music.chunks_from(whole, offset), offset > len(audio)
        owner = cause.owner if cause is not None else NOBODY
        world.stream = Stream(title, chunks, 0, owner, beyond)
        if owner == PRESENT and world.wanted is not None:
            world.wanted = self._present_began(world, world.wanted, title, audio)
        elif owner == NEXT and world.ahead is not None:
            world.ahead = _began(world.ahead, title, audio)

    @staticmethod
    def _present_began(world: World, wanted: Wanted, title: str, audio: bytes) -> Wanted:
        """Return the present song with its audio. Of one that was on no list only its ID is known:
        whatever has that ID now is the song, until some of it is here to be compared.
        """
        if wanted.unlisted and title not in wanted.titles:
            return wanted if world.buffer else wanted._replace(titles=(title,), audio=audio)
        return _began(wanted, title, audio)

    def send(self, world: World) -> None:
        """Send the next message: an answer, else audio (RFC 2.4.1)."""
        if world.answers:
            self._answer(world)
        elif world.closing:
            self._put(world, END)
        elif world.stream is not None:
            self._stream(world, world.stream)

    def _answer(self, world: World) -> None:
        first, world.answers = world.answers[0], world.answers[1:]
        if isinstance(first, do.SendSongList):
            # The rest of a list that was begun is sent before every other answer.
            first, *rest = self._list(world, first.closes, first.tags)
            world.answers = (*rest, LIST_SENT, *world.answers)
        match first:
            case do.CloseWhenSent():
                world.closing = True
            case do.SendClosing():
                self._put(world, AUDIO_CLOSING)
            case do.SendSetupReply(tokens):
                named = self.bounds.named(world.library)
                self._put(world, setup_reply(*tokens[1:], library=named))
            case Message():
                self._put(world, first)
        if world.answers[:1] == (LIST_SENT,):
            world.answers = world.answers[1:]
            self._fire(world, LIST_WAS_SENT)

    def _list(self, world: World, closes: bool, tags: bool = False) -> tuple[Message, ...]:
        return list_messages(world.library, self.bounds.list_messages, closes, tags)

    def _stream(self, world: World, stream: Stream) -> None:
        if stream.sent < len(stream.chunks):
            world.stream = stream._replace(sent=stream.sent + 1)
            self._put(world, messages.audio(stream.title, stream.sent, stream.chunks, stream.owner))
            return
        if stream.beyond:
            self.fail(world)
            return
        world.stream = None
        world.due = self._reference(world).song_over(world.due, failed=False)
        self._fire(world, SONG_ENDED)
        if stream.list_again:
            again = self._list(world, closes=False)
            world.answers += again
            world.due = world.due._replace(answers=world.due.answers + again)

    def fail(self, world: World) -> None:
        """Stop the song: its file cannot be read on, or does not have what was asked for."""
        stream, world.stream = world.stream, None
        if stream is not None and not stream.beyond:
            world.allow_failure(stream.owner)
        world.due = self._reference(world).song_over(world.due, failed=True)
        self._fire(world, SONG_FAILED)

    def _put(self, world: World, what: Message) -> None:
        world.due = self._reference(world).sent(world.due, ERRO if what is REFUSAL else what)
        if world.left is not GONE:
            world.responses += (what,)


def _began(wanted: Wanted, title: str, audio: bytes) -> Wanted:
    """Return the wanted song with the audio that the server begins to send."""
    if wanted.titles and title not in wanted.titles:
        raise Broken(Rule.RIGHT_AUDIO, f"{' or '.join(wanted.titles)} is wanted, not {title}")
    return wanted._replace(titles=(title,), audio=audio)
