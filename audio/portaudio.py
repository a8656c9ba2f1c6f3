"""The sound device, by PyAudio and PortAudio, in the one way in which they neither crash nor lose
sound: blocking writes, and every call to a stream from the thread that opened it.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import threading
from dataclasses import dataclass
from typing import Any

from audio.output import PCM_FRAME_BYTES, Output, OutputError

_STRING, _INT = ctypes.c_char_p, ctypes.c_int
_TALKERS: tuple[tuple[str, str, tuple[Any, ...]], ...] = (
    ("libasound.so.2", "snd_lib_error_set_handler", (_STRING, _INT, _STRING, _INT, _STRING)),
    ("libjack.so.0", "jack_set_error_function", (_STRING,)),
    ("libjack.so.0", "jack_set_info_function", (_STRING,)),
)
_handlers: list[Any] = []  # C calls them for as long as the process lives
_DRAIN_EXTRA_S = 0.05
_SLICE_S = 0.02
_LEAST_WAIT = 8
"""The least that is waited for is this part of what the device holds: 26 ms mostly."""


def quiet() -> None:
    """Keep ALSA, JACK and PortAudio from writing to stderr: 100 lines where there is no sound card.

    Never fails: on a platform without these libraries there is nothing to do.
    """
    if _handlers:
        return
    for library_name, function_name, arguments in _TALKERS:
        with contextlib.suppress(OSError, AttributeError):
            set_handler = getattr(ctypes.CDLL(library_name), function_name)
            handler = ctypes.CFUNCTYPE(None, *arguments)(_ignore)
            _handlers.append(handler)
            set_handler(handler)
    with contextlib.suppress(OSError, AttributeError, ValueError):
        _silence_c()


def _silence_c() -> None:
    """PortAudio tells a device's failure to C's stderr, and has no handler. Python's is another.

    Raises AttributeError where C's must not be set: only glibc's is a variable.
    """
    c = ctypes.CDLL(None)
    c.gnu_get_libc_version  # noqa: B018  # raises where it is missing
    c.fopen.restype = ctypes.c_void_p
    if nowhere := c.fopen(b"/dev/null", b"w"):
        ctypes.c_void_p.in_dll(c, "stderr").value = nowhere


def _ignore(*_message: object) -> None:
    return


def _load_pyaudio() -> Any:
    try:
        return importlib.import_module("pyaudio")
    except ImportError as error:
        text = f"PyAudio cannot be loaded ({error}); install PortAudio, then pyaudio"
        raise OutputError(text) from error


def frames_per_buffer(rate_hz: int) -> int:
    """About 70 ms of frames; a device holds three times that, and what it holds ends with STOP."""
    return 3072 if rate_hz >= 32000 else 1536 if rate_hz >= 16000 else 768


@dataclass(frozen=True, slots=True)
class Device:
    """A sound device. index: PortAudio's, which changes when devices come and go."""

    index: int
    name: str
    is_default: bool


def list_devices() -> list[Device]:
    """The devices that can play, by their index; none where there is no sound at all.

    Raises OutputError: PyAudio is not installed.
    """
    pyaudio = _load_pyaudio()
    quiet()
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
    """The device of that index, or the first whose name has the word in it, in any case."""
    for device in devices:
        if str(device.index) == wanted or wanted.casefold() in device.name.casefold():
            return device
    names = "; ".join(f"{device.index} {device.name}" for device in devices) or "none at all"
    raise OutputError(f"no sound device is called {wanted!r}; there are: {names}")


class PyAudioOutput(Output):
    """A sound device. wanted: its index or a part of its name; None for the default one.

    Raises OutputError if there is none, or PyAudio is not installed.
    """

    needs_silence = True
    replaceable = True

    def __init__(self, wanted: str | None = None) -> None:
        self._pyaudio = _load_pyaudio()
        quiet()
        self._stream: Any = None
        self._rate_hz = 0
        self._capacity = 0  # how many frames the device holds
        self._queued = 0  # how many of them it held after the last write
        self._interrupted = threading.Event()
        self._start(wanted)

    def _start(self, wanted: str | None) -> None:
        # It takes 45 ms, so once for all songs. Only then PortAudio looks what devices there are.
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
        return self._queued / self._rate_hz if self._stream else 0.0

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
            # AttributeError: the attempt to find another device has failed.
            text = f"the sound device cannot be opened at {rate_hz} Hz: {_reason(error)}"
            raise OutputError(text) from error
        self._rate_hz, self._queued = rate_hz, 0
        self._capacity = self._room()

    def write(self, pcm: bytes) -> None:
        """See Output. Interrupted, it writes nothing.

        It does not let PortAudio wait, which cannot be interrupted and looks 80 times a second.
        """
        if self._stream is None:
            raise OutputError("the sound device is not open")
        frames = len(pcm) // PCM_FRAME_BYTES
        if not self._wait_for_room(frames):
            return
        try:
            # Never exception_on_underflow: it closes the stream, where an underrun loses nothing.
            self._stream.write(pcm)
        except OSError as error:
            raise OutputError(f"the sound device has failed: {_reason(error)}") from error
        self._queued += frames

    def _wait_for_room(self, frames: int) -> bool:
        """Where there is no room, until the device is half empty. False: interrupted."""
        room = self._room()
        if room < min(frames, self._capacity):
            enough = max(min(frames, self._capacity), self._capacity // 2)
            while room < enough:
                # A sound server tells of room in lumps: do not ask for every one of them.
                missing = max(enough - room, self._capacity // _LEAST_WAIT)
                if self._interrupted.wait(missing / self._rate_hz):
                    return False
                room = self._room()
        self._queued = max(0, self._capacity - room)
        return True

    def _room(self) -> int:
        """How many frames the device would take now. Raises OutputError."""
        try:
            room = int(self._stream.get_write_available())
        except OSError as error:
            raise OutputError(f"the sound device has failed: {_reason(error)}") from error
        if room < 0:
            raise OutputError(f"the sound device has failed: PortAudio says {room}")
        return room

    def drain(self) -> None:
        """See Output. stop_stream() and close() do not drain, so the end is pushed out by zeros."""
        if self._stream is None:
            return
        capacity_s = self._capacity / self._rate_hz
        slices = round((capacity_s + _DRAIN_EXTRA_S) / _SLICE_S + 0.5)
        for _ in range(slices):
            if self._interrupted.is_set():
                break
            self.write(bytes(PCM_FRAME_BYTES * int(self._rate_hz * _SLICE_S)))
        self._close_stream()

    def drop(self) -> None:
        # Closing throws away what is queued: silent in 7 ms, where zeros would take 65.
        self._interrupted.clear()
        self._close_stream()

    def close(self) -> None:
        self._close_stream()
        if self._portaudio is not None:
            self._portaudio.terminate()
            self._portaudio = None

    def interrupt(self) -> None:
        # A stream must not be touched from another thread, not even to close it.
        self._interrupted.set()

    def _close_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _reason(error: Exception) -> str:
    """PyAudio's errors are OSError(number, text), or the two the other way round."""
    texts = [str(part) for part in error.args if isinstance(part, str)]
    return texts[0] if texts else str(error)
