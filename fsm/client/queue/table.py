"""The queue as a table: what is played, what follows it, and what a person does to what is queued.

The guards and effects are in session.py.
"""

from enum import Enum

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.table import Row, Table, each


class QueueState(Enum):
    """What is played, and whether what follows has been requested."""

    IDLE = "nothing is played; what is queued waits for a person's word"
    CURRENT = "a song is played, and not all of it is here"
    WHOLE = "a song is played, and all of it is here: what is queued next is requested at once"
    AHEAD = "a song is played, and the one after it has been requested"


# fmt: off
IDLE, CURRENT, WHOLE, AHEAD = QueueState

_ALL = tuple(QueueState)
_IN_USE = (CURRENT, WHOLE, AHEAD)
_GO_ON = (ask.ResumeRequested, ask.ToggleRequested)
_AWAKE = (ask.StayAwakeRequested, ask.SleepRequested)

QUEUE = Table("queue", IDLE, [
    # What a person plays and stops
    each(_ALL,             on.PlayRequested, CURRENT, then="retire, forget_ahead, choose",   rfc="2.2, playing 2"),
    Row(IDLE,              on.StopRequested, IDLE,                                           rfc="2.2"),
    each((CURRENT, WHOLE), on.StopRequested, IDLE,    then="retire, end_last, end_wait",     rfc="2.2, playing 2"),
    Row(AHEAD,             on.StopRequested, IDLE,    then="retire, forget_ahead, end_wait", rfc="2.2, playing 2"),
    Row(IDLE,              on.WaitRequested, IDLE,    then="end_wait",                       rfc="playing 11"),
    each(_IN_USE,          on.WaitRequested,                                                 rfc="playing 11"),
    Row(IDLE,              on.OutputFailed,  IDLE,                                           rfc="playing 10"),
    each((CURRENT, WHOLE), on.OutputFailed,  IDLE,    then="retire, end_last, end_wait",     rfc="playing 10"),
    Row(AHEAD,             on.OutputFailed,  IDLE,    then="retire, forget_ahead, end_wait", rfc="playing 10"),
    # The song has been heard
    each((CURRENT, WHOLE), internal.SongOver, IDLE,    when="is_last_song", then="retire, tell_asleep, end_last, end_wait, say_nothing_follows", rfc="playing 13"),
    each((CURRENT, WHOLE), internal.SongOver, CURRENT, when="repeats_one",  then="say_turn",                                                     rfc="playing 4"),
    each((CURRENT, WHOLE), internal.SongOver, CURRENT, when="one_follows",  then="retire, take_first, say_turn",                                 rfc="playing 2"),
    each((CURRENT, WHOLE), internal.SongOver, IDLE,                         then="retire, end_wait, say_nothing_follows",                        rfc="playing 2"),
    Row(AHEAD,             internal.SongOver, CURRENT, when="repeats_one",  then="forget_ahead",                                                 rfc="playing 4, playing 5"),
    Row(AHEAD,             internal.SongOver, CURRENT,                      then="retire, take_ahead",                                           rfc="playing 5"),
    # ... and could not be: it is not tried again
    each((CURRENT, WHOLE), internal.SongUnplayable, IDLE,    when="is_last_song",    then="leave_out, tell_asleep, end_last, end_wait, say_nothing_follows", rfc="playing 13"),
    each((CURRENT, WHOLE), internal.SongUnplayable, CURRENT, when="another_follows", then="leave_out, take_first, say_turn",                                 rfc="playing 10"),
    each((CURRENT, WHOLE), internal.SongUnplayable, IDLE,                            then="leave_out, end_wait, say_nothing_follows",                        rfc="playing 10"),
    Row(AHEAD,             internal.SongUnplayable, CURRENT,                         then="leave_out, take_ahead",                                           rfc="playing 10"),
    # The song is whole: the next one is requested while it plays
    Row(CURRENT, internal.SongWhole,      AHEAD, when="one_follows",            then="ask_ahead",                  rfc="playing 5"),
    Row(CURRENT, internal.SongWhole,      WHOLE,                                                                   rfc="playing 5"),
    Row(AHEAD,   internal.NextSongFailed, AHEAD, when="one_follows_the_failed", then="leave_out_ahead, ask_ahead", rfc="2.5.3, playing 5"),
    Row(AHEAD,   internal.NextSongFailed, WHOLE,                                then="leave_out_ahead",            rfc="2.5.3, playing 5"),
    # ... and is not any more: it is to go on from a place that is not here
    Row(WHOLE,   internal.PlaceWanted, CURRENT,                      rfc="playing 5, playing 7"),
    Row(AHEAD,   internal.PlaceWanted, CURRENT, then="forget_ahead", rfc="playing 5, playing 7"),
    Row(CURRENT, internal.PlaceWanted, CURRENT,                      rfc="playing 7"),
    # next and prev
    Row(AHEAD,    ask.NextRequested, CURRENT, when="wanted_is_ahead", then="retire, take_ahead, say_skipped",              rfc="playing 3, playing 5"),
    each(_ALL,    ask.NextRequested, CURRENT, when="another_wanted",  then="retire, forget_ahead, take_first, say_chosen", rfc="playing 3"),
    each(_ALL,    ask.NextRequested,                                  then="tell_nothing_follows",                         rfc="playing 3"),
    each(_ALL,    ask.PrevRequested, CURRENT, when="played_before",   then="take_previous, say_chosen",                    rfc="playing 3"),
    Row(IDLE,     ask.PrevRequested, IDLE,                            then="tell_nothing_before",                          rfc="playing 3"),
    each(_IN_USE, ask.PrevRequested,                                  then="say_start_sought",                             rfc="playing 3"),
    # resume and toggle, where there is no pause to end
    each((IDLE,), _GO_ON, CURRENT, when="another_wanted", then="take_first, say_chosen", rfc="playing 6"),
    each((IDLE,), _GO_ON, IDLE,                           then="tell_nothing_plays",     rfc="playing 6"),
    each(_IN_USE, _GO_ON,                                                                rfc="playing 6"),
    # What is queued
    each(_ALL,            ask.EditRequested,          when="lacks_position",       then="tell_no_position",             rfc="playing 2"),
    each(_ALL,            ask.EditRequested,          when="lacks_songs",          then="tell_nothing_follows",         rfc="playing 2, playing 4"),
    Row(IDLE,             ask.EditRequested, CURRENT, when="edit_starts",          then="edit, take_first, say_chosen", rfc="playing 2"),
    each((IDLE, CURRENT), ask.EditRequested,                                       then="edit",                         rfc="playing 2"),
    Row(WHOLE,            ask.EditRequested, AHEAD,   when="another_follows_edit", then="edit, ask_ahead",              rfc="playing 2, playing 5"),
    Row(WHOLE,            ask.EditRequested, WHOLE,                                then="edit",                         rfc="playing 2"),
    Row(AHEAD,            ask.EditRequested, AHEAD,   when="ahead_follows_edit",   then="edit",                         rfc="playing 2"),
    Row(AHEAD,            ask.EditRequested, AHEAD,   when="one_follows_edit",     then="edit, drop_ahead, ask_ahead",  rfc="playing 4, playing 5"),
    Row(AHEAD,            ask.EditRequested, WHOLE,                                then="edit, drop_ahead",             rfc="playing 2, playing 5"),
    each(_ALL,            ask.UndoRequested,          when="changed",              then="tell_taken_back, say_undo",    rfc="playing 2"),
    each(_ALL,            ask.UndoRequested,                                       then="tell_nothing_to_undo",         rfc="playing 2"),
    # The server has been started again, and has other IDs
    each(_ALL, internal.SongsRenumbered, when="some_gone", then="tell_songs_gone, renumber", rfc="playing 9"),
    each(_ALL, internal.SongsRenumbered,                   then="renumber",                  rfc="playing 9"),
    # repeat
    each((IDLE, CURRENT), ask.RepeatRequested,                                  then="set_repeat",                        rfc="playing 4"),
    Row(WHOLE,            ask.RepeatRequested, AHEAD, when="one_will_follow",   then="set_repeat, ask_ahead",             rfc="playing 4, playing 5"),
    Row(WHOLE,            ask.RepeatRequested, WHOLE,                           then="set_repeat",                        rfc="playing 4"),
    Row(AHEAD,            ask.RepeatRequested, AHEAD, when="ahead_will_follow", then="set_repeat",                        rfc="playing 4"),
    Row(AHEAD,            ask.RepeatRequested, AHEAD, when="one_will_follow",   then="set_repeat, drop_ahead, ask_ahead", rfc="playing 4, playing 5"),
    Row(AHEAD,            ask.RepeatRequested, WHOLE,                           then="set_repeat, drop_ahead",            rfc="playing 4, playing 5"),
    # Sleep: nothing follows the present song
    Row(IDLE,              ask.SleepAfterSongRequested, IDLE,                                                         rfc="playing 13"),
    each((CURRENT, WHOLE), ask.SleepAfterSongRequested,                                  then="set_last",             rfc="playing 13"),
    Row(AHEAD,             ask.SleepAfterSongRequested, WHOLE,                           then="set_last, drop_ahead", rfc="playing 13, playing 5"),
    each((CURRENT,),       _AWAKE,                                                       then="end_last",             rfc="playing 13"),
    each((WHOLE,),         _AWAKE,                      AHEAD, when="one_follows_awake", then="end_last, ask_ahead",  rfc="playing 13, playing 5"),
    each((WHOLE,),         _AWAKE,                      WHOLE,                           then="end_last",             rfc="playing 13"),
    each((IDLE, AHEAD),    _AWAKE,                                                                                    rfc="playing 13"),
])
# fmt: on
