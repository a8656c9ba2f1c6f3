"""Chooses the output that a word of the command line names."""

from __future__ import annotations

from audio.output import Output, OutputError
from audio.outputs.null import NullOutput
from audio.outputs.portaudio import PyAudioOutput
from audio.outputs.wav import WavOutput

CHOICES = "auto, pyaudio, null or wav:FILE"


def open_output(
    spec: str, device: str | None = None, *, replace: bool = False
) -> tuple[Output, str | None]:
    """Make the output that `spec` names; also return a warning for the user, or None.

    spec: `pyaudio` is the sound device; `wav:FILE` a file; `null` plays nothing, in real time;
    `auto` is the sound device, or null with a warning if there is none.
    device: the sound device's index or a part of its name; None for the default one. replace: an
    older WAV file may be replaced.
    Raises ValueError, which names the choices, for any other word; OutputError as the output does,
    and if the file cannot be written.
    """
    kind, colon, path = spec.partition(":")
    if kind == "wav" and path:
        wav = WavOutput(path, replace=replace)
        wav.check()
        return wav, None
    if not colon and kind == "null":
        return NullOutput(), None
    if not colon and kind == "pyaudio":
        return PyAudioOutput(device), None
    if not colon and kind == "auto":
        try:
            return PyAudioOutput(device), None
        except OutputError as error:
            if device is not None:
                raise
            return NullOutput(), f"The music plays silently: {error}."
    raise ValueError(f"no output is called {spec!r}; choose {CHOICES}")
