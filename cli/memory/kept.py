"""A song as it is kept in a file, and how it is found again on a list that came later.

It knows IDs, titles and paths; not how they are written in a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cli.browsing.folding import fold
from cli.browsing.library import library_of
from fsm.client.events import ListedSong

_NUMBER = re.compile(r"\d{1,3}(?:\s*[-.)_]\s*|\s+)(?=\S)")
"""The number of a track, as it stands in front of a file's name."""


class Kept(NamedTuple):
    """A song in a file. title: as a list shows it, ARTIST - TITLE.

    song_id, library: its ID on the list whose version this is (protocol.md 7); "" for one that has
    none. path: where it is in the library, as far as that is known.
    """

    title: str
    song_id: int | None = None
    library: str = ""
    duration_s: float | None = None
    path: str = ""


def to_members(song: Kept) -> dict[str, Any]:
    """Return what is known of a song, as members of a JSON object."""
    return {name: value for name, value in song._asdict().items() if value not in (None, "")}


def from_members(members: Mapping[str, Any]) -> Kept:
    """Return the song that these members describe. Raises ValueError: they describe none."""
    song_id, duration_s = members.get("song_id"), members.get("duration_s")
    if not _is_number(song_id, int) or not _is_number(duration_s, (int, float)):
        raise ValueError("no song has such an ID or duration")
    texts = [members.get(name, "") for name in ("title", "library", "path")]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("no song has such a title")
    return Kept(texts[0], song_id, texts[1], duration_s, texts[2])


def _is_number(value: object, kinds: type | tuple[type, ...]) -> bool:
    """Whether this is None, or a number of the size that songs have."""
    if value is None:
        return True
    is_number = isinstance(value, kinds) and not isinstance(value, bool)
    return is_number and 0 <= value < 1e10  # type: ignore[operator]  # of kinds, which are numbers


class Found(NamedTuple):
    """Kept songs on a list. song_ids: of those that are there, in order. missing: the others."""

    song_ids: tuple[int, ...]
    missing: tuple[Kept, ...]


class Finder:
    """Finds kept songs on one list. library: its version, "" if it has none.

    songs: may be empty where the list has not come; then a song is found by its version alone.
    Cost: linear in the list, once; then a few look-ups for each song.
    """

    def __init__(self, songs: Sequence[ListedSong], library: str) -> None:
        self._library = library
        tracks = [t for t in library_of(songs).tracks if t.song_id is not None]
        self._titles = {t.song_id: fold(t.title) for t in tracks}
        self._ids: dict[str, int | None] = {}
        self._names: dict[str, int | None] = {}
        """By the title without its artist; None where several songs have it."""
        for track in tracks:
            self._ids.setdefault(fold(track.title), track.song_id)
            name = track.name if track.is_tagged else track.title.partition(" - ")[2]
            self._names[fold(name)] = None if fold(name) in self._names else track.song_id

    def __repr__(self) -> str:
        return f"<Finder {self._library} songs={len(self._titles)}>"

    def find(self, kept: Iterable[Kept]) -> Found:
        """Find these songs."""
        song_ids: list[int] = []
        missing: list[Kept] = []
        for song in kept:
            song_id = self.find_one(song)
            missing.append(song) if song_id is None else song_ids.append(song_id)
        return Found(tuple(song_ids), tuple(missing))

    def find_one(self, kept: Kept) -> int | None:
        """Return the ID that a song has now; None where it is not on the list.

        In the same version by its ID, else by its title, and among several songs of that title by
        the ID; last by the name of its file.
        """
        listed = self._titles.get(kept.song_id)
        same_version = bool(kept.library) and kept.library == self._library
        if same_version and (listed is not None or not self._titles):
            return kept.song_id
        title = fold(kept.title)
        if listed is not None and listed == title:
            return kept.song_id
        names = (title, *_file_titles(kept.path))
        known = (by.get(name) for name in names if name for by in (self._ids, self._names))
        return next((song_id for song_id in known if song_id is not None), None)


def _file_titles(path: str) -> tuple[str, str]:
    """Return the title that the name of a file has, and the same without a number before it."""
    name = fold(file_name(path))
    return name, _NUMBER.sub("", name, count=1) if _NUMBER.match(name) else ""


def file_name(path: str) -> str:
    """Return the last part of a path without what says that it is an MP3, as titles have none."""
    last = re.split(r"[/\\]", path)[-1]
    stem, dot, kind = last.rpartition(".")
    return stem if dot and len(kind) <= 4 and kind.isalnum() else last


def known_path(folder: str, title: str) -> str:
    """Return where a song is in the library, as far as its folder and its title say it.

    A song that has no tags is listed by the name of its file: then it is its path.
    """
    parts = [_part(part) for part in folder.split("/")]
    return "/".join([part for part in parts if part.strip(".")] + [f"{_part(title)}.mp3"])


def _part(text: str) -> str:
    """Return the text as a part of a path in one line."""
    return "".join(c if c.isprintable() and c not in "/\\" else "_" for c in text).strip()
