"""Takes a `Now` from the machines and the player: the only place that knows where each fact is."""

from __future__ import annotations

import time
from collections import deque
from enum import Enum
from math import ceil, inf

from cli.playing.sound import Sound
from cli.words.moment import Activity, Status
from fsm.client.link_table import LinkState
from fsm.client.machines import ClientSession
from fsm.client.playback import PlaybackSession
from fsm.client.playback_table import PlaybackState
from fsm.client.prebuffer import needed_bytes
from fsm.client.transport import TransportState
from fsm.words import MAX_PAYLOAD_BYTES

"""Of nearly every audio message of a song."""
RATE_OVER_S = 2.0
"""The rate at which messages arrive is taken over the last so many seconds."""

_ACTIVITIES: dict[Enum, Activity] = {
    PlaybackState.STOPPED: Activity.STOPPED,
    PlaybackState.REQUESTED: Activity.REQUESTED,
    PlaybackState.BUFFERING: Activity.BUFFERING,
    PlaybackState.STARVED: Activity.STARVED,
    PlaybackState.AWAITING: Activity.BUFFERING,
}
_SILENT = (TransportState.PAUSED, TransportState.DEVICE_LOST)
_UNCONNECTED = (LinkState.OFFLINE, LinkState.WAITING, LinkState.RECONNECTING)


class Snapshots:
    """Takes one moment after the other of one client."""

    def __init__(self, session: ClientSession, sound: Sound) -> None:
        self._session = session
        self._sound = sound
        self._arrivals: deque[tuple[float, int]] = deque()

    def take(self, retry_in_s: float | None = None) -> Status:
        """This moment. retry_in_s: until the next attempt to connect."""
        playback, link = self._session.playback, self._session.link
        queue, transport = self._session.queue, self._session.transport
        activity = _ACTIVITIES.get(playback.state, Activity.PLAYING)
        if activity is not Activity.STOPPED and transport.state in _SILENT:
            activity = Activity.PAUSED
        song_id = playback.song_id or None
        counted, needed = _progress(playback)
        index = self._sound.index
        return Status(
            activity=activity,
            song_id=song_id,
            title=next((s.title for s in link.songs if s.song_id == song_id), None),
            position_s=self._sound.position_s,
            duration_s=index.duration_s if index.exact else None,
            bitrate_kbps=round(index.bytes_per_s / 125) or None,
            variable_bitrate=index.variable,
            volume=transport.volume,
            received_bytes=playback.held_bytes,
            received=index.received_fraction,
            buffered_msgs=counted,
            needed_msgs=needed,
            starts_in_s=self._starts_in(counted, needed),
            online=link.state not in _UNCONNECTED,
            retry_in_s=retry_in_s,
            attempt=0 if link.state is LinkState.OFFLINE else link.attempts,
            queue=queue.upcoming,
            repeat=queue.repeat.value,
            device=self._sound.device,
        )

    def _starts_in(self, counted: int, needed: int) -> float | None:
        """How long the rest of the messages will take, at the rate of the last seconds."""
        now = time.monotonic()
        if self._arrivals and counted < self._arrivals[-1][1]:
            self._arrivals.clear()
        self._arrivals.append((now, counted))
        while len(self._arrivals) > 2 and now - self._arrivals[1][0] > RATE_OVER_S:
            self._arrivals.popleft()
        began, had = self._arrivals[0]
        if counted <= had or not needed or now - began < 0.2:
            return None
        return max(0.0, (needed - counted) * (now - began) / (counted - had))


def _progress(playback: PlaybackSession) -> tuple[int, int]:
    """How many audio messages are here of those that are waited for; (n, 0) if nobody can say."""
    if playback.state is PlaybackState.AWAITING:
        return playback.held_bytes // MAX_PAYLOAD_BYTES, _messages(playback.needed_bytes)
    counted = playback.num_audio_msgs_recv - playback.counted_from
    if playback.prebuffer_msgs is not None:
        return counted, playback.prebuffer_msgs
    if playback.flow is None:
        return counted, 0
    return counted, _messages(needed_bytes(playback.flow, playback.held_bytes))


def _messages(size: float) -> int:
    return ceil(size / MAX_PAYLOAD_BYTES) if size < inf else 0
