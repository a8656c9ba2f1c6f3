"""Songs to sound: the buffer a song arrives in, the decoder, the outputs and the player's thread.

It imports no other room.
"""

from audio.buffer import AudioBuffer
from audio.decoder import Decoder, MadMissing
from audio.mp3 import FrameHeader, VbrTag, parse_header, parse_vbr_tag, tag_bytes
from audio.outputs import NullOutput, Output, OutputError, PyAudioOutput, WavOutput, open_output
from audio.player import Player
from audio.portaudio import quiet
from audio.reports import OutputFailed, PlayedOut, RanDry, Report, Started, Undecodable
from audio.sniff import FirstFrame, NotMp3, sniff

__all__ = [
    "AudioBuffer",
    "Decoder",
    "FirstFrame",
    "FrameHeader",
    "MadMissing",
    "NotMp3",
    "NullOutput",
    "Output",
    "OutputError",
    "OutputFailed",
    "PlayedOut",
    "Player",
    "PyAudioOutput",
    "RanDry",
    "Report",
    "Started",
    "Undecodable",
    "VbrTag",
    "WavOutput",
    "open_output",
    "parse_header",
    "parse_vbr_tag",
    "quiet",
    "sniff",
    "tag_bytes",
]
