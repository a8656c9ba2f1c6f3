"""Shows the running client to the desktop, where there is one: media keys, covers, notifications.

It is found by itself. dbus-fast is loaded in a thread when the first song is heard, so that neither
the start nor the first sound waits for it.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
from importlib import import_module
from importlib.machinery import PathFinder

from cli.outside.commands import OutsideCommands
from cli.outside.watching import StatusWatch
from cli.playing.program import ClientProgram
from cli.words.moment import Activity, Status
from cli.words.safe_text import safe

ON_BUS = "cli.outside.desktop.on_bus"


def session_bus() -> str:
    """Return the address of the user's session bus; "" where there is none."""
    if address := os.environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return address
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    path = os.path.join(runtime, "bus")
    return f"unix:path={path}" if os.path.isabs(runtime) and os.path.exists(path) else ""


def dbus_fast_is_here() -> bool:
    """Return whether it can be imported and is 4 or newer; it is not imported for that."""
    found = importlib.util.find_spec("dbus_fast")
    if found is None or found.submodule_search_locations is None:
        return False
    new_in_4 = "dbus_fast.annotations"
    return PathFinder.find_spec(new_in_4, found.submodule_search_locations) is not None


class Desktop:
    """The client on the session bus. notify: a notification is shown for each song."""

    def __init__(
        self,
        program: ClientProgram,
        commands: OutsideCommands,
        watch: StatusWatch,
        notify: bool,
    ) -> None:
        self._program = program
        self._commands = commands
        self._watch = watch
        self._notify = notify

    def __repr__(self) -> str:
        return f"<Desktop notify={self._notify}>"

    async def run(self) -> None:
        """Be there from the first song on, until cancelled. Without a bus nothing happens."""
        address, missing = session_bus(), not dbus_fast_is_here()
        if not address or missing:
            if self._notify:
                needs = "dbus-fast 4: alfine's extra [desktop]" if missing else "a session bus"
                self._program.remark(f"--notify needs {needs}")
            return
        await self._first_sound()
        on_bus = await asyncio.to_thread(import_module, ON_BUS)
        complain = self._complain if self._notify else None
        why = await on_bus.be_there(address, self._program, self._commands, self._watch, complain)
        if complain is not None:
            complain(why)

    def _complain(self, why: str) -> None:
        self._program.remark(f"no notifications: {safe(why)}")

    async def _first_sound(self) -> None:
        """Wait until a song is heard."""
        changed = asyncio.Event()

        def note(status: Status, moved: bool) -> None:
            changed.set()

        self._watch.listen(note)
        try:
            while self._program.status().activity is not Activity.PLAYING:
                await changed.wait()
                changed.clear()
        finally:
            self._watch.forget(note)
