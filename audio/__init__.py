"""Songs to sound: the buffer a song arrives in, the decoder, the outputs and the player's thread.

It imports no other room.
"""

from audio.buffer import AudioBuffer
from audio.decoder import Decoder, MadMissing
from audio.index import FrameIndex, Start
from audio.mp3 import FrameHeader, VbrTag, parse_header, parse_vbr_tag, tag_bytes
from audio.outputs import NullOutput, Output, OutputError, PyAudioOutput, WavOutput, open_output
from audio.player import Player
from audio.portaudio import Device, list_devices, quiet
from audio.reports import (
    DeviceLost,
    OutputFailed,
    PlaceNotHere,
    PlayedOut,
    RanDry,
    Report,
    Undecodable,
)
from audio.sniff import FirstFrame, NotMp3, sniff

__all__ = [
    "AudioBuffer",
    "Decoder",
    "Device",
    "DeviceLost",
    "FirstFrame",
    "FrameHeader",
    "FrameIndex",
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
    "Start",
    "Undecodable",
    "VbrTag",
    "WavOutput",
    "list_devices",
    "open_output",
    "parse_header",
    "parse_vbr_tag",
    "quiet",
    "sniff",
    "tag_bytes",
]
