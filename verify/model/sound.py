"""The player of the explored client, and what is here of the present song and of the next.

It stands for `cli.playing.sound` and the `audio` room.
"""

from __future__ import annotations

from typing import assert_never

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client.effects import Buffer, SoundEffect
from fsm.events import Event
from verify.bounds import Bounds
from verify.exchange import music
from verify.exchange.world import (
    BEFORE,
    DRY,
    FAR,
    GONE_ON,
    NOT_QUEUED,
    QUEUED,
    RUNNING,
    SILENT,
    Next,
    World,
)
from verify.properties.client_rules import ClientRules

RAN_DRY, PLAYED_OUT = on.BufferRanDry(), on.PlayedOut()
PlayerEffect = (
    do.StartPlayer
    | do.RefillPlayer
    | do.QueueNextSong
    | do.SeekPlayer
    | do.FindPlace
    | do.PausePlayer
    | do.ResumePlayer
    | do.SetVolume
    | do.SetGain
)
_START = 1
"""Of the song so many bytes are needed for its start."""
_ENDS = (on.PlayedOut, on.Undecodable, on.OutputFailed)
UNTIL_SOUGHT = (on.BufferRanDry, on.PlaceNotHere)
"""Reports that are not delivered once another place is sought."""


class Sound:
    """Performs the effects on the buffers and the player, and reports what the player does."""

    def __init__(self, bounds: Bounds, rules: ClientRules) -> None:
        self._rules = rules
        self._far = music.far(bounds)

    # What the player does by itself

    def plays_out(self, world: World) -> None:
        """Let the player come to the end of the song, and go on into the next if it is queued."""
        world.reports += (PLAYED_OUT,)
        if world.following == QUEUED:
            world.following = GONE_ON
        else:
            world.player = SILENT

    def runs_dry(self, world: World) -> None:
        """Let the player need more than there is."""
        world.player = DRY
        world.reports += (RAN_DRY,)

    def reported(self, world: World, report: Event) -> None:
        """Note that a report is delivered to the machines."""
        if isinstance(report, on.BufferRanDry):
            world.msgs_since = 0
        elif isinstance(report, on.PlaceNotHere):
            # What begins at that place has it with its first byte.
            begins_there = report.from_bytes == world.base
            world.msgs_since, world.place = 0, 0 if begins_there else report.needed_bytes
        elif isinstance(report, on.PlayedOut):
            self._rules.played_out(world)

    # Effects

    def perform(self, world: World, effect: SoundEffect, owner: int) -> None:
        """Perform an effect. owner: of the audio that the event in hand carries."""
        match effect:
            case do.DropBuffers():
                self._drop_next(world)
                self._leave(world)
            case do.LeaveSong():
                self._leave(world)
            case do.SkipSong():
                self._skip(world)
            case do.DropNextBuffer():
                world.player = SILENT if world.following == GONE_ON else world.player
                self._drop_next(world)
            case do.AppendAudio(buffer, data):
                self._append(world, buffer, data, owner)
            case do.FinishBuffer(buffer):
                self._finish(world, buffer)
            case do.MoveBuffer(offset) | do.MoveBufferBack(offset):
                self._move(world, offset)
            case do.ReopenBuffer():
                world.finished = False
            case _:
                self._perform_on_player(world, effect)

    def _perform_on_player(self, world: World, effect: PlayerEffect) -> None:
        """Perform an effect on the player."""
        match effect:
            case do.StartPlayer():
                self._rules.started(world)
                world.player, world.find = RUNNING, None
            case do.RefillPlayer():
                if world.player in (DRY, FAR):
                    self._rules.refilled(world)
                    world.player = RUNNING
            case do.QueueNextSong():
                self._rules.next_queued(world)
                # A player that has ended the present song meanwhile starts with it.
                world.following = GONE_ON if world.player == SILENT else QUEUED
                world.player = RUNNING if world.player == SILENT else world.player
            case do.SeekPlayer(amount):
                self._seek(world, self._far if amount else _START)
            case do.FindPlace(amount):
                world.find = self._far if amount else _START
                self._find(world)
            case do.PausePlayer():
                world.paused = True
            case do.ResumePlayer():
                world.paused = False
            case do.SetVolume() | do.SetGain():
                pass
            case _:
                assert_never(effect)

    def _append(self, world: World, buffer: Buffer, data: bytes, owner: int) -> None:
        if buffer is Buffer.NEXT:
            audio, msgs, _ = world.next
            world.next = Next(audio + data, msgs + 1)
            self._rules.next_appended(world, owner)
            return
        world.buffer += data
        self._count(world)
        self._rules.appended(world, owner)
        self._find(world)

    def _finish(self, world: World, buffer: Buffer) -> None:
        if buffer is Buffer.NEXT:
            world.next = world.next._replace(finished=True)
            return
        world.finished, world.place = True, 0
        # A player that waits goes on by itself when nothing more comes.
        world.player = RUNNING if world.player in (DRY, FAR) else world.player

    def _count(self, world: World) -> None:
        """Count the message, unless the place that the player seeks is not here yet."""
        world.msgs_since = 0 if world.place else world.msgs_since + 1
        if world.base + len(world.buffer) >= world.place:
            world.place = 0

    def _seek(self, world: World, place: int) -> None:
        world.reports = tuple([r for r in world.reports if not isinstance(r, UNTIL_SOUGHT)])
        if world.player == SILENT or world.following == GONE_ON:
            return  # it has played the song out; its report is on its way
        at, world.place = music.place_at(place), 0
        if self._is_here(world, place):
            world.player = RUNNING
            return
        world.player = BEFORE if at < world.base else FAR
        world.reports += (on.PlaceNotHere(place, at),)

    @staticmethod
    def _is_here(world: World, place: int) -> bool:
        behind = world.base <= music.place_at(place)
        return behind and (world.finished or world.base + len(world.buffer) >= place)

    def _find(self, world: World) -> None:
        """Report the place at which the song is to begin, once some of it says where that is."""
        if world.find is None or not world.buffer:
            return
        kept = [r for r in world.reports if not isinstance(r, on.PlaceNotHere)]
        world.reports = tuple(kept)
        if not self._is_here(world, world.find):
            at = music.place_at(world.find)
            world.reports += (on.PlaceNotHere(world.find, at),)
        world.find = None

    @staticmethod
    def _move(world: World, offset: int) -> None:
        """Begin the buffer anew at another byte; a player that has begun waits for a place."""
        world.buffer, world.base, world.msgs_since = b"", offset, 0
        world.finished, world.place, world.find = False, 0, None
        # What has ended the song in the player is not told any more: it is sent to that place.
        has_begun = world.player != SILENT or any(isinstance(r, _ENDS) for r in world.reports)
        world.player = FAR if has_begun else SILENT
        world.reports = tuple([r for r in world.reports if _outlives(r)])

    def _skip(self, world: World) -> None:
        if world.following == NOT_QUEUED:
            world.player = SILENT
        else:
            world.player = RUNNING
        world.following = GONE_ON if world.following else NOT_QUEUED
        self._leave(world)

    def _drop_next(self, world: World) -> None:
        """Drop the next song, and reports about it."""
        world.next, world.following = Next(), NOT_QUEUED
        kept = [r for r in world.reports if not isinstance(r, on.NextBufferFull)]
        world.reports = tuple(kept)

    def _leave(self, world: World) -> None:
        """Put the next song in the present one's place; drop reports about the present one."""
        world.buffer, world.msgs_since, world.finished = world.next
        world.base, world.find = 0, None
        world.player = world.player if world.following == GONE_ON else SILENT
        world.next, world.following, world.place = Next(), NOT_QUEUED, 0
        world.reports = tuple([_about_present(r) for r in world.reports if _outlives(r)])


def _outlives(report: Event) -> bool:
    """Tell whether a report is not about the song that is left."""
    return isinstance(report, on.DeviceLost | on.NextBufferFull)


def _about_present(report: Event) -> Event:
    """Return the report, now that the next song is the present one."""
    if isinstance(report, on.NextBufferFull):
        return on.BufferFull(report.reason)
    return report
