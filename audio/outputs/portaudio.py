"""The sound device, through PyAudio and PortAudio.

It uses blocking writes, and calls a stream only from the thread that opened it: any other way
crashes the process or loses sound.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import threading
import time
from dataclasses import dataclass
from typing import Any

from audio.output import PCM_FRAME_BYTES, Output, OutputError

_STRING, _INT = ctypes.c_char_p, ctypes.c_int
_HANDLER_SETTERS: tuple[tuple[str, str, tuple[Any, ...]], ...] = (
    ("libasound.so.2", "snd_lib_error_set_handler", (_STRING, _INT, _STRING, _INT, _STRING)),
    ("libjack.so.0", "jack_set_error_function", (_STRING,)),
    ("libjack.so.0", "jack_set_info_function", (_STRING,)),
)
_handlers: list[Any] = []  # referenced for ever, because C code may call them at any time
_DRAIN_EXTRA_S = 0.05
_SLICE_S = 0.02
_MIN_WAIT_DIVISOR = 8
"""The shortest wait for free space is the device's capacity divided by this: mostly 26 ms."""


def silence_libraries() -> None:
    """Stop ALSA, JACK and PortAudio from writing to stderr: 100 lines without a sound card.

    Never raises: without these libraries there is nothing to do.
    """
    if _handlers:
        return
    for library_name, function_name, arguments in _HANDLER_SETTERS:
        with contextlib.suppress(OSError, AttributeError):
            set_handler = getattr(ctypes.CDLL(library_name), function_name)
            handler = ctypes.CFUNCTYPE(None, *arguments)(_ignore)
            _handlers.append(handler)
            set_handler(handler)
    with contextlib.suppress(OSError, AttributeError, ValueError):
        _silence_stderr_of_c()


def _silence_stderr_of_c() -> None:
    """Redirect C's stderr, where PortAudio prints a device's failure; Python's is another.

    Raises AttributeError without glibc: in other C libraries stderr is no variable.
    """
    c = ctypes.CDLL(None)
    c.gnu_get_libc_version  # noqa: B018  # raises where it is missing
    c.fopen.restype = ctypes.c_void_p
    if dev_null := c.fopen(b"/dev/null", b"w"):
        ctypes.c_void_p.in_dll(c, "stderr").value = dev_null


def _ignore(*_message: object) -> None:
    return


def _load_pyaudio() -> Any:
    try:
        return importlib.import_module("pyaudio")
    except ImportError as error:
        text = f"PyAudio cannot be loaded ({error}); install PortAudio, then pyaudio"
        raise OutputError(text) from error


def frames_per_buffer(rate_hz: int) -> int:
    """About 70 ms of PCM frames; a device holds three times as many, which STOP discards."""
    return 3072 if rate_hz >= 32000 else 1536 if rate_hz >= 16000 else 768


@dataclass(frozen=True, slots=True)
class Device:
    """A sound device. index: PortAudio's, which changes when devices are connected or removed."""

    index: int
    name: str
    is_default: bool


def list_devices() -> list[Device]:
    """The devices with stereo output, in the order of their indices.

    Raises OutputError: PyAudio is not installed.
    """
    pyaudio = _load_pyaudio()
    silence_libraries()
    portaudio = pyaudio.PyAudio()
    try:
        return _devices(portaudio)
    finally:
        portaudio.terminate()


def _devices(portaudio: Any) -> list[Device]:
    try:
        default = portaudio.get_default_output_device_info()["index"]
    except OSError:
        default = -1
    infos = (portaudio.get_device_info_by_index(i) for i in range(portaudio.get_device_count()))
    return [
        Device(info["index"], str(info["name"]), info["index"] == default)
        for info in infos
        if info["maxOutputChannels"] >= 2
    ]


def _choose(devices: list[Device], wanted: str) -> Device:
    """The device that has that index, else that name, else the first whose name contains it.

    Names are compared in any case.
    """
    folded = wanted.casefold()
    names = [device.name.casefold() for device in devices]
    fits = (
        [device for device in devices if str(device.index) == wanted],
        [device for device, name in zip(devices, names, strict=True) if name == folded],
        [device for device, name in zip(devices, names, strict=True) if folded in name],
    )
    if best := next(filter(None, fits), None):
        return best[0]
    known = "; ".join(f"{device.index} {device.name}" for device in devices) or "none at all"
    raise OutputError(f"no sound device is called {wanted!r}; there are: {known}")


class PyAudioOutput(Output):
    """A sound device. wanted: its index or a part of its name; None for the default one.

    Raises OutputError: there is no such device, or PyAudio is not installed.
    """

    needs_silence = True
    replaceable = True
    slices_per_s = 10
    """A write does not wait: that for half of the device, which `interrupt` ends, precedes it."""

    def __init__(self, wanted: str | None = None) -> None:
        self._pyaudio = _load_pyaudio()
        silence_libraries()
        self._stream: Any = None
        self._rate_hz = 0
        self._capacity_frames = 0  # that the device holds
        self._queued_frames = 0  # that it held after the last write
        self._says_what_it_holds: bool | None = None  # None before the first write
        self._silent_at_s = 0.0  # on the monotonic clock, if it plays as fast as the music is
        self._interrupted = threading.Event()
        self._start(wanted)

    def __repr__(self) -> str:
        state = "open" if self._stream else "closed"
        flags = f"queued_frames={self._queued_frames} interrupted={self._interrupted.is_set()}"
        return f"<PyAudioOutput {self.name!r} {state} {self._rate_hz} Hz {flags}>"

    def _start(self, wanted: str | None) -> None:
        # PyAudio() takes 45 ms, so it is called once for all songs. It is also the only time at
        # which PortAudio looks for devices.
        self._portaudio = self._pyaudio.PyAudio()
        try:
            self._device = self._find(wanted)
        except OutputError:
            self._portaudio.terminate()
            self._portaudio = None
            raise

    def _find(self, wanted: str | None) -> Device:
        if wanted is not None:
            return _choose(_devices(self._portaudio), wanted)
        try:
            info = self._portaudio.get_default_output_device_info()
        except OSError as error:
            raise OutputError(
                "there is no sound device; connect one or start the sound server "
                "(or choose wav:FILE or null)"
            ) from error
        return Device(info["index"], str(info["name"]), is_default=True)

    @property
    def name(self) -> str:
        return self._device.name

    def recover(self) -> None:
        self._close_stream()
        if self._portaudio is not None:
            self._portaudio.terminate()
        self._start(None)

    @property
    def latency_s(self) -> float:
        if self._stream is None:
            return 0.0
        if self._says_what_it_holds is False:
            return max(0.0, self._silent_at_s - time.monotonic())
        return self._queued_frames / self._rate_hz

    def open(self, rate_hz: int) -> None:
        self._close_stream()
        try:
            self._stream = self._portaudio.open(
                rate=rate_hz,
                output_device_index=self._device.index,
                channels=2,
                format=self._pyaudio.paInt16,
                output=True,
                frames_per_buffer=frames_per_buffer(rate_hz),
            )
        except (OSError, ValueError, AttributeError) as error:
            # AttributeError: _portaudio is None, because `recover` found no device.
            text = f"the sound device cannot be opened at {rate_hz} Hz: {_reason(error)}"
            raise OutputError(text) from error
        self._rate_hz, self._queued_frames = rate_hz, 0
        self._says_what_it_holds, self._silent_at_s = None, 0.0
        self._capacity_frames = self._free_frames()

    def write(self, pcm: bytes) -> None:
        """See Output. Writes nothing if it is interrupted.

        It waits for free space itself, because a wait in PortAudio cannot be interrupted and polls
        80 times a second.
        """
        if self._stream is None:
            raise OutputError("the sound device is not open")
        frames = len(pcm) // PCM_FRAME_BYTES
        if not self._wait_until_free(frames):
            return
        began_s = time.monotonic()
        try:
            # exception_on_underflow stays off: it would close the stream; an underrun loses no PCM.
            self._stream.write(pcm)
        except OSError as error:
            raise OutputError(f"the sound device has failed: {_reason(error)}") from error
        self._queued_frames += frames
        self._count_by_clock(frames, began_s)

    def _count_by_clock(self, frames: int, began_s: float) -> None:
        """Reckon until when it sounds, for a device that always says it is empty (ALSA's file).

        Such a device, too, holds what it has taken before its time.
        """
        if self._says_what_it_holds is None:
            self._says_what_it_holds = self._free_frames() < self._capacity_frames
        if not self._says_what_it_holds:
            sounds_until_s = max(self._silent_at_s, began_s) + frames / self._rate_hz
            most_s = time.monotonic() + self._capacity_frames / self._rate_hz
            self._silent_at_s = min(sounds_until_s, most_s)

    def _wait_until_free(self, frames: int) -> bool:
        """If `frames` do not fit, wait until the device is half empty. False: interrupted."""
        free = self._free_frames()
        needed = min(frames, self._capacity_frames)
        if free < needed:
            enough = max(needed, self._capacity_frames // 2)
            while free < enough:
                # A sound server frees space in steps; a poll for each step would be wasted.
                missing = max(enough - free, self._capacity_frames // _MIN_WAIT_DIVISOR)
                if self._interrupted.wait(missing / self._rate_hz):
                    return False
                free = self._free_frames()
        self._queued_frames = max(0, self._capacity_frames - free)
        return True

    def _free_frames(self) -> int:
        """The number of frames that the device would take now. Raises OutputError."""
        try:
            free = int(self._stream.get_write_available())
        except OSError as error:
            raise OutputError(f"the sound device has failed: {_reason(error)}") from error
        if free < 0:
            raise OutputError(f"the sound device has failed: PortAudio says {free}")
        return free

    def drain(self) -> None:
        """See Output. stop_stream() and close() do not drain, so zeros are written instead."""
        if self._stream is None:
            return
        capacity_s = self._capacity_frames / self._rate_hz
        slices = round((capacity_s + _DRAIN_EXTRA_S) / _SLICE_S + 0.5)
        for _ in range(slices):
            if self._interrupted.is_set():
                break
            self.write(bytes(PCM_FRAME_BYTES * int(self._rate_hz * _SLICE_S)))
        self._close_stream()

    def drop(self) -> None:
        # Closing discards the queued PCM and is silent after 7 ms; zeros would take 65 ms.
        self._interrupted.clear()
        self._close_stream()

    def close(self) -> None:
        self._close_stream()
        if self._portaudio is not None:
            self._portaudio.terminate()
            self._portaudio = None

    def interrupt(self) -> None:
        # Another thread must not call the stream, not even to close it.
        self._interrupted.set()

    def _close_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _reason(error: Exception) -> str:
    """The text of PyAudio's error, which is OSError(number, text) or OSError(text, number)."""
    texts = [str(part) for part in error.args if isinstance(part, str)]
    return texts[0] if texts else str(error)
