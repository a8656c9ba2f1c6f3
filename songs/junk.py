"""What lies in a music folder and is no song: what systems, NAS and sync programs leave there."""

from typing import Final

_FOLDERS: Final = {
    b".AppleDouble",  # netatalk's copies of resource forks
    b"__MACOSX",  # the same, from macOS archives
    b"@eaDir",  # Synology's thumbnails
    b".@__thumb",  # QNAP's
    b".stversions",  # Syncthing's old versions
    b"lost+found",  # what fsck found
}


def is_junk_folder(name: bytes) -> bool:
    """Return whether nothing below a folder of this name is a song.  protocol.md 5."""
    return name in _FOLDERS or name.startswith(b".Trash") or name.upper() == b"$RECYCLE.BIN"


def is_junk_file(name: bytes) -> bool:
    """Return whether a file of this name holds what macOS cannot store beside a file elsewhere."""
    return name.startswith(b"._")
