"""How loud the client begins: the option `--gain`, and what it and `--volume` ask for."""

from __future__ import annotations

from collections.abc import Callable

import click

from cli.command_line import option
from cli.settings import variable
from fsm.client.events import Event
from fsm.client.requests import Gain, GainRequested, VolumeRequested

gain_option = option(
    "--gain",
    type=click.Choice([gain.value for gain in Gain]),
    default=Gain.OFF.value,
    envvar=variable("gain"),
    help="Make songs, or albums, equally loud by what their tags say (ReplayGain), and never so "
    "loud that they clip.",
)


def begin(fire: Callable[[Event], None], volume: int | None, gain: str) -> None:
    """Ask the machines for what differs from how they begin. volume: None where it is not said."""
    if volume is not None:
        fire(VolumeRequested(volume))
    if Gain(gain) is not Gain.OFF:
        fire(GainRequested(Gain(gain)))
