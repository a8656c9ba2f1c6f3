"""Facts that one of the client's machines tells another, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass

from fsm.events import Event, ListedSong


@dataclass(frozen=True, slots=True)
class SongChosen(Event):
    """Playback wants this song from its first byte; the buffer is empty."""

    song_id: int


@dataclass(frozen=True, slots=True)
class SongAsked(Event):
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
class AudioPassed(Event):
    """Audio off the wire, on its way from the conversation to the link."""

    data: bytes


@dataclass(frozen=True, slots=True)
class AudioArrived(Event):
    """Audio that playback does not have yet, on its way from the link."""

    data: bytes


@dataclass(frozen=True, slots=True)
class SongClosed(Event):
    """The server has sent the song that was asked for last, whole."""


@dataclass(frozen=True, slots=True)
class SongCompleted(Event):
    """Every byte of the song has arrived."""


@dataclass(frozen=True, slots=True)
class SongDenied(Event):
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
