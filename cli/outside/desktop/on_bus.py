"""The client's connection to the session bus, from the first song that is heard on.

It is loaded only where there is a bus: it imports dbus-fast (`cli.outside.desktop`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable

from dbus_fast import DBusError
from dbus_fast.aio import MessageBus

from cli.outside.commands import OutsideCommands
from cli.outside.cover import Cover, remove_abandoned
from cli.outside.desktop import mpris_values as values
from cli.outside.desktop.mpris import BUS_NAME, PATH, Player, Root
from cli.outside.desktop.notification import Notification
from cli.outside.watching import StatusWatch
from cli.playing.program import ClientProgram
from cli.words.moment import Activity, Status

# What dbus-fast logs would be printed on the terminal.
logging.getLogger("dbus_fast").addHandler(logging.NullHandler())
logging.getLogger("dbus_fast").propagate = False

Complain = Callable[[str], None]
GONE = "the session bus has gone"
BusFailed = (OSError, EOFError, DBusError)
"""EOFError: the bus has ended while it owed an answer."""


class OnBus:
    """What the desktop is shown: the player, its cover, a notification for each song.

    complain: told why a notification cannot be shown; None where none is asked for.
    """

    def __init__(
        self,
        bus: MessageBus,
        program: ClientProgram,
        commands: OutsideCommands,
        complain: Complain | None,
    ) -> None:
        self._bus = bus
        self._program = program
        self._player = Player(commands, program.status)
        self._cover = Cover(program.beginning)
        self._complain = complain
        self._notification = Notification(bus) if complain is not None else None
        self._telling: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._moved = False
        self._song: tuple[str, str | None] | None = None
        self._heard = False
        self._art_url = ""

    def __repr__(self) -> str:
        return f"<OnBus {self._bus.unique_name} {self._song}>"

    def note(self, status: Status, moved: bool) -> None:
        """Take a change of the status (a `Listener`)."""
        self._moved = self._moved or moved
        self._changed.set()

    async def run(self) -> str:
        """Show each change, until the bus is gone; return why. Raises one of BusFailed."""
        self._bus.export(PATH, Root(self._program.leave))
        self._bus.export(PATH, self._player)
        await self._bus.request_name(f"{BUS_NAME}{os.getpid()}")
        gone = asyncio.ensure_future(
            self._bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # dbus-fast 5.2
        )
        gone.add_done_callback(lambda task: self._changed.set())
        try:
            while not gone.done():
                self._show(self._program.status())
                await self._changed.wait()
                self._changed.clear()
        finally:
            self.close()
            gone.cancel()
        return str(gone.exception() or "") or GONE

    def close(self) -> None:
        """Leave no file and no task behind."""
        self._cover.remove()
        if self._telling is not None:
            self._telling.cancel()

    def _show(self, status: Status) -> None:
        song = (values.track_id(status), status.title) if values.has_track(status) else None
        if song != self._song:
            self._song, self._heard = song, False
            self._art_url = self._cover.show(None)
        begins = status.activity is Activity.PLAYING and not self._heard
        self._heard = self._heard or begins
        # When a song is heard, all of the tag in front of it is here; when it is paused, maybe.
        if begins or (status.activity is Activity.PAUSED and not self._heard):
            self._art_url = self._cover.show(self._cover.take())
        moved, self._moved = self._moved, False
        self._player.tell(status, moved and not begins, self._art_url)
        if begins and self._notification is not None:
            if self._telling is not None:
                self._telling.cancel()
            self._telling = asyncio.create_task(self._notify(self._notification, status))

    async def _notify(self, notification: Notification, status: Status) -> None:
        """Show a notification; say once why none can be shown."""
        try:
            why = await notification.show(status, self._art_url)
        except BusFailed:
            return  # `run` says that the bus is gone
        if why and self._complain is not None:
            self._complain(why)
            self._notification = None


async def be_there(
    address: str,
    program: ClientProgram,
    commands: OutsideCommands,
    watch: StatusWatch,
    complain: Complain | None,
) -> str:
    """Be on the bus until it is gone or this is cancelled; return why it is gone.

    A failure of the bus costs the desktop alone, and is told by what is returned.
    """
    with contextlib.suppress(OSError):
        remove_abandoned()
    try:
        bus = MessageBus(bus_address=address)
        await bus.connect()
    except Exception as error:  # whatever an address or a bus may bring about
        return str(error) or type(error).__name__
    on_bus = OnBus(bus, program, commands, complain)
    watch.listen(on_bus.note)
    try:
        return await on_bus.run()
    except BusFailed as error:
        return str(error) or GONE
    finally:
        watch.forget(on_bus.note)
        bus.disconnect()
