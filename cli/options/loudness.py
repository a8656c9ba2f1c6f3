"""How loud the client begins: what `--volume` and `--gain` say, and what they ask for."""

from __future__ import annotations

from collections.abc import Callable

import click

from cli.command_line import option
from cli.playing.said import Said
from cli.settings import variable
from fsm.client.events import Event
from fsm.client.requests import Gain, GainRequested, VolumeRequested

gain_option = option(
    "--gain",
    type=click.Choice([gain.value for gain in Gain]),
    envvar=variable("gain"),
    help="Make songs, or albums, equally loud by what their tags say (ReplayGain), and never so "
    "loud that they clip; without this option as it was left.",
)


def begin(fire: Callable[[Event], None], said: Said) -> None:
    """Ask the machines for what the person has said."""
    if said.volume is not None:
        fire(VolumeRequested(said.volume))
    if said.gain is not None:
        fire(GainRequested(Gain(said.gain)))
