"""An output into WAV files. It writes as fast as the disk allows."""

from __future__ import annotations

import io
import itertools
import os
import stat
import wave
from pathlib import Path

from audio.output import PCM_FRAME_BYTES, Output, OutputError

HEADER_BYTES = 44
_MAX_BYTES = 0xFFFFFFFF - HEADER_BYTES
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_REUSE = os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK  # opening a FIFO must not block


def wav_header(rate_hz: int, data_bytes: int) -> bytes:
    """Return the 44 bytes in front of `data_bytes` bytes of s16le stereo PCM."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((2, 2, rate_hz, data_bytes // PCM_FRAME_BYTES, "NONE", "not compressed"))
        writer.writeframesraw(b"")  # writes the header alone
        # Read before `close`, which would correct the length to the 0 frames written.
        return file.getvalue()


class WavOutput(Output):
    """Writes what is played into `path`, one song after another.

    A change of the sample rate, and 4 GiB, begin another file: beside `out.wav` the first of
    out-2.wav, out-3.wav, ... that does not exist. Every write updates the header, so that an
    interrupted program leaves a valid file. The first song creates `path`, or replaces an older WAV
    file; a file of another kind is never overwritten.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.paths: list[Path] = []
        """The files written, in order."""
        self._path = Path(path)
        self._fd = -1
        self._rate_hz = 0
        self._data_bytes = 0

    def __repr__(self) -> str:
        path = str(self.paths[-1] if self.paths else self._path)
        state = "open" if self._fd >= 0 else "closed"
        return f"<WavOutput {path!r} {state} {self._rate_hz} Hz {self._data_bytes} bytes>"

    @property
    def latency_s(self) -> float:
        return 0.0

    def open(self, rate_hz: int) -> None:
        if self._fd < 0 or rate_hz != self._rate_hz:
            self._start_file(rate_hz)

    def write(self, pcm: bytes) -> None:
        if self._data_bytes + len(pcm) > _MAX_BYTES:
            self._start_file(self._rate_hz)
        try:
            # Samples before the header, which must never claim more than the file holds.
            _write_at(self._fd, pcm, HEADER_BYTES + self._data_bytes)
            header = wav_header(self._rate_hz, self._data_bytes + len(pcm))
            _write_at(self._fd, header, 0)
        except OSError as error:
            raise OutputError(f"cannot write to {self.paths[-1]}: {error.strerror}") from error
        self._data_bytes += len(pcm)

    def drain(self) -> None:
        return

    def drop(self) -> None:
        return

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _start_file(self, rate_hz: int) -> None:
        self.close()
        try:
            path, self._fd = self._open_sibling() if self.paths else self._open_first()
            self.paths.append(path)
            self._rate_hz, self._data_bytes = rate_hz, 0
            _write_at(self._fd, wav_header(rate_hz, 0), 0)
        except OutputError:
            raise
        except OSError as error:
            raise OutputError(f"cannot write to {self._path}: {error.strerror}") from error

    def _open_first(self) -> tuple[Path, int]:
        try:
            return self._path, os.open(self._path, _CREATE, 0o666)
        except FileExistsError:
            fd = os.open(self._path, _REUSE)
        if not _is_wav(fd):
            os.close(fd)
            raise OutputError(f"{self._path} exists and is not a WAV file: not overwritten")
        os.ftruncate(fd, 0)
        return self._path, fd

    def _open_sibling(self) -> tuple[Path, int]:
        for number in itertools.count(len(self.paths) + 1):
            path = self._path.with_name(f"{self._path.stem}-{number}{self._path.suffix}")
            try:
                return path, os.open(path, _CREATE, 0o666)
            except FileExistsError:
                continue
        raise AssertionError("the numbers have run out")


def _is_wav(fd: int) -> bool:
    """Whether the file is a WAV file, or empty."""
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        return False
    head = os.pread(fd, 12, 0)
    return not head or (head[:4] == b"RIFF" and head[8:] == b"WAVE")


def _write_at(fd: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written
