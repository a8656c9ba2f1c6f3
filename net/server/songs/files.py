"""Opens songs in worker threads, where no error may be lost."""

from __future__ import annotations

import logging

from net.server.songs.framing_turns import FAULT
from songs import Library, Song, SongFile, SongUnavailable, SongWithheld, StoreAway

log = logging.getLogger("alfine.server")


def opened(library: Library, song: Song) -> tuple[SongFile | None, str]:
    """Return the open file of a song; or None, and why. Never raises."""
    try:
        return library.open(song), ""
    except SongUnavailable as error:
        return None, error.reason
    except OSError as error:
        return None, error.strerror or type(error).__name__
    except Exception:
        log.exception("a fault in the server: song %d cannot be opened", song.song_id)
        return None, FAULT


def is_changed(library: Library, song: Song, stamp: object) -> bool:
    """Return whether a song has certainly another content than that of this stamp. Never raises."""
    try:
        file = library.open(song)
        file.close()
        return bool(file.stamp != stamp)
    except (StoreAway, SongWithheld):
        return False  # nobody knows
    except (SongUnavailable, OSError):
        return True
    except Exception:
        log.exception("a fault in the server: song %d cannot be looked at", song.song_id)
        return False
