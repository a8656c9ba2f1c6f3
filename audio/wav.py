"""An output into WAV files, as fast as they can be written."""

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
_REUSE = os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK  # non-blocking, should it be a FIFO


def wav_header(rate_hz: int, data_bytes: int) -> bytes:
    """Return the 44 bytes in front of `data_bytes` bytes of s16le stereo PCM."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((2, 2, rate_hz, data_bytes // PCM_FRAME_BYTES, "NONE", "not compressed"))
        writer.writeframesraw(b"")  # writes the header alone
        # Before `close`, which corrects the length to what has been written: nothing.
        return file.getvalue()


class WavOutput(Output):
    """Writes what is played into `path`, one song after another.

    Songs of another rate, and what goes beyond 4 GiB, go into files beside it: for `out.wav`
    the first free of out-2.wav, out-3.wav and so on. The header is right after every write, so an
    interrupted program leaves a good file. `path` is made, or an older WAV in it replaced, when
    the first song begins; a file that is no WAV is never overwritten.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.paths: list[Path] = []
        """The files written so far."""
        self._path = Path(path)
        self._fd = -1
        self._rate_hz = 0
        self._data_bytes = 0

    @property
    def latency_s(self) -> float:
        return 0.0

    def open(self, rate_hz: int) -> None:
        if self._fd < 0 or rate_hz != self._rate_hz:
            self._begin_file(rate_hz)

    def write(self, pcm: bytes) -> None:
        if self._data_bytes + len(pcm) > _MAX_BYTES:
            self._begin_file(self._rate_hz)
        try:
            # The samples first: a header never claims more than there is.
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

    def _begin_file(self, rate_hz: int) -> None:
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
    """Whether a file is a WAV, or empty."""
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        return False
    head = os.pread(fd, 12, 0)
    return not head or (head[:4] == b"RIFF" and head[8:] == b"WAVE")


def _write_at(fd: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written
