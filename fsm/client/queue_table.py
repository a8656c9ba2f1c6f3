"""The rows of the client's queue: its states, and what happens in each.

The guards and effects that they name are in `fsm.client.queue`.
"""

from __future__ import annotations

from enum import Enum

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.table import Row, Table, each


class QueueState(Enum):
    """What is played, and whether what follows has been asked for."""

    IDLE = "nothing is played; what is queued waits for a person's word"
    CURRENT = "a song is played, and not all of it is here"
    WHOLE = "a song is played, and all of it is here: what is queued next is asked for at once"
    AHEAD = "a song is played, and the one after it has been asked for"


IDLE, CURRENT, WHOLE, AHEAD = QueueState

_ALL = tuple(QueueState)
_IN_USE = (CURRENT, WHOLE, AHEAD)
_NOTHING_AHEAD = (IDLE, CURRENT, WHOLE)

QUEUE = Table(
    "queue",
    IDLE,
    [
        # What a person plays and stops
        each(_ALL, on.PlayRequested, CURRENT, effect="choose", rfc="2.2"),
        Row(IDLE, on.StopRequested, IDLE, rfc="2.2"),
        each(_IN_USE, on.StopRequested, IDLE, effect="put_away", rfc="2.2"),
        Row(IDLE, on.WaitRequested, IDLE, effect="end_wait", rfc="2.2"),
        each(_IN_USE, on.WaitRequested, rfc="2.2"),
        # The song ends
        each(
            (CURRENT, WHOLE),
            internal.SongOver,
            CURRENT,
            guard="another_follows",
            effect="play_follower",
            rfc="2.2",
        ),
        each((CURRENT, WHOLE), internal.SongOver, IDLE, effect="run_out", rfc="2.2"),
        Row(AHEAD, internal.SongOver, CURRENT, effect="go_on", rfc="P7"),
        Row(IDLE, on.OutputFailed, IDLE, rfc="2.5.2"),
        each(_IN_USE, on.OutputFailed, IDLE, effect="put_away", rfc="2.5.2"),
        # The song is whole: the next is asked for while it plays
        Row(
            CURRENT,
            internal.SongWhole,
            AHEAD,
            guard="one_follows",
            effect="ask_ahead",
            rfc="2.2, P7",
        ),
        Row(CURRENT, internal.SongWhole, WHOLE, rfc="P7"),
        Row(
            AHEAD,
            internal.AheadFailed,
            AHEAD,
            guard="one_follows_the_failed",
            effect="drop_failed_and_ask_ahead",
            rfc="2.5.3, P7",
        ),
        Row(AHEAD, internal.AheadFailed, WHOLE, effect="drop_failed", rfc="2.5.3, P7"),
        # next and prev
        Row(
            AHEAD,
            ask.NextRequested,
            CURRENT,
            guard="wanted_is_ahead",
            effect="skip_to_ahead",
            rfc="P7",
        ),
        each(
            _ALL, ask.NextRequested, CURRENT, guard="another_wanted", effect="play_next", rfc="2.2"
        ),
        each(_ALL, ask.NextRequested, effect="tell_nothing_follows", rfc="2.2"),
        each(
            _ALL, ask.PrevRequested, CURRENT, guard="played_before", effect="play_prev", rfc="2.2"
        ),
        Row(IDLE, ask.PrevRequested, IDLE, effect="tell_nothing_follows", rfc="2.2"),
        each(_IN_USE, ask.PrevRequested, effect="start_over", rfc="2.2"),
        # What is queued
        Row(IDLE, ask.QueueRequested, CURRENT, effect="add_and_play", rfc="2.2"),
        Row(CURRENT, ask.QueueRequested, CURRENT, effect="add", rfc="2.2"),
        Row(WHOLE, ask.QueueRequested, AHEAD, effect="add_and_ask_ahead", rfc="2.2"),
        Row(AHEAD, ask.QueueRequested, AHEAD, effect="add_and_ask_anew", rfc="2.2"),
        each(_NOTHING_AHEAD, ask.ClearRequested, effect="clear", rfc="2.2"),
        Row(
            AHEAD,
            ask.ClearRequested,
            AHEAD,
            guard="repeats",
            effect="clear_and_ask_anew",
            rfc="2.2",
        ),
        Row(AHEAD, ask.ClearRequested, WHOLE, effect="clear_and_drop_ahead", rfc="2.4.3"),
        each(_ALL, ask.ShuffleRequested, guard="queued", effect="shuffle", rfc="2.2"),
        each(_ALL, ask.ShuffleRequested, effect="tell_nothing_follows", rfc="2.2"),
        each((IDLE, CURRENT), ask.RepeatRequested, effect="set_repeat", rfc="2.2"),
        Row(
            WHOLE,
            ask.RepeatRequested,
            AHEAD,
            guard="one_will_follow",
            effect="set_repeat_and_ask_ahead",
            rfc="2.2",
        ),
        Row(WHOLE, ask.RepeatRequested, WHOLE, effect="set_repeat", rfc="2.2"),
        Row(
            AHEAD,
            ask.RepeatRequested,
            AHEAD,
            guard="one_will_follow",
            effect="set_repeat_and_ask_anew",
            rfc="2.2",
        ),
        Row(
            AHEAD,
            ask.RepeatRequested,
            WHOLE,
            effect="set_repeat_and_drop_ahead",
            rfc="2.4.3",
        ),
    ],
)
