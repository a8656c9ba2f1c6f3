"""Says on the desktop which song has begun: org.freedesktop.Notifications, spoken by dbus-fast."""

from __future__ import annotations

import html

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from cli.outside.desktop import mpris_values as values
from cli.words.moment import Status

BUS_NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
BY_DEFAULT = -1
"""It is shown for as long as the desktop shows others."""


class Notification:
    """One notification, which the next song replaces."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus
        self._shown_id = 0

    async def show(self, status: Status, art_url: str) -> str:
        """Show the song; return why it cannot be shown, "" where it is."""
        artist, title = values.artist_and_title(status)
        hints = {"category": Variant("s", "x-alfine.song"), "transient": Variant("b", True)}
        if art_url:
            hints["image-path"] = Variant("s", art_url)
        # The body may be read as markup; the summary is plain text.
        body = html.escape(artist, quote=False)
        reply = await self._bus.call(
            Message(
                destination=BUS_NAME,
                path=PATH,
                interface=BUS_NAME,
                member="Notify",
                signature="susssasa{sv}i",
                body=["alfine", self._shown_id, "", title, body, [], hints, BY_DEFAULT],
            )
        )
        if reply is None or reply.message_type is not MessageType.METHOD_RETURN:
            return str(reply.body[0]) if reply is not None and reply.body else "no answer"
        if reply.signature == "u":
            self._shown_id = reply.body[0]
        return ""
