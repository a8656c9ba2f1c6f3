"""The client whole: seven machines, and who hears which event.

It decides nothing itself. What one machine tells another goes through here, so that the program,
the tests and the explorer drive the very same thing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum

from fsm import events as on
from fsm import neighbours as told
from fsm import wishes as wish
from fsm.ahead import AheadSession
from fsm.conversation import ConversationSession
from fsm.conversation_table import CLOSING_SERVER, PLAIN
from fsm.effects import Effect
from fsm.events import Event
from fsm.link import LinkSession
from fsm.link_table import LinkState
from fsm.playback import PREBUFFER_MSGS, PlaybackSession
from fsm.prompt import PromptSession
from fsm.queue import QueueSession
from fsm.table import Session
from fsm.transport import TransportSession

PLAYBACK, AHEAD, QUEUE, TRANSPORT = "playback", "ahead", "queue", "transport"
LINK, CONVERSATION, PROMPT = "link", "conversation", "prompt"

HEARD_BY: dict[type[Event], tuple[str, ...]] = {
    # the person
    on.CommandEntered: (PROMPT,),
    on.OutputArrived: (PROMPT,),
    on.Interrupted: (PROMPT,),
    on.InputEnded: (PROMPT, CONVERSATION),
    on.WaitRequested: (QUEUE, TRANSPORT),
    on.ListRequested: (LINK, CONVERSATION),
    on.PlayRequested: (PLAYBACK, AHEAD, QUEUE, TRANSPORT),
    on.StopRequested: (PLAYBACK, AHEAD, QUEUE, TRANSPORT, LINK, CONVERSATION),
    wish.PauseRequested: (TRANSPORT,),
    wish.ResumeRequested: (TRANSPORT,),
    wish.VolumeRequested: (TRANSPORT,),
    wish.SeekRequested: (PLAYBACK,),
    wish.NextRequested: (QUEUE,),
    wish.PrevRequested: (QUEUE,),
    wish.QueueRequested: (QUEUE,),
    wish.ClearRequested: (QUEUE,),
    wish.ShuffleRequested: (QUEUE,),
    wish.RepeatRequested: (QUEUE,),
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
    told.SongChosen: (LINK,),
    told.SongAsked: (CONVERSATION,),
    told.SongAbandoned: (LINK, CONVERSATION),
    told.ListNeeded: (CONVERSATION,),
    told.ListCompleted: (LINK,),
    told.SongOpened: (PLAYBACK, AHEAD),
    told.AudioPassed: (LINK,),
    told.AudioArrived: (PLAYBACK, AHEAD),
    told.SongClosed: (LINK,),
    told.SongCompleted: (PLAYBACK, AHEAD),
    told.SongDenied: (LINK,),
    told.SongRefused: (PLAYBACK, AHEAD),
    told.SongInterrupted: (LINK,),
    told.SongLost: (PLAYBACK, AHEAD),
    told.SongWhole: (QUEUE,),
    told.SongEnded: (QUEUE,),
    told.SongFollows: (PLAYBACK, AHEAD, TRANSPORT),
    told.SongAhead: (AHEAD,),
    told.AheadDropped: (AHEAD,),
    told.AheadFailed: (QUEUE,),
    told.AheadBegan: (PLAYBACK,),
    told.SongSkipped: (PLAYBACK, AHEAD, TRANSPORT),
    told.StartWanted: (PLAYBACK,),
    told.NothingFollows: (TRANSPORT,),
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
            for name in HEARD_BY[type(heard)]:
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
