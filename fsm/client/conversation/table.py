"""The client's conversation as a table: what kind of server it is, and what it owes an answer to.

The guards and effects are in session.py and, for what a plain server leaves open, in plain_song.py.
"""

from enum import Enum

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.table import Row, Table, each


class ConversationState(Enum):
    """What kind of server it is, and what it owes an answer to."""

    UNCONNECTED = "there is no connection; requests wait"
    OFFER_LOST = (
        "the connection was lost while SETUP was unanswered: nothing is offered over the next one, "
        "if it can be made at once"
    )
    OFFERING = (
        "SETUP ends tags from was sent; requests wait until the server has accepted it or not"
    )
    GREETING = "the server seems to be a plain one: LIST was sent; requests wait for its answer"
    CLOSING_SERVER = "the server closes every answer; requests go at once"
    PLAIN = "a plain server; nothing but audio is on its way"
    PLAIN_LISTING = "a plain server sends a list; further LIST and PLAY wait until it is quiet"
    ASKING = "a plain server was silent in a song: LIST was sent, to ask whether more comes"
    ANSWERED = "... and it answers; 250 ms without audio behind the answer end the song"
    STOPPING = "STOP and LIST are being sent to a plain server; audio that arrives is late"
    FENCING = "... and are sent: all audio before the answer is late"
    PASSING = "... and the answer has begun; when it is quiet, what waits goes"
    RENEWING = "the client closes the connection, to make it anew"
    GIVING_UP = "the client closes the connection: the server does not answer"
    BREAKING = "the client closes the connection: the server sends what is no message"
    LEAVING = "the person has gone"


# fmt: off
(
    UNCONNECTED, OFFER_LOST, OFFERING, GREETING, CLOSING_SERVER, PLAIN, PLAIN_LISTING, ASKING, ANSWERED, STOPPING,
    FENCING, PASSING, RENEWING, GIVING_UP, BREAKING, LEAVING,
) = ConversationState
CLOSING = CLOSING_SERVER

_WITHOUT = (UNCONNECTED, OFFER_LOST)
"""There is no connection."""
_SETTLED = (CLOSING, PLAIN, PLAIN_LISTING, ASKING, ANSWERED, STOPPING, FENCING, PASSING)
_MAY_END_SONG = (GREETING, *_SETTLED[1:])
"""A server that closes its answers says itself when a song has ended: its end is no song's."""
_MAY_OWE_NOTHING = tuple(state for state in _SETTLED if state is not PLAIN_LISTING)
_PLAIN_AWAITED = tuple(state for state in _MAY_END_SONG if state is not PLAIN)
"""In PLAIN no list is awaited: what waits has been taken up."""
_LIST_AWAITED = (CLOSING, *_PLAIN_AWAITED)
_FENCES = (STOPPING, FENCING, PASSING)
_QUESTIONS = (ASKING, ANSWERED)
_PLAIN_STATES = (PLAIN, PLAIN_LISTING)
_ENDED_BY_CLIENT = (RENEWING, GIVING_UP, BREAKING)
TIMERS = (
    on.ListWentQuiet, on.SongWentQuiet, on.GreetingUnanswered, on.SetupUnanswered, on.FenceUnanswered,
)
_RESPONSES = (on.ListReceived, on.AudioReceived, on.NotFoundReceived, on.SetupReceived, on.MessageNotUnderstood)
_STOPS = (on.StopRequested, internal.SongAbandoned)
_CLOSINGS = (on.AudioReceived, on.NotFoundReceived)
_ENDS = (on.ConnectionLost, on.ServerClosed)
_IGNORED_WHEN_LEAVING = (
    *_RESPONSES, *TIMERS, *_ENDS, on.Connected, on.ConnectFailed, on.ServerSilent, on.RequestWritten,
    internal.SongToRequest, internal.SongAbandoned, internal.ListNeeded, internal.ListUseful, on.InputEnded,
)

CONVERSATION = Table("conversation", UNCONNECTED, [
    # The connection is made: SETUP ends tags from is offered, unless the server is known to be plain
    Row(UNCONNECTED, on.Connected,     PLAIN,       when="told_plain",        then="take_up_waiting, say_list_withheld",              rfc="P7"),
    Row(UNCONNECTED, on.Connected,     GREETING,    when="is_offer_declined", then="send_greeting, wait_for_greeting",                rfc="P7"),
    Row(UNCONNECTED, on.Connected,     OFFERING,                              then="send_setup, wait_for_setup",                      rfc="P7"),
    Row(OFFER_LOST,  on.Connected,     GREETING,                              then="decline_offer, send_greeting, wait_for_greeting", rfc="P7"),
    # A server that was away after a loss has been started anew: it is offered SETUP
    each(_WITHOUT,   on.ConnectFailed, UNCONNECTED, when="list_awaited",      then="tell_list_failed, forget_waiting",                rfc="P7"),
    each(_WITHOUT,   on.ConnectFailed, UNCONNECTED,                           then="forget_waiting",                                  rfc="P7"),
    # ... and accepted, or not: then the server is plain, and LIST says whether it speaks this protocol
    Row(OFFERING,     on.SetupReceived,                                             CLOSING,       when="same_list",        then="setup_answered, note_library, say_from, drop_need, say_list_unchanged, take_up_waiting", rfc="P7, P10"),
    Row(OFFERING,     on.SetupReceived,                                             CLOSING,       when="ends_accepted",    then="setup_answered, note_library, say_from, take_up_waiting",                                rfc="P7, P10"),
    each((OFFERING,), (on.SetupReceived, on.NotFoundReceived),                      GREETING,                               then="setup_answered, send_greeting, wait_for_greeting",                                       rfc="P7"),
    Row(OFFERING,     on.SetupUnanswered,                                           GREETING,                               then="send_greeting, wait_for_greeting",                                                       rfc="P7"),
    each((OFFERING,), (on.ListReceived, on.AudioReceived, on.MessageNotUnderstood), RENEWING,                               then="setup_answered, decline_offer, forget_song, disconnect_anew",                            rfc="P8"),
    Row(OFFERING,     on.ServerClosed,                                              UNCONNECTED,                            then="setup_answered, decline_offer, forget_song, say_renewed",                                rfc="P7"),
    Row(OFFERING,     on.ConnectionLost,                                            OFFER_LOST,                             then="setup_answered, forget_song, say_renewed",                                               rfc="P7"),
    Row(GREETING,     on.SetupReceived,                                             CLOSING,       when="ends_accepted",    then="setup_answered, greeting_answered, note_library, say_from, take_up_waiting",             rfc="P7, P10"),
    Row(GREETING,     on.SetupReceived,                                             GREETING,                               then="setup_answered",                                                                         rfc="P7"),
    Row(GREETING,     on.NotFoundReceived,                                          GREETING,      when="setup_unanswered", then="setup_answered",                                                                         rfc="P7"),
    Row(GREETING,     on.NotFoundReceived,                                          PLAIN,                                  then="greeting_answered, complete_list, take_up_waiting",                                      rfc="P7"),
    Row(GREETING,     on.ListReceived,                                              PLAIN_LISTING,                          then="greeting_answered, keep_entries, note_list_end, await_list_silence",                     rfc="P7"),
    Row(GREETING,     on.GreetingUnanswered,                                        GIVING_UP,                              then="disconnect_mute",                                                                        rfc="P7"),
    Row(GREETING,     on.MessageNotUnderstood,                                      BREAKING,                               then="stop_timers, disconnect_garbled",                                                        rfc="P8"),
    Row(GREETING,     on.AudioReceived,                                             GREETING,                                                                                                                              rfc="2.6.1"),
    # LIST: the user's, or because a title is needed, or because one would be of use
    each((*_WITHOUT, OFFERING, *_ENDED_BY_CLIENT),         on.ListRequested,                                           then="keep_waiting",                                    rfc="P7, P8"),
    each((GREETING, CLOSING, PLAIN_LISTING),               on.ListRequested,                   when="own_list_open",   then="show_open_list",                                  rfc="P7"),
    each((GREETING, PLAIN_LISTING, *_QUESTIONS, *_FENCES), on.ListRequested,                                           then="keep_waiting",                                    rfc="P8"),
    Row(CLOSING,                                           on.ListRequested,    CLOSING,                               then="send_list",                                       rfc="2.2"),
    each((*_WITHOUT, OFFERING),                            internal.ListNeeded,                                        then="keep_need",                                       rfc="P7"),
    each((GREETING, PLAIN_LISTING),                        internal.ListNeeded,                                                                                                rfc="P7"),
    Row(CLOSING,                                           internal.ListNeeded, CLOSING,       when="spare_list_open", then="await_open_list",                                 rfc="P7"),
    Row(CLOSING,                                           internal.ListNeeded, CLOSING,       when="list_owed",                                                               rfc="P7"),
    Row(CLOSING,                                           internal.ListNeeded, CLOSING,                               then="send_own_list",                                   rfc="P7"),
    Row(CLOSING,                                           internal.ListUseful, CLOSING,       when="list_owed",                                                               rfc="P7"),
    Row(CLOSING,                                           internal.ListUseful, CLOSING,                               then="send_spare_list",                                 rfc="P7"),
    Row(CLOSING,                                           on.ListReceived,     CLOSING,       when="closes_old_list", then="drop_list",                                       rfc="P7"),
    Row(CLOSING,                                           on.ListReceived,     CLOSING,       when="of_old_list",                                                             rfc="P7"),
    Row(CLOSING,                                           on.ListReceived,     CLOSING,       when="closes_list",     then="complete_list",                                   rfc="P7"),
    Row(CLOSING,                                           on.ListReceived,     CLOSING,       when="list_grows",      then="keep_entries",                                    rfc="2.5.1"),
    Row(CLOSING,                                           on.ListReceived,     BREAKING,      when="list_owed",       then="disconnect_endless",                              rfc="P7"),
    Row(CLOSING,                                           on.ListReceived,     CLOSING,                                                                                       rfc="P7"),
    Row(PLAIN,                                             on.ListRequested,    PLAIN_LISTING,                         then="send_list",                                       rfc="2.2"),
    Row(PLAIN,                                             internal.ListNeeded, PLAIN,                                                                                         rfc="P7"),
    Row(PLAIN,                                             internal.ListUseful, PLAIN,                                                                                         rfc="P7"),
    Row(PLAIN_LISTING,                                     on.ListReceived,     PLAIN_LISTING, when="list_grows",      then="keep_entries, note_list_end, await_list_silence", rfc="P8"),
    Row(PLAIN_LISTING,                                     on.ListReceived,     BREAKING,                              then="stop_timers, disconnect_endless",                 rfc="P8"),
    Row(PLAIN_LISTING,                                     on.ListWentQuiet,    PLAIN,                                 then="complete_list, take_up_waiting",                  rfc="P8"),
    Row(PLAIN,                                             on.ListReceived,     PLAIN,                                 then="note_list_end",                                   rfc="P9"),
    # PLAY
    each((OFFERING, GREETING, *_FENCES), internal.SongToRequest,                                    then="forget_song, keep_waiting",                                                     rfc="P7, P8"),
    each((PLAIN_LISTING, ANSWERED),      internal.SongToRequest,                                    then="forget_song, stop_song_timer, keep_waiting",                                    rfc="P8"),
    Row(CLOSING,                         internal.SongToRequest, CLOSING,  when="plays_open",       then="leave_song_open, send_play",                                                    rfc="2.2, P7"),
    Row(CLOSING,                         internal.SongToRequest, CLOSING,                           then="send_play, say_opened",                                                         rfc="2.2, P7"),
    Row(PLAIN,                           internal.SongToRequest, RENEWING, when="only_anew",        then="forget_song, stop_song_timer, disconnect_anew",                                 rfc="P8"),
    Row(PLAIN,                           internal.SongToRequest, STOPPING, when="play_may_be_open", then="forget_song, stop_song_timer, keep_waiting, close_play, send_stop, send_fence", rfc="P8"),
    Row(PLAIN,                           internal.SongToRequest, STOPPING, when="audio_may_come",   then="keep_waiting, send_fence",                                                      rfc="P8"),
    Row(PLAIN,                           internal.SongToRequest, PLAIN,    when="told_plain",       then="send_play, say_opened, expect_any_audio",                                       rfc="2.2, P8"),
    Row(PLAIN,                           internal.SongToRequest, PLAIN,                             then="send_play, say_opened, expect_audio",                                           rfc="2.2"),
    # A plain server's song may end in the middle of its question: only a new connection is a fence then
    Row(ASKING,            internal.SongToRequest, RENEWING, then="forget_song, disconnect_anew", rfc="P8"),
    each(_ENDED_BY_CLIENT, internal.SongToRequest,                                                rfc="P8"),
    # The fence
    Row(STOPPING,                                            on.RequestWritten,                   FENCING,  when="list_written",  then="wait_for_fence",                                    rfc="P8"),
    each((*_SETTLED, OFFERING, GREETING, *_ENDED_BY_CLIENT), on.RequestWritten,                                                                                                             rfc="P8"),
    Row(FENCING,                                             on.ListReceived,                     PASSING,                        then="fence_answered, note_list_end, await_list_silence", rfc="P8"),
    Row(PASSING,                                             on.ListReceived,                     PASSING,                        then="note_list_end, await_list_silence",                 rfc="P8"),
    Row(PASSING,                                             on.ListWentQuiet,                    PLAIN,                          then="expect_no_audio, take_up_waiting",                  rfc="P8"),
    Row(FENCING,                                             on.FenceUnanswered,                  RENEWING,                       then="forget_song, disconnect_anew",                      rfc="P8"),
    Row(FENCING,                                             on.AudioReceived,                    FENCING,                        then="wait_for_fence",                                    rfc="P8"),
    Row(PASSING,                                             on.AudioReceived,                    RENEWING, when="carries_audio", then="list_answered, forget_song, disconnect_anew",       rfc="P8"),
    Row(PASSING,                                             on.AudioReceived,                    PASSING,                                                                                  rfc="P8"),
    each((STOPPING,),                                        (on.AudioReceived, on.ListReceived),                                                                                           rfc="P8"),
    each(_FENCES,                                            on.NotFoundReceived,                                                                                                           rfc="P8"),
    # STOP: the user's, or because the song is of no use
    each((*_WITHOUT, *_ENDED_BY_CLIENT),   _STOPS,                                                                                      rfc="2.4.3"),
    each((OFFERING, GREETING, *_FENCES),   _STOPS,                          then="forget_song",                                         rfc="2.2"),
    each((CLOSING,),                       _STOPS, when="song_open",        then="leave_song_open, send_stop",                          rfc="2.2, P7"),
    each((CLOSING,),                       _STOPS,                                                                                      rfc="2.4.3, P8"),
    each((*_PLAIN_STATES, *_QUESTIONS),    _STOPS, when="play_may_be_open", then="forget_song, stop_song_timer, close_play, send_stop", rfc="2.2"),
    each((*_PLAIN_STATES, *_QUESTIONS),    _STOPS,                          then="forget_song",                                         rfc="2.4.3, P8"),
    # Audio from a server that closes its answers
    Row(CLOSING,     on.AudioReceived,    CLOSING, when="carries_late_audio",                                     rfc="2.6.1, P7"),
    Row(CLOSING,     on.AudioReceived,    CLOSING, when="carries_audio",      then="pass_audio",                  rfc="2.5.2"),
    each((CLOSING,), _CLOSINGS,                    when="last_late_song",     then="count_late_song, say_opened", rfc="P7"),
    each((CLOSING,), _CLOSINGS,                    when="late_song",          then="count_late_song",             rfc="P7"),
    Row(CLOSING,     on.AudioReceived,    CLOSING, when="song_open",          then="forget_song, say_closed",     rfc="P7"),
    Row(CLOSING,     on.NotFoundReceived, CLOSING, when="song_open",          then="forget_song, say_refused",    rfc="2.5.3"),
    each((CLOSING,), _CLOSINGS,                                                                                   rfc="2.5.3"),
    # Audio from a plain server
    each((*_PLAIN_STATES, *_QUESTIONS), on.AudioReceived,           when="closes_early",   then="note_closing",                                               rfc="P7"),
    each(_PLAIN_STATES,                 on.AudioReceived,           when="song_continues", then="pass_audio, await_silence",                                  rfc="P8"),
    each(_PLAIN_STATES,                 on.AudioReceived,           when="song_open",      then="await_silence",                                              rfc="P8"),
    each(_PLAIN_STATES,                 on.AudioReceived,           when="takes_back",     then="reopen_song, reopen_play, pass_audio, await_silence",        rfc="P8"),
    each(_PLAIN_STATES,                 on.AudioReceived,                                                                                                     rfc="2.6.1"),
    each(_PLAIN_STATES,                 on.NotFoundReceived,        when="song_open",      then="forget_song, expect_no_audio, stop_song_timer, say_refused", rfc="2.5.3"),
    each(_PLAIN_STATES,                 on.NotFoundReceived,        when="audio_may_come", then="expect_no_audio",                                            rfc="P6"),
    Row(PLAIN,                          on.NotFoundReceived, PLAIN,                                                                                           rfc="2.5.3"),
    Row(PLAIN_LISTING,                  on.NotFoundReceived, PLAIN,                        then="list_answered, complete_list, take_up_waiting",              rfc="2.5.3"),
    # Its silence: a question is asked, unless the user has said that nothing is to be asked
    Row(PLAIN,         on.SongWentQuiet,    ASKING,        when="may_be_asked",   then="send_question",                                                     rfc="P8"),
    Row(PLAIN,         on.SongWentQuiet,    PLAIN,         when="ended_short",    then="suppose_whole, close_play, say_closed_by_silence",                  rfc="P8"),
    Row(PLAIN,         on.SongWentQuiet,    PLAIN,                                then="suppose_whole, say_closed_by_silence",                              rfc="P8"),
    Row(PLAIN_LISTING, on.SongWentQuiet,    PLAIN_LISTING,                        then="wait_again",                                                        rfc="P8"),
    Row(ASKING,        on.AudioReceived,    ASKING,        when="song_continues", then="pass_audio, measure_message",                                       rfc="P8"),
    Row(ASKING,        on.AudioReceived,    ASKING,                                                                                                         rfc="2.6.1"),
    each(_QUESTIONS,   on.ListReceived,     ANSWERED,                             then="note_list_end, await_list_silence",                                 rfc="P8"),
    Row(ANSWERED,      on.AudioReceived,    PLAIN,         when="song_continues", then="list_answered, pass_audio, await_silence, take_up_waiting",         rfc="P8"),
    Row(ANSWERED,      on.AudioReceived,    ANSWERED,                                                                                                       rfc="2.6.1"),
    Row(ANSWERED,      on.ListWentQuiet,    PLAIN,         when="ended_short",    then="suppose_whole, close_play, say_closed_by_silence, take_up_waiting", rfc="P8"),
    Row(ANSWERED,      on.ListWentQuiet,    PLAIN,         when="song_open",      then="suppose_whole, say_closed_by_silence, take_up_waiting",             rfc="P8"),
    Row(ANSWERED,      on.ListWentQuiet,    PLAIN,                                then="take_up_waiting",                                                   rfc="P8"),
    each(_QUESTIONS,   on.NotFoundReceived,                when="song_open",      then="forget_song, expect_no_audio, say_refused",                         rfc="2.5.3"),
    each(_QUESTIONS,   on.NotFoundReceived,                                                                                                                 rfc="2.5.3"),
    # A SETUP that is accepted late: what was asked for since is closed, and what silence has ended is open again
    Row(CLOSING,                                 on.SetupReceived,       CLOSING,                                                                                                                        rfc="P7"),
    Row(PLAIN,                                   internal.SetupAccepted, CLOSING, when="song_was_closed", then="setup_answered, stop_song_timer, forget_song, reopen_list, expect_no_audio, say_closed", rfc="P7"),
    Row(PLAIN,                                   internal.SetupAccepted, CLOSING, when="song_supposed",   then="setup_answered, reopen_song, reopen_list, expect_no_audio",                              rfc="P7"),
    Row(PLAIN,                                   internal.SetupAccepted, CLOSING,                         then="setup_answered, stop_song_timer, reopen_late_song, reopen_list, expect_no_audio",        rfc="P7"),
    Row(PLAIN,                                   on.SetupReceived,       PLAIN,   when="accepts_late",    then="say_accepted",                                                                           rfc="P7"),
    Row(PLAIN,                                   on.SetupReceived,       PLAIN,                                                                                                                          rfc="P7"),
    each((PLAIN_LISTING, *_QUESTIONS, *_FENCES), on.SetupReceived,                when="accepts_late",    then="keep_waiting",                                                                           rfc="P7"),
    each((PLAIN_LISTING, *_QUESTIONS, *_FENCES), on.SetupReceived,                                                                                                                                       rfc="P7"),
    # Silence while an answer is owed
    Row(CLOSING,                                                                     on.ServerSilent, GIVING_UP, when="answer_owed", then="disconnect_silent",              rfc="P7"),
    Row(CLOSING,                                                                     on.ServerSilent, CLOSING,                                                              rfc="P7"),
    Row(PLAIN_LISTING,                                                               on.ServerSilent, GIVING_UP,                     then="stop_timers, disconnect_mute",   rfc="P7, P9"),
    each((ASKING, STOPPING),                                                         on.ServerSilent, GIVING_UP,                     then="stop_timers, disconnect_silent", rfc="P7"),
    each((OFFERING, GREETING, PLAIN, ANSWERED, FENCING, PASSING, *_ENDED_BY_CLIENT), on.ServerSilent,                                                                       rfc="P7, P8"),
    # What is no message
    each(_SETTLED,         on.MessageNotUnderstood,                     BREAKING, then="stop_timers, disconnect_garbled", rfc="P8"),
    each(_ENDED_BY_CLIENT, (*_RESPONSES, *TIMERS, internal.ListNeeded),                                                   rfc="P8"),
    # The end of the connection: nobody misses it, or it interrupts what was requested
    each(_MAY_OWE_NOTHING,      on.ServerClosed,   UNCONNECTED, when="nothing_owed",    then="forget_all, stop_timers, say_rested",                           rfc="P8"),
    each(_PLAIN_AWAITED,        on.ServerClosed,   UNCONNECTED, when="list_awaited",    then="tell_list_failed, say_ended_in_order, forget_all, stop_timers", rfc="P8"),
    each(_MAY_END_SONG,         on.ServerClosed,   UNCONNECTED,                         then="say_ended_in_order, forget_all, stop_timers",                   rfc="P8"),
    Row(CLOSING,                on.ServerClosed,   UNCONNECTED, when="list_awaited",    then="tell_list_failed, say_ended, forget_all, stop_timers",          rfc="P7"),
    Row(CLOSING,                on.ServerClosed,   UNCONNECTED,                         then="say_ended, forget_all, stop_timers",                            rfc="P7"),
    # ... A server that closes before it has read a LIST resets the connection
    Row(CLOSING,                on.ConnectionLost, UNCONNECTED, when="spare_list_owed", then="forget_all, stop_timers, say_rested",                           rfc="P8"),
    each(_LIST_AWAITED,         on.ConnectionLost, UNCONNECTED, when="list_awaited",    then="tell_list_failed, say_ended, forget_all, stop_timers",          rfc="P7"),
    each((GREETING, *_SETTLED), on.ConnectionLost, UNCONNECTED,                         then="say_ended, forget_all, stop_timers",                            rfc="P7"),
    each((RENEWING,),           _ENDS,             UNCONNECTED,                         then="expect_no_audio, forget_acceptance, say_renewed",               rfc="P8"),
    each((GIVING_UP,),          _ENDS,             UNCONNECTED, when="list_awaited",    then="tell_list_failed, say_ended, forget_all",                       rfc="P7"),
    each((GIVING_UP,),          _ENDS,             UNCONNECTED,                         then="say_ended, forget_all",                                         rfc="P7"),
    each((BREAKING,),           _ENDS,             UNCONNECTED, when="list_awaited",    then="tell_list_failed, say_unusable, forget_all",                    rfc="P8"),
    each((BREAKING,),           _ENDS,             UNCONNECTED,                         then="say_unusable, forget_all",                                      rfc="P8"),
    # The person leaves
    Row(CLOSING,                                                 on.InputEnded,         LEAVING, then="send_teardown, disconnect", rfc="P7"),
    each(_WITHOUT,                                               on.InputEnded,         LEAVING,                                   rfc="2.7.1"),
    each((OFFERING, GREETING, *_SETTLED[1:], *_ENDED_BY_CLIENT), on.InputEnded,         LEAVING, then="disconnect",                rfc="2.7.1"),
    each((LEAVING,),                                             _IGNORED_WHEN_LEAVING,                                            rfc="2.7.1"),
])
# fmt: on
