"""How much of a song is enough to begin with: a count of messages, or as much as the flow needs."""

from __future__ import annotations

from fsm.client.events import FlowMeasured
from fsm.frozen import dataclass

LEAST_S, MOST_S = 0.3, 1.0
"""Music that is to be here in any case, and that is enough for any hiccup of network or machine.

Half of the least is for the first messages, which may have come faster than others will: the rate
that they give is the only one that is known.
"""
_WATCHED_S = 0.15
"""A fast network is watched so long: music is soon there, and is worth more than the time."""

_SAFE = 0.8
"""The part of the measured rate that is counted on."""
_CLOSE = 1.25
"""Where the safe rate is less than so many times the song's, more is needed for hiccups."""

_UNKNOWN_LENGTH_S = 600.0


@dataclass(frozen=True, slots=True)
class Prebuffer:
    """The rule by which playing begins. msgs: RFC 2.5.2's count; None: as the flow needs."""

    msgs: int | None

    def reached(
        self, msgs: int, buffered_bytes: int, held_bytes: int, flow: FlowMeasured | None
    ) -> bool:
        """Whether playing may begin.

        msgs, buffered_bytes: what is here and has not been played. held_bytes: of the whole song.
        """
        if self.msgs is not None:
            return msgs >= self.msgs
        return flow is not None and buffered_bytes >= needed_bytes(flow, held_bytes)


def needed_bytes(flow: FlowMeasured, held_bytes: int) -> float:
    """What is to be buffered so that the rest of the song arrives before it is needed.

    The rest takes `rest / arrival` seconds, in which `rest * song / arrival` bytes are played; all
    but what arrives meanwhile must be here before. On top of that there is a little for hiccups,
    more of it where it comes at once, and where the two rates are close.
    """
    song, arrival = flow.song_bytes_per_s, _SAFE * flow.arrival_bytes_per_s
    if song <= 0 or arrival <= 0:
        return float("inf")
    rest = max(0.0, (flow.song_bytes or song * _UNKNOWN_LENGTH_S) - held_bytes)
    ratio = arrival / song
    hiccup_s = min(MOST_S, max(LEAST_S, _WATCHED_S * ratio)) + max(0.0, _CLOSE - ratio)
    return hiccup_s * song + rest * max(0.0, 1 / ratio - 1)
