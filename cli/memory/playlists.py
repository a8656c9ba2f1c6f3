"""The playlists in the user's data directory: one M3U8 file each, under a name that is safe."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from cli.browsing.folding import fold
from cli.memory import files, m3u
from cli.memory.kept import Kept
from cli.words.safe_text import shown

MAX_BYTES = 32 << 20
MAX_NAME_BYTES = 200
ENDINGS = (".m3u8", ".m3u")
"""Files of other programs are read under both; alfine writes the first."""


class PlaylistError(ValueError):
    """A playlist cannot be saved or loaded. The message says what to do instead."""


class Summary(NamedTuple):
    """A playlist as it is listed. duration_s: of the songs that have one. fault: "" for none."""

    name: str
    songs: int = 0
    duration_s: float = 0.0
    fault: str = ""


class Playlists:
    """The playlists in one directory, by default the user's own; it need not exist."""

    def __init__(self, directory: Path | None = None) -> None:
        self._given = directory

    def __repr__(self) -> str:
        return f"<Playlists {self._directory}>"

    @property
    def _directory(self) -> Path:
        return self._given or files.data_directory("playlists")

    def names(self) -> list[str]:
        """Return the names of all playlists, in alphabetical order."""
        return sorted(self._paths(), key=lambda name: (fold(name), name))

    def summaries(self) -> list[Summary]:
        """Read all playlists; return what is in each. One that cannot be read has a fault."""
        return [_summary(name, path) for name, path in sorted(self._paths().items(), key=_by_name)]

    def save(self, name: str, songs: list[Kept]) -> int | None:
        """Keep the songs under this name; return how many it had before, None if it is new.

        What it had before is kept beside it, as NAME.m3u8~. Raises PlaylistError.
        """
        name = checked(name)
        path = self._directory / f"{name}{ENDINGS[0]}"
        before = _summary(name, path).songs if path.exists() else None
        try:
            if before is not None:
                files.replace(path.with_name(f"{path.name}~"), files.read(path, MAX_BYTES))
            files.replace(path, m3u.encode(songs, name))
            files.remove_abandoned(path.parent)
        except OSError as error:
            raise PlaylistError(f"{shown(name)} cannot be saved: {error.strerror}") from error
        return before

    def load(self, name: str) -> list[Kept]:
        """Return the songs of the playlist that has this name. Raises PlaylistError."""
        found = self.resolve(name)
        try:
            return _read(self._paths()[found])
        except (OSError, m3u.NotAPlaylist) as error:
            raise PlaylistError(f"{shown(found)} cannot be loaded: {_reason(error)}") from error

    def resolve(self, typed: str) -> str:
        """Return the name that was meant: exactly, or without regard to case, or its beginning.

        Raises PlaylistError: there is none, or more than one.
        """
        names = self.names()
        typed = _without_ending(typed.strip())
        folded = fold(typed)
        for meant in (
            [name for name in names if name == typed],
            [name for name in names if fold(name) == folded],
            [name for name in names if fold(name).startswith(folded)],
        ):
            if len(meant) == 1:
                return meant[0]
            if meant:
                raise PlaylistError(f"{shown(typed)} could be {_listed(meant)}")
        raise PlaylistError(f"there is no playlist {shown(typed)}; {_those_there_are(names)}")

    def path_of(self, name: str) -> Path:
        """Return the file of the playlist that is saved under this name."""
        return self._directory / f"{name}{ENDINGS[0]}"

    def _paths(self) -> dict[str, Path]:
        """Return the file of each playlist by its name; of two the one that alfine writes."""
        found: dict[str, Path] = {}
        try:
            paths = sorted(self._directory.iterdir())
        except OSError:
            return found
        for ending in ENDINGS:
            for path in paths:
                if path.suffix.lower() == ending and not path.name.startswith("."):
                    found.setdefault(path.name[: -len(ending)], path)
        return found


def checked(name: str) -> str:
    """Return the name, if a file may be called so. Raises PlaylistError."""
    name = _without_ending(name.strip())
    if not name or name.startswith(".") or set(name) & set("/\\"):
        raise PlaylistError("a playlist's name has no / or \\, and no dot in front: save sunday")
    if not name.isprintable():
        raise PlaylistError("a playlist's name has no control characters")
    if len(name.encode(errors="replace")) > MAX_NAME_BYTES:
        raise PlaylistError(f"a playlist's name has at most {MAX_NAME_BYTES} bytes")
    return name


def _without_ending(name: str) -> str:
    return next((name[: -len(e)] for e in ENDINGS if name.lower().endswith(e)), name)


def _by_name(item: tuple[str, Path]) -> tuple[str, str]:
    return fold(item[0]), item[0]


def _read(path: Path) -> list[Kept]:
    return m3u.decode(files.read(path, MAX_BYTES))


def _summary(name: str, path: Path) -> Summary:
    try:
        songs = _read(path)
    except (OSError, m3u.NotAPlaylist) as error:
        return Summary(name, fault=_reason(error))
    return Summary(name, len(songs), sum(song.duration_s or 0.0 for song in songs))


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _those_there_are(names: list[str]) -> str:
    if not names:
        return "save NAME makes one of what is queued"
    return f"{'the playlists are' if names[1:] else 'the only one is'} {_listed(names)}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(shown(name) for name in names[:5]) + more
