"""The rows of the client's playback: its states, and what happens in each (RFC 2.5.2, 2.6.1).

The guards and effects that they name are in `fsm.playback`.
"""

from __future__ import annotations

from enum import Enum

from fsm import events as on
from fsm import neighbours as told
from fsm import wishes as wish
from fsm.table import Row, Table, each


class PlaybackState(Enum):
    """IS_PLAYING and what NUM_AUDIO_MSGS_RECV is counted for (RFC 2.6.1)."""

    STOPPED = "no song is wanted (IS_PLAYING is off): audio that arrives is late"
    REQUESTED = "a song is asked for; audio that arrives still belongs to an earlier one"
    BUFFERING = "the song arrives (IS_PLAYING is on) and is collected until there is enough to play"
    PLAYING = "the player runs while the rest of the song arrives (IS_PLAYING)"
    STARVED = "the player has run dry and waits until there is enough again (IS_PLAYING)"
    AWAITING = "the player waits for a place in the song that has yet to arrive (IS_PLAYING)"
    FINISHING = "the song is whole; the player plays it out (IS_PLAYING)"
    BREAKING_OFF = "the rest will not come; what is here is played out (IS_PLAYING)"


(
    STOPPED,
    REQUESTED,
    BUFFERING,
    PLAYING,
    STARVED,
    AWAITING,
    FINISHING,
    BREAKING_OFF,
) = PlaybackState

ALL = tuple(PlaybackState)
SONG_OWED = (REQUESTED, BUFFERING, PLAYING, STARVED, AWAITING)
"""A song is asked for and not all of it is here."""
PLAYER_RUNS = (PLAYING, STARVED, AWAITING, FINISHING, BREAKING_OFF)
_WAITING = (STARVED, AWAITING)
_ENDING = (FINISHING, BREAKING_OFF)

PLAYBACK = Table(
    "playback",
    STOPPED,
    [
        each(ALL, on.PlayRequested, REQUESTED, effect="choose_song", rfc="2.2"),
        each(ALL, told.SongFollows, REQUESTED, effect="choose_song", rfc="2.2"),
        each(ALL, on.StopRequested, STOPPED, effect="drop_song", rfc="2.2"),
        # Before the song's own audio
        Row(REQUESTED, told.SongOpened, BUFFERING, rfc="2.5.2, P8"),
        each((STOPPED, REQUESTED), told.AudioArrived, effect="drop_late_audio", rfc="2.6.1"),
        # The song arrives
        Row(
            BUFFERING,
            told.AudioArrived,
            PLAYING,
            guard="enough",
            effect="append_and_play",
            rfc="2.5.2",
        ),
        Row(
            BUFFERING,
            told.AudioArrived,
            BUFFERING,
            guard="first_audio",
            effect="append_first_audio",
            rfc="2.5.2",
        ),
        Row(BUFFERING, told.AudioArrived, BUFFERING, effect="append_audio", rfc="2.5.2"),
        Row(PLAYING, told.AudioArrived, PLAYING, effect="append_audio", rfc="2.5.2"),
        Row(PLAYING, on.BufferRanDry, STARVED, effect="start_counting_again", rfc="2.5.2"),
        Row(
            STARVED,
            told.AudioArrived,
            PLAYING,
            guard="enough",
            effect="append_and_refill",
            rfc="2.5.2",
        ),
        Row(STARVED, told.AudioArrived, STARVED, effect="append_audio", rfc="2.5.2"),
        each(ALL, on.FlowMeasured, effect="note_flow", rfc="2.5.2"),
        # Another place in the song
        *(
            rows
            for event in (wish.SeekRequested, told.StartWanted)
            for rows in (
                each((PLAYING, *_WAITING), event, PLAYING, effect="seek", rfc="2.5.2"),
                each(_ENDING, event, effect="seek", rfc="2.5.2"),
                each((REQUESTED, BUFFERING), event, effect="seek_later", rfc="2.5.2"),
            )
        ),
        Row(STOPPED, wish.SeekRequested, STOPPED, effect="tell_nothing_plays", rfc="2.5.2"),
        each((PLAYING, *_WAITING), on.PlaceNotHere, AWAITING, effect="await_place", rfc="2.5.2"),
        each(_ENDING, on.PlaceNotHere, rfc="2.5.2"),
        Row(
            AWAITING,
            told.AudioArrived,
            STARVED,
            guard="place_reached",
            effect="append_and_count_again",
            rfc="2.5.2",
        ),
        Row(AWAITING, told.AudioArrived, AWAITING, effect="append_audio", rfc="2.5.2"),
        # A connection that is new opens the song again; what is here stays.
        each((BUFFERING, PLAYING, STARVED, AWAITING), told.SongOpened, rfc="P8"),
        each(_ENDING, told.AudioArrived, effect="drop_late_audio", rfc="2.6.1"),
        # The song is whole
        Row(BUFFERING, told.SongCompleted, FINISHING, effect="finish_and_play", rfc="P1, P7, P8"),
        Row(PLAYING, told.SongCompleted, FINISHING, effect="finish", rfc="P7, P8"),
        each(_WAITING, told.SongCompleted, FINISHING, effect="finish_and_refill", rfc="P7, P8"),
        # ... and what arrives from here on is the next one's (fsm.ahead)
        [
            row
            for event in (told.SongOpened, told.SongCompleted, told.SongRefused, told.SongLost)
            for row in each((FINISHING,), event, rfc="P7")
        ],
        Row(FINISHING, told.SongSkipped, STOPPED, effect="skip_song", rfc="2.5.2"),
        [
            Row(STOPPED, told.AheadBegan, state, guard=guard, effect=effect, rfc="2.5.2, P7")
            for state, guard, effect in (
                (REQUESTED, "only_requested", "take_over"),
                (BUFFERING, "too_little", "take_over"),
                (PLAYING, "still_arriving", "take_over_playing"),
                (FINISHING, "all_here", "take_over_whole"),
                (BREAKING_OFF, None, "take_over_playing"),
            )
        ],
        # The song will never be whole
        Row(
            BUFFERING,
            told.SongRefused,
            STOPPED,
            guard="nothing_received",
            effect="tell_not_found",
            rfc="2.5.3",
        ),
        Row(BUFFERING, told.SongRefused, BREAKING_OFF, effect="break_off_and_play", rfc="P7"),
        each((PLAYING,), told.SongRefused, BREAKING_OFF, effect="break_off", rfc="P7"),
        each(_WAITING, told.SongRefused, BREAKING_OFF, effect="break_off_and_refill", rfc="P7"),
        Row(REQUESTED, told.SongLost, STOPPED, effect="tell_lost", rfc="P7"),
        Row(
            BUFFERING,
            told.SongLost,
            STOPPED,
            guard="nothing_received",
            effect="tell_lost",
            rfc="P7",
        ),
        Row(BUFFERING, told.SongLost, BREAKING_OFF, effect="break_off_and_play", rfc="P7"),
        Row(PLAYING, told.SongLost, BREAKING_OFF, effect="break_off", rfc="P7"),
        each(_WAITING, told.SongLost, BREAKING_OFF, effect="break_off_and_refill", rfc="P7"),
        # The connection has gone: the buffer plays on, the link sees to the rest.
        each(SONG_OWED, on.ConnectionLost, effect="tell_what_is_held", rfc="P7"),
        each((STOPPED, *_ENDING), on.ConnectionLost, rfc="P7"),
        # The player's reports
        each(_ENDING, on.BufferRanDry, rfc="2.5.2"),
        Row(FINISHING, on.PlayedOut, STOPPED, effect="tell_played", rfc="2.5.2"),
        Row(BREAKING_OFF, on.PlayedOut, STOPPED, effect="tell_cut_off", rfc="P7"),
        each((PLAYING, *_WAITING), on.Undecodable, STOPPED, effect="give_up_decoding", rfc="2.5.2"),
        each(_ENDING, on.Undecodable, STOPPED, effect="tell_undecodable", rfc="2.5.2"),
        each(
            (BUFFERING, PLAYING, *_WAITING),  # the buffer itself may have no room
            on.OutputFailed,
            STOPPED,
            effect="give_up_output",
            rfc="2.5.2",
        ),
        each(_ENDING, on.OutputFailed, STOPPED, effect="tell_output_failed", rfc="2.5.2"),
    ],
)
