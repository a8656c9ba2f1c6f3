"""Opens files of the music directory and nothing else: no link that leads out, no FIFO, no device.

It knows paths and descriptors; it must not know titles or song IDs.
"""

import ctypes
import errno
import os
import stat
import sys
from types import TracebackType
from typing import Final

MAX_SONG_BYTES: Final = 1 << 30

# O_NONBLOCK: a FIFO that takes a song's place must not hold the server. O_NOCTTY: nor may a
# terminal become the server's own.
_READ_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
# O_PATH needs no permission to read the directories on the way, only to pass through them.
PASS_FLAGS: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
LIST_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

_SYS_OPENAT2: Final = 437  # the same on every architecture that Linux runs on
_RESOLVE_NO_MAGICLINKS: Final = 0x02
_RESOLVE_BENEATH: Final = 0x08
# Answers of openat2 after which the slow way decides: the kernel does not have it, a sandbox
# forbids it, a directory moved meanwhile, or a link is absolute though it may well stay inside.
_ASK_AGAIN: Final = {errno.ENOSYS, errno.EPERM, errno.EINVAL, errno.EAGAIN, errno.EXDEV}

_REASONS: Final = {
    errno.ENOENT: "it has gone",
    errno.ENOTDIR: "it has gone",
    errno.EACCES: "no permission to read it",
    errno.EPERM: "no permission to read it",
    errno.ELOOP: "its links lead in a circle",
    errno.EXDEV: "it is a link that leads out of the music directory",
    errno.EMFILE: "the server has too many files open",
    errno.ENFILE: "the computer has too many files open",
    errno.ENAMETOOLONG: "its path is too long",
}


class MusicDirError(Exception):
    """The music directory cannot be used; the text is a sentence that says what to do."""


class SongUnavailable(Exception):
    """A song cannot be opened now; `reason` says why in plain words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def reason_of(error: OSError) -> str:
    """Return what went wrong in plain words, without the path (which may be hostile)."""
    if error.errno is None:
        return "it cannot be read"
    return _REASONS.get(error.errno) or os.strerror(error.errno).lower()


class Root:
    """The music directory, held open while one piece of work is done; use it with `with`.

    path: absolute or relative, as the user gave it. Raises MusicDirError: it does not exist, is not
    a directory, or may not be read.
    """

    __slots__ = ("fd", "path")

    def __init__(self, path: bytes) -> None:
        self.path = path
        self.fd = _open_root(path)

    def __enter__(self) -> "Root":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self.fd)


def _open_root(path: bytes) -> int:
    shown = ascii(os.fsdecode(path))
    remedy = "Give the directory that holds your MP3 files."
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, ValueError):
        raise MusicDirError(f"The music directory {shown} does not exist. {remedy}") from None
    except NotADirectoryError:
        raise MusicDirError(f"{shown} is not a directory. {remedy}") from None
    except PermissionError:
        raise MusicDirError(_forbidden(shown)) from None
    except OSError as exc:
        raise MusicDirError(
            f"The music directory {shown} cannot be opened: {reason_of(exc)}. {remedy}"
        ) from None
    if not may_access(b".", os.R_OK | os.X_OK, fd):
        os.close(fd)
        raise MusicDirError(_forbidden(shown))
    return fd


def _forbidden(shown: str) -> str:
    return (
        f"The music directory {shown} may not be read by this user. "
        "Allow it (chmod u+rx, or chown), or give another directory."
    )


def may_access(name: bytes | str, mode: int, dir_fd: int) -> bool:
    """Return whether the process, by its effective user, may use `name` in the directory dir_fd."""
    effective = os.access in os.supports_effective_ids
    return os.access(name, mode, dir_fd=dir_fd, effective_ids=effective)


def open_beneath(root: Root, relative: bytes, flags: int) -> int:
    """Open what lies at `relative`, provided that every link on the way stays inside root.

    relative: parts joined by `/`, none of them trusted. flags: of os.open. Returns a descriptor.
    Raises OSError: EXDEV when the path leads out, ELOOP for a circle of links, or any other.
    """
    try:
        return _openat2(root.fd, relative, flags)
    except OSError as exc:
        if exc.errno not in _ASK_AGAIN:
            raise
    return _open_resolved(root, relative, flags)


class _OpenHow(ctypes.Structure):
    """`struct open_how` of openat2(2)."""

    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    )


_libc: Final = ctypes.CDLL(None, use_errno=True)


def _openat2(dir_fd: int, relative: bytes, flags: int) -> int:
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, "no openat2 here")
    how = _OpenHow(flags, 0, _RESOLVE_BENEATH | _RESOLVE_NO_MAGICLINKS)
    size = ctypes.c_size_t(ctypes.sizeof(how))
    number = ctypes.c_long(_SYS_OPENAT2)
    fd: int = _libc.syscall(number, ctypes.c_int(dir_fd), relative, ctypes.byref(how), size)
    if fd < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return fd


def _open_resolved(root: Root, relative: bytes, flags: int) -> int:
    """Resolve all links first, check, then open the result without following a single one.

    A link that is put there between the check and the opening fails instead of being followed.
    """
    top = os.path.realpath(root.path)
    parent, name = os.path.split(os.path.join(top, relative))
    if flags & os.O_NOFOLLOW:
        target = os.path.join(os.path.realpath(parent, strict=True), name)
    else:
        target = os.path.realpath(os.path.join(parent, name), strict=True)
    parts = os.path.relpath(target, top).split(b"/")
    if b".." in parts:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
    here = os.dup(root.fd)
    try:
        for part in parts[:-1]:
            here, last = os.open(part, PASS_FLAGS | os.O_NOFOLLOW, dir_fd=here), here
            os.close(last)
        return os.open(parts[-1], flags | os.O_NOFOLLOW, dir_fd=here)
    finally:
        os.close(here)


def open_song(root: Root, relative: bytes) -> tuple[int, os.stat_result]:
    """Open a song for reading; return its descriptor, which the caller closes, and its status.

    Raises SongUnavailable: gone, forbidden, leads out, empty, over MAX_SONG_BYTES, or anything but
    a regular file. Such a thing is not opened even for a moment: opening a FIFO wakes its writer,
    opening a device may move it.  protocol.md 5.
    """
    try:
        _check_regular(os.stat(relative, dir_fd=root.fd))
        fd = open_beneath(root, relative, _READ_FLAGS)
    except OSError as exc:
        raise SongUnavailable(reason_of(exc)) from None
    try:
        # Again, on the descriptor: the first look was at a name, and names change hands.
        status = os.fstat(fd)
        _check_regular(status)
        _check_size(status.st_size)
    except BaseException:
        os.close(fd)
        raise
    return fd, status


def _check_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise SongUnavailable("it is not a regular file")


def _check_size(size_bytes: int) -> None:
    if size_bytes == 0:
        raise SongUnavailable("it is empty")
    if size_bytes > MAX_SONG_BYTES:
        raise SongUnavailable(f"it is larger than {MAX_SONG_BYTES >> 20} MiB")
