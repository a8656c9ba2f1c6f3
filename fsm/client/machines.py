"""The client whole: seven machines, and who hears which event.

It decides nothing itself. What one machine tells another goes through here, so that the program,
the tests and the explorer drive the very same thing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.client.ahead import AheadSession
from fsm.client.conversation import ConversationSession
from fsm.client.conversation_table import CLOSING_SERVER, PLAIN
from fsm.client.effects import Effect
from fsm.client.events import Event
from fsm.client.link import LinkSession
from fsm.client.link_table import LinkState
from fsm.client.playback import PlaybackSession
from fsm.client.prompt import PromptSession
from fsm.client.queue import QueueSession
from fsm.client.transport import TransportSession
from fsm.table import Session
from fsm.words import PREBUFFER_MSGS

PLAYBACK, AHEAD, QUEUE, TRANSPORT = "playback", "ahead", "queue", "transport"
LINK, CONVERSATION, PROMPT = "link", "conversation", "prompt"

RECIPIENTS: dict[type[Event], tuple[str, ...]] = {
    # the person
    on.CommandEntered: (PROMPT,),
    on.TextArrived: (PROMPT,),
    on.Interrupted: (PROMPT,),
    on.InputEnded: (PROMPT, CONVERSATION),
    on.WaitRequested: (QUEUE, TRANSPORT),
    on.ListRequested: (LINK, CONVERSATION),
    on.PlayRequested: (PLAYBACK, AHEAD, QUEUE, TRANSPORT),
    on.StopRequested: (PLAYBACK, AHEAD, QUEUE, TRANSPORT, LINK, CONVERSATION),
    ask.PauseRequested: (TRANSPORT,),
    ask.ResumeRequested: (TRANSPORT,),
    ask.VolumeRequested: (TRANSPORT,),
    ask.SeekRequested: (PLAYBACK,),
    ask.NextRequested: (QUEUE,),
    ask.PrevRequested: (QUEUE,),
    ask.QueueRequested: (QUEUE,),
    ask.ClearRequested: (QUEUE,),
    ask.ShuffleRequested: (QUEUE,),
    ask.RepeatRequested: (QUEUE,),
    # the wire
    on.Connected: (CONVERSATION, LINK),
    on.ConnectFailed: (CONVERSATION, LINK),
    on.ConnectionLost: (CONVERSATION, LINK, PLAYBACK, AHEAD),
    on.ListReceived: (CONVERSATION,),
    on.AudioReceived: (CONVERSATION,),
    on.SetupReceived: (CONVERSATION,),
    on.NotFoundReceived: (CONVERSATION,),
    on.FlowMeasured: (PLAYBACK, AHEAD),
    # time
    on.ListWentQuiet: (CONVERSATION,),
    on.SongWentQuiet: (CONVERSATION,),
    on.GreetingUnanswered: (CONVERSATION,),
    on.SetupUnanswered: (CONVERSATION,),
    on.FenceUnanswered: (CONVERSATION,),
    on.RetryDue: (LINK,),
    # the player
    on.BufferRanDry: (PLAYBACK,),
    on.PlaceNotHere: (PLAYBACK,),
    on.PlayedOut: (PLAYBACK, AHEAD),
    on.Undecodable: (PLAYBACK, AHEAD),
    on.OutputFailed: (PLAYBACK, AHEAD, QUEUE, TRANSPORT),
    on.DeviceLost: (TRANSPORT,),
    # one machine to another
    internal.SongWanted: (LINK,),
    internal.SongToRequest: (CONVERSATION,),
    internal.SongAbandoned: (LINK, CONVERSATION),
    internal.ListNeeded: (CONVERSATION,),
    internal.ListCompleted: (LINK,),
    internal.SongOpened: (PLAYBACK, AHEAD),
    internal.AudioFromServer: (LINK,),
    internal.SongAudio: (PLAYBACK, AHEAD),
    internal.ServerClosedSong: (LINK,),
    internal.SongCompleted: (PLAYBACK, AHEAD),
    internal.ServerRefusedSong: (LINK,),
    internal.SongRefused: (PLAYBACK, AHEAD),
    internal.SongInterrupted: (LINK,),
    internal.SongLost: (PLAYBACK, AHEAD),
    internal.SongWhole: (QUEUE,),
    internal.SongOver: (QUEUE,),
    internal.SongTurnCame: (PLAYBACK, AHEAD, TRANSPORT),
    internal.NextSongKnown: (AHEAD,),
    internal.AheadDropped: (AHEAD,),
    internal.AheadFailed: (QUEUE,),
    internal.AheadBegan: (PLAYBACK,),
    internal.SongSkipped: (PLAYBACK, AHEAD, TRANSPORT),
    internal.RestartRequested: (PLAYBACK,),
    internal.NothingFollows: (TRANSPORT,),
    on.CommandAnswered: (PROMPT,),
}

Observer = Callable[[str, Event, Enum, Enum], None]
"""Called with a machine's name, an event, and the state before and after it."""


class ClientSession:
    """One client: what a person wants, what the server owes, what is heard.

    prebuffer_msgs: RFC 2.5.2; None for as many as the flow needs. plain: protocol.md 8.
    max_retries: attempts for one interrupted song, None for as many as it takes.
    observe: told of every step of every machine.
    """

    def __init__(
        self,
        prebuffer_msgs: int | None = PREBUFFER_MSGS,
        plain: bool = False,
        max_retries: int | None = None,
        observe: Observer | None = None,
    ) -> None:
        self.playback = PlaybackSession(prebuffer_msgs)
        self.ahead = AheadSession(prebuffer_msgs)
        self.queue = QueueSession()
        self.transport = TransportSession()
        self.link = LinkSession(max_retries)
        self.conversation = ConversationSession(plain)
        self.prompt = PromptSession()
        self.observe = observe
        self.machines: dict[str, Session] = {
            PLAYBACK: self.playback,
            AHEAD: self.ahead,
            QUEUE: self.queue,
            TRANSPORT: self.transport,
            LINK: self.link,
            CONVERSATION: self.conversation,
            PROMPT: self.prompt,
        }

    @property
    def settled(self) -> bool:
        """It is known what kind of server it is, or that there is no connection to any."""
        connected = self.conversation.state in (CLOSING_SERVER, PLAIN)
        return connected or self.link.state is LinkState.OFFLINE

    @property
    def answer_owed(self) -> bool:
        """The server has not answered all that it was asked, and silence is no answer."""
        conversation = self.conversation
        if conversation.lists:
            return True
        songs_open = conversation.wanted_open or conversation.late_songs > 0
        return songs_open and conversation.state is CLOSING_SERVER

    def handle(self, event: Event) -> list[Effect]:
        """Take one event, let the machines tell each other of it, return what is to be done.

        Raises UnexpectedEvent where a machine has no row for what it hears.
        """
        effects: list[Effect] = []
        events = deque([event])
        while events:
            heard = events.popleft()
            for name in RECIPIENTS[type(heard)]:
                for outcome in self._fire(name, heard):
                    if isinstance(outcome, Event):
                        events.append(outcome)
                    else:
                        effects.append(outcome)
        return effects

    def _fire(self, name: str, event: Event) -> list[Effect | Event]:
        machine = self.machines[name]
        before = machine.state
        outcomes = machine.handle(event)
        if self.observe is not None:
            self.observe(name, event, before, machine.state)
        return outcomes
