"""The client as a media player on D-Bus: MPRIS 2.2, spoken by dbus-fast.

What is called or set becomes a line that a person might have typed; what is read and signalled is
taken from the status. See https://specifications.freedesktop.org/mpris-spec/2.2/.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

from dbus_fast import DBusError, ErrorType, PropertyAccess, Variant
from dbus_fast.annotations import (
    DBusBool,
    DBusDouble,
    DBusInt64,
    DBusObjectPath,
    DBusSignature,
    DBusStr,
)
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

from cli.outside.commands import OutsideCommands
from cli.outside.desktop import mpris_values as values
from cli.words.moment import Status

PATH = "/org/mpris/MediaPlayer2"
BUS_NAME = "org.mpris.MediaPlayer2.alfine.instance"
"""The process ID follows, as the specification has it for programs that may run twice."""

READ = PropertyAccess.READ
Nothing = Annotated[None, DBusSignature("")]
Strings = Annotated[list[str], DBusSignature("as")]
Members = Annotated[dict[str, Variant], DBusSignature("a{sv}")]


class Root(ServiceInterface):
    """The program: `org.mpris.MediaPlayer2`. leave: ends the client."""

    def __init__(self, leave: Callable[[], None]) -> None:
        super().__init__("org.mpris.MediaPlayer2")
        self._leave = leave

    @dbus_method()
    def Raise(self) -> Nothing:
        """Do nothing: a terminal cannot be raised by what runs in it."""

    @dbus_method()
    def Quit(self) -> Nothing:
        self._leave()

    @dbus_property(READ)
    def CanQuit(self) -> DBusBool:
        return True

    @dbus_property(READ)
    def CanRaise(self) -> DBusBool:
        return False

    @dbus_property(READ)
    def HasTrackList(self) -> DBusBool:
        return False

    @dbus_property(READ)
    def Identity(self) -> DBusStr:
        return "alfine"

    @dbus_property(READ)
    def SupportedUriSchemes(self) -> Strings:
        return []

    @dbus_property(READ)
    def SupportedMimeTypes(self) -> Strings:
        return []


class Player(ServiceInterface):
    """What plays: `org.mpris.MediaPlayer2.Player`. take: returns the present status."""

    def __init__(self, commands: OutsideCommands, take: Callable[[], Status]) -> None:
        super().__init__("org.mpris.MediaPlayer2.Player")
        self._commands = commands
        self._take = take
        self._shuffled: tuple[int, ...] = ()
        """What was queued after the last shuffle."""
        self._art_url = ""
        self._signalled = self._changing(take())

    def tell(self, status: Status, moved: bool, art_url: str) -> None:
        """Signal what has changed. moved: another place in the song. art_url: of its picture."""
        self._art_url = art_url
        changing = self._changing(status)
        changed = {
            name: value for name, value in changing.items() if value != self._signalled[name]
        }
        self._signalled = changing
        if changed:
            self.emit_properties_changed(changed)
        if moved:
            self.Seeked(values.microseconds(status.position_s))

    def _changing(self, status: Status) -> dict[str, Any]:
        """Return the properties whose changes are signalled."""
        track = values.has_track(status)
        return {
            "PlaybackStatus": values.playback_status(status),
            "LoopStatus": values.loop_status(status),
            "Shuffle": self._is_shuffled(status),
            "Metadata": self._metadata(status),
            "Volume": status.volume / 100,
            "CanGoNext": values.can_go_next(status),
            "CanGoPrevious": track,
            "CanPlay": values.can_play(status),
            "CanPause": track,
            "CanSeek": track,
        }

    def _metadata(self, status: Status) -> dict[str, Variant]:
        members = values.metadata(status, self._art_url)
        return {name: Variant(*signed) for name, signed in members.items()}

    def _is_shuffled(self, status: Status) -> bool:
        """Tell whether what is queued is what is left of what was shuffled."""
        left = len(status.queue)
        return left > 0 and self._shuffled[-left:] == status.queue

    async def _run(self, line: str) -> None:
        """Run a line. Raises DBusError: the client refuses it, and says why."""
        if line:
            answer = json.loads(await self._commands.run(line))
            if answer["kind"] == "error":
                raise DBusError(ErrorType.FAILED, answer["text"])

    # Methods

    @dbus_method()
    async def Next(self) -> Nothing:
        await self._run("next")

    @dbus_method()
    async def Previous(self) -> Nothing:
        await self._run("prev")

    @dbus_method()
    async def Pause(self) -> Nothing:
        await self._run("pause")

    @dbus_method()
    async def PlayPause(self) -> Nothing:
        await self._run("toggle")

    @dbus_method()
    async def Stop(self) -> Nothing:
        await self._run("stop")

    @dbus_method()
    async def Play(self) -> Nothing:
        await self._run("resume")

    @dbus_method()
    async def Seek(self, Offset: DBusInt64) -> Nothing:
        await self._run(values.seek_line(self._take(), Offset))

    @dbus_method()
    async def SetPosition(self, TrackId: DBusObjectPath, Position: DBusInt64) -> Nothing:
        await self._run(values.position_line(self._take(), TrackId, Position))

    @dbus_method()
    def OpenUri(self, Uri: DBusStr) -> Nothing:
        raise DBusError(ErrorType.NOT_SUPPORTED, "songs come from alfine's server alone")

    @dbus_signal()
    def Seeked(self, Position: int) -> DBusInt64:
        return Position

    # Properties

    @dbus_property(READ)
    def PlaybackStatus(self) -> DBusStr:
        return values.playback_status(self._take())

    @dbus_property()
    def LoopStatus(self) -> DBusStr:
        return values.loop_status(self._take())

    @LoopStatus.setter
    async def _set_loop_status(self, loop: DBusStr) -> None:
        await self._run(values.repeat_line(loop))

    @dbus_property()
    def Rate(self) -> DBusDouble:
        return 1.0

    @Rate.setter
    def _set_rate(self, rate: DBusDouble) -> None:
        """Do nothing: it plays at one speed."""

    @dbus_property()
    def Shuffle(self) -> DBusBool:
        return self._is_shuffled(self._take())

    @Shuffle.setter
    async def _set_shuffle(self, shuffled: DBusBool) -> None:
        """Put what is queued into another order; that order stays when it is set to False."""
        if shuffled and not self.Shuffle:
            if not self._take().queue:
                # A switch that somebody touches is no wish to hear all songs there are.
                raise DBusError(ErrorType.FAILED, "nothing is queued")
            await self._run("shuffle")
        self._shuffled = self._take().queue if shuffled else ()
        self.tell(self._take(), False, self._art_url)

    @dbus_property(READ)
    def Metadata(self) -> Members:
        return self._metadata(self._take())

    @dbus_property()
    def Volume(self) -> DBusDouble:
        return self._take().volume / 100

    @Volume.setter
    async def _set_volume(self, volume: DBusDouble) -> None:
        await self._run(values.volume_line(volume))

    @dbus_property(READ)
    def Position(self) -> DBusInt64:
        return values.microseconds(self._take().position_s)

    @dbus_property(READ)
    def MinimumRate(self) -> DBusDouble:
        return 1.0

    @dbus_property(READ)
    def MaximumRate(self) -> DBusDouble:
        return 1.0

    @dbus_property(READ)
    def CanGoNext(self) -> DBusBool:
        return values.can_go_next(self._take())

    @dbus_property(READ)
    def CanGoPrevious(self) -> DBusBool:
        return values.has_track(self._take())

    @dbus_property(READ)
    def CanPlay(self) -> DBusBool:
        return values.can_play(self._take())

    @dbus_property(READ)
    def CanPause(self) -> DBusBool:
        return values.has_track(self._take())

    @dbus_property(READ)
    def CanSeek(self) -> DBusBool:
        return values.has_track(self._take())

    @dbus_property(READ)
    def CanControl(self) -> DBusBool:
        return True
