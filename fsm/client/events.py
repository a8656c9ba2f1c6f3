"""Facts that the client's machines are told: from the wire, from time, the player and the person.

Requests of a person for the player are in `fsm.client.requests`; what one machine tells another is
in `fsm.client.internal_events`.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from fsm.events import ConnectionLost as ConnectionLost
from fsm.events import Event as Event
from fsm.events import ListRequested as ListRequested
from fsm.events import PlayRequested as PlayRequested
from fsm.events import StopRequested as StopRequested
from fsm.frozen import dataclass
from fsm.words import Request


class ListedSong(NamedTuple):
    """One entry of a list: its ID (None where a server sent an entry without one) and its title."""

    song_id: int | None
    title: str


Fields = tuple[tuple[str, str], ...]
"""What a server says of a song besides its title: keys of two letters and values (protocol.md 10)."""


class Command(Enum):
    """What a person can type that is answered later than at once."""

    LIST = "list"
    PLAY = "play"
    WAIT = "wait"
    LOCAL = "local"
    """Answered by the client itself, without the server: help, stop and the like."""


# Responses, as the client's decoder parsed them.


@dataclass(frozen=True, slots=True)
class ListReceived(Event):
    """RESP 100 (RFC 2.5.1). No songs: a closing message, or an empty library.

    fields: of each song, if the server has accepted to say more of it (protocol.md 10).
    """

    songs: tuple[ListedSong, ...] = ()
    fields: tuple[Fields, ...] = ()


@dataclass(frozen=True, slots=True)
class AudioReceived(Event):
    """RESP 200 (RFC 2.5.2). No data: a closing message."""

    data: bytes = b""


@dataclass(frozen=True, slots=True)
class SetupReceived(Event):
    """RESP 101: the server's product token, then the tokens it accepts (protocol.md 7)."""

    tokens: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotFoundReceived(Event):
    """ERRO 404 (RFC 2.5.3)."""


# The connection.


@dataclass(frozen=True, slots=True)
class RequestWritten(Event):
    """A paced request has left: all of it has been handed to the kernel."""

    request: Request


@dataclass(frozen=True, slots=True)
class MessageNotUnderstood(Event):
    """What came is no message of this protocol. reason: what came, in words for a person."""

    reason: str


@dataclass(frozen=True, slots=True)
class ServerClosed(Event):
    """The server has closed the connection in order, between two messages."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class ServerSilent(Event):
    """Nothing has come over the connection for so many seconds; told again each time."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Connected(Event):
    """A TCP connection to the server is open."""


@dataclass(frozen=True, slots=True)
class ConnectFailed(Event):
    """An attempt to connect has failed. reason: in words for a person."""

    reason: str = ""


# Time, which only ever passes outside the machines.


@dataclass(frozen=True, slots=True)
class ListWentQuiet(Event):
    """No further RESP 100 for 250 ms (protocol.md 8)."""


@dataclass(frozen=True, slots=True)
class SongWentQuiet(Event):
    """No further audio for 250 ms after a short message, or for 2 s (protocol.md 8)."""


@dataclass(frozen=True, slots=True)
class GreetingUnanswered(Event):
    """The LIST sent on connecting has had no answer for 10 s."""


@dataclass(frozen=True, slots=True)
class SetupUnanswered(Event):
    """1 s of silence after SETUP (protocol.md 7)."""


@dataclass(frozen=True, slots=True)
class FenceUnanswered(Event):
    """The LIST sent as a fence has had no answer for 1 s (protocol.md 8)."""


@dataclass(frozen=True, slots=True)
class RetryDue(Event):
    """The pause before the next attempt to connect is over."""


@dataclass(frozen=True, slots=True)
class SleepDue(Event):
    """The time is over after which a person wanted silence."""


# The player.


@dataclass(frozen=True, slots=True)
class BufferRanDry(Event):
    """The player needs more audio than there is, and the song is not whole (RFC 2.5.2)."""


@dataclass(frozen=True, slots=True)
class PlayedOut(Event):
    """The last sample that the buffer holds has been heard."""


@dataclass(frozen=True, slots=True)
class Undecodable(Event):
    """What arrived is not a song that can be decoded. reason: in words for a person."""

    reason: str


@dataclass(frozen=True, slots=True)
class OutputFailed(Event):
    """The audio output is gone. reason: in words for a person."""

    reason: str


@dataclass(frozen=True, slots=True)
class BufferFull(Event):
    """There is no room for more of the present song. reason: in words for a person."""

    reason: str


@dataclass(frozen=True, slots=True)
class NextBufferFull(Event):
    """There is no room for more of the next song. reason: in words for a person."""

    reason: str


@dataclass(frozen=True, slots=True)
class PlaceNotHere(Event):
    """The place that is sought is not here. needed_bytes: so much of the song is needed for it.

    from_bytes: the byte of the song to ask from, in order to begin there. back_bytes: the same for
    the place that was heard before, where the song ends before the one that is sought.
    """

    needed_bytes: int
    from_bytes: int = 0
    back_bytes: int = 0


@dataclass(frozen=True, slots=True)
class DeviceLost(Event):
    """The sound device has gone, and another may be had. reason: in words for a person."""

    reason: str


@dataclass(frozen=True, slots=True)
class FlowMeasured(Event):
    """How fast audio arrives, how fast the song uses it up, and how long the song is.

    song_bytes: 0 where the song does not say.
    """

    arrival_bytes_per_s: float
    song_bytes_per_s: float
    song_bytes: int = 0


# The person at the prompt.


@dataclass(frozen=True, slots=True)
class WaitRequested(Event):
    """The next command is to wait until the song has ended."""


@dataclass(frozen=True, slots=True)
class CommandEntered(Event):
    """A command has been read. request: what it asks for, None if the client answers by itself."""

    command: Command
    request: Event | None = None


@dataclass(frozen=True, slots=True)
class CommandSent(Event):
    """Another program of the same person has sent a command, which is answered at once."""

    request: Event


@dataclass(frozen=True, slots=True)
class CommandAnswered(Event):
    """A command has had its answer, whatever it was."""

    command: Command


@dataclass(frozen=True, slots=True)
class TextArrived(Event):
    """There is something to print. text: whole lines. error: it is a complaint."""

    text: str
    error: bool = False


@dataclass(frozen=True, slots=True)
class Interrupted(Event):
    """Ctrl-C at the prompt."""


@dataclass(frozen=True, slots=True)
class TitlesNeeded(Event):
    """A song is to be found by its title, or titles are to be completed: that takes a list."""


@dataclass(frozen=True, slots=True)
class InputEnded(Event):
    """quit, exit, Ctrl-D, or the end of a script."""


@dataclass(frozen=True, slots=True)
class SongMeasured(Event):
    """What the song that arrives says of itself.

    playable: of what is here so much can be decoded that playing may begin. song_bytes: how long the
    song is, by its own header (Xing, Info, VBRI); None where that does not say.
    """

    playable: bool
    song_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class SongNamed(Event):
    """What the song that arrives is called by its own tag, as a server's list calls it."""

    title: str
