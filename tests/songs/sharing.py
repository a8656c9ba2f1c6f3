"""What tests of shared catalogues ask of a library."""

from __future__ import annotations

from songs import Library


def ids(library: Library) -> dict[bytes, int]:
    return {song.path: song.song_id for song in library.songs}


def scanned(library: Library) -> Library:
    assert library.scan().warnings == []
    return library
