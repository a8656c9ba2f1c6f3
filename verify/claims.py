"""What the states claim, held against the truth.

Each function returns the first claim that is false, or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from fsm import effects as do
from fsm.client import effects as client_do
from fsm.client import events as on
from fsm.client.ahead_table import AheadState as Ahead
from fsm.client.conversation_table import ConversationState as Conversation
from fsm.client.link_table import LinkState as Link
from fsm.client.playback_table import PlaybackState as Playback
from fsm.client.prompt import PromptState as Prompt
from fsm.client.queue_table import QueueState as Queue
from fsm.client.transport import TransportState as Transport
from fsm.events import Event
from fsm.server import ServerState as Server
from verify.bounds import Bounds
from verify.snapshots import Watched
from verify.world import (
    CONNECTING,
    DRY,
    FAR,
    HERE,
    HUNG_UP,
    LIST_SENT,
    RETRY_DUE,
    RUNNING,
    SILENT,
    UP,
    World,
)

KEEP_PLAYING = (
    Server.STREAMING,
    Server.LISTING_WHILE_STREAMING,
    Server.FINISHING,
    Server.DRAINING,
)
LISTING = (Server.LISTING, Server.LISTING_WHILE_STREAMING)
ENDING = (Server.FINISHING, Server.CLOSING)

PLAIN = (Conversation.PLAIN, Conversation.PLAIN_LISTING, Conversation.FENCING)
CONNECTED = (Link.ONLINE, Link.UNLISTED, Link.FINDING, Link.SKIPPING)
ATTEMPTING = (Link.CONNECTING, Link.RECONNECTING)
OWING = (Link.WAITING, Link.RECONNECTING, Link.FINDING, Link.SKIPPING)
STARTED = (
    Playback.PLAYING,
    Playback.STARVED,
    Playback.AWAITING,
    Playback.FINISHING,
    Playback.BREAKING_OFF,
)
OVER = (Playback.FINISHING, Playback.BREAKING_OFF)


TIMED: dict[type[Event], tuple[Conversation, ...]] = {
    on.GreetingUnanswered: (Conversation.GREETING,),
    on.SetupUnanswered: (Conversation.OFFERING,),
    on.FenceUnanswered: (Conversation.FENCING,),
    on.ListWentQuiet: (Conversation.PLAIN_LISTING, Conversation.FENCING),
    on.SongWentQuiet: (Conversation.PLAIN, Conversation.PLAIN_LISTING),
}


def server(state: Server, world: World) -> str:
    """Of the server's machine, after each of its steps."""
    if (state in KEEP_PLAYING) != (world.stream is not None):
        return "keep_playing is not whether a song is being sent"
    if (state in ENDING) != world.due.deaf:
        return "it does not know whether requests still count"
    if (state is Server.DRAINING) != (world.due.ending and not world.due.deaf):
        return "it does not know whether the server is ending"
    listing = LIST_SENT in world.line or any(isinstance(a, do.SendSongList) for a in world.line)
    if state not in (*ENDING, Server.DRAINING) and (state in LISTING) != listing:
        return "list_req_while_playing is not whether a list is being sent"
    return ""


class ClientClaims:
    """Of the client's machines, after each event."""

    def __init__(self, bounds: Bounds, machines: Mapping[str, Watched]) -> None:
        self._timely, self._prebuffer = bounds.timely, bounds.prebuffer
        names = list(machines)
        self._playback, self._link, self._conversation, self._prompt = (
            names.index(name) for name in ("playback", "link", "conversation", "prompt")
        )
        self._queue, self._ahead, self._transport = (
            names.index(name) for name in ("queue", "ahead", "transport")
        )
        self._upcoming = machines["queue"].slots.index("upcoming")

    def connection(self, world: World) -> str:
        """What link, conversation and prompt say of the connection and of the person."""
        link = world.client.states[self._link]
        conversation = world.client.states[self._conversation]
        up = world.connection in (UP, HUNG_UP)
        if (link in CONNECTED) != up or (link in ATTEMPTING) != (world.connection == CONNECTING):
            return f"link is {link.name}, the connection is {world.connection}"
        if (link is Link.WAITING) != (RETRY_DUE in world.timers):
            return f"link is {link.name}, and the next attempt is not due then"
        if (conversation is Conversation.LEAVING) != (world.left is not HERE):
            return f"conversation is {conversation.name}, the person is {world.left}"
        connected = conversation is not Conversation.UNCONNECTED
        if conversation is not Conversation.LEAVING and connected != up:
            return f"conversation is {conversation.name}, the connection is {world.connection}"
        if conversation is not Conversation.LEAVING and (wrong := _timers(conversation, world)):
            return wrong
        if (world.client.states[self._prompt] is Prompt.LEFT) != (world.left is not HERE):
            return f"the prompt does not know that the person is {world.left}"
        return ""

    def song(self, world: World) -> str:
        """What playback, link and conversation say of the song that is wanted."""
        if world.left is not HERE:
            return ""
        if world.server is not None and self._timely and (wrong := self._server_kind(world)):
            return wrong
        link = world.client.states[self._link]
        owed_ahead = world.upcoming and not world.next.finished
        if link in OWING and (world.wanted is None or (world.finished and not owed_ahead)):
            return f"link is {link.name}, and no song is owed"
        if link is Link.SKIPPING and not (world.buffer or world.next.audio):
            return "link is SKIPPING, and nothing of the song is here"
        return (
            self._playback_claims(world)
            or self._waiting_claims(world)
            or self._queue_claims(world)
            or self._transport_claims(world)
        )

    def _server_kind(self, world: World) -> str:
        conversation = world.client.states[self._conversation]
        closes = conversation is Conversation.CLOSING_SERVER
        if (closes and not world.due.ends) or (conversation in PLAIN and world.due.ends):
            return f"conversation is {conversation.name}, and the server is of the other kind"
        return ""

    def _playback_claims(self, world: World) -> str:
        playback = world.client.states[self._playback]
        player = world.player
        if (playback is Playback.STOPPED) != (world.wanted is None):
            return f"playback is {playback.name}, which is not whether a song is wanted"
        if playback is Playback.REQUESTED and world.buffer:
            return "playback is REQUESTED, and some of the song is here"
        if (playback in OVER) != world.finished:
            return f"playback is {playback.name}, which is not whether more will come"
        if not world.reports:
            started = player != SILENT
            if (playback in STARTED) != started:
                return f"playback is {playback.name}, the player is {player}"
        return ""

    def _waiting_claims(self, world: World) -> str:
        playback, player = world.client.states[self._playback], world.player
        if playback is Playback.PLAYING and player in (DRY, FAR) and not world.reports:
            return "playback is PLAYING, and the player was heard to wait"
        if playback in (Playback.STARVED, Playback.AWAITING) and player == RUNNING:
            return f"playback is {playback.name}, and the player runs"
        if playback is Playback.AWAITING and player == DRY:
            return "playback is AWAITING, and the player seeks nothing"
        if playback in (Playback.STARVED, Playback.AWAITING) and (
            (playback is Playback.AWAITING) != bool(world.place)
        ):
            return f"playback is {playback.name}, which is not whether a place is waited for"
        if playback in (Playback.BUFFERING, Playback.STARVED) and world.fresh >= self._prebuffer:
            return f"playback is {playback.name}, and enough is here"
        if world.buffer and world.awaited is on.Command.PLAY:
            return "the song arrives, and the prompt waits for it"
        return ""

    def _queue_claims(self, world: World) -> str:
        queue, ahead = world.client.states[self._queue], world.client.states[self._ahead]
        if world.client.values[self._queue][self._upcoming] != world.upcoming:
            return "what is queued is not what was asked for"
        if (queue is Queue.IDLE) != (world.wanted is None):
            return f"queue is {queue.name}, which is not whether a song is wanted"
        if (queue is Queue.AHEAD) != (ahead is not Ahead.NOTHING):
            return f"queue is {queue.name}, ahead is {ahead.name}"
        if queue is Queue.AHEAD and not (world.finished and world.upcoming):
            return "a song is asked for ahead, and none is to follow yet"
        if queue is Queue.WHOLE and not (world.finished and not world.upcoming):
            return "queue is WHOLE, which is not whether all is here and nothing follows"
        if ahead in (Ahead.WHOLE, Ahead.BROKEN) and not world.next.finished:
            return f"ahead is {ahead.name}, and more of it will come"
        return ""

    def _transport_claims(self, world: World) -> str:
        transport = world.client.states[self._transport]
        if (transport is Transport.IDLE) != (world.wanted is None):
            return f"transport is {transport.name}, which is not whether a song is wanted"
        silent = transport in (Transport.PAUSED, Transport.DEVICE_LOST)
        unheard = any(isinstance(report, on.DeviceLost) for report in world.reports)
        if silent != world.paused and not unheard:
            return f"transport is {transport.name}, which is not whether the player is paused"
        return ""


def _timers(conversation: Enum, world: World) -> str:
    """A timer runs where silence means something, and only there."""
    running = {type(timer) for timer in world.timers}
    for timer, states in TIMED.items():
        if timer in running and conversation not in states:
            return f"{timer.__name__} may come while conversation is {conversation.name}"
    greeting = conversation is Conversation.GREETING and world.connection != HUNG_UP
    if greeting and on.GreetingUnanswered not in running:
        return "conversation is GREETING for ever"
    return ""


def prompt(before: Enum, event: Event, after: Enum, effects: list[do.Effect]) -> str:
    """Of `>>`: it is shown when it comes to stand, and not otherwise."""
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
