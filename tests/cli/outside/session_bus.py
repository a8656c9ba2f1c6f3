"""A private session bus, and what looks on at it: signals, and a fake notification service."""

import asyncio
import contextlib
import queue
import select
import socket
import subprocess
import threading
from typing import Annotated

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusInt32, DBusSignature, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method

TIMEOUT_S = 40.0
CONFIG = """<busconfig>
  <type>session</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
"""Nothing is started by being called: a notification service of this machine must not appear."""


class Bus:
    """A bus of its own process. address: where it is."""

    def __init__(self, folder):
        self.address = f"unix:path={folder}/session"
        config = folder / "session.conf"
        config.write_text(CONFIG.format(path=folder / "session"))
        self.process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout.readline(), "it listens when it has said where"

    def end(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class EndingBus:
    """Passes a bus on to one client, and ends when that calls one method: no answer comes.

    address: where it is. ended: set when it has.
    """

    def __init__(self, folder, bus, method):
        path = str(folder / "ending")
        self.address, self.ended = f"unix:path={path}", threading.Event()
        self._bus, self._method = bus.address.removeprefix("unix:path="), method.encode()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(path)
        self._listening.listen(1)
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        client = self._listening.accept()[0]
        self._listening.close()
        with client, socket.socket(socket.AF_UNIX) as bus:
            bus.connect(self._bus)
            self._pass_on(client, bus)
        self.ended.set()

    def _pass_on(self, client, bus):
        while True:
            for ready in select.select((client, bus), (), ())[0]:
                data = ready.recv(65536)
                if not data or (ready is client and self._method in data):
                    return
                (bus if ready is client else client).sendall(data)


class Notifications(ServiceInterface):
    """A fake notification service that only remembers."""

    def __init__(self, seen):
        super().__init__("org.freedesktop.Notifications")
        self._seen = seen
        self._ids = iter(range(7, 1000))

    @dbus_method()
    def Notify(
        self,
        app: DBusStr,
        replaces: DBusUInt32,
        icon: DBusStr,
        summary: DBusStr,
        body: DBusStr,
        actions: Annotated[list[str], DBusSignature("as")],
        hints: Annotated[dict[str, Variant], DBusSignature("a{sv}")],
        expires: DBusInt32,
    ) -> DBusUInt32:
        image = hints["image-path"].value if "image-path" in hints else ""
        self._seen.put((app, replaces, summary, body, image))
        return replaces or next(self._ids)


class Spy(threading.Thread):
    """Sees the signals of players on a bus, and shows notifications if it is to.

    signals: (member, its values), in their order. names: (name, whether it is there).
    """

    def __init__(self, address, notifies=False):
        super().__init__(daemon=True)
        self.signals, self.names, self.notified = queue.Queue(), queue.Queue(), queue.Queue()
        self._address, self._notifies = address, notifies
        self._ready = threading.Event()
        self.start()
        assert self._ready.wait(TIMEOUT_S)

    def run(self):
        with contextlib.suppress(Exception):  # the bus ends before it does
            asyncio.run(self._look())

    async def _look(self):
        bus = await MessageBus(bus_address=self._address).connect()
        if self._notifies:
            bus.export("/org/freedesktop/Notifications", Notifications(self.notified))
            await bus.request_name("org.freedesktop.Notifications")
        for rule in (
            "type='signal',path='/org/mpris/MediaPlayer2'",
            "type='signal',member='NameOwnerChanged'",
        ):
            await _add_match(bus, rule)
        bus.add_message_handler(self._take)
        self._ready.set()
        await bus.wait_for_disconnect()

    def _take(self, message):
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "NameOwnerChanged" and "mpris" in message.body[0]:
            self.names.put((message.body[0], bool(message.body[2])))
        elif message.member == "PropertiesChanged":
            values = {name: variant.value for name, variant in message.body[1].items()}
            self.signals.put((message.member, values))
        elif message.member == "Seeked":
            self.signals.put((message.member, message.body[0]))

    def wait_for(self, member, holds):
        """Return the values of the next such signal for which `holds(values)`."""
        while True:
            found, values = self.signals.get(timeout=TIMEOUT_S)
            if found == member and holds(values):
                return values


async def _add_match(bus, rule):
    await bus.call(
        Message(
            destination="org.freedesktop.DBus",
            path="/org/freedesktop/DBus",
            interface="org.freedesktop.DBus",
            member="AddMatch",
            signature="s",
            body=[rule],
        )
    )
