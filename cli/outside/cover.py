"""Keeps the picture of the present song in a file that a desktop can show.

The file is in the private runtime directory; there is at most one, and none when the client ends.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from urllib.parse import quote

from cli.outside.directory import runtime_directory
from cli.outside.peers import SOCKET, remove
from songs.tags.picture import HEAD_BYTES, Picture, bytes_needed, picture_in

_PREFIX = "cover-"


class Cover:
    """The picture of one song after another. beginning: returns the song's first bytes, if here.

    path: of its file, "" while there is none. use: a word for the file's name, where a client has
    more than one.
    """

    def __init__(self, beginning: Callable[[int], bytes], use: str = "") -> None:
        self._beginning = beginning
        self._use = f"{use}-" if use else ""
        self.path = ""
        self._made = 0

    def __repr__(self) -> str:
        return f"<Cover {self.path}>"

    def take(self) -> Picture | None:
        """Return the picture of the present song, if all of its tag is here; reads no file."""
        needed = bytes_needed(self._beginning(HEAD_BYTES))
        tag = self._beginning(needed) if needed else b""
        return picture_in(tag) if needed and len(tag) == needed else None

    def show(self, picture: Picture | None) -> str:
        """Put this picture in the place of the last one; return its URL, "" where there is none."""
        self.remove()
        if picture is None:
            return ""
        try:
            folder = runtime_directory()
            self._made += 1  # another name for each, for what shows them keeps the old ones
            name = f"{_PREFIX}{os.getpid()}-{self._use}{self._made}.{picture.kind}"
            path = os.path.join(folder, name)
            remove(path)
            self.path = path
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(picture.data)
        except OSError:
            self.remove()
            return ""
        return f"file://{quote(path)}"

    def remove(self) -> None:
        """Remove the file of the last picture."""
        if self.path:
            remove(self.path)
            self.path = ""


def remove_abandoned() -> None:
    """Remove the pictures of clients that were killed. Raises OSError."""
    folder = runtime_directory()
    names = os.listdir(folder)
    for name in names:
        pid = name.removeprefix(_PREFIX).partition("-")[0]
        if name.startswith(_PREFIX) and f"{pid}{SOCKET}" not in names:
            remove(os.path.join(folder, name))
