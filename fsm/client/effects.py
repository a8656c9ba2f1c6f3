"""What the client's machines ask their caller to do, in the imperative.

A machine only records effects; whoever fired the event performs them, in order.
"""

from __future__ import annotations

from enum import Enum

from fsm.client.events import Event, Fields, ListedSong
from fsm.client.requests import Gain, Measure
from fsm.effects import Effect as Effect
from fsm.frozen import dataclass
from fsm.words import Request

# The wire.


@dataclass(frozen=True, slots=True)
class SendRequest(Effect):
    """Send a request. paced: at least 100 ms after the one before it (protocol.md 8).

    offset: of a PLAY, the byte of the song's file to begin at (protocol.md 10).
    """

    request: Request
    song_id: int | None = None
    paced: bool = False
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Connect(Effect):
    """Try to connect; Connected or ConnectFailed follows."""


@dataclass(frozen=True, slots=True)
class Disconnect(Effect):
    """Close the connection; ConnectionLost follows with this reason.

    Where an answer was awaited, and another thing has begun to come instead, that is the reason.
    """

    reason: str
    answer_awaited: bool = True


@dataclass(frozen=True, slots=True)
class DisconnectForGood(Effect):
    """Close the connection; nothing follows: the person leaves."""


# Time.


@dataclass(frozen=True, slots=True)
class StartTimer(Effect):
    """Fire `event` in `delay_s` seconds; a running timer for the same event is replaced."""

    event: Event
    delay_s: float


@dataclass(frozen=True, slots=True)
class ScheduleRetry(Effect):
    """Fire RetryDue after a random part of `longest_s` seconds (full jitter)."""

    longest_s: float


@dataclass(frozen=True, slots=True)
class CancelTimer(Effect):
    """Stop the timer for events of this class, if there is one."""

    event: type[Event]


# The sound.


class Buffer(Enum):
    """Whose audio a buffer holds."""

    PRESENT = "the present song's: the MAD buffer of RFC 2.2"
    NEXT = "the next song's, which is requested while the present one plays out"


@dataclass(frozen=True, slots=True)
class DropBuffers(Effect):
    """Clear the MAD buffer and the next song's, and silence the player (RFC 2.2)."""


@dataclass(frozen=True, slots=True)
class DropNextBuffer(Effect):
    """Clear the next song's buffer; the present song plays on."""


@dataclass(frozen=True, slots=True)
class AppendAudio(Effect):
    """Add to one of the buffers (RFC 2.5.2)."""

    buffer: Buffer
    data: bytes


@dataclass(frozen=True, slots=True)
class FinishBuffer(Effect):
    """Nothing more will come of this song: the player may run to the end of its buffer."""

    buffer: Buffer


@dataclass(frozen=True, slots=True)
class ReopenBuffer(Effect):
    """More of the present song comes after all: its buffer is not finished."""


@dataclass(frozen=True, slots=True)
class MoveBuffer(Effect):
    """Throw away what is here of the present song: what comes next is from this byte of it on."""

    offset: int


@dataclass(frozen=True, slots=True)
class MoveBufferBack(Effect):
    """Do the same for the place that was heard before one was sought that the song does not have."""

    offset: int


@dataclass(frozen=True, slots=True)
class LeaveSong(Effect):
    """Give up the present song's buffer; the next song's takes its place."""


@dataclass(frozen=True, slots=True)
class SkipSong(Effect):
    """Leave the present song in the middle for the next one, at once."""


@dataclass(frozen=True, slots=True)
class StartPlayer(Effect):
    """Play the present song's buffer (RFC 2.5.2)."""


@dataclass(frozen=True, slots=True)
class RefillPlayer(Effect):
    """Let the player that ran dry go on."""


@dataclass(frozen=True, slots=True)
class QueueNextSong(Effect):
    """Let the player go on into the next song without a gap."""


@dataclass(frozen=True, slots=True)
class SeekPlayer(Effect):
    """Go on at another place in the song."""

    amount: float
    measure: Measure


@dataclass(frozen=True, slots=True)
class FindPlace(Effect):
    """Say where in the song the place is at which it is to begin, once that is known.

    PlaceNotHere follows, unless the place is here.
    """

    amount: float
    measure: Measure


@dataclass(frozen=True, slots=True)
class PausePlayer(Effect):
    """Be silent, and keep the place in the song."""


@dataclass(frozen=True, slots=True)
class ResumePlayer(Effect):
    """End a pause; where the device has gone, take the default one."""


@dataclass(frozen=True, slots=True)
class SetVolume(Effect):
    """How loud, from 0 to 100."""

    percent: int


@dataclass(frozen=True, slots=True)
class SetGain(Effect):
    """Which gain of the songs' tags is applied."""

    gain: Gain


# The person.


@dataclass(frozen=True, slots=True)
class ShowSongs(Effect):
    """Print a list (RFC 2.5.1). fields: of each song, if the server has sent any."""

    songs: tuple[ListedSong, ...]
    fields: tuple[Fields, ...] = ()


class Report(Enum):
    """What a person is told. The text is the command line's business."""

    SONG_ARRIVING = "the first audio of the song is here"
    SONG_PLAYING = "the player has been started"
    SONG_PLAYED = "the whole song has been heard"
    SONG_PROBABLY_PLAYED = "the song has been heard, as far as a plain server says"
    SONG_NOT_FOUND = "the server has no such song"
    SONG_CUT_OFF = "the rest of the song did not come"
    SONG_UNDECODABLE = "the song cannot be decoded"
    OUTPUT_FAILED = "the audio output is gone"
    UNDERRUN = "the buffer ran dry"
    PLAYING_AGAIN = "the buffer is full enough again"
    LIST_FAILED = "the list did not come"
    CONNECTION_LOST = "the connection is gone"
    CONNECT_FAILED = "no connection could be made"
    NO_RETRIES_LEFT = "the connection is gone again, and no further attempt is made"
    RETRYING = "another attempt follows"
    RECONNECTED = "there is a connection again"
    SONG_ENDS_BEFORE = "the song ends before the place that was sought"
    SONG_RESUMED = "the song goes on where it was interrupted"
    DEVICE_LOST = "the sound device has gone; it is paused"
    NOTHING_PLAYS = "nothing is played that could be paused or sought in"
    NOTHING_FOLLOWS = "nothing is queued that could be played next"
    NO_POSITION = "the queue has no song at that position"
    TAKEN_BACK = "the last change of the queue has been taken back"
    NOTHING_TO_UNDO = "no change of the queue is left that could be taken back"
    SONGS_GONE = "songs that were queued or played are no longer on the server"
    NOTHING_BEFORE = "no song was played before"
    ASLEEP = "it is paused, or has stopped, because a person wanted to sleep"


@dataclass(frozen=True, slots=True)
class Tell(Effect):
    """Tell the person. song_id, detail: where the report has them; detail is in words."""

    report: Report
    song_id: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ShowPrompt(Effect):
    """Let `>>` stand at a new input line (RFC 2.6.1)."""


@dataclass(frozen=True, slots=True)
class Print(Effect):
    """Print while no prompt stands. error: as in TextArrived."""

    text: str
    error: bool = False


@dataclass(frozen=True, slots=True)
class PrintAbovePrompt(Effect):
    """Print above the prompt that stands, and leave it and what was typed as they were."""

    text: str
    error: bool = False


@dataclass(frozen=True, slots=True)
class ClearLine(Effect):
    """Throw away what was typed and show a fresh prompt."""


@dataclass(frozen=True, slots=True)
class Leave(Effect):
    """End the client."""


# A `match` over one of these ends in `assert_never`.

WireEffect = SendRequest | Connect | Disconnect | DisconnectForGood
"""For the connection."""
TimerEffect = StartTimer | ScheduleRetry | CancelTimer
"""For the timers."""
SoundEffect = (
    DropBuffers
    | DropNextBuffer
    | AppendAudio
    | FinishBuffer
    | ReopenBuffer
    | MoveBuffer
    | MoveBufferBack
    | LeaveSong
    | SkipSong
    | StartPlayer
    | RefillPlayer
    | QueueNextSong
    | SeekPlayer
    | FindPlace
    | PausePlayer
    | ResumePlayer
    | SetVolume
    | SetGain
)
"""For the buffers and the player."""
ScreenEffect = ShowSongs | Tell | ShowPrompt | Print | PrintAbovePrompt | ClearLine | Leave
"""For the person."""
ClientEffect = WireEffect | TimerEffect | SoundEffect | ScreenEffect
"""Every effect of the client's machines."""
