"""How much of a song is enough to begin with: a count of messages, or as much as the flow needs."""

from __future__ import annotations

from fsm.client.events import FlowMeasured
from fsm.frozen import dataclass

LEAST_S = 1.0
"""Music that is always to be here: 0.2 s that the decoder looks ahead, 0.2 s that the device takes
at once and as much in what is behind it, and what a hiccup of network or machine may take."""

_SAFE = 0.8
"""The part of the measured rate that is counted on."""

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
    more of it the closer the two rates are.
    """
    song, arrival = flow.song_bytes_per_s, _SAFE * flow.arrival_bytes_per_s
    if song <= 0 or arrival <= 0:
        return float("inf")
    rest = max(0.0, (flow.song_bytes or song * _UNKNOWN_LENGTH_S) - held_bytes)
    hiccup_s = LEAST_S + max(0.0, 2.0 - arrival / song) * 0.5
    return hiccup_s * song + rest * max(0.0, song / arrival - 1)
