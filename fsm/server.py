"""The server's machine: what one connection is being sent, and what its next request changes.

It knows nothing of bytes or files. Answers (lists, errors, closing messages) wait in one queue and
go before the next audio message, so the order of effects is the order on the wire (RFC 2.4.1).
"""

from __future__ import annotations

from collections.abc import Container
from enum import Enum

from fsm import effects as do
from fsm import events as on
from fsm.effects import ServerEffect
from fsm.table import Row, Session, Table, each
from fsm.words import ENDS, FROM, PRODUCT, TAGS


class ServerState(Enum):
    """keep_playing and list_req_while_playing (RFC 2.6.2), and how a connection ends."""

    IDLE = "nothing is being sent"
    LISTING = "a list is being sent, no song"
    STREAMING = "a song is being sent (keep_playing)"
    LISTING_WHILE_STREAMING = (
        "a list is being sent, then the song goes on (keep_playing, list_req_while_playing)"
    )
    FINISHING = "the client can ask for nothing more; its song is sent to the end (keep_playing)"
    DRAINING = "the server is ending; this song is sent to its end (keep_playing)"
    CLOSING = "the answers that wait are sent, then the connection is closed"
    CLOSED = "the connection is gone"


# fmt: off
IDLE, LISTING, STREAMING, LISTING_WHILE_STREAMING, FINISHING, DRAINING, CLOSING, CLOSED = ServerState
BOTH = LISTING_WHILE_STREAMING

_OPEN = (IDLE, LISTING, STREAMING, BOTH)
_SILENT = (IDLE, LISTING)
_KEEP_PLAYING = (STREAMING, BOTH)
_LAST_SONG = (FINISHING, DRAINING)
_REQUESTS = (
    on.ListRequested, on.PlayRequested, on.PlayFromRequested, on.StopRequested, on.SetupRequested,
    on.TeardownRequested, on.RequestNotUnderstood, on.RequestTooLong, on.RequestTimedOut,
    on.RequestsEnded,
)
_WITHOUT_END = (on.RequestTooLong, on.RequestTimedOut)

SERVER = Table("server", IDLE, [
    # LIST
    each((IDLE, LISTING),   on.ListRequested, LISTING,                     then="send_list",  rfc="2.4.1"),
    each((STREAMING, BOTH), on.ListRequested, BOTH,                        then="send_list",  rfc="2.4.1"),
    Row(LISTING,            on.ListSent,      IDLE,      when="last_list", then="count_list", rfc="2.4.1"),
    Row(LISTING,            on.ListSent,      LISTING,                     then="count_list", rfc="2.4.1"),
    Row(BOTH,               on.ListSent,      STREAMING, when="last_list", then="count_list", rfc="2.4.1"),
    Row(BOTH,               on.ListSent,      BOTH,                        then="count_list", rfc="2.4.1"),
    # PLAY
    Row(IDLE,           on.PlayRequested, STREAMING, when="song_known", then="start_song",                        rfc="2.4.2"),
    Row(LISTING,        on.PlayRequested, BOTH,      when="song_known", then="start_song",                        rfc="2.4.2"),
    each(_SILENT,       on.PlayRequested,                               then="send_not_found",                    rfc="2.4.2"),
    each(_KEEP_PLAYING, on.PlayRequested,            when="song_known", then="stop_song, close_song, start_song", rfc="2.4.2, P6"),
    # The client has thrown the old song away already: it is not gone on with.
    Row(STREAMING, on.PlayRequested, IDLE,    then="stop_song, close_song, send_not_found", rfc="P6"),
    Row(BOTH,      on.PlayRequested, LISTING, then="stop_song, close_song, send_not_found", rfc="P6"),
    # PLAY from an offset; without `from` it is not understood, and a song goes on
    Row(IDLE,           on.PlayFromRequested, STREAMING, when="can_play_from", then="start_song_at",                         rfc="P10"),
    Row(LISTING,        on.PlayFromRequested, BOTH,      when="can_play_from", then="start_song_at",                         rfc="P10"),
    each(_SILENT,       on.PlayFromRequested,                                  then="send_not_found",                        rfc="P10"),
    each(_KEEP_PLAYING, on.PlayFromRequested,            when="can_play_from", then="stop_song, close_song, start_song_at",  rfc="P10"),
    Row(STREAMING,      on.PlayFromRequested, IDLE,      when="from_accepted", then="stop_song, close_song, send_not_found", rfc="P10"),
    Row(BOTH,           on.PlayFromRequested, LISTING,   when="from_accepted", then="stop_song, close_song, send_not_found", rfc="P10"),
    each(_KEEP_PLAYING, on.PlayFromRequested,                                  then="send_not_found",                        rfc="P3"),
    # The song ends
    Row(STREAMING, on.SongSent,   IDLE,    then="close_song",     rfc="2.4.2, P7"),
    Row(STREAMING, on.SongFailed, IDLE,    then="send_not_found", rfc="2.3.1, P7"),
    Row(BOTH,      on.SongFailed, LISTING, then="send_not_found", rfc="2.3.1, P7"),
    # STOP
    each(_SILENT,  on.StopRequested,                                        rfc="2.4.3"),
    Row(STREAMING, on.StopRequested, IDLE,    then="stop_song, close_song", rfc="2.4.3"),
    Row(BOTH,      on.StopRequested, LISTING, then="stop_song, close_song", rfc="2.4.3"),
    # SETUP, TEARDOWN, and what is neither
    each((*_OPEN, DRAINING),         on.SetupRequested,                then="send_setup_reply",                                       rfc="P7"),
    each(_SILENT,                    on.TeardownRequested,    CLOSING, then="close_at_boundary",                                      rfc="P7"),
    each((*_KEEP_PLAYING, DRAINING), on.TeardownRequested,    CLOSING, then="stop_song, close_at_boundary",                           rfc="P7"),
    each((*_OPEN, DRAINING),         on.RequestNotUnderstood,          then="send_not_found",                                         rfc="P3"),
    each(_SILENT,                    _WITHOUT_END,            CLOSING, then="send_not_found, close_when_sent",                        rfc="P3"),
    each((*_KEEP_PLAYING, DRAINING), _WITHOUT_END,            CLOSING, then="stop_song, close_song, send_not_found, close_when_sent", rfc="P3"),
    # The client has shut down its side: what it asked for is still sent.
    each(_SILENT,                    on.RequestsEnded, CLOSING,   then="close_when_sent", rfc="P3"),
    each((*_KEEP_PLAYING, DRAINING), on.RequestsEnded, FINISHING,                         rfc="P3"),
    Row(FINISHING,                   on.ListSent,      FINISHING,                         rfc="2.4.1"),
    # The server is ending: songs may end, nothing new begins.
    each(_SILENT,              on.ShutdownRequested, CLOSING,                        then="close_when_sent",                                        rfc="P7"),
    each(_KEEP_PLAYING,        on.ShutdownRequested, DRAINING,                                                                                      rfc="P7"),
    each((FINISHING, CLOSING), on.ShutdownRequested,                                                                                                rfc="P7"),
    Row(DRAINING,              on.ListRequested,     DRAINING,                       then="send_list",                                              rfc="2.4.1"),
    Row(DRAINING,              on.ListSent,          DRAINING,                       then="count_list",                                             rfc="2.4.1"),
    # No 404 for a song that there is: the client asks for it again, of the next server.
    Row(DRAINING,              on.PlayRequested,     CLOSING,  when="song_known",    then="stop_song, close_song, close_when_sent",                 rfc="P7"),
    Row(DRAINING,              on.PlayRequested,     CLOSING,                        then="stop_song, close_song, send_not_found, close_when_sent", rfc="P6"),
    Row(DRAINING,              on.PlayFromRequested, CLOSING,  when="can_play_from", then="stop_song, close_song, close_when_sent",                 rfc="P7, P10"),
    Row(DRAINING,              on.PlayFromRequested, CLOSING,  when="from_accepted", then="stop_song, close_song, send_not_found, close_when_sent", rfc="P10"),
    Row(DRAINING,              on.PlayFromRequested, DRAINING,                       then="send_not_found",                                         rfc="P3"),
    Row(DRAINING,              on.StopRequested,     CLOSING,                        then="stop_song, close_song, close_when_sent",                 rfc="2.4.3"),
    each(_LAST_SONG,           on.SongSent,          CLOSING,                        then="close_song, close_when_sent",                            rfc="P7"),
    each(_LAST_SONG,           on.SongFailed,        CLOSING,                        then="send_not_found, close_when_sent",                        rfc="P7"),
    # Without its closing message nobody takes a song that was cut here for whole.
    each(_LAST_SONG, on.DrainExpired, CLOSING, then="stop_song, close_at_boundary", rfc="P7"),
    Row(CLOSING,     on.DrainExpired, CLOSING, then="close_at_boundary",            rfc="P7"),
    # The end of the connection
    each((CLOSING,),                    (on.ListSent, *_REQUESTS),                           rfc="P7"),
    each((*_SILENT, CLOSING),           on.ConnectionLost,         CLOSED,                   rfc="1"),
    each((*_KEEP_PLAYING, *_LAST_SONG), on.ConnectionLost,         CLOSED, then="stop_song", rfc="1"),
])
# fmt: on


class ServerSession(Session[ServerEffect]):
    """One client, as the server sees it.

    song_ids: the songs there are; only asked whether it contains an ID.
    """

    __slots__ = ("ends", "lists_waiting", "plays_from", "song_closes", "song_ids", "tags")
    table = SERVER

    def __init__(self, song_ids: Container[int]) -> None:
        super().__init__()
        self.song_ids = song_ids
        self.ends = False
        """The client has asked for closing messages; true of all that it asks for from then on."""
        self.tags = False
        """The client has asked for fields: each list that it asks for from then on has them."""
        self.plays_from = False
        """The client has asked for songs from an offset on."""
        self.song_closes = False
        """The song was asked for after SETUP ends, so it ends in a closing message."""
        self.lists_waiting = 0

    # Guards

    def song_known(self, event: on.PlayRequested) -> bool:
        """The song ID exists."""
        return event.song_id in self.song_ids

    def from_accepted(self, event: on.Event) -> bool:
        """The client has been told that offsets are understood."""
        return self.plays_from

    def can_play_from(self, event: on.PlayFromRequested) -> bool:
        """Offsets are understood, and the song ID exists."""
        return self.plays_from and event.song_id in self.song_ids

    def last_list(self, event: on.Event) -> bool:
        """No further list waits."""
        return self.lists_waiting == 1

    # Effects

    def send_list(self, event: on.Event) -> None:
        """Send the list after the answers that wait already."""
        self.lists_waiting += 1
        self.record(do.SendSongList(closes=self.ends, tags=self.tags))

    def count_list(self, event: on.Event) -> None:
        """Count one waiting list less."""
        self.lists_waiting -= 1

    def start_song(self, event: on.PlayRequested) -> None:
        """Send the song's audio whenever no answer waits."""
        self.song_closes = self.ends
        self.record(do.StartSong(event.song_id))

    def start_song_at(self, event: on.PlayFromRequested) -> None:
        """Send the song's audio from the offset on, whenever no answer waits."""
        self.song_closes = self.ends
        self.record(do.StartSong(event.song_id, event.offset))

    def stop_song(self, event: on.Event) -> None:
        """Send no more of the song."""
        self.record(do.StopSong())

    def close_song(self, event: on.Event) -> None:
        """Send the empty message that closes the song, if the client asked for that."""
        if self.song_closes:
            self.record(do.SendClosing())

    def send_not_found(self, event: on.Event) -> None:
        """Send ERRO 404."""
        self.record(do.SendNotFound())

    def send_setup_reply(self, event: on.SetupRequested) -> None:
        """Send which of the tokens are understood, and keep to them from here on."""
        understood = (ENDS, TAGS, FROM) if ENDS in event.tokens else ()
        accepted = tuple(token for token in understood if token in event.tokens)
        self.ends = self.ends or ENDS in accepted
        self.tags = self.tags or TAGS in accepted
        self.plays_from = self.plays_from or FROM in accepted
        self.record(do.SendSetupReply((PRODUCT, *accepted), tags=self.tags))

    def close_when_sent(self, event: on.Event) -> None:
        """Close the connection once all that waits has been sent."""
        self.record(do.CloseWhenSent())

    def close_at_boundary(self, event: on.Event) -> None:
        """Close the connection after the message that was begun."""
        self.record(do.CloseAtBoundary())
