"""The rows of the client's playback: its states, and what happens in each (RFC 2.5.2, 2.6.1).

The guards and effects that they name are in `fsm.client.playback`.
"""

from __future__ import annotations

from enum import Enum

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
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
        each(ALL, internal.SongTurnCame, REQUESTED, effect="choose_song", rfc="2.2"),
        each(ALL, on.StopRequested, STOPPED, effect="drop_song", rfc="2.2"),
        # Before the song's own audio
        Row(REQUESTED, internal.SongOpened, BUFFERING, rfc="2.5.2, P8"),
        each((STOPPED, REQUESTED), internal.SongAudio, effect="drop_late_audio", rfc="2.6.1"),
        # The song arrives
        Row(
            BUFFERING,
            internal.SongAudio,
            PLAYING,
            guard="enough",
            effect="append_and_play",
            rfc="2.5.2",
        ),
        Row(
            BUFFERING,
            internal.SongAudio,
            BUFFERING,
            guard="first_audio",
            effect="append_first_audio",
            rfc="2.5.2",
        ),
        Row(BUFFERING, internal.SongAudio, BUFFERING, effect="append_audio", rfc="2.5.2"),
        Row(PLAYING, internal.SongAudio, PLAYING, effect="append_audio", rfc="2.5.2"),
        Row(PLAYING, on.BufferRanDry, STARVED, effect="start_counting_again", rfc="2.5.2"),
        Row(
            STARVED,
            internal.SongAudio,
            PLAYING,
            guard="enough",
            effect="append_and_refill",
            rfc="2.5.2",
        ),
        Row(STARVED, internal.SongAudio, STARVED, effect="append_audio", rfc="2.5.2"),
        each(ALL, on.FlowMeasured, effect="note_flow", rfc="2.5.2"),
        # Another place in the song
        *(
            rows
            for event in (ask.SeekRequested, internal.RestartRequested)
            for rows in (
                each((PLAYING, *_WAITING), event, PLAYING, effect="seek", rfc="2.5.2"),
                each(_ENDING, event, effect="seek", rfc="2.5.2"),
                each((REQUESTED, BUFFERING), event, effect="seek_later", rfc="2.5.2"),
            )
        ),
        Row(STOPPED, ask.SeekRequested, STOPPED, effect="tell_nothing_plays", rfc="2.5.2"),
        each((PLAYING, *_WAITING), on.PlaceNotHere, AWAITING, effect="await_place", rfc="2.5.2"),
        each(_ENDING, on.PlaceNotHere, rfc="2.5.2"),
        Row(
            AWAITING,
            internal.SongAudio,
            STARVED,
            guard="place_reached",
            effect="append_and_count_again",
            rfc="2.5.2",
        ),
        Row(AWAITING, internal.SongAudio, AWAITING, effect="append_audio", rfc="2.5.2"),
        # A connection that is new opens the song again; what is here stays.
        each((BUFFERING, PLAYING, STARVED, AWAITING), internal.SongOpened, rfc="P8"),
        each(_ENDING, internal.SongAudio, effect="drop_late_audio", rfc="2.6.1"),
        # The song is whole
        Row(
            BUFFERING, internal.SongCompleted, FINISHING, effect="finish_and_play", rfc="P1, P7, P8"
        ),
        Row(PLAYING, internal.SongCompleted, FINISHING, effect="finish", rfc="P7, P8"),
        each(_WAITING, internal.SongCompleted, FINISHING, effect="finish_and_refill", rfc="P7, P8"),
        # ... and what arrives from here on is the next one's (fsm.ahead)
        [
            row
            for event in (
                internal.SongOpened,
                internal.SongCompleted,
                internal.SongRefused,
                internal.SongLost,
            )
            for row in each((FINISHING,), event, rfc="P7")
        ],
        Row(FINISHING, internal.SongSkipped, STOPPED, effect="skip_song", rfc="2.5.2"),
        [
            Row(STOPPED, internal.AheadBegan, state, guard=guard, effect=effect, rfc="2.5.2, P7")
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
            internal.SongRefused,
            STOPPED,
            guard="nothing_received",
            effect="tell_not_found",
            rfc="2.5.3",
        ),
        Row(BUFFERING, internal.SongRefused, BREAKING_OFF, effect="break_off_and_play", rfc="P7"),
        each((PLAYING,), internal.SongRefused, BREAKING_OFF, effect="break_off", rfc="P7"),
        each(_WAITING, internal.SongRefused, BREAKING_OFF, effect="break_off_and_refill", rfc="P7"),
        Row(REQUESTED, internal.SongLost, STOPPED, effect="tell_lost", rfc="P7"),
        Row(
            BUFFERING,
            internal.SongLost,
            STOPPED,
            guard="nothing_received",
            effect="tell_lost",
            rfc="P7",
        ),
        Row(BUFFERING, internal.SongLost, BREAKING_OFF, effect="break_off_and_play", rfc="P7"),
        Row(PLAYING, internal.SongLost, BREAKING_OFF, effect="break_off", rfc="P7"),
        each(_WAITING, internal.SongLost, BREAKING_OFF, effect="break_off_and_refill", rfc="P7"),
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
