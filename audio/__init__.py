"""From a song's bytes to sound: buffer, decoder, frame index, outputs and the player's thread.

It imports no other package of this repository.
"""

from audio.buffer import AudioBuffer
from audio.decoder import Decoder, MadMissing
from audio.index import FrameIndex
from audio.loudness import Gain, GainMode, Loudness
from audio.null import NullOutput
from audio.output import Output, OutputError
from audio.outputs import open_output
from audio.player import Player
from audio.portaudio import PyAudioOutput, list_devices
from audio.reports import (
    DeviceLost,
    FramesRefused,
    OutputFailed,
    PlaceNotHere,
    PlayedOut,
    RanDry,
    Report,
    Undecodable,
)
from audio.sniff import NotMp3
from audio.wav import WavOutput

__all__ = [
    "AudioBuffer",
    "Decoder",
    "DeviceLost",
    "FrameIndex",
    "FramesRefused",
    "Gain",
    "GainMode",
    "Loudness",
    "MadMissing",
    "NotMp3",
    "NullOutput",
    "Output",
    "OutputError",
    "OutputFailed",
    "PlaceNotHere",
    "PlayedOut",
    "Player",
    "PyAudioOutput",
    "RanDry",
    "Report",
    "Undecodable",
    "WavOutput",
    "list_devices",
    "open_output",
]
