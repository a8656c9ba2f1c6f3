"""An output into WAV files. It writes as fast as the disk allows."""

from __future__ import annotations

import errno
import io
import itertools
import os
import stat
import wave
from pathlib import Path

from audio.output import PCM_FRAME_BYTES, Output, OutputError

HEADER_BYTES = 44
_MAX_BYTES = 0xFFFFFFFF - HEADER_BYTES
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_REUSE = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # opening a FIFO must not block
_FULL = (errno.ENOSPC, errno.EDQUOT)


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
    interrupted program leaves a valid file. The first song creates `path`. replace: it may replace
    an older WAV file. A file of another kind is never overwritten, and no link is followed.
    """

    real_time = False

    def __init__(self, path: str | os.PathLike[str], *, replace: bool = False) -> None:
        self.paths: list[Path] = []
        """The files written, in order."""
        self._path = Path(path)
        self._replace = replace
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

    def check(self) -> None:
        """Find out whether `open` would fail, without creating or changing anything.

        Raises OutputError.
        """
        try:
            fd = self._open_existing()
        except FileNotFoundError:
            self._check_folder()
        except OutputError:
            raise
        except OSError as error:
            raise self._failure(error) from error
        else:
            os.close(fd)

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
            raise self._failure(error) from error
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
            raise self._failure(error) from error

    def _open_first(self) -> tuple[Path, int]:
        try:
            return self._path, os.open(self._path, _CREATE, 0o666)
        except FileExistsError:
            fd = self._open_existing()
        os.ftruncate(fd, 0)
        return self._path, fd

    def _open_existing(self) -> int:
        """Open the file that is there, if it may be replaced. Raises OSError, OutputError."""
        # A device or a FIFO may do something as soon as it is opened: so it is looked at first.
        mode = os.lstat(self._path).st_mode
        if stat.S_ISLNK(mode):
            raise OutputError(
                f"{self._path} is a link, which is not followed: name the file itself"
            )
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        fd = os.open(self._path, _REUSE) if stat.S_ISREG(mode) else -1
        if fd >= 0 and (self._replace or not os.fstat(fd).st_size) and _is_wav(fd):
            return fd
        replaceable = fd >= 0 and _is_wav(fd)
        if fd >= 0:
            os.close(fd)
        why = "name another file, or replace it with --force" if replaceable else "not overwritten"
        kind = "" if replaceable else " and is not a WAV file"
        raise OutputError(f"{self._path} exists{kind}: {why}")

    def _check_folder(self) -> None:
        folder = self._path.parent
        number = 0
        if not folder.exists():
            number = errno.ENOENT
        elif not folder.is_dir():
            number = errno.ENOTDIR
        elif not os.access(folder, os.W_OK | os.X_OK):
            # Also where the file system is read-only.
            number = errno.EROFS if os.statvfs(folder).f_flag & os.ST_RDONLY else errno.EACCES
        if number:
            raise self._failure(OSError(number, os.strerror(number)))

    def _failure(self, error: OSError) -> OutputError:
        path = self.paths[-1] if self.paths else self._path
        text = f"cannot write to {path}: {error.strerror or error}"
        if error.errno in _FULL:
            text = f"{path.parent} is full: free some space there, or write to another place"
        return OutputError(text)

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
