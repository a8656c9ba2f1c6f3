"""The server's songs: found below one directory, titled by their tags, numbered from 1.

This package knows files and tags; it knows nothing of the wire, of clients, or of sound.
"""

from songs.files import MAX_SONG_BYTES, MusicDirError, SongUnavailable
from songs.library import Library, ScanReport, Song
from songs.titles import MAX_TITLE_BYTES

__all__ = [
    "MAX_SONG_BYTES",
    "MAX_TITLE_BYTES",
    "Library",
    "MusicDirError",
    "ScanReport",
    "Song",
    "SongUnavailable",
]
