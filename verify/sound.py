"""The player of the explored client, and what is here of the present song and of the next."""

from __future__ import annotations

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client.effects import Buffer
from fsm.effects import Effect
from fsm.events import Event
from verify import music
from verify.bounds import Bounds
from verify.client_rules import Judge
from verify.world import DRY, FAR, GONE_ON, NOT_QUEUED, QUEUED, RUNNING, SILENT, Next, World

RAN_DRY, PLAYED_OUT = on.BufferRanDry(), on.PlayedOut()
UNTIL_SOUGHT = (on.BufferRanDry, on.PlaceNotHere)
"""Reports that a seek makes stale."""


class Sound:
    """What the program does to its buffers and its player (cli.sound), and what comes of it."""

    def __init__(self, bounds: Bounds, judge: Judge) -> None:
        self._judge = judge
        self._far = music.far(bounds)

    # What the player does by itself

    def plays_out(self, world: World) -> None:
        """It has come to the end of the song, and goes on into the next if that is queued."""
        world.reports += (PLAYED_OUT,)
        if world.following == QUEUED:
            world.following = GONE_ON
        else:
            world.player = SILENT

    def runs_dry(self, world: World) -> None:
        """It needs more than there is."""
        world.player = DRY
        world.reports += (RAN_DRY,)

    def reported(self, world: World, report: Event) -> None:
        """A report is about to be heard."""
        if isinstance(report, on.BufferRanDry):
            world.fresh = 0
        elif isinstance(report, on.PlaceNotHere):
            world.fresh, world.place = 0, report.needed_bytes
        elif isinstance(report, on.PlayedOut):
            self._judge.played_out(world)

    # What it is told

    def perform(self, world: World, effect: Effect, owner: int) -> None:
        """Carry out one of the effects on the present song. owner: of the audio in hand."""
        match effect:
            case do.AppendAudio(Buffer.PRESENT, data):
                world.buffer += data
                self._count(world)
                self._judge.appended(world, owner)
            case do.DropBuffers():
                self._drop_next(world)
                self._leave(world)
            case do.LeaveSong():
                self._leave(world)
            case do.SkipSong():
                self._skip(world)
            case do.FinishBuffer(Buffer.PRESENT):
                world.finished, world.place = True, 0
                # A player that waits sees by itself that nothing more comes.
                world.player = RUNNING if world.player in (DRY, FAR) else world.player
            case do.StartPlayer():
                self._judge.started(world)
                world.player = RUNNING
            case do.RefillPlayer() if world.player in (DRY, FAR):
                self._judge.refilled(world)
                world.player = RUNNING
            case do.SeekPlayer(amount):
                self._seek(world, self._far if amount else 0)
            case do.PausePlayer():
                world.paused = True
            case do.ResumePlayer():
                world.paused = False
            case _:
                self._perform_ahead(world, effect, owner)

    def _perform_ahead(self, world: World, effect: Effect, owner: int) -> None:
        match effect:
            case do.AppendAudio(Buffer.NEXT, data):
                audio, msgs, _ = world.next
                world.next = Next(audio + data, msgs + 1)
                self._judge.appended_ahead(world, owner)
            case do.FinishBuffer(Buffer.NEXT):
                world.next = world.next._replace(finished=True)
            case do.QueueNextSong():
                self._judge.queued(world)
                # A player that has ended the present song meanwhile begins with it.
                world.following = GONE_ON if world.player == SILENT else QUEUED
                world.player = RUNNING if world.player == SILENT else world.player
            case do.DropNextBuffer():
                world.player = SILENT if world.following == GONE_ON else world.player
                self._drop_next(world)

    def _count(self, world: World) -> None:
        """Messages since the player was heard to wait, or since the place it waits for is here."""
        world.fresh = 0 if world.place else world.fresh + 1
        if len(world.buffer) >= world.place:
            world.place = 0

    def _seek(self, world: World, place: int) -> None:
        world.reports = tuple([r for r in world.reports if not isinstance(r, UNTIL_SOUGHT)])
        if world.player == SILENT or world.following == GONE_ON:
            return  # it has played the song out, and has not been heard yet
        far = len(world.buffer) < place and not world.finished
        world.player, world.place = FAR if far else RUNNING, 0
        world.reports += (on.PlaceNotHere(place),) * far

    def _skip(self, world: World) -> None:
        if world.following == NOT_QUEUED:
            world.player = SILENT
        elif world.player == SILENT:
            world.player = RUNNING
        world.following = GONE_ON if world.following else NOT_QUEUED
        self._leave(world)

    def _drop_next(self, world: World) -> None:
        """Nothing of the next song is here; a report about it is stale."""
        world.next, world.following = Next(), NOT_QUEUED
        kept = [r for r in world.reports if not isinstance(r, on.NextBufferFull)]
        world.reports = tuple(kept)

    def _leave(self, world: World) -> None:
        """The next song takes the present one's place; reports about the present one are stale."""
        world.buffer, world.fresh, world.finished = world.next
        world.player = world.player if world.following == GONE_ON else SILENT
        world.next, world.following, world.place = Next(), NOT_QUEUED, 0
        world.reports = tuple([_about_present(r) for r in world.reports if _outlives(r)])


def _outlives(report: Event) -> bool:
    """Tell whether a report is not about the song that is left."""
    return isinstance(report, on.DeviceLost | on.NextBufferFull)


def _about_present(report: Event) -> Event:
    """Return the report, now that the next song is the present one."""
    if isinstance(report, on.NextBufferFull):
        return on.OutputFailed(report.reason)
    return report
