"""The rows of the client's link: its states, and what happens in each (protocol.md 7).

The guards and effects that they name are in `fsm.client.link`.
"""

from __future__ import annotations

from enum import Enum

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.table import Row, Table, each


class LinkState(Enum):
    """Whether there is a connection, and whether a song is owed over it."""

    CONNECTING = "an attempt to connect is under way, no song is owed"
    ONLINE = "there is a connection; audio that comes goes on to playback"
    UNLISTED = "connected anew: until a list comes, IDs may be other than the person saw them"
    OFFLINE = "there is no connection, and nothing needs one"
    WAITING = "no connection, a song is owed: the next attempt comes after a pause"
    RECONNECTING = "an attempt to connect is under way, for a song that is owed"
    FINDING = "connected again: a fresh list is to say which ID the song has now"
    SKIPPING = "the song comes again from its start: what is here is compared and skipped"


CONNECTING, ONLINE, UNLISTED, OFFLINE, WAITING, RECONNECTING, FINDING, SKIPPING = LinkState

_UP = (ONLINE, UNLISTED, FINDING, SKIPPING)

LINK = Table(
    "link",
    CONNECTING,
    [
        # The connection
        Row(CONNECTING, on.Connected, UNLISTED, guard="list_known", rfc="P7"),
        Row(CONNECTING, on.Connected, ONLINE, rfc="1"),
        Row(CONNECTING, on.ConnectFailed, OFFLINE, effect="tell_connect_failed", rfc="1"),
        each(_UP, on.ConnectionLost, OFFLINE, effect="tell_connection_lost", rfc="P7"),
        Row(OFFLINE, on.ListRequested, CONNECTING, effect="connect", rfc="2.2"),
        each((CONNECTING, *_UP, RECONNECTING), on.ListRequested, rfc="2.2"),
        Row(WAITING, on.ListRequested, RECONNECTING, effect="connect_now", rfc="2.2"),
        # A song is chosen
        Row(ONLINE, internal.SongWanted, ONLINE, effect="ask_for_song", rfc="2.2"),
        Row(SKIPPING, internal.SongWanted, ONLINE, effect="ask_for_song", rfc="2.2"),
        Row(UNLISTED, internal.SongWanted, FINDING, effect="owe_song_and_need_list", rfc="P7"),
        Row(FINDING, internal.SongWanted, FINDING, effect="owe_song", rfc="2.2"),
        Row(OFFLINE, internal.SongWanted, RECONNECTING, effect="owe_song_and_connect", rfc="2.2"),
        Row(WAITING, internal.SongWanted, RECONNECTING, effect="owe_song_and_connect", rfc="2.2"),
        each(
            (CONNECTING, RECONNECTING),
            internal.SongWanted,
            RECONNECTING,
            effect="owe_song",
            rfc="2.2",
        ),
        # ... and no longer wanted
        each((CONNECTING, UNLISTED, OFFLINE), on.StopRequested, rfc="2.4.3"),
        *(
            rows
            for event in (on.StopRequested, internal.SongAbandoned)
            for rows in (
                Row(ONLINE, event, ONLINE, rfc="2.4.3"),
                Row(WAITING, event, OFFLINE, effect="cancel_retry", rfc="2.4.3"),
                Row(RECONNECTING, event, CONNECTING, rfc="2.4.3"),
                Row(FINDING, event, UNLISTED, rfc="2.4.3"),
                Row(SKIPPING, event, ONLINE, rfc="2.4.3"),
            )
        ),
        # The song arrives
        Row(ONLINE, internal.AudioFromServer, ONLINE, effect="pass_audio", rfc="2.5.2"),
        Row(ONLINE, internal.ServerClosedSong, ONLINE, effect="complete_song", rfc="P7, P8"),
        Row(ONLINE, internal.ServerRefusedSong, ONLINE, effect="refuse_song", rfc="2.5.3"),
        each((ONLINE, SKIPPING), internal.ListCompleted, effect="keep_list", rfc="2.5.1"),
        Row(UNLISTED, internal.ListCompleted, ONLINE, effect="keep_list", rfc="2.5.1"),
        # It is interrupted
        Row(
            OFFLINE,
            internal.SongInterrupted,
            WAITING,
            guard="retries_left",
            effect="owe_rest",
            rfc="P7",
        ),
        Row(OFFLINE, internal.SongInterrupted, OFFLINE, effect="give_up", rfc="P7"),
        Row(WAITING, on.RetryDue, RECONNECTING, effect="connect", rfc="P7"),
        Row(
            RECONNECTING,
            on.ConnectFailed,
            WAITING,
            guard="retries_left",
            effect="retry_later",
            rfc="P7",
        ),
        Row(RECONNECTING, on.ConnectFailed, OFFLINE, effect="give_up", rfc="P7"),
        Row(RECONNECTING, on.Connected, FINDING, effect="need_list", rfc="P7"),
        Row(
            FINDING,
            internal.ListCompleted,
            ONLINE,
            guard="listed_and_nothing_held",
            effect="ask_for_song_found",
            rfc="P7",
        ),
        Row(
            FINDING,
            internal.ListCompleted,
            SKIPPING,
            guard="listed",
            effect="ask_for_song_found",
            rfc="P7",
        ),
        Row(FINDING, internal.ListCompleted, ONLINE, effect="tell_gone", rfc="P7"),
        each((UNLISTED, FINDING), internal.AudioFromServer, rfc="2.6.1"),
        # It comes again
        Row(
            SKIPPING,
            internal.AudioFromServer,
            ONLINE,
            guard="same_song_caught_up",
            effect="pass_rest",
            rfc="P7",
        ),
        Row(
            SKIPPING,
            internal.AudioFromServer,
            ONLINE,
            guard="caught_up",
            effect="abandon_changed_song",
            rfc="P7",
        ),
        Row(SKIPPING, internal.AudioFromServer, SKIPPING, effect="skip_audio", rfc="P7"),
        Row(SKIPPING, internal.ServerClosedSong, ONLINE, effect="tell_changed", rfc="P7"),
        Row(SKIPPING, internal.ServerRefusedSong, ONLINE, effect="tell_gone", rfc="P7"),
    ],
)
