"""The rows of the song asked for ahead: its states, and what happens in each (protocol.md 7).

The guards and effects that they name are in `fsm.client.ahead`.
"""

from __future__ import annotations

from enum import Enum

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.table import Row, Table, each


class AheadState(Enum):
    """How far the next song has come while the present one, which is whole, is played out."""

    NOTHING = "no song is asked for ahead: audio that arrives is none of this machine's business"
    REQUESTED = "the next song is asked for; audio that arrives still belongs to an earlier one"
    COLLECTING = "the next song arrives in a buffer of its own, until there is enough to play"
    READY = "there is enough of it: the player goes on into it without a gap"
    WHOLE = "all of it is here"
    BROKEN = "the rest of it will not come"


NOTHING, REQUESTED, COLLECTING, READY, WHOLE, BROKEN = AheadState

_ALL = tuple(AheadState)
_OWED = (REQUESTED, COLLECTING, READY)
_IN_USE = _ALL[1:]

AHEAD = Table(
    "ahead",
    NOTHING,
    [
        Row(NOTHING, internal.NextSongKnown, REQUESTED, effect="ask", rfc="2.2, P7"),
        # All that ends it
        *(
            rows
            for event in (on.PlayRequested, internal.SongTurnCame, on.StopRequested)
            for rows in (
                Row(NOTHING, event, NOTHING, rfc="2.2"),
                each(_IN_USE, event, NOTHING, effect="forget", rfc="2.2"),
            )
        ),
        Row(NOTHING, on.OutputFailed, NOTHING, rfc="2.5.2"),
        # No request of the person's stops what is still arriving.
        each(_OWED, on.OutputFailed, NOTHING, effect="abandon", rfc="2.4.3, 2.5.2"),
        each((WHOLE, BROKEN), on.OutputFailed, NOTHING, effect="forget", rfc="2.5.2"),
        each(_OWED, internal.AheadDropped, NOTHING, effect="abandon", rfc="2.4.3"),
        each((WHOLE, BROKEN), internal.AheadDropped, NOTHING, effect="drop", rfc="2.2"),
        # The present song is over, one way or another: the next one takes its place
        each((NOTHING,), on.PlayedOut, rfc="2.5.2"),
        each((NOTHING,), on.Undecodable, rfc="2.5.2"),
        [
            Row(state, event, NOTHING, effect=effect, rfc="2.5.2")
            for event in (on.PlayedOut, on.Undecodable, internal.SongSkipped)
            for state, effect in (
                (REQUESTED, "begin_requested"),
                (COLLECTING, "begin_collected"),
                (READY, "begin_ready"),
                (WHOLE, "begin_whole"),
                (BROKEN, "begin_broken"),
            )
        ],
        # It arrives
        Row(REQUESTED, internal.SongOpened, COLLECTING, rfc="2.5.2, P8"),
        each((NOTHING, COLLECTING, READY), internal.SongOpened, rfc="P8"),
        Row(NOTHING, internal.SongAudio, NOTHING, rfc="2.5.2"),
        each((REQUESTED, WHOLE, BROKEN), internal.SongAudio, effect="drop_late_audio", rfc="2.6.1"),
        Row(
            COLLECTING,
            internal.SongAudio,
            READY,
            guard="enough",
            effect="append_and_queue",
            rfc="2.5.2",
        ),
        each((COLLECTING, READY), internal.SongAudio, effect="append", rfc="2.5.2"),
        each(_ALL, on.FlowMeasured, effect="note_flow", rfc="2.5.2"),
        Row(NOTHING, internal.SongCompleted, NOTHING, rfc="P7"),
        Row(COLLECTING, internal.SongCompleted, WHOLE, effect="finish_and_queue", rfc="P7"),
        Row(READY, internal.SongCompleted, WHOLE, effect="finish", rfc="P7"),
        # It will never be whole
        *(
            rows
            for event in (internal.SongRefused, internal.SongLost)
            for rows in (
                Row(NOTHING, event, NOTHING, rfc="2.5.3, P7"),
                Row(REQUESTED, event, NOTHING, effect="fail", rfc="2.5.3, P7"),
                Row(
                    COLLECTING,
                    event,
                    NOTHING,
                    guard="nothing_received",
                    effect="fail",
                    rfc="2.5.3, P7",
                ),
                Row(COLLECTING, event, BROKEN, effect="break_off_and_queue", rfc="P7"),
                Row(READY, event, BROKEN, effect="break_off", rfc="P7"),
            )
        ),
        each(_OWED, on.ConnectionLost, effect="tell_what_is_held", rfc="P7"),
        each((NOTHING, WHOLE, BROKEN), on.ConnectionLost, rfc="P7"),
    ],
)
