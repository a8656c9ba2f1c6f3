"""Facts that one of the client's machines tells another, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from fsm.client.events import Event, ListedSong
from fsm.client.requests import Measure


@dataclass(frozen=True, slots=True)
class SongWanted(Event):
    """Playback wants this song from its first byte; the buffer is empty."""

    song_id: int


@dataclass(frozen=True, slots=True)
class SongToRequest(Event):
    """The link has a connection for this song: it is to be asked for."""

    song_id: int


@dataclass(frozen=True, slots=True)
class SongAbandoned(Event):
    """The song that is arriving is of no use any more: it is to be stopped."""


@dataclass(frozen=True, slots=True)
class ListNeeded(Event):
    """The link has to find a song again and needs a fresh list."""


@dataclass(frozen=True, slots=True)
class ListCompleted(Event):
    """All entries of one list are here (RFC 2.5.1, protocol.md 7, 8)."""

    songs: tuple[ListedSong, ...] = ()


@dataclass(frozen=True, slots=True)
class SongOpened(Event):
    """Audio that arrives from here on belongs to the song that was asked for last."""


@dataclass(frozen=True, slots=True)
class AudioFromServer(Event):
    """Audio off the wire, on its way from the conversation to the link."""

    data: bytes


@dataclass(frozen=True, slots=True)
class SongAudio(Event):
    """Audio that playback does not have yet, on its way from the link."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ServerClosedSong(Event):
    """The server has sent the song that was asked for last, whole. said: it said so itself."""

    said: bool = True


@dataclass(frozen=True, slots=True)
class SongCompleted(Event):
    """Every byte of the song has arrived. said: by the server's own word."""

    said: bool = True


@dataclass(frozen=True, slots=True)
class ServerRefusedSong(Event):
    """ERRO 404 came for the song that was asked for last."""


@dataclass(frozen=True, slots=True)
class SongRefused(Event):
    """The server does not have the song, or could not read it to its end."""


@dataclass(frozen=True, slots=True)
class SongInterrupted(Event):
    """The connection ended before the song was whole.

    held_bytes: how much of it is here. tail: the last bytes of that, at most 4 KiB, by which the
    song is known again.
    """

    song_id: int
    held_bytes: int
    tail: bytes


@dataclass(frozen=True, slots=True)
class SongLost(Event):
    """The rest of the song will not come. reason: in words for a person."""

    reason: str


# What comes after a song


@dataclass(frozen=True, slots=True)
class SongWhole(Event):
    """All of the song that plays is here: the next can be asked for ahead."""


@dataclass(frozen=True, slots=True)
class SongOver(Event):
    """The song is over. heard: it was played, to its end or to where it was cut off."""

    heard: bool


@dataclass(frozen=True, slots=True)
class SongTurnCame(Event):
    """The queue wants this song played now. asked: a person wants it, it is not merely its turn."""

    song_id: int
    asked: bool = False


@dataclass(frozen=True, slots=True)
class NextSongKnown(Event):
    """The queue wants this song as soon as the one that plays, which is whole, has been heard."""

    song_id: int


@dataclass(frozen=True, slots=True)
class AheadDropped(Event):
    """The queue no longer wants the song that it asked for ahead."""


@dataclass(frozen=True, slots=True)
class AheadFailed(Event):
    """The song that was asked for ahead will not come."""


@dataclass(frozen=True, slots=True)
class SongSkipped(Event):
    """A person wants the song that was asked for ahead now."""


@dataclass(frozen=True, slots=True)
class RestartRequested(Event):
    """A person wants the song that plays from its start: a seek."""

    amount: float = 0.0
    measure: Measure = Measure.FROM_START


@dataclass(frozen=True, slots=True)
class NothingFollows(Event):
    """The song was the last."""


class Stage(Enum):
    """How far the song that was asked for ahead has come."""

    REQUESTED = "audio that arrives still belongs to an earlier song"
    COLLECTED = "there is too little of it to play"
    READY = "the player has gone on into it"
    WHOLE = "... and all of it is here"
    BROKEN = "... and the rest will not come"


@dataclass(frozen=True, slots=True)
class AheadBegan(Event):
    """The song that was asked for ahead is the present one now.

    msgs, held_bytes, tail: what of it is here. lost_because: why the rest will not come.
    """

    song_id: int
    stage: Stage
    msgs: int = 0
    held_bytes: int = 0
    tail: bytes = b""
    lost_because: str = ""
