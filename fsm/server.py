"""The server's machine: what one connection is being sent, and what its next request changes.

It knows nothing of bytes or files. Answers (lists, errors, closing messages) wait in one line and
go before the next audio message, so the order of effects is the order on the wire (RFC 2.4.1).
"""

from __future__ import annotations

from collections.abc import Container
from enum import Enum

from fsm import effects as do
from fsm import events as on
from fsm.table import Row, Session, Table, each
from fsm.words import ENDS, PRODUCT


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
    CLOSING = "what waits is sent, then the connection is closed"
    CLOSED = "the connection is gone"


(
    IDLE,
    LISTING,
    STREAMING,
    LISTING_WHILE_STREAMING,
    FINISHING,
    DRAINING,
    CLOSING,
    CLOSED,
) = ServerState

_OPEN = (IDLE, LISTING, STREAMING, LISTING_WHILE_STREAMING)
_SILENT = (IDLE, LISTING)
_KEEP_PLAYING = (STREAMING, LISTING_WHILE_STREAMING)
_ASKED = (
    on.ListRequested,
    on.PlayRequested,
    on.StopRequested,
    on.SetupRequested,
    on.TeardownRequested,
    on.RequestNotUnderstood,
    on.RequestTooLong,
    on.RequestsEnded,
)

SERVER = Table(
    "server",
    IDLE,
    [
        Row(IDLE, on.ListRequested, LISTING, effect="send_list", rfc="2.4.1"),
        Row(LISTING, on.ListRequested, LISTING, effect="send_list", rfc="2.4.1"),
        Row(STREAMING, on.ListRequested, LISTING_WHILE_STREAMING, effect="send_list", rfc="2.4.1"),
        Row(
            LISTING_WHILE_STREAMING,
            on.ListRequested,
            LISTING_WHILE_STREAMING,
            effect="send_list",
            rfc="2.4.1",
        ),
        Row(LISTING, on.ListSent, IDLE, guard="last_list", effect="count_list", rfc="2.4.1"),
        Row(LISTING, on.ListSent, LISTING, effect="count_list", rfc="2.4.1"),
        Row(
            LISTING_WHILE_STREAMING,
            on.ListSent,
            STREAMING,
            guard="last_list",
            effect="count_list",
            rfc="2.4.1",
        ),
        Row(
            LISTING_WHILE_STREAMING,
            on.ListSent,
            LISTING_WHILE_STREAMING,
            effect="count_list",
            rfc="2.4.1",
        ),
        # PLAY
        Row(
            IDLE, on.PlayRequested, STREAMING, guard="song_known", effect="start_song", rfc="2.4.2"
        ),
        Row(IDLE, on.PlayRequested, IDLE, effect="send_not_found", rfc="2.4.2"),
        Row(
            LISTING,
            on.PlayRequested,
            LISTING_WHILE_STREAMING,
            guard="song_known",
            effect="start_song",
            rfc="2.4.2",
        ),
        Row(LISTING, on.PlayRequested, LISTING, effect="send_not_found", rfc="2.4.2"),
        each(
            _KEEP_PLAYING,
            on.PlayRequested,
            guard="song_known",
            effect="switch_song",
            rfc="2.4.2, P6",
        ),
        Row(STREAMING, on.PlayRequested, IDLE, effect="stop_song_and_send_not_found", rfc="P6"),
        Row(
            LISTING_WHILE_STREAMING,
            on.PlayRequested,
            LISTING,
            effect="stop_song_and_send_not_found",
            rfc="P6",
        ),
        Row(STREAMING, on.SongSent, IDLE, effect="close_song", rfc="2.4.2, P7"),
        Row(STREAMING, on.SongFailed, IDLE, effect="send_not_found", rfc="2.3.1, P7"),
        Row(
            LISTING_WHILE_STREAMING,
            on.SongFailed,
            LISTING,
            effect="send_not_found",
            rfc="2.3.1, P7",
        ),
        # STOP
        each(_SILENT, on.StopRequested, rfc="2.4.3"),
        Row(STREAMING, on.StopRequested, IDLE, effect="stop_song", rfc="2.4.3"),
        Row(LISTING_WHILE_STREAMING, on.StopRequested, LISTING, effect="stop_song", rfc="2.4.3"),
        # SETUP, TEARDOWN, and what is neither
        each(_OPEN, on.SetupRequested, effect="send_setup_reply", rfc="P7"),
        each(_SILENT, on.TeardownRequested, CLOSING, effect="close_at_boundary", rfc="P7"),
        each(_KEEP_PLAYING, on.TeardownRequested, CLOSING, effect="cut_and_close", rfc="P7"),
        each(_OPEN, on.RequestNotUnderstood, effect="send_not_found", rfc="P3"),
        each(_SILENT, on.RequestTooLong, CLOSING, effect="refuse_and_close", rfc="P3"),
        each(_KEEP_PLAYING, on.RequestTooLong, CLOSING, effect="cut_refuse_and_close", rfc="P3"),
        # The client has shut down its side: what it asked for is still sent.
        each(_SILENT, on.RequestsEnded, CLOSING, effect="close_when_sent", rfc="P3"),
        each(_KEEP_PLAYING, on.RequestsEnded, FINISHING, rfc="P3"),
        Row(FINISHING, on.ListSent, FINISHING, rfc="2.4.1"),
        Row(FINISHING, on.SongSent, CLOSING, effect="close_song_and_connection", rfc="P7"),
        Row(FINISHING, on.SongFailed, CLOSING, effect="refuse_and_close", rfc="P7"),
        # The server is ending: songs may end, nothing new begins.
        each(_SILENT, on.ShutdownRequested, CLOSING, effect="close_when_sent", rfc="P7"),
        each(_KEEP_PLAYING, on.ShutdownRequested, DRAINING, rfc="P7"),
        each((FINISHING, CLOSING), on.ShutdownRequested, rfc="P7"),
        Row(DRAINING, on.ListRequested, DRAINING, effect="send_list", rfc="2.4.1"),
        Row(DRAINING, on.ListSent, DRAINING, effect="count_list", rfc="2.4.1"),
        Row(DRAINING, on.PlayRequested, CLOSING, effect="cut_refuse_and_close", rfc="P6"),
        Row(DRAINING, on.StopRequested, CLOSING, effect="stop_song_and_close", rfc="2.4.3"),
        Row(DRAINING, on.SetupRequested, DRAINING, effect="send_setup_reply", rfc="P7"),
        Row(DRAINING, on.TeardownRequested, CLOSING, effect="cut_and_close", rfc="P7"),
        Row(DRAINING, on.RequestNotUnderstood, DRAINING, effect="send_not_found", rfc="P3"),
        Row(DRAINING, on.RequestTooLong, CLOSING, effect="cut_refuse_and_close", rfc="P3"),
        Row(DRAINING, on.RequestsEnded, FINISHING, rfc="P3"),
        Row(DRAINING, on.SongSent, CLOSING, effect="close_song_and_connection", rfc="P7"),
        Row(DRAINING, on.SongFailed, CLOSING, effect="refuse_and_close", rfc="P7"),
        # Without its closing message nobody takes a song that was cut here for whole.
        each((FINISHING, DRAINING), on.DrainExpired, CLOSING, effect="cut_and_close", rfc="P7"),
        Row(CLOSING, on.DrainExpired, CLOSING, effect="close_at_boundary", rfc="P7"),
        Row(CLOSING, on.ListSent, CLOSING, rfc="P7"),
        [row for event in _ASKED for row in each((CLOSING,), event, rfc="P7")],
        each((*_SILENT, CLOSING), on.ConnectionLost, CLOSED, rfc="1"),
        each(
            (*_KEEP_PLAYING, FINISHING, DRAINING),
            on.ConnectionLost,
            CLOSED,
            effect="drop_song",
            rfc="1",
        ),
    ],
)


class ServerSession(Session):
    """One client, as the server sees it.

    song_ids: the songs there are; only asked whether it contains an ID.
    """

    __slots__ = ("ends", "lists_waiting", "song_closes", "song_ids")
    table = SERVER

    def __init__(self, song_ids: Container[int]) -> None:
        super().__init__()
        self.song_ids = song_ids
        self.ends = False
        """The client has asked for closing messages; true of all that it asks for from then on."""
        self.song_closes = False
        """The song was asked for after SETUP ends, so it is to be closed."""
        self.lists_waiting = 0

    # Guards

    def song_known(self, event: on.PlayRequested) -> bool:
        """The song ID exists."""
        return event.song_id in self.song_ids

    def last_list(self, event: on.Event) -> bool:
        """No further list waits."""
        return self.lists_waiting == 1

    # Effects

    def send_list(self, event: on.Event) -> None:
        """Send the list after the answers that wait already."""
        self.lists_waiting += 1
        self.record(do.SendSongList(closes=self.ends))

    def count_list(self, event: on.Event) -> None:
        """One list less waits."""
        self.lists_waiting -= 1

    def start_song(self, event: on.PlayRequested) -> None:
        """Send the song's audio whenever no answer waits."""
        self.song_closes = self.ends
        self.record(do.StartSong(event.song_id))

    def stop_song(self, event: on.Event) -> None:
        """Send no more of the song; close it if the client asked for that."""
        self.record(do.StopSong())
        self.close_song(event)

    def drop_song(self, event: on.Event) -> None:
        """Send no more of the song, and nothing about it."""
        self.record(do.StopSong())

    def close_song(self, event: on.Event) -> None:
        """Send the empty message that closes the song, if the client asked for that."""
        if self.song_closes:
            self.record(do.SendClosing())

    def switch_song(self, event: on.PlayRequested) -> None:
        """End the song that is being sent, then start the other."""
        self.stop_song(event)
        self.start_song(event)

    def send_not_found(self, event: on.Event) -> None:
        """Send ERRO 404."""
        self.record(do.SendNotFound())

    def stop_song_and_send_not_found(self, event: on.Event) -> None:
        """The client has thrown its buffer away already: end the song, then ERRO 404."""
        self.stop_song(event)
        self.send_not_found(event)

    def send_setup_reply(self, event: on.SetupRequested) -> None:
        """Say which of the tokens are understood, and keep to them from here on."""
        accepted = (ENDS,) if ENDS in event.tokens else ()
        self.ends = self.ends or bool(accepted)
        self.record(do.SendSetupReply((PRODUCT, *accepted)))

    def close_when_sent(self, event: on.Event) -> None:
        """Close once all that waits has been sent."""
        self.record(do.CloseWhenSent())

    def close_at_boundary(self, event: on.Event) -> None:
        """Close after the message that was begun."""
        self.record(do.CloseAtBoundary())

    def cut_and_close(self, event: on.Event) -> None:
        """Drop the song and close after the message that was begun."""
        self.drop_song(event)
        self.close_at_boundary(event)

    def stop_song_and_close(self, event: on.Event) -> None:
        """End the song, send what waits, close."""
        self.stop_song(event)
        self.close_when_sent(event)

    def refuse_and_close(self, event: on.Event) -> None:
        """Send ERRO 404, then close."""
        self.send_not_found(event)
        self.close_when_sent(event)

    def cut_refuse_and_close(self, event: on.Event) -> None:
        """End the song, send ERRO 404, close."""
        self.stop_song(event)
        self.refuse_and_close(event)

    def close_song_and_connection(self, event: on.Event) -> None:
        """Close the song, then the connection."""
        self.close_song(event)
        self.close_when_sent(event)
