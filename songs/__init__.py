"""The server's songs: found below one directory, titled by their tags, numbered from 1.

This package knows files and tags; it knows nothing of the wire, of clients, or of sound.
"""

from songs.catalogue import CatalogueAway, CatalogueError, catalogue_at
from songs.catalogue.migration import migrate
from songs.change import Change, change_between
from songs.library import Library, ScanReport
from songs.private import private_directory
from songs.scan.checkpoints import ScanStopped
from songs.scan.progress import Progress
from songs.song import Details, Song
from songs.store import (
    CHANGED,
    MAX_SONG_BYTES,
    MusicDirError,
    SongFile,
    SongUnavailable,
    SongWithheld,
    StoreAway,
)
from songs.stores import BUCKET, Options
from songs.tags.text import LATIN_1, is_text_encoding
from songs.titles import MAX_TITLE_BYTES
from songs.version import Versions

__all__ = [
    "BUCKET",
    "CHANGED",
    "LATIN_1",
    "MAX_SONG_BYTES",
    "MAX_TITLE_BYTES",
    "CatalogueAway",
    "CatalogueError",
    "Change",
    "Details",
    "Library",
    "MusicDirError",
    "Options",
    "Progress",
    "ScanReport",
    "ScanStopped",
    "Song",
    "SongFile",
    "SongUnavailable",
    "SongWithheld",
    "StoreAway",
    "Versions",
    "catalogue_at",
    "change_between",
    "is_text_encoding",
    "migrate",
    "private_directory",
]
