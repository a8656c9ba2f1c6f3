"""The rows of the client's conversation: its states, and what happens in each (protocol.md 7, 8).

The guards and effects that they name are in `fsm.client.conversation`.
"""

from __future__ import annotations

from enum import Enum

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.table import Row, Table, each


class ConversationState(Enum):
    """What kind of server it is, and what it owes an answer to."""

    UNCONNECTED = "there is no connection; requests wait"
    GREETING = "LIST was sent on connecting; requests wait for its answer"
    OFFERING = "SETUP ends was sent; requests wait until the server has accepted it or not"
    CLOSING_SERVER = "the server closes every answer; requests go at once"
    PLAIN = "a plain server; nothing but audio is on its way"
    PLAIN_LISTING = "a plain server sends a list; further LIST and PLAY wait until it is quiet"
    FENCING = "STOP and LIST were sent to a plain server: all audio before the answer is late"
    LEAVING = "the person has gone"


(
    UNCONNECTED,
    GREETING,
    OFFERING,
    CLOSING_SERVER,
    PLAIN,
    PLAIN_LISTING,
    FENCING,
    LEAVING,
) = ConversationState

_CONNECTED = (GREETING, OFFERING, CLOSING_SERVER, PLAIN, PLAIN_LISTING, FENCING)
_REQUESTS_WAIT = (UNCONNECTED, GREETING, OFFERING, FENCING)
_PLAIN_STATES = (PLAIN, PLAIN_LISTING)
_SETTLING = (GREETING, OFFERING, FENCING)
TIMERS = (
    on.ListWentQuiet,
    on.SongWentQuiet,
    on.GreetingUnanswered,
    on.SetupUnanswered,
    on.FenceUnanswered,
)
_IGNORED_WHEN_LEAVING = (
    on.ListReceived,
    on.AudioReceived,
    on.NotFoundReceived,
    on.SetupReceived,
    *TIMERS,
    on.Connected,
    on.ConnectFailed,
    on.ConnectionLost,
    internal.SongAbandoned,
    internal.ListNeeded,
    on.InputEnded,
)

CONVERSATION = Table(
    "conversation",
    UNCONNECTED,
    [
        # Greeting: LIST, then SETUP ends, and what the server makes of it
        Row(
            UNCONNECTED, on.Connected, PLAIN, guard="told_plain", effect="take_up_waiting", rfc="P7"
        ),
        Row(UNCONNECTED, on.Connected, GREETING, effect="greet", rfc="P7"),
        Row(UNCONNECTED, on.ConnectFailed, UNCONNECTED, effect="fail_lists", rfc="P7"),
        Row(GREETING, on.ListReceived, OFFERING, effect="collect_and_offer", rfc="P7"),
        Row(GREETING, on.NotFoundReceived, OFFERING, effect="offer", rfc="P7"),
        Row(GREETING, on.GreetingUnanswered, GREETING, effect="hang_up", rfc="P7"),
        Row(OFFERING, on.ListReceived, OFFERING, effect="collect_and_wait_for_setup", rfc="P7"),
        Row(
            OFFERING,
            on.SetupReceived,
            CLOSING_SERVER,
            guard="ends_accepted",
            effect="settle",
            rfc="P7",
        ),
        Row(OFFERING, on.SetupReceived, PLAIN, effect="settle", rfc="P7"),
        Row(OFFERING, on.NotFoundReceived, PLAIN, effect="settle", rfc="P7"),
        Row(OFFERING, on.SetupUnanswered, PLAIN, effect="settle", rfc="P7"),
        each((GREETING, OFFERING), on.AudioReceived, rfc="2.6.1"),
        each((GREETING, OFFERING, PLAIN_LISTING), internal.ListNeeded, rfc="P7"),
        each(
            (*_SETTLING[:1], CLOSING_SERVER, PLAIN, PLAIN_LISTING, FENCING),
            on.SetupReceived,
            rfc="P7",
        ),
        # LIST
        each(_REQUESTS_WAIT, on.ListRequested, effect="keep_waiting", rfc="P7, P8"),
        Row(CLOSING_SERVER, on.ListRequested, CLOSING_SERVER, effect="send_list", rfc="2.2"),
        Row(
            CLOSING_SERVER,
            on.ListReceived,
            CLOSING_SERVER,
            guard="closes_list",
            effect="complete_list",
            rfc="P7",
        ),
        Row(CLOSING_SERVER, on.ListReceived, CLOSING_SERVER, effect="collect", rfc="2.5.1"),
        Row(PLAIN, on.ListRequested, PLAIN_LISTING, effect="send_list", rfc="2.2"),
        Row(PLAIN, internal.ListNeeded, PLAIN_LISTING, effect="send_own_list", rfc="P7"),
        Row(PLAIN_LISTING, on.ListRequested, PLAIN_LISTING, effect="keep_waiting", rfc="P8"),
        Row(PLAIN_LISTING, on.ListReceived, PLAIN_LISTING, effect="collect_until_quiet", rfc="P8"),
        Row(
            PLAIN_LISTING,
            on.ListWentQuiet,
            PLAIN,
            effect="complete_list_and_take_up_waiting",
            rfc="P8",
        ),
        Row(PLAIN, on.ListReceived, PLAIN, rfc="P9"),
        # PLAY
        each(
            (GREETING, OFFERING, FENCING),
            internal.SongToRequest,
            effect="keep_waiting",
            rfc="P7, P8",
        ),
        Row(
            PLAIN_LISTING,
            internal.SongToRequest,
            PLAIN_LISTING,
            effect="keep_song_waiting",
            rfc="P8",
        ),
        Row(
            CLOSING_SERVER,
            internal.SongToRequest,
            CLOSING_SERVER,
            effect="send_play",
            rfc="2.2, P7",
        ),
        Row(
            PLAIN, internal.SongToRequest, FENCING, guard="audio_may_come", effect="fence", rfc="P8"
        ),
        Row(PLAIN, internal.SongToRequest, PLAIN, effect="send_play_to_plain", rfc="2.2"),
        Row(FENCING, on.ListReceived, FENCING, effect="wait_until_quiet", rfc="P8"),
        Row(FENCING, on.ListWentQuiet, PLAIN, effect="pass_fence", rfc="P8"),
        Row(FENCING, on.FenceUnanswered, PLAIN, effect="pass_fence", rfc="P8"),
        Row(FENCING, on.AudioReceived, FENCING, effect="pass_audio", rfc="2.6.1"),
        Row(FENCING, on.NotFoundReceived, FENCING, rfc="P8"),
        # STOP: the user's, or because the song is of no use
        each((GREETING, OFFERING, FENCING), on.StopRequested, effect="forget_song", rfc="2.2"),
        Row(UNCONNECTED, on.StopRequested, UNCONNECTED, rfc="2.4.3"),
        each((UNCONNECTED, GREETING, OFFERING), internal.SongAbandoned, rfc="2.4.3"),
        *(
            rows
            for event in (on.StopRequested, internal.SongAbandoned)
            for rows in (
                Row(CLOSING_SERVER, event, CLOSING_SERVER, effect="send_stop", rfc="2.2, P7"),
                each(_PLAIN_STATES, event, effect="send_stop_to_plain", rfc="2.2"),
            )
        ),
        # Audio from a server that closes its answers
        Row(
            CLOSING_SERVER,
            on.AudioReceived,
            CLOSING_SERVER,
            guard="closes_late_song",
            effect="count_late_song",
            rfc="P7",
        ),
        Row(
            CLOSING_SERVER,
            on.AudioReceived,
            CLOSING_SERVER,
            guard="closes_song",
            effect="close_song",
            rfc="P7",
        ),
        Row(CLOSING_SERVER, on.AudioReceived, CLOSING_SERVER, effect="pass_audio", rfc="2.5.2"),
        Row(
            CLOSING_SERVER,
            on.NotFoundReceived,
            CLOSING_SERVER,
            guard="late_song_open",
            effect="count_late_song",
            rfc="P7",
        ),
        Row(
            CLOSING_SERVER,
            on.NotFoundReceived,
            CLOSING_SERVER,
            guard="song_open",
            effect="deny_song",
            rfc="2.5.3",
        ),
        Row(CLOSING_SERVER, on.NotFoundReceived, CLOSING_SERVER, rfc="2.5.3"),
        # Audio from a plain server
        each(
            _PLAIN_STATES,
            on.AudioReceived,
            guard="song_open",
            effect="pass_audio_and_listen",
            rfc="P8",
        ),
        each(_PLAIN_STATES, on.AudioReceived, effect="pass_audio", rfc="2.6.1"),
        each(_PLAIN_STATES, on.SongWentQuiet, effect="close_quiet_song", rfc="P8"),
        each(
            _PLAIN_STATES, on.NotFoundReceived, guard="song_open", effect="deny_song", rfc="2.5.3"
        ),
        each(
            _PLAIN_STATES,
            on.NotFoundReceived,
            guard="audio_may_come",
            effect="forget_late_song",
            rfc="P6",
        ),
        Row(PLAIN, on.NotFoundReceived, PLAIN, rfc="2.5.3"),
        Row(
            PLAIN_LISTING,
            on.NotFoundReceived,
            PLAIN,
            effect="complete_list_and_take_up_waiting",
            rfc="2.5.3",
        ),
        # The end of the connection
        each(_CONNECTED, on.ConnectionLost, UNCONNECTED, effect="lose_everything", rfc="P7"),
        Row(CLOSING_SERVER, on.InputEnded, LEAVING, effect="send_teardown", rfc="P7"),
        Row(UNCONNECTED, on.InputEnded, LEAVING, rfc="2.7.1"),
        each(
            (GREETING, OFFERING, PLAIN, PLAIN_LISTING, FENCING),
            on.InputEnded,
            LEAVING,
            effect="hang_up_to_leave",
            rfc="2.7.1",
        ),
        [row for event in _IGNORED_WHEN_LEAVING for row in each((LEAVING,), event, rfc="2.7.1")],
    ],
)
