"""Where a server keeps what it has to know again: the catalogue of each music directory."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import platformdirs

from songs import BUCKET, private_directory


def state_directory() -> Path:
    """Return the user's own directory for state (XDG_STATE_HOME/alfine)."""
    return Path(platformdirs.user_state_dir("alfine"))


def catalogue_path(music_dir: str, asked_for: Path | None = None) -> Path:
    """Return the file of the catalogue of a music directory or bucket: each has its own.

    asked_for: the directory that holds it; None for the user's own. Makes that directory. Raises
    OSError: it cannot be made, or other users may change what is in it.
    """
    directory = asked_for or state_directory()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = music_dir if music_dir.startswith(BUCKET) else Path(music_dir).absolute()
    name = hashlib.sha256(os.fsencode(place)).hexdigest()[:16]
    return private_directory(directory) / f"songs-{name}.sqlite"
