"""The client's link as a table: whether there is a connection, and whether a song is owed over it.

The guards and effects are in session.py.
"""

from enum import Enum

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.table import Row, Table, each


class LinkState(Enum):
    """Whether there is a connection, and whether a song is owed over it."""

    CONNECTING = "an attempt to connect is under way, no song is owed"
    ONLINE = "there is a connection; audio that comes goes on to the song"
    UNLISTED = "connected anew: until a list comes, IDs may be other than the person saw them"
    OFFLINE = "the connection is lost, and nothing needs one"
    RESTING = "the server has closed the connection, and nobody misses it"
    WAITING = "no connection, a song is owed: the next attempt comes after a pause"
    RECONNECTING = "an attempt to connect is under way, for a song that is owed"
    FINDING = "connected again: a fresh list is to say which ID the song has now"
    SKIPPING = "the song comes again from its start: what is here is compared and skipped"


# fmt: off
CONNECTING, ONLINE, UNLISTED, OFFLINE, RESTING, WAITING, RECONNECTING, FINDING, SKIPPING = LinkState

CONNECTED = (ONLINE, UNLISTED, FINDING, SKIPPING)
"""There is a connection."""
_STOPS = (on.StopRequested, internal.SongAbandoned)

LINK = Table("link", CONNECTING, [
    # The connection
    Row(CONNECTING,                              on.Connected,                UNLISTED,     when="list_known", then="forget_end, forget_from",                       rfc="P7"),
    Row(CONNECTING,                              on.Connected,                ONLINE,                          then="forget_end, forget_from",                       rfc="1"),
    Row(CONNECTING,                              on.ConnectFailed,            OFFLINE,                         then="doubt_ids, tell_connect_failed",                rfc="1"),
    each((ONLINE, SKIPPING),                     internal.ConnectionEnded,    OFFLINE,                         then="note_end, doubt_ids, tell_connection_lost",     rfc="P7"),
    each((UNLISTED, FINDING),                    internal.ConnectionEnded,    OFFLINE,                         then="doubt_ids, tell_connection_lost",               rfc="P7"),
    each(CONNECTED,                              internal.ConnectionUnusable, OFFLINE,                         then="doubt_ids, tell_connection_lost, say_unusable", rfc="P8"),
    each(CONNECTED,                              internal.ConnectionRested,   RESTING,                         then="doubt_ids",                                     rfc="P8"),
    each(CONNECTED,                              internal.ConnectionRenewed,  CONNECTING,                      then="connect",                                       rfc="P8"),
    each((OFFLINE, RESTING),                     on.ListRequested,            CONNECTING,                      then="connect",                                       rfc="2.2"),
    each((CONNECTING, *CONNECTED, RECONNECTING), on.ListRequested,                                                                                                   rfc="2.2"),
    Row(WAITING,                                 on.ListRequested,            RECONNECTING,                    then="cancel_retry, connect",                         rfc="playing 9"),
    # What the server understands
    each((ONLINE, UNLISTED, FINDING), internal.FromAccepted, then="note_from", rfc="P10"),
    # A title is to be found: the list is asked for when it is needed
    each((CONNECTING, *CONNECTED, RECONNECTING), on.TitlesNeeded,               when="titles_unknown", then="need_titles",                        rfc="P7"),
    each((OFFLINE, RESTING),                     on.TitlesNeeded, CONNECTING,   when="titles_unknown", then="connect, need_titles",               rfc="P7"),
    Row(WAITING,                                 on.TitlesNeeded, RECONNECTING, when="titles_unknown", then="cancel_retry, connect, need_titles", rfc="P7"),
    each(LinkState,                              on.TitlesNeeded,                                                                               rfc="P7"),
    # A song is wanted
    each((ONLINE, SKIPPING),         internal.SongWanted, ONLINE,       then="owe_song, request_song",          rfc="2.2"),
    Row(UNLISTED,                    internal.SongWanted, FINDING,      then="owe_song, need_list",             rfc="playing 9"),
    Row(FINDING,                     internal.SongWanted, FINDING,      then="owe_song",                        rfc="2.2"),
    each((OFFLINE, RESTING),         internal.SongWanted, RECONNECTING, then="owe_song, connect",               rfc="2.2"),
    Row(WAITING,                     internal.SongWanted, RECONNECTING, then="owe_song, cancel_retry, connect", rfc="2.2"),
    each((CONNECTING, RECONNECTING), internal.SongWanted, RECONNECTING, then="owe_song",                        rfc="2.2"),
    # ... or from another byte on
    each((ONLINE, SKIPPING),         internal.PlaceWanted, ONLINE,       when="can_begin_at", then="owe_place, request_rest",          rfc="P10, playing 7"),
    each((ONLINE, SKIPPING),         internal.PlaceWanted, SKIPPING,                          then="owe_place, request_rest",          rfc="playing 7"),
    Row(UNLISTED,                    internal.PlaceWanted, FINDING,                           then="owe_place, need_list",             rfc="playing 7, playing 9"),
    Row(FINDING,                     internal.PlaceWanted, FINDING,                           then="owe_place",                        rfc="playing 7"),
    each((OFFLINE, RESTING),         internal.PlaceWanted, RECONNECTING,                      then="owe_place, connect",               rfc="playing 7"),
    Row(WAITING,                     internal.PlaceWanted, RECONNECTING,                      then="owe_place, cancel_retry, connect", rfc="playing 7"),
    each((CONNECTING, RECONNECTING), internal.PlaceWanted, RECONNECTING,                      then="owe_place",                        rfc="playing 7"),
    # ... and no longer wanted
    each((CONNECTING, UNLISTED, OFFLINE, RESTING), on.StopRequested,                                  rfc="2.4.3"),
    each((ONLINE, SKIPPING),                       _STOPS,           ONLINE,                          rfc="2.4.3"),
    each((WAITING,),                               _STOPS,           OFFLINE,    then="cancel_retry", rfc="2.4.3"),
    each((RECONNECTING,),                          _STOPS,           CONNECTING,                      rfc="2.4.3"),
    each((FINDING,),                               _STOPS,           UNLISTED,                        rfc="2.4.3"),
    # The song arrives. A list that only has its title would make the music wait: it is asked for behind it
    Row(ONLINE,   internal.AudioFromServer,   ONLINE,                          then="forget_attempts, pass_audio", rfc="2.5.2"),
    Row(ONLINE,   internal.ServerClosedSong,  ONLINE,   when="titles_unknown", then="say_completed, suggest_list", rfc="P7, playing 1"),
    Row(ONLINE,   internal.ServerClosedSong,  ONLINE,                          then="say_completed",               rfc="P7, P8"),
    Row(ONLINE,   internal.ServerRefusedSong, ONLINE,                          then="say_refused",                 rfc="2.5.3"),
    Row(ONLINE,   internal.ListCompleted,     ONLINE,                          then="keep_list, note_title",       rfc="2.5.1"),
    Row(UNLISTED, internal.ListCompleted,     ONLINE,                          then="say_renumbered, keep_list",   rfc="2.5.1"),
    Row(SKIPPING, internal.ListCompleted,     SKIPPING,                        then="keep_list, note_title",       rfc="2.5.1"),
    # ... and says what it is called
    Row(ONLINE,                                                                               on.SongNamed, ONLINE, then="note_own_title", rfc="playing 9"),
    each((CONNECTING, UNLISTED, OFFLINE, RESTING, WAITING, RECONNECTING, FINDING, SKIPPING), on.SongNamed,                                rfc="playing 9"),
    # It is interrupted
    Row(CONNECTING,   internal.SongInterrupted, RECONNECTING,                            then="owe_rest",                                                    rfc="P8"),
    Row(OFFLINE,      internal.SongInterrupted, RESTING,      when="ended_there_before", then="say_ended_there",                                             rfc="P8"),
    Row(OFFLINE,      internal.SongInterrupted, WAITING,      when="retries_left",       then="owe_rest, schedule_retry, tell_retrying, answer_play",        rfc="P7, playing 9"),
    Row(OFFLINE,      internal.SongInterrupted, OFFLINE,                                 then="tell_no_retries_left, say_lost",                              rfc="P7, playing 9"),
    Row(WAITING,      on.RetryDue,              RECONNECTING,                            then="connect",                                                     rfc="playing 9"),
    Row(RECONNECTING, on.ConnectFailed,         WAITING,      when="retries_left",       then="doubt_ids, schedule_retry, tell_attempt_failed, answer_play", rfc="playing 9"),
    Row(RECONNECTING, on.ConnectFailed,         OFFLINE,                                 then="doubt_ids, tell_connect_failed, say_lost",                    rfc="playing 9"),
    Row(RECONNECTING, on.Connected,             FINDING,      when="loss_told",          then="tell_reconnected, forget_end, forget_from, need_list",        rfc="playing 9"),
    Row(RECONNECTING, on.Connected,             FINDING,                                 then="forget_from, need_list",                                      rfc="playing 9"),
    # Its ID is found again
    Row(FINDING,              internal.ListCompleted,   ONLINE,   when="listed_nothing_again", then="say_renumbered, keep_list, find_song, request_rest", rfc="playing 9"),
    Row(FINDING,              internal.ListCompleted,   SKIPPING, when="listed",               then="say_renumbered, keep_list, find_song, request_rest", rfc="playing 9, P10"),
    Row(FINDING,              internal.ListCompleted,   ONLINE,                                then="say_renumbered, keep_list, say_gone",                rfc="playing 9"),
    each((UNLISTED, FINDING), internal.AudioFromServer,                                                                                                   rfc="2.6.1"),
    # ... or is the same: the server has the list that is here
    Row(ONLINE,   internal.ListUnchanged, ONLINE,                                              rfc="P7"),
    Row(UNLISTED, internal.ListUnchanged, ONLINE,                                              rfc="P7"),
    Row(FINDING,  internal.ListUnchanged, ONLINE,   when="nothing_again", then="request_rest", rfc="P7, playing 9"),
    Row(FINDING,  internal.ListUnchanged, SKIPPING,                       then="request_rest", rfc="P7, P10, playing 9"),
    # ... or asked for by the same one: the user has said that no list is to be asked for
    Row(ONLINE,   internal.ListWithheld, ONLINE,                                                                 rfc="P7"),
    Row(UNLISTED, internal.ListWithheld, ONLINE,   when="ids_in_doubt",        then="forget_list",               rfc="P7"),
    Row(UNLISTED, internal.ListWithheld, ONLINE,                                                                 rfc="P7"),
    Row(FINDING,  internal.ListWithheld, ONLINE,   when="unsure_nothing_held", then="forget_list, request_song", rfc="P7"),
    Row(FINDING,  internal.ListWithheld, ONLINE,   when="nothing_held",        then="request_song",              rfc="P7"),
    Row(FINDING,  internal.ListWithheld, SKIPPING,                             then="forget_list, request_song", rfc="P7"),
    # It comes again
    Row(SKIPPING, internal.AudioFromServer,   ONLINE,   when="same_song_goes_on", then="forget_attempts, tell_resumed, pass_rest", rfc="playing 9"),
    Row(SKIPPING, internal.AudioFromServer,   ONLINE,   when="same_song",         then="tell_resumed",                             rfc="playing 9"),
    Row(SKIPPING, internal.AudioFromServer,   ONLINE,   when="caught_up",         then="say_abandoned, say_changed",               rfc="playing 9"),
    Row(SKIPPING, internal.AudioFromServer,   SKIPPING,                           then="skip_audio",                               rfc="playing 9"),
    Row(SKIPPING, internal.ServerClosedSong,  ONLINE,   when="server_said_so",    then="say_changed",                              rfc="playing 9"),
    Row(SKIPPING, internal.ServerClosedSong,  ONLINE,                             then="say_silent",                               rfc="playing 9"),
    Row(SKIPPING, internal.ServerRefusedSong, ONLINE,   when="asked_from_there",  then="say_changed",                              rfc="P10"),
    Row(SKIPPING, internal.ServerRefusedSong, ONLINE,                             then="say_gone",                                 rfc="playing 9"),
])
# fmt: on
