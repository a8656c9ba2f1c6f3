"""Facts that one of the client's machines tells another, in the past tense.

Which machine receives which of them is in `fsm.client.machines`.
"""

from __future__ import annotations

from typing import NamedTuple

from fsm.client.events import Event, Fields, ListedSong
from fsm.client.requests import Measure
from fsm.frozen import dataclass

# A song on its way: asked for, arriving, whole or lost.


@dataclass(frozen=True, slots=True)
class SongWanted(Event):
    """The song machine wants this song from its first byte; its buffer is empty."""

    song_id: int


@dataclass(frozen=True, slots=True)
class PlaceWanted(Event):
    """The song machine wants the present song from this byte on; nothing is here from there on.

    back: the place is not the one that was sought, but the one before: the song ends before that.
    """

    song_id: int
    offset: int
    back: bool = False


@dataclass(frozen=True, slots=True)
class SongToRequest(Event):
    """The link has a connection for this song: PLAY is to be sent.

    offset: the byte of it to begin at (protocol.md 10).
    """

    song_id: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class SongAbandoned(Event):
    """The song that is arriving is of no use any more: STOP is to be sent."""


@dataclass(frozen=True, slots=True)
class SetupAccepted(Event):
    """SETUP was accepted by a server that seemed to be plain; no list of it is on its way."""


@dataclass(frozen=True, slots=True)
class FromAccepted(Event):
    """The server sends songs from any byte on, over this connection (protocol.md 10)."""


@dataclass(frozen=True, slots=True)
class ListUnchanged(Event):
    """The server has the same list as before: the IDs that are known hold (protocol.md 7)."""


@dataclass(frozen=True, slots=True)
class ListNeeded(Event):
    """A song's present ID is to be found: that takes a fresh list, if it is not the same as before.

    for_titles: it takes one even so, because none has come.
    """

    for_titles: bool = False


@dataclass(frozen=True, slots=True)
class ListUseful(Event):
    """A list would name the songs, because none has come; nobody waits for it."""


@dataclass(frozen=True, slots=True)
class ListWithheld(Event):
    """There is a connection, and no list is asked for over it but by the user (`--plain`)."""


@dataclass(frozen=True, slots=True)
class ListCompleted(Event):
    """All entries of one list are here (RFC 2.5.1, protocol.md 7, 8).

    fields: of each song, if the server has sent any (protocol.md 10).
    """

    songs: tuple[ListedSong, ...] = ()
    fields: tuple[Fields, ...] = ()


class NewId(NamedTuple):
    """What has become of a song's ID. new_id: None where the song cannot be found again."""

    song_id: int
    title: str
    new_id: int | None


@dataclass(frozen=True, slots=True)
class SongsRenumbered(Event):
    """The server has been started again, and has other IDs for its songs. new_ids: no other ones."""

    new_ids: tuple[NewId, ...]

    @property
    def known(self) -> dict[int, int]:
        """The new ID of each song that was found again, by its old one."""
        return {old: new for old, _, new in self.new_ids if new is not None}


@dataclass(frozen=True, slots=True)
class SongOpened(Event):
    """Audio that arrives from here on belongs to the song that was requested last."""


@dataclass(frozen=True, slots=True)
class AudioFromServer(Event):
    """Audio off the wire, on its way from the conversation to the link."""

    data: bytes


@dataclass(frozen=True, slots=True)
class SongAudio(Event):
    """Audio that the song's buffer does not hold yet, on its way from the link."""

    data: bytes


@dataclass(frozen=True, slots=True)
class ServerClosedSong(Event):
    """The server has sent the song that was requested last, whole. said: it said so itself."""

    said: bool = True


@dataclass(frozen=True, slots=True)
class SongCompleted(Event):
    """Every byte of the song has arrived. said: by the server's own word."""

    said: bool = True


@dataclass(frozen=True, slots=True)
class ServerRefusedSong(Event):
    """ERRO 404 came for the song that was requested last."""


@dataclass(frozen=True, slots=True)
class SongRefused(Event):
    """The server does not have the song, or could not read it to its end."""


@dataclass(frozen=True, slots=True)
class SongInterrupted(Event):
    """The connection ended before the song was whole.

    held_bytes: how much of it is here. tail: the last bytes of that, at most 4 KiB, by which the
    song is recognised.
    """

    song_id: int
    held_bytes: int
    tail: bytes


@dataclass(frozen=True, slots=True)
class SongLost(Event):
    """The rest of the song will not come. reason: in words for a person."""

    reason: str


# The connection.


@dataclass(frozen=True, slots=True)
class ConnectionEnded(Event):
    """The connection has ended, and what it owed is interrupted. in_order: the server closed it."""

    reason: str
    in_order: bool = False


@dataclass(frozen=True, slots=True)
class ConnectionRenewed(Event):
    """The client has closed the connection, to make it anew at once."""


@dataclass(frozen=True, slots=True)
class ConnectionRested(Event):
    """The server has closed a connection that owed nothing: nobody misses it."""


@dataclass(frozen=True, slots=True)
class ConnectionUnusable(Event):
    """The server has sent what is no message; another attempt would bring the same. reason: what."""

    reason: str


@dataclass(frozen=True, slots=True)
class SongEndedThere(Event):
    """The server has closed the connection in order twice at the same byte of the song."""


# The song and the player.


@dataclass(frozen=True, slots=True)
class SongReady(Event):
    """There is enough of the present song to play. finished: nothing more of it will come."""

    song_id: int
    finished: bool = False


@dataclass(frozen=True, slots=True)
class NextSongReady(Event):
    """There is enough of the next song: the player may go on into it."""


@dataclass(frozen=True, slots=True)
class SongShort(Event):
    """The player needs more of the present song than is here."""


@dataclass(frozen=True, slots=True)
class SeekWanted(Event):
    """The present song is to go on at another place, or to begin there."""

    amount: float
    measure: Measure


@dataclass(frozen=True, slots=True)
class PlayerMoved(Event):
    """The player that waited for more has been sent to another place in the song."""


# What comes after a song.


@dataclass(frozen=True, slots=True)
class SongWhole(Event):
    """All of the present song is here: the next one can be requested ahead."""


@dataclass(frozen=True, slots=True)
class SongOver(Event):
    """The song was heard, to its end or to where it was cut off."""


@dataclass(frozen=True, slots=True)
class SongUnplayable(Event):
    """The song is over without having been heard to its end: nothing came, or it was no MP3."""


@dataclass(frozen=True, slots=True)
class SongTurnCame(Event):
    """The queue wants this song played now. asked: a person wants it, not merely its turn."""

    song_id: int
    asked: bool = False


@dataclass(frozen=True, slots=True)
class NextSongKnown(Event):
    """The queue wants this song as soon as the present one, which is whole, has been heard."""

    song_id: int


@dataclass(frozen=True, slots=True)
class NextSongDropped(Event):
    """The queue no longer wants the next song that it requested ahead."""


@dataclass(frozen=True, slots=True)
class NextSongFailed(Event):
    """The song that was requested ahead will not come."""


@dataclass(frozen=True, slots=True)
class SongSkipped(Event):
    """A person wants the song that was requested ahead now."""


@dataclass(frozen=True, slots=True)
class SongBegan(Event):
    """The song before it is over: what was the next song is the present one now."""


@dataclass(frozen=True, slots=True)
class NothingFollows(Event):
    """The song was the last."""
