"""One song, as clients are told of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Song:
    """One song.

    song_id: 1 or more. title: printable, at most 512 bytes of UTF-8. path: relative to the music
    directory, the bytes of the file system.  protocol.md 5.
    """

    song_id: int
    title: str
    path: bytes
