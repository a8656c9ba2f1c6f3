"""What else goes wrong, beside connections that are lost."""

from __future__ import annotations

from collections.abc import Callable

from fsm.client import events as on
from verify.bounds import Bounds, Trouble
from verify.exchange import music
from verify.exchange.messages import NEXT, PRESENT
from verify.exchange.world import (
    CONNECTING,
    DISCONNECTING,
    GONE_ON,
    NOT_QUEUED,
    QUEUED,
    RUNNING,
    SILENT,
    Wanted,
    World,
)

NO_ROOM = "no space left"


class Troubles:
    """Which trouble can happen when, and what it does to the world."""

    def __init__(self, bounds: Bounds) -> None:
        self._kinds = bounds.trouble
        self._between = not (bounds.plain and bounds.timely)

    def possible(self, world: World) -> list[Trouble]:
        """Return what can go wrong now."""
        if not world.troubles:
            return []
        return [trouble for trouble in self._kinds if self._is_possible(world, trouble)]

    def _is_possible(self, world: World, trouble: Trouble) -> bool:
        match trouble:
            case Trouble.FILE_FAILS:
                return world.stream is not None
            case Trouble.SERVER_ENDS:
                return world.server is not None and not world.due.ending
            case Trouble.FALLS_SILENT:
                return world.server is not None and world.stream is not None
            case Trouble.FILE_CHANGES:
                return not world.changed
            case Trouble.RENUMBERED | Trouble.SONG_GONE:
                # A client that may not ask for a list cannot notice one that is there again before
                # it has connected anew: that takes a server that is started in no time.
                at_once = world.connection in (CONNECTING, DISCONNECTING)
                return world.library == music.FIRST and (self._between or not at_once)
            case Trouble.UNDECODABLE:
                return world.player != SILENT and world.following != GONE_ON and not world.paused
            case Trouble.DEVICE_GOES:
                return world.player != SILENT
            case Trouble.NEXT_BUFFER_FULL:
                return bool(world.next.audio)
            case Trouble.OUTPUT_FAILS:
                return world.player != SILENT and world.following != GONE_ON
            case Trouble.BUFFER_FULL:
                return bool(world.buffer) and world.following != GONE_ON
            case Trouble.CONNECT_FAILS:
                return world.connection == CONNECTING

    def happen(self, world: World, trouble: Trouble, cut: Callable[[], None]) -> None:
        """Let it happen. cut: ends the connection, for a server that restarts."""
        titles = world.wanted.titles if world.wanted is not None else ()
        match trouble:
            case Trouble.FILE_CHANGES:
                world.changed = True
                if titles != (music.B,):
                    world.allow_failure(PRESENT)
            case Trouble.RENUMBERED | Trouble.SONG_GONE:
                gone = trouble is Trouble.SONG_GONE
                if world.wanted is None or _may_be_gone(world.wanted, gone):
                    world.allow_failure(PRESENT)
                if world.ahead is not None and _may_be_gone(world.ahead, gone):
                    world.allow_failure(NEXT)
                cut()
                world.library = music.GONE if trouble is Trouble.SONG_GONE else music.RENUMBERED
            case Trouble.UNDECODABLE:
                _end_song(world, on.Undecodable("noise"))
            case Trouble.DEVICE_GOES:
                world.paused = True
                world.reports += (on.DeviceLost("unplugged"),)
            case Trouble.BUFFER_FULL:
                world.allow_failure(PRESENT)
                world.reports += (on.BufferFull(NO_ROOM),)
            case Trouble.NEXT_BUFFER_FULL:
                world.allow_failure(NEXT)
                world.reports += (on.NextBufferFull(NO_ROOM),)
            case Trouble.OUTPUT_FAILS:
                _end_song(world, on.OutputFailed("unplugged"))


def _may_be_gone(song: Wanted, first_gone: bool) -> bool:
    """Tell whether a server that has started again may not have it, or under an unknown ID."""
    unknown = not song.titles or (song.unlisted and not song.named)
    return unknown or (first_gone and song.titles != (music.B,))


def _end_song(world: World, report: on.Event) -> None:
    """End the song in the player, which goes on into the next one if that is queued."""
    following = world.following == QUEUED
    world.player = RUNNING if following else SILENT
    world.following = GONE_ON if following else NOT_QUEUED
    world.reports += (report,)
