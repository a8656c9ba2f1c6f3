"""Reading the settings again while the server runs: what of them holds at once, and what cannot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from cli.serving import places
from cli.serving.log import log
from cli.serving.refused import Refused
from cli.serving.settings import Settings, settings_of
from cli.settings import SettingsError
from net.server.limits import Limits
from songs import Library


class Reloading:
    """A Reload. given: reads the settings.

    look: has the music looked at again. renew: has the certificate read again, and announced.
    """

    def __init__(
        self,
        settings: Settings,
        given: Callable[[], Mapping[str, Any]],
        library: Library,
        look: Callable[[], None],
        renew: Callable[[], None],
    ) -> None:
        self._settings, self._given = settings, given
        self._library, self._look, self._renew = library, look, renew

    def __call__(self) -> Limits | None:
        """Return the limits that hold from now on; None, and a line in the log, if it cannot."""
        self._look()
        self._renew()
        try:
            settings = settings_of(self._given())
            places.reserve_descriptors(settings.limits.clients)
        except (SettingsError, Refused) as error:
            log.error("%s; everything stays as it is", error)
            return None
        limits, warning = places.with_descriptors(settings.limits.limits(), self._library)
        if warning:
            log.warning("%s", warning)
        log.info("the settings were read again: limits hold for those who connect from now on")
        for words in limits.lines():
            log.info("limits: %s", words)
        if names := needing_restart(self._settings, settings):
            log.warning("restart the server for what has changed in: %s", ", ".join(names))
        return limits


def needing_restart(before: Settings, now: Settings) -> list[str]:
    """Return the names of the settings that differ and hold from a start on only."""
    names = []
    for group in fields(Settings):
        if group.name != "limits":
            old, new = getattr(before, group.name), getattr(now, group.name)
            names += [
                settings_name(group.name, field.name)
                for field in fields(old)
                if getattr(old, field.name) != getattr(new, field.name)
            ]
    return names


def settings_name(group: str, field: str) -> str:
    """Return what a setting is called in the file."""
    return f"tls_{field}" if group == "tls" else field
