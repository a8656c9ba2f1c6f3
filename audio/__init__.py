"""From a song's bytes to sound: buffer, decoder, frame index, outputs and the player's thread.

It imports no other package of this repository.
"""

from audio.buffer import AudioBuffer
from audio.decoder import Decoder, MadMissing
from audio.loudness import AppliedGain, Gain, GainMode, Loudness
from audio.mp3.index import FrameIndex
from audio.mp3.sniff import NotMp3
from audio.output import Output, OutputError
from audio.outputs.choosing import open_output
from audio.outputs.null import NullOutput
from audio.outputs.portaudio import PyAudioOutput, list_devices
from audio.outputs.wav import WavOutput
from audio.player import Player
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

__all__ = [
    "AppliedGain",
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
