"""The client whole: its machines, and which of them receives which event.

What one machine tells another passes through here, so that the program, the tests and the explorer
drive the very same thing. When the present song is over, the next one takes its place here.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.client.conversation.session import ConversationSession
from fsm.client.conversation.table import CLOSING_SERVER, PLAIN
from fsm.client.effects import Buffer, ClientEffect
from fsm.client.events import Event
from fsm.client.link.session import LinkSession
from fsm.client.link.table import OFFLINE, RESTING
from fsm.client.player import PlayerSession
from fsm.client.prompt import PromptSession
from fsm.client.queue.session import QueueSession
from fsm.client.song.session import TAIL_BYTES, SongSession
from fsm.client.transport import TransportSession
from fsm.table import Observer, Session, take
from fsm.words import PREBUFFER_MSGS

SONG, NEXT_SONG, PLAYER, QUEUE, TRANSPORT = "song", "next_song", "player", "queue", "transport"
LINK, CONVERSATION, PROMPT = "link", "conversation", "prompt"

# fmt: off
RECIPIENTS: dict[type[Event], tuple[str, ...]] = {
    # the person
    on.CommandEntered:          (PROMPT,),
    on.CommandSent:             (PROMPT,),
    on.TextArrived:             (PROMPT,),
    on.Interrupted:             (PROMPT,),
    on.InputEnded:              (PROMPT, CONVERSATION),
    on.WaitRequested:           (QUEUE, TRANSPORT),
    on.ListRequested:           (LINK, CONVERSATION),
    on.TitlesNeeded:            (LINK,),
    on.PlayRequested:           (SONG, NEXT_SONG, PLAYER, QUEUE, TRANSPORT),
    on.StopRequested:           (SONG, NEXT_SONG, PLAYER, QUEUE, TRANSPORT, LINK, CONVERSATION),
    ask.PauseRequested:         (TRANSPORT,),
    ask.ResumeRequested:        (TRANSPORT, QUEUE),
    ask.ToggleRequested:        (TRANSPORT, QUEUE),
    ask.VolumeRequested:        (TRANSPORT,),
    ask.GainRequested:          (TRANSPORT,),
    ask.SeekRequested:          (SONG,),
    ask.NextRequested:          (QUEUE,),
    ask.PrevRequested:          (QUEUE,),
    ask.EditRequested:          (QUEUE,),
    ask.UndoRequested:          (QUEUE,),
    ask.RepeatRequested:        (QUEUE,),
    ask.SleepRequested:         (QUEUE, TRANSPORT),
    ask.SleepAfterSongRequested: (QUEUE, TRANSPORT),
    ask.StayAwakeRequested:     (QUEUE, TRANSPORT),
    # the wire
    on.Connected:               (CONVERSATION, LINK, SONG),
    on.ConnectFailed:           (CONVERSATION, LINK),
    on.ConnectionLost:          (CONVERSATION,),
    on.ServerClosed:            (CONVERSATION,),
    on.MessageNotUnderstood:    (CONVERSATION,),
    on.RequestWritten:          (CONVERSATION,),
    on.ServerSilent:            (CONVERSATION,),
    on.ListReceived:            (CONVERSATION,),
    on.AudioReceived:           (CONVERSATION,),
    on.SetupReceived:           (CONVERSATION,),
    on.NotFoundReceived:        (CONVERSATION,),
    on.FlowMeasured:            (SONG, NEXT_SONG),
    on.SongMeasured:            (SONG, NEXT_SONG),
    on.SongNamed:               (LINK,),
    # time
    on.ListWentQuiet:           (CONVERSATION,),
    on.SongWentQuiet:           (CONVERSATION,),
    on.GreetingUnanswered:      (CONVERSATION,),
    on.SetupUnanswered:         (CONVERSATION,),
    on.FenceUnanswered:         (CONVERSATION,),
    on.RetryDue:                (LINK,),
    on.SleepDue:                (TRANSPORT,),
    # the player
    on.BufferRanDry:            (SONG,),
    on.PlaceNotHere:            (SONG,),
    on.PlayedOut:               (SONG, PLAYER),
    on.Undecodable:             (SONG, PLAYER),
    on.OutputFailed:            (SONG, NEXT_SONG, PLAYER, QUEUE, TRANSPORT),
    on.BufferFull:              (SONG,),
    on.NextBufferFull:          (NEXT_SONG,),
    on.DeviceLost:              (TRANSPORT,),
    # one machine to another
    internal.ConnectionEnded:   (LINK, SONG, NEXT_SONG),
    internal.ConnectionRenewed: (LINK, SONG, NEXT_SONG),
    internal.ConnectionRested:  (LINK,),
    internal.ConnectionUnusable: (LINK,),
    internal.SongEndedThere:    (SONG, NEXT_SONG),
    internal.SongWanted:        (LINK,),
    internal.PlaceWanted:       (NEXT_SONG, QUEUE, PLAYER, LINK),
    internal.SongToRequest:     (CONVERSATION,),
    internal.SongAbandoned:     (LINK, CONVERSATION),
    internal.SetupAccepted:     (CONVERSATION,),
    internal.FromAccepted:      (LINK, SONG),
    internal.ListUnchanged:     (LINK,),
    internal.ListNeeded:        (CONVERSATION,),
    internal.ListUseful:        (CONVERSATION,),
    internal.ListCompleted:     (LINK,),
    internal.ListWithheld:      (LINK,),
    internal.SongsRenumbered:   (SONG, NEXT_SONG, QUEUE),
    internal.SongOpened:        (SONG, NEXT_SONG),
    internal.AudioFromServer:   (LINK,),
    internal.SongAudio:         (SONG, NEXT_SONG),
    internal.ServerClosedSong:  (LINK,),
    internal.SongCompleted:     (SONG, NEXT_SONG),
    internal.ServerRefusedSong: (LINK,),
    internal.SongRefused:       (SONG, NEXT_SONG),
    internal.SongInterrupted:   (LINK,),
    internal.SongLost:          (SONG, NEXT_SONG),
    internal.SongReady:         (PLAYER,),
    internal.NextSongReady:     (PLAYER,),
    internal.SongShort:         (PLAYER,),
    internal.SeekWanted:        (PLAYER,),
    internal.PlayerMoved:       (SONG,),
    internal.SongWhole:         (QUEUE,),
    internal.SongOver:          (QUEUE,),
    internal.SongUnplayable:    (QUEUE,),
    internal.SongTurnCame:      (SONG, NEXT_SONG, PLAYER, TRANSPORT),
    internal.NextSongKnown:     (NEXT_SONG,),
    internal.NextSongDropped:   (NEXT_SONG, PLAYER),
    internal.NextSongFailed:    (QUEUE,),
    internal.SongSkipped:       (SONG, PLAYER, TRANSPORT),
    internal.SongBegan:         (SONG,),
    internal.NothingFollows:    (TRANSPORT,),
    on.CommandAnswered:         (PROMPT,),
}
# fmt: on

SONG_ENDS = (internal.SongOver, internal.SongUnplayable, internal.SongSkipped)
"""After each of these the next song is the present one, and SongBegan follows."""


class ClientSession:
    """One client: what a person wants, what the server owes, what is played.

    prebuffer_msgs: RFC 2.5.2; None for as many as the flow needs. plain: protocol.md 8.
    max_retries: attempts for one interrupted song, None for as many as it takes. tail_bytes: by so
    many an interrupted song is recognised.
    observe: called with every step of every machine.
    """

    def __init__(
        self,
        prebuffer_msgs: int | None = PREBUFFER_MSGS,
        plain: bool = False,
        max_retries: int | None = None,
        observe: Observer | None = None,
        tail_bytes: int = TAIL_BYTES,
    ) -> None:
        self.prebuffer_msgs = prebuffer_msgs
        self.song = SongSession(prebuffer_msgs, tail_bytes=tail_bytes)
        self.next_song = SongSession(prebuffer_msgs, Buffer.NEXT, tail_bytes)
        self.player = PlayerSession()
        self.queue = QueueSession()
        self.transport = TransportSession()
        self.link = LinkSession(max_retries)
        self.conversation = ConversationSession(plain)
        self.prompt = PromptSession()
        self.observe = observe
        self.machines: dict[str, Session[Any]] = {
            SONG: self.song,
            NEXT_SONG: self.next_song,
            PLAYER: self.player,
            QUEUE: self.queue,
            TRANSPORT: self.transport,
            LINK: self.link,
            CONVERSATION: self.conversation,
            PROMPT: self.prompt,
        }

    def __repr__(self) -> str:
        states = (f"{name}={session.state.name}" for name, session in self.machines.items())
        return f"<ClientSession {' '.join(states)}>"

    @property
    def settled(self) -> bool:
        """It is known what kind of server it is, or that there is no connection to any."""
        connected = self.conversation.state in (CLOSING_SERVER, PLAIN)
        return connected or self.link.state in (OFFLINE, RESTING)

    @property
    def list_coming(self) -> bool:
        """A list has been requested, by the person or by the client itself, and is not whole."""
        return self.conversation.list_coming

    def handle(self, event: Event) -> list[ClientEffect]:
        """Take one event, let the machines tell each other of it, return what is to be done.

        Raises UnexpectedEvent where a machine has no row for what it receives.
        """
        effects: list[ClientEffect] = []
        events = deque([event])
        while events:
            event = events.popleft()
            for name in RECIPIENTS[type(event)]:
                outcome: ClientEffect | Event
                for outcome in take(self.machines[name], event, name, self.observe):
                    if isinstance(outcome, Event):
                        events.append(outcome)
                    else:
                        effects.append(outcome)
            if isinstance(event, SONG_ENDS):
                self.take_over()
                events.append(internal.SongBegan())
        return effects

    def take_over(self) -> None:
        """Let the next song be the present one."""
        self.song.take_over(self.next_song)
