"""Takes a Status from the machines and the player: only this module knows where each value is."""

from __future__ import annotations

import time
from collections import deque
from math import ceil, inf

from cli.browsing.library import Track, track_of
from cli.playing.chosen import Chosen
from cli.playing.sound.late_sound import LateSound
from cli.words.moment import Activity, Status
from fsm.client.events import Fields, ListedSong
from fsm.client.link.session import LinkSession
from fsm.client.link.table import CONNECTED, CONNECTING, OFFLINE, RESTING
from fsm.client.machines import ClientSession
from fsm.client.player import DRY, SILENT
from fsm.client.queue.gone import GONE
from fsm.client.song.prebuffer import needed_bytes
from fsm.client.song.session import SongSession
from fsm.client.song.table import AWAITING, REQUESTED, SOUGHT, UNWANTED
from fsm.client.transport import TransportState
from fsm.words import MAX_PAYLOAD_BYTES

RATE_WINDOW_S = 2.0
"""The rate at which messages arrive is taken over the last 2 s."""

_LONGEST_S = 1e6
"""A song that is said to be longer is not believed."""

_PAUSED_STATES = (TransportState.PAUSED, TransportState.DEVICE_LOST)
_ABOUT_TO_START = (Activity.REQUESTED, Activity.BUFFERING, Activity.STARVED)
_ONLINE_STATES = (CONNECTING, *CONNECTED, RESTING)
"""The first attempt to connect counts as a connection: nothing has been lost yet."""


class Snapshots:
    """Takes the status of one client again and again."""

    def __init__(self, session: ClientSession, sound: LateSound, chosen: Chosen) -> None:
        self._session = session
        self._sound = sound
        self._chosen = chosen
        self._arrivals: deque[tuple[float, int]] = deque()
        self._tracks = _Tracks()

    def take(self, retry_in_s: float | None = None, sleep_in_s: float | None = None) -> Status:
        """Return the present status.

        retry_in_s: the time until the next attempt to connect. sleep_in_s: until it falls asleep.
        """
        song, link = self._session.song, self._session.link
        queue, transport = self._session.queue, self._session.transport
        name = self._chosen.name_of(song.song_id)
        track = self._tracks.of(song.song_id, link)
        is_meant = name is not None and track is not None and name.title == track.title
        counted, needed = _progress(song)
        activity = _activity(self._session)
        starts_in_s = self._starts_in_s(counted, needed)
        index = self._sound.index
        gain = self._sound.gain
        return Status(
            activity=activity,
            song_id=name.song_id if name else None,
            title=name.title if name else None,
            track=track if is_meant else None,
            position_s=self._sound.position_s,
            duration_s=index.duration_s if index.exact else _duration_s(track),
            bitrate_kbps=round(index.bytes_per_s / 125) or None,
            variable_bitrate=index.variable,
            volume=transport.volume,
            gain=transport.gain.value,
            gain_db=gain.db if gain else None,
            gain_applied=gain is not None and gain.mode.value == transport.gain.value,
            received_bytes=song.held_bytes,
            received=index.received_fraction,
            buffered_msgs=counted,
            needed_msgs=needed,
            starts_in_s=starts_in_s if activity in _ABOUT_TO_START else None,
            online=link.state in _ONLINE_STATES,
            retry_in_s=retry_in_s,
            attempt=0 if link.state is OFFLINE else link.attempts,
            queue=tuple(song_id for song_id in queue.upcoming if song_id != GONE),
            played=bool(queue.played),
            repeat=queue.repeat.value,
            device=self._sound.device,
            sleep_in_s=sleep_in_s,
            sleeps_after_song=queue.is_last,
        )

    def _starts_in_s(self, counted: int, needed: int) -> float | None:
        """Return in how many seconds enough messages will have arrived, at the present rate."""
        now = time.monotonic()
        if self._arrivals and counted < self._arrivals[-1][1]:
            self._arrivals.clear()
        self._arrivals.append((now, counted))
        while len(self._arrivals) > 2 and now - self._arrivals[1][0] > RATE_WINDOW_S:
            self._arrivals.popleft()
        began, counted_then = self._arrivals[0]
        if counted <= counted_then or not needed or now - began < 0.2:
            return None
        return max(0.0, (needed - counted) * (now - began) / (counted - counted_then))


class _Tracks:
    """What the server says of the songs, by the list that the client keeps (protocol.md 10)."""

    def __init__(self) -> None:
        self._fields: tuple[Fields, ...] = ()
        self._by_id: dict[int | None, tuple[ListedSong, Fields]] = {}

    def of(self, song_id: int | None, link: LinkSession) -> Track | None:
        """Return what it says; None where it says nothing of any. Cost: once for each list."""
        if link.fields is not self._fields:
            self._fields = link.fields
            each = zip(link.songs, link.fields, strict=False)
            self._by_id = {song.song_id: (song, fields) for song, fields in each}
        known = self._by_id.get(song_id)
        return None if known is None else track_of(*known)


def _duration_s(track: Track | None) -> float | None:
    """Return how long the song is by the list; None where that is not known, or not believed."""
    seconds = track.duration_s if track is not None else None
    return seconds if seconds and seconds < _LONGEST_S else None


def _activity(session: ClientSession) -> Activity:
    """Return what the client does: by the song, the player, and whether it is paused."""
    song, player = session.song.state, session.player.state
    if song is UNWANTED:
        return Activity.STOPPED
    if session.transport.state in _PAUSED_STATES:
        return Activity.PAUSED
    if song is REQUESTED:
        return Activity.REQUESTED
    if player is SILENT or song in (SOUGHT, AWAITING):
        return Activity.BUFFERING
    return Activity.STARVED if player is DRY else Activity.PLAYING


def _progress(song: SongSession) -> tuple[int, int]:
    """Return how many audio messages have arrived, and how many are needed (0: not known)."""
    if song.state is AWAITING:
        return song.held_bytes // MAX_PAYLOAD_BYTES, _message_count(song.needed_bytes)
    counted = song.num_audio_msgs_recv - song.counted_from_msgs
    if song.prebuffer.msgs is not None:
        return counted, song.prebuffer.msgs
    if song.flow is None:
        return counted, 0
    return counted, _message_count(needed_bytes(song.flow, song.held_bytes))


def _message_count(size: float) -> int:
    return ceil(size / MAX_PAYLOAD_BYTES) if size < inf else 0
