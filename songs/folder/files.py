"""Opens files of the music directory, and nothing outside it, no FIFO and no device.

It knows paths and descriptors; it must not know titles or song IDs.
"""

import ctypes
import errno
import os
import stat
import sys
from types import TracebackType
from typing import Final

from songs.store import MAX_SONG_BYTES, MusicDirError, SongUnavailable, check_size

# O_NONBLOCK: opening a FIFO that has replaced a song must not block the server. O_NOCTTY: a
# terminal must not become the server's controlling terminal.
READ_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
# With O_PATH a directory on the way needs search permission only, no read permission.
PASS_FLAGS: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
LIST_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

_SYS_OPENAT2: Final = 437  # the same on every architecture that Linux runs on
_RESOLVE_NO_MAGICLINKS: Final = 0x02
_RESOLVE_BENEATH: Final = 0x08
# Errors of openat2 after which the path is resolved step by step: the kernel has no openat2, a
# sandbox forbids it, a directory was moved meanwhile, or an absolute link may lead inside.
_RESOLVE_IN_STEPS: Final = {errno.ENOSYS, errno.EPERM, errno.EINVAL, errno.EAGAIN, errno.EXDEV}
_NO_OPENAT2: Final = {errno.ENOSYS, errno.EPERM, errno.EINVAL}

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


def reason_of(error: OSError) -> str:
    """Return the error for people, without the path: it may contain control characters."""
    if error.errno is None:
        return "it cannot be read"
    return _REASONS.get(error.errno) or os.strerror(error.errno).lower()


class Root:
    """The open music directory, a context manager that closes it.

    path: absolute or relative, as the user gave it. follow_links: files and directories outside it
    are opened where a link inside leads to them. max_song_bytes: the largest song. Raises
    MusicDirError: it does not exist, is not a directory, or may not be read.
    """

    __slots__ = ("fd", "follow_links", "max_song_bytes", "path")

    def __init__(
        self, path: bytes, *, follow_links: bool = False, max_song_bytes: int = MAX_SONG_BYTES
    ) -> None:
        self.path = path
        self.follow_links = follow_links
        self.max_song_bytes = max_song_bytes
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
    printable_path = ascii(os.fsdecode(path))
    remedy = "Give the directory that holds your MP3 files."
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, ValueError):
        raise MusicDirError(
            f"The music directory {printable_path} does not exist. {remedy}"
        ) from None
    except NotADirectoryError:
        raise MusicDirError(f"{printable_path} is not a directory. {remedy}") from None
    except PermissionError:
        raise MusicDirError(_no_permission(printable_path)) from None
    except OSError as exc:
        raise MusicDirError(
            f"The music directory {printable_path} cannot be opened: {reason_of(exc)}. {remedy}"
        ) from None
    if not may_access(b".", os.R_OK | os.X_OK, fd):
        os.close(fd)
        raise MusicDirError(_no_permission(printable_path))
    return fd


def _no_permission(printable_path: str) -> str:
    return (
        f"The music directory {printable_path} may not be read by this user. "
        "Allow it (chmod u+rx, or chown), or give another directory."
    )


def may_access(name: bytes | str, mode: int, dir_fd: int) -> bool:
    """Return whether the effective user has access of `mode` to `name` in the directory dir_fd."""
    effective = os.access in os.supports_effective_ids
    return os.access(name, mode, dir_fd=dir_fd, effective_ids=effective)


def open_allowed(root: Root, relative: bytes, flags: int) -> int:
    """Open as open_beneath does; also what links lead out to, where root follows them.

    The path itself never leads out: it is relative and has no `..`.
    """
    if not root.follow_links:
        return open_beneath(root, relative, flags)
    if relative.startswith(b"/") or b".." in relative.split(b"/"):
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
    try:
        return _openat2(root.fd, relative, flags, _RESOLVE_NO_MAGICLINKS)
    except OSError as exc:
        if exc.errno not in _NO_OPENAT2:
            raise
    return os.open(relative, flags, dir_fd=root.fd)


def open_beneath(root: Root, relative: bytes, flags: int) -> int:
    """Open the file or directory at `relative` if it is inside root, links resolved.

    relative: parts joined by `/`, not trusted. flags: of os.open. Returns a descriptor.
    Raises OSError: EXDEV if the path leads outside, ELOOP for a cycle of links, or any other.
    """
    try:
        return _openat2(root.fd, relative, flags, _RESOLVE_BENEATH | _RESOLVE_NO_MAGICLINKS)
    except OSError as exc:
        if exc.errno not in _RESOLVE_IN_STEPS:
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


def _openat2(dir_fd: int, relative: bytes, flags: int, resolve: int) -> int:
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, "no openat2 here")
    how = _OpenHow(flags, 0, resolve)
    size = ctypes.c_size_t(ctypes.sizeof(how))
    number = ctypes.c_long(_SYS_OPENAT2)
    fd: int = _libc.syscall(number, ctypes.c_int(dir_fd), relative, ctypes.byref(how), size)
    if fd < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return fd


def _open_resolved(root: Root, relative: bytes, flags: int) -> int:
    """Resolve all links, check the result, then open it without following any link.

    If a part is replaced by a link after the check, opening fails.
    """
    real_root = os.path.realpath(root.path)
    parent, name = os.path.split(os.path.join(real_root, relative))
    if flags & os.O_NOFOLLOW:
        target = os.path.join(os.path.realpath(parent, strict=True), name)
    else:
        target = os.path.realpath(os.path.join(parent, name), strict=True)
    parts = os.path.relpath(target, real_root).split(b"/")
    if b".." in parts:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
    dir_fd = os.dup(root.fd)
    try:
        for part in parts[:-1]:
            dir_fd, parent_fd = os.open(part, PASS_FLAGS | os.O_NOFOLLOW, dir_fd=dir_fd), dir_fd
            os.close(parent_fd)
        return os.open(parts[-1], flags | os.O_NOFOLLOW, dir_fd=dir_fd)
    finally:
        os.close(dir_fd)


def open_song(root: Root, relative: bytes) -> tuple[int, os.stat_result]:
    """Open a song for reading; return its descriptor, which the caller closes, and its status.

    Raises SongUnavailable: no such file, no permission, outside the music directory, empty, too
    large, or not a regular file. Such a file is checked before it is opened, because
    opening a FIFO wakes its writer, and opening a device may have an effect.  protocol.md 5.
    """
    try:
        _check_regular(os.stat(relative, dir_fd=root.fd))
        fd = open_allowed(root, relative, READ_FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        raise SongUnavailable("its file has gone") from None
    except OSError as exc:
        raise SongUnavailable(reason_of(exc)) from None
    try:
        # Checked again on the descriptor: the name may stand for another file by now.
        status = os.fstat(fd)
        check_song(status, root)
    except BaseException:
        os.close(fd)
        raise
    return fd, status


def check_song(status: os.stat_result, root: Root) -> None:
    """Raise SongUnavailable if it is the status of no song: not regular, empty, too large."""
    _check_regular(status)
    check_size(status.st_size, root.max_song_bytes)


def _check_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise SongUnavailable("it is not a regular file")
