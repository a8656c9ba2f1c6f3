"""What the states say is true, held against the world.

Each function returns the first claim that is false in words, or "".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from fsm import effects as do
from fsm.client import effects as client_do
from fsm.client import events as on
from fsm.client.conversation.table import ConversationState as Conversation
from fsm.client.link.table import CONNECTED
from fsm.client.link.table import LinkState as Link
from fsm.client.player import PlayerState as Player
from fsm.client.prompt import PromptState as Prompt
from fsm.client.queue.table import QueueState as Queue
from fsm.client.song.table import HERE as ALL_HERE
from fsm.client.song.table import SHORT, SongState
from fsm.client.transport import TransportState as Transport
from fsm.effects import Effect
from fsm.events import Event
from fsm.server import ServerState as Server
from verify.bounds import Bounds, ServerKind
from verify.exchange.world import (
    BEFORE,
    CONNECTING,
    DISCONNECTING,
    DRY,
    FAR,
    HERE,
    LIST_SENT,
    NOT_QUEUED,
    RETRY_DUE,
    RUNNING,
    SILENT,
    UP,
    World,
)
from verify.watched import Watched

KEEP_PLAYING = (
    Server.STREAMING,
    Server.LISTING_WHILE_STREAMING,
    Server.FINISHING,
    Server.DRAINING,
)
LISTING = (Server.LISTING, Server.LISTING_WHILE_STREAMING)
ENDING = (Server.FINISHING, Server.CLOSING)

PLAIN = (
    Conversation.PLAIN,
    Conversation.PLAIN_LISTING,
    Conversation.ASKING,
    Conversation.ANSWERED,
    Conversation.STOPPING,
    Conversation.FENCING,
    Conversation.PASSING,
)
ATTEMPTING = (Link.CONNECTING, Link.RECONNECTING)
SONG_OWED = (Link.WAITING, Link.RECONNECTING, Link.FINDING, Link.SKIPPING)
TIMER_STATES: dict[type[Event], tuple[Conversation, ...]] = {
    on.GreetingUnanswered: (Conversation.GREETING,),
    on.SetupUnanswered: (Conversation.OFFERING,),
    on.FenceUnanswered: (Conversation.FENCING,),
    on.ListWentQuiet: (Conversation.PLAIN_LISTING, Conversation.ANSWERED, Conversation.PASSING),
    on.SongWentQuiet: (Conversation.PLAIN, Conversation.PLAIN_LISTING),
}


def server(state: Server, world: World) -> str:
    """Check the server's state, after each of its steps."""
    if (state in KEEP_PLAYING) != (world.stream is not None):
        return "keep_playing is not whether a song is being sent"
    if (state in ENDING) != world.due.ignores_requests:
        return "it does not know whether requests still count"
    if (state is Server.DRAINING) != (world.due.ending and not world.due.ignores_requests):
        return "it does not know whether the server is ending"
    listing = LIST_SENT in world.answers or any(
        isinstance(a, do.SendSongList) for a in world.answers
    )
    if state not in (*ENDING, Server.DRAINING) and (state in LISTING) != listing:
        return "list_req_while_playing is not whether a list is being sent"
    return ""


class ClientClaims:
    """The claims of the client's machines, checked after each event."""

    def __init__(self, bounds: Bounds, machines: Mapping[str, Watched]) -> None:
        self._prebuffer = bounds.prebuffer
        self._kind_is_said = bounds.timely and bounds.server is not ServerKind.ACCEPTING_LATE
        self._ends_are_said = bounds.closes and bounds.timely
        names = list(machines)
        self._song, self._next_song, self._player, self._queue, self._transport = (
            names.index(name) for name in ("song", "next_song", "player", "queue", "transport")
        )
        self._link, self._conversation, self._prompt = (
            names.index(name) for name in ("link", "conversation", "prompt")
        )
        self._upcoming = machines["queue"].slots.index("upcoming")

    def connection(self, world: World) -> str:
        """Check what link, conversation and prompt say of the connection and of the person."""
        link = world.client.states[self._link]
        conversation = world.client.states[self._conversation]
        up = world.connection in (UP, DISCONNECTING)
        if conversation is Conversation.LEAVING:
            return "" if world.left is not HERE else "conversation is LEAVING, the person is here"
        if (link in CONNECTED) != up or (link in ATTEMPTING) != (world.connection == CONNECTING):
            return f"link is {link.name}, the connection is {world.connection}"
        if (link is Link.WAITING) != (RETRY_DUE in world.timers):
            return f"link is {link.name}, and the next attempt is not due then"
        if world.left is not HERE:
            return f"conversation is {conversation.name}, the person is {world.left}"
        if (conversation not in (Conversation.UNCONNECTED, Conversation.OFFER_LOST)) != up:
            return f"conversation is {conversation.name}, the connection is {world.connection}"
        if conversation is Conversation.OFFER_LOST and link not in ATTEMPTING:
            return "conversation is OFFER_LOST, and the connection is not being made anew"
        if wrong := _timers(conversation, world):
            return wrong
        if (world.client.states[self._prompt] is Prompt.LEFT) != (world.left is not HERE):
            return f"the prompt does not know that the person is {world.left}"
        return ""

    def song(self, world: World) -> str:
        """Check what song, player, queue, link and transport say of the song that is wanted."""
        if world.left is not HERE:
            return ""
        if world.server is not None and self._kind_is_said and (wrong := self._server_kind(world)):
            return wrong
        link = world.client.states[self._link]
        owed_ahead = world.upcoming and not world.next.finished and not world.last
        if link in SONG_OWED and (world.wanted is None or (world.finished and not owed_ahead)):
            return f"link is {link.name}, and no song is owed"
        if link is Link.SKIPPING and not (world.base or world.buffer or world.next.audio):
            return "link is SKIPPING, and nothing of the song is here"
        return (
            self._song_claims(world)
            or self._player_claims(world)
            or self._queue_claims(world)
            or self._transport_claims(world)
        )

    def _server_kind(self, world: World) -> str:
        conversation = world.client.states[self._conversation]
        closes = conversation is Conversation.CLOSING_SERVER
        if (closes and not world.due.ends) or (conversation in PLAIN and world.due.ends):
            return f"conversation is {conversation.name}, and the server is of the other kind"
        return ""

    def _song_claims(self, world: World) -> str:
        song = world.client.states[self._song]
        if (song is SongState.UNWANTED) != (world.wanted is None):
            return f"song is {song.name}, which is not whether a song is wanted"
        if song in (SongState.REQUESTED, SongState.SOUGHT) and world.buffer:
            return f"song is {song.name}, and some of it is here"
        if (song in ALL_HERE) != world.finished:
            return f"song is {song.name}, which is not whether more will come"
        if song is SongState.COLLECTING and world.msgs_since >= self._prebuffer:
            return "song is COLLECTING, and enough is here"
        if song in SHORT and (song is SongState.AWAITING) != bool(world.place):
            return f"song is {song.name}, which is not whether a place is waited for"
        if world.buffer and world.awaited is on.Command.PLAY:
            return "the song arrives, and the prompt waits for it"
        return ""

    def _player_claims(self, world: World) -> str:
        song, player = world.client.states[self._song], world.client.states[self._player]
        if player is Player.DRY and song not in (*SHORT, SongState.SOUGHT):
            return f"player is DRY, and song is {song.name}"
        if player is Player.DRY and world.player == RUNNING:
            return "player is DRY, and it runs"
        if song is SongState.AWAITING and world.player == DRY:
            return "song is AWAITING, and the player seeks nothing"
        if world.reports:
            return ""
        if (player is Player.SILENT) != (world.player == SILENT):
            return f"player is {player.name}, and it is {world.player}"
        if player is Player.RUNNING and world.player in (DRY, FAR, BEFORE):
            return "player is RUNNING, and was told to wait"
        if (player is Player.QUEUED) != (world.following != NOT_QUEUED):
            return f"player is {player.name}, which is not whether it goes on into the next song"
        return ""

    def _queue_claims(self, world: World) -> str:
        states = world.client.states
        queue, song, following = (states[i] for i in (self._queue, self._song, self._next_song))
        expected = tuple([song.song_id for song in world.upcoming])
        if world.client.values[self._queue][self._upcoming] != expected:
            return "what is queued is not what was asked for"
        if (queue is Queue.IDLE) != (world.wanted is None):
            return f"queue is {queue.name}, which is not whether a song is wanted"
        if (queue is Queue.AHEAD) != (following is not SongState.UNWANTED):
            return f"queue is {queue.name}, next_song is {following.name}"
        if queue is Queue.CURRENT and song is SongState.WHOLE and self._ends_are_said:
            return "queue is CURRENT, and all of the song is here"
        follows = bool(world.upcoming) and not world.last
        if queue is Queue.AHEAD and not (world.finished and follows):
            return "a song is asked for ahead, and none is to follow yet"
        if queue is Queue.WHOLE and not (world.finished and not follows):
            return "queue is WHOLE, which is not whether all is here and nothing follows"
        if following in ALL_HERE and not world.next.finished:
            return f"next_song is {following.name}, and more of it will come"
        return ""

    def _transport_claims(self, world: World) -> str:
        transport = world.client.states[self._transport]
        if (transport is Transport.IDLE) != (world.wanted is None):
            return f"transport is {transport.name}, which is not whether a song is wanted"
        silent = transport in (Transport.PAUSED, Transport.DEVICE_LOST)
        on_its_way = any(isinstance(report, on.DeviceLost) for report in world.reports)
        if silent != world.paused and not on_its_way:
            return f"transport is {transport.name}, which is not whether the player is paused"
        return ""


def _timers(conversation: Enum, world: World) -> str:
    """Check that a timer runs where silence means something, and only there."""
    running = {type(timer) for timer in world.timers}
    for timer, states in TIMER_STATES.items():
        if timer in running and conversation not in states:
            return f"{timer.__name__} may come while conversation is {conversation.name}"
    greeting = conversation is Conversation.GREETING and world.connection != DISCONNECTING
    if greeting and on.GreetingUnanswered not in running:
        return "conversation is GREETING for ever"
    return ""


def prompt(before: Enum, event: Event, after: Enum, effects: Sequence[Effect]) -> str:
    """Check that `>>` is shown when the prompt is unlocked, and not otherwise."""
    locked = before is Prompt.LOCKED or (
        before is Prompt.OPEN and isinstance(event, on.CommandEntered)
    )
    shown = sum(isinstance(effect, client_do.ShowPrompt) for effect in effects)
    if shown != (locked and after is Prompt.OPEN):
        return "`>>` is shown without being unlocked" if shown else "unlocked, and `>>` not shown"
    cleared = any(isinstance(effect, client_do.ClearLine) for effect in effects)
    if cleared != (before is Prompt.OPEN and isinstance(event, on.Interrupted)):
        return "Ctrl-C is not what clears the line"
    return ""
