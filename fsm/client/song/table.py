"""The song as a table: how far it has come, and what that means for the player.

The guards and effects are in session.py.
"""

from enum import Enum

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.table import Row, Table, each


class SongState(Enum):
    """How far the song has come (RFC 2.6.1: IS_PLAYING is off in the first two states)."""

    UNWANTED = "no song is wanted: audio that arrives is late"
    REQUESTED = "the song is requested; audio that arrives still belongs to an earlier one"
    OPENED = "audio that arrives from here on is this song's; none has come yet"
    SOUGHT = "it is requested from another byte on; audio that arrives belongs to what came before"
    COLLECTING = "it arrives, and there is not enough of it to play, or to play on"
    AWAITING = "it arrives, and the place in it that the player seeks is not here yet"
    ENOUGH = "it arrives, and there is enough of it to play"
    WHOLE = "all of it is here"
    SUPPOSED = "all of it seems to be here: a plain server sends nothing more"
    BROKEN = "the rest of it will not come"


# fmt: off
UNWANTED, REQUESTED, OPENED, SOUGHT, COLLECTING, AWAITING, ENOUGH, WHOLE, SUPPOSED, BROKEN = SongState

ALL = tuple(SongState)
WANTED = (REQUESTED, OPENED, SOUGHT, COLLECTING, AWAITING, ENOUGH, WHOLE, SUPPOSED, BROKEN)
NOTHING_YET = (REQUESTED, OPENED)
ARRIVING = (COLLECTING, AWAITING, ENOUGH)
SHORT = (COLLECTING, AWAITING)
HERE = (WHOLE, SUPPOSED, BROKEN)
"""All that will come is here, as far as is known."""
KNOWN = (WHOLE, BROKEN)
OWED = (*NOTHING_YET, *ARRIVING)
"""The song is requested and not all of it is here."""
_PRESENT_OWED = (*OWED, SOUGHT)
"""... or a part of it is; only in the present song is a place sought."""
_OF_NEXT = tuple(state for state in ALL if state is not SOUGHT)
_CHOSEN = (on.PlayRequested, internal.SongTurnCame)

SONG = Table("song", UNWANTED, [
    # A song is chosen, or none
    each(_OF_NEXT, _CHOSEN,          UNWANTED,  when="is_next", then="forget",                            rfc="2.2"),
    each(ALL,      _CHOSEN,          REQUESTED,                 then="want, drop_buffers, say_wanted",    rfc="2.2"),
    each(_OF_NEXT, on.StopRequested, UNWANTED,  when="is_next", then="forget",                            rfc="2.2"),
    each(ALL,      on.StopRequested, UNWANTED,                  then="forget, drop_buffers, answer_play", rfc="2.2"),
    # The next song is requested ahead, and no longer wanted
    Row(UNWANTED, internal.NextSongKnown,   REQUESTED, then="want, say_wanted",                        rfc="playing 5"),
    each(OWED,    internal.NextSongDropped, UNWANTED,  then="forget, drop_next_buffer, say_abandoned", rfc="playing 5, 2.4.3"),
    each(HERE,    internal.NextSongDropped, UNWANTED,  then="forget, drop_next_buffer",                rfc="playing 5"),
    # The server has been started again, and has another ID for it
    each(ALL, internal.SongsRenumbered, then="take_new_id", rfc="playing 9"),
    # It arrives
    Row(REQUESTED,                              internal.SongOpened, OPENED,                                                                                  rfc="2.5.2, P8"),
    Row(SOUGHT,                                 internal.SongOpened, COLLECTING,                                                                              rfc="P10, playing 7"),
    each((UNWANTED, OPENED, *ARRIVING, *HERE),  internal.SongOpened,                                                                                          rfc="P7"),
    each((UNWANTED, REQUESTED, SOUGHT, *KNOWN), internal.SongAudio,                                                                                           rfc="2.6.1"),
    Row(SUPPOSED,                               internal.SongAudio,  BROKEN,     when="is_next",        then="say_abandoned, note_reopened",                  rfc="P8, playing 5"),
    Row(SUPPOSED,                               internal.SongAudio,  ENOUGH,                            then="reopen, append",                                rfc="P8"),
    Row(OPENED,                                 internal.SongAudio,  ENOUGH,     when="enough_of_next", then="append, say_next_ready",                        rfc="2.5.2, playing 5"),
    Row(OPENED,                                 internal.SongAudio,  COLLECTING, when="is_next",        then="append",                                        rfc="2.5.2, playing 5"),
    Row(OPENED,                                 internal.SongAudio,  ENOUGH,     when="enough",         then="append, tell_arriving, say_ready, answer_play", rfc="2.5.2"),
    Row(OPENED,                                 internal.SongAudio,  COLLECTING,                        then="append, tell_arriving, answer_play",            rfc="2.5.2"),
    Row(COLLECTING,                             internal.SongAudio,  ENOUGH,     when="enough_of_next", then="append, say_next_ready",                        rfc="2.5.2, playing 5"),
    Row(COLLECTING,                             internal.SongAudio,  ENOUGH,     when="enough",         then="append, say_ready",                             rfc="2.5.2"),
    Row(AWAITING,                               internal.SongAudio,  COLLECTING, when="place_reached",  then="append, count_again",                           rfc="playing 7"),
    each(ARRIVING,                              internal.SongAudio,                                     then="append",                                        rfc="2.5.2"),
    each(ALL,                                   on.FlowMeasured,                                        then="note_flow",                                     rfc="playing 1"),
    each(_PRESENT_OWED,                         on.SongMeasured,                                        then="note_measure",                                  rfc="playing 1, P8"),
    each((UNWANTED, *HERE),                     on.SongMeasured,                                                                                              rfc="playing 1"),
    # The player has come to the end of what is here, or seeks a place that is not here
    Row(ENOUGH,                   on.BufferRanDry,      COLLECTING,                         then="count_again, tell_underrun, say_short",                 rfc="playing 1"),
    each(HERE,                    on.BufferRanDry,                                                                                                        rfc="playing 1"),
    Row(SOUGHT,                   on.PlaceNotHere,      SOUGHT,     when="begins_there",    then="say_short",                                             rfc="playing 7"),
    Row(SOUGHT,                   on.PlaceNotHere,      SOUGHT,                             then="want_place, count_anew, move_buffer, say_place_wanted", rfc="P10, playing 7"),
    each(ARRIVING,                on.PlaceNotHere,      COLLECTING, when="begins_there",    then="count_again, say_short",                                rfc="playing 7"),
    each(ARRIVING,                on.PlaceNotHere,      SOUGHT,     when="can_begin_there", then="want_place, count_anew, move_buffer, say_place_wanted", rfc="P10, playing 7"),
    each(HERE,                    on.PlaceNotHere,      SOUGHT,     when="begins_before",   then="want_place, count_anew, move_buffer, say_place_wanted", rfc="P10, playing 7"),
    each(ARRIVING,                on.PlaceNotHere,      AWAITING,                           then="await_place, say_short",                                rfc="playing 7"),
    each(HERE,                    on.PlaceNotHere,                                                                                                        rfc="playing 7"),
    each(SHORT,                   internal.PlayerMoved, ENOUGH,                                                                                           rfc="playing 7"),
    each((SOUGHT, ENOUGH, *HERE), internal.PlayerMoved,                                                                                                   rfc="playing 7"),
    Row(UNWANTED,                 ask.SeekRequested,    UNWANTED,                           then="tell_nothing_plays",                                    rfc="playing 7"),
    each(WANTED,                  ask.SeekRequested,                                        then="pass_seek",                                             rfc="playing 7"),
    # All of it is here: the server says so, or its own header does, or a plain server is silent
    each(SHORT,             internal.SongCompleted, WHOLE,    when="next_said_whole",           then="finish, say_next_ready",                                       rfc="P7, playing 5"),
    each(SHORT,             internal.SongCompleted, WHOLE,    when="next_as_long_as_it_says",   then="finish, say_next_ready",                                       rfc="P8, playing 5"),
    each(SHORT,             internal.SongCompleted, BROKEN,   when="next_shorter_than_it_says", then="note_too_short, finish, say_next_ready",                       rfc="P8, playing 5"),
    Row(OPENED,             internal.SongCompleted, UNWANTED, when="is_next",                   then="drop_next_buffer, tell_nothing_came, say_next_failed, forget", rfc="P7, P8, playing 5"),
    each(SHORT,             internal.SongCompleted, SUPPOSED, when="is_next",                   then="finish, say_next_ready",                                       rfc="P8, playing 5"),
    each(SHORT,             internal.SongCompleted, WHOLE,    when="server_said_so",            then="finish, say_finished, answer_play, say_whole",                 rfc="P1, P7"),
    each(SHORT,             internal.SongCompleted, WHOLE,    when="as_long_as_it_says",        then="finish, say_finished, answer_play, say_whole",                 rfc="P1, P8"),
    each(SHORT,             internal.SongCompleted, BROKEN,   when="shorter_than_it_says",      then="note_too_short, finish, say_finished, answer_play",            rfc="P8"),
    Row(OPENED,             internal.SongCompleted, UNWANTED,                                   then="leave, tell_nothing_came, answer_play, say_unplayable",        rfc="P8"),
    each(SHORT,             internal.SongCompleted, SUPPOSED,                                   then="finish, say_finished, answer_play",                            rfc="P1, P8"),
    Row(ENOUGH,             internal.SongCompleted, WHOLE,    when="next_said_whole",           then="finish",                                                       rfc="P7, playing 5"),
    Row(ENOUGH,             internal.SongCompleted, WHOLE,    when="next_as_long_as_it_says",   then="finish",                                                       rfc="P8, playing 5"),
    Row(ENOUGH,             internal.SongCompleted, WHOLE,    when="server_said_so",            then="finish, say_whole",                                            rfc="P7"),
    Row(ENOUGH,             internal.SongCompleted, WHOLE,    when="as_long_as_it_says",        then="finish, say_whole",                                            rfc="P8"),
    Row(ENOUGH,             internal.SongCompleted, BROKEN,   when="shorter_than_it_says",      then="note_too_short, finish",                                       rfc="P8"),
    Row(ENOUGH,             internal.SongCompleted, SUPPOSED,                                   then="finish",                                                       rfc="P8"),
    Row(SUPPOSED,           internal.SongCompleted, WHOLE,    when="next_said_whole",                                                                                rfc="P7, playing 5"),
    Row(SUPPOSED,           internal.SongCompleted, WHOLE,    when="server_said_so",            then="say_whole",                                                    rfc="P7"),
    each((UNWANTED, *HERE), internal.SongCompleted,                                                                                                                  rfc="P7"),
    # A plain server has closed the connection twice at the same byte
    each(SHORT,             internal.SongEndedThere, WHOLE,    when="next_as_long_as_it_says", then="finish, say_next_ready",                                       rfc="P8, playing 5"),
    each(SHORT,             internal.SongEndedThere, SUPPOSED, when="next_may_end_there",      then="finish, say_next_ready",                                       rfc="P8, playing 5"),
    each(SHORT,             internal.SongEndedThere, BROKEN,   when="is_next",                 then="note_too_short, finish, say_next_ready",                       rfc="P8, playing 5"),
    Row(ENOUGH,             internal.SongEndedThere, WHOLE,    when="next_as_long_as_it_says", then="finish",                                                       rfc="P8, playing 5"),
    each(SHORT,             internal.SongEndedThere, WHOLE,    when="as_long_as_it_says",      then="finish, say_finished, answer_play, say_whole",                 rfc="P8"),
    each(SHORT,             internal.SongEndedThere, SUPPOSED, when="may_end_there",           then="finish, say_finished, answer_play",                            rfc="P8"),
    each(SHORT,             internal.SongEndedThere, BROKEN,                                   then="note_too_short, finish, say_finished, answer_play",            rfc="P8"),
    Row(ENOUGH,             internal.SongEndedThere, WHOLE,    when="as_long_as_it_says",      then="finish, say_whole",                                            rfc="P8"),
    Row(ENOUGH,             internal.SongEndedThere, SUPPOSED, when="may_end_there",           then="finish",                                                       rfc="P8"),
    Row(ENOUGH,             internal.SongEndedThere, BROKEN,                                   then="note_too_short, finish",                                       rfc="P8"),
    each((UNWANTED, *HERE), internal.SongEndedThere,                                                                                                                rfc="P8"),
    each(NOTHING_YET,       internal.SongEndedThere, UNWANTED, when="is_next",                 then="drop_next_buffer, tell_nothing_came, say_next_failed, forget", rfc="P8"),
    each(NOTHING_YET,       internal.SongEndedThere, UNWANTED,                                 then="leave, tell_nothing_came, answer_play, say_unplayable",        rfc="P8"),
    # The present song is to go on from a place of which nothing is here: the next one comes later
    each((*OWED, *HERE), internal.PlaceWanted, UNWANTED, then="forget, drop_next_buffer", rfc="playing 5, playing 7"),
    Row(UNWANTED,        internal.PlaceWanted, UNWANTED,                                  rfc="playing 7"),
    # What the server understands
    each(ALL, internal.FromAccepted, then="note_from",   rfc="P10"),
    each(ALL, on.Connected,          then="forget_from", rfc="P10"),
    # The rest of it will not come: nothing is here
    each(NOTHING_YET, internal.SongRefused, UNWANTED, when="is_next", then="drop_next_buffer, tell_not_found, say_next_failed, forget", rfc="2.5.3, playing 5"),
    each(NOTHING_YET, internal.SongRefused, UNWANTED,                 then="leave, tell_not_found, answer_play, say_unplayable",        rfc="2.5.3"),
    each(NOTHING_YET, internal.SongLost,    UNWANTED, when="is_next", then="drop_next_buffer, tell_lost, say_next_failed, forget",      rfc="P7, playing 5"),
    each(NOTHING_YET, internal.SongLost,    UNWANTED,                 then="leave, tell_lost, answer_play, say_unplayable",             rfc="P7"),
    # ... from a place that the song does not have: it goes on where it was heard
    each((SOUGHT, *ARRIVING), internal.SongRefused, SOUGHT, when="can_go_back", then="tell_ends_before, want_place_before, count_anew, move_buffer_back, say_place_before_wanted", rfc="P10, playing 7"),
    # ... or some of it is, and is played out
    each(SHORT,             internal.SongRefused,                      BROKEN, when="is_next", then="finish, say_next_ready",                       rfc="P7"),
    each(SHORT,             internal.SongLost,                         BROKEN, when="is_next", then="note_loss, finish, say_next_ready",            rfc="P7"),
    each((SOUGHT, *SHORT),  internal.SongRefused,                      BROKEN,                 then="finish, say_finished, answer_play",            rfc="P7"),
    each((SOUGHT, *SHORT),  internal.SongLost,                         BROKEN,                 then="note_loss, finish, say_finished, answer_play", rfc="P7"),
    Row(ENOUGH,             internal.SongRefused,                      BROKEN,                 then="finish",                                       rfc="P7"),
    Row(ENOUGH,             internal.SongLost,                         BROKEN,                 then="note_loss, finish",                            rfc="P7"),
    each((UNWANTED, *HERE), (internal.SongRefused, internal.SongLost),                                                                              rfc="P7"),
    # There is no room for more of it: what is here is played out
    Row(COLLECTING, on.NextBufferFull,                  BROKEN, then="say_abandoned, note_no_room, finish, say_next_ready",            rfc="playing 10"),
    each(SHORT,     on.BufferFull,                      BROKEN, then="say_abandoned, note_no_room, finish, say_finished, answer_play", rfc="playing 10"),
    each((ENOUGH,), (on.NextBufferFull, on.BufferFull), BROKEN, then="say_abandoned, note_no_room, finish",                            rfc="playing 10"),
    each(HERE,      (on.NextBufferFull, on.BufferFull), BROKEN, then="note_no_room",                                                   rfc="playing 10"),
    # The connection has gone: the buffer plays on, the link sees to the rest
    each(_PRESENT_OWED,     (internal.ConnectionEnded, internal.ConnectionRenewed), then="say_interrupted", rfc="P7, playing 9"),
    each((UNWANTED, *HERE), (internal.ConnectionEnded, internal.ConnectionRenewed),                         rfc="P7"),
    # It is over
    Row(WHOLE,                on.PlayedOut,         UNWANTED, then="leave, tell_played, answer_play, say_over",                                rfc="playing 10"),
    Row(SUPPOSED,             on.PlayedOut,         UNWANTED, then="leave, tell_probably_played, answer_play, say_over",                       rfc="P8, playing 10"),
    each(ARRIVING,            on.PlayedOut,         UNWANTED, then="note_reopened, say_abandoned, leave, tell_cut_off, answer_play, say_over", rfc="P8"),
    Row(BROKEN,               on.PlayedOut,         UNWANTED, then="leave, tell_cut_off, answer_play, say_over",                               rfc="P7, playing 10"),
    each((SOUGHT, *ARRIVING), on.Undecodable,       UNWANTED, then="say_abandoned, leave, tell_undecodable, answer_play, say_unplayable",      rfc="playing 10"),
    each(HERE,                on.Undecodable,       UNWANTED, then="leave, tell_undecodable, answer_play, say_unplayable",                     rfc="playing 10"),
    each((WHOLE, BROKEN),     internal.SongSkipped, UNWANTED, then="skip",                                                                     rfc="playing 3"),
    # The output is gone
    Row(UNWANTED,       on.OutputFailed, UNWANTED,                                                                                      rfc="playing 10"),
    each(OWED,          on.OutputFailed, UNWANTED, when="is_next", then="forget, drop_next_buffer, say_abandoned",                      rfc="playing 10, 2.4.3"),
    each(HERE,          on.OutputFailed, UNWANTED, when="is_next", then="forget",                                                       rfc="playing 10"),
    each(_PRESENT_OWED, on.OutputFailed, UNWANTED,                 then="say_abandoned, drop_buffers, tell_output_failed, answer_play", rfc="playing 10, 2.4.3"),
    each(HERE,          on.OutputFailed, UNWANTED,                 then="drop_buffers, tell_output_failed, answer_play",                rfc="playing 10"),
    # The song before it is over: it is the present one now
    each((UNWANTED, *NOTHING_YET, *SHORT), internal.SongBegan,                                        rfc="playing 5"),
    each((ENOUGH, SUPPOSED, BROKEN),       internal.SongBegan,        then="tell_playing",            rfc="playing 5"),
    Row(WHOLE,                             internal.SongBegan, WHOLE, then="tell_playing, say_whole", rfc="playing 5"),
])
# fmt: on
