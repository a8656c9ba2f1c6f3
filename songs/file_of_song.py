"""A song as a file that others can read and seek in, wherever it lies."""

import io
from typing import BinaryIO, cast

from songs.store import Content


def as_file(song: Content) -> BinaryIO:
    """Return a song as a file; to close it does not close the song.

    What the song raises when it is read comes through it.
    """
    return cast(BinaryIO, _File(song))


class _File(io.RawIOBase):
    def __init__(self, song: Content) -> None:
        super().__init__()
        self._song, self._offset = song, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._offset, io.SEEK_END: self._song.size_bytes}
        self._offset = base[whence] + offset
        return self._offset

    def tell(self) -> int:
        return self._offset

    def read(self, size: int | None = -1) -> bytes:
        left = self._song.size_bytes if size is None or size < 0 else size
        pieces = []
        while left > 0 and (piece := self._song.read(self._offset, left)):
            pieces.append(piece)
            self._offset += len(piece)
            left -= len(piece)
        return b"".join(pieces)
