"""One song, as clients are told of it."""

from typing import NamedTuple


class Details(NamedTuple):
    """What a song's tags and its sound say of it; texts are printable, "" where there is none.

    track, disc: 1 or more. year: four digits. duration_s: measured or estimated from the sound.
    """

    artist: str = ""
    album_artist: str = ""
    album: str = ""
    title: str = ""
    track: int | None = None
    disc: int | None = None
    year: int | None = None
    genre: str = ""
    duration_s: float | None = None


NO_DETAILS = Details()


class Song(NamedTuple):
    """One song.

    song_id: 1 or more. title: printable, at most 512 bytes of UTF-8. path: relative to the music
    directory, the bytes of the file system.  protocol.md 5.
    """

    song_id: int
    title: str
    path: bytes
    details: Details = NO_DETAILS
