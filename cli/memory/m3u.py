"""Writes and reads playlists in M3U8, the format that other players have in common.

A song takes three lines: `#EXTINF` with its duration and its title, `#ALFINE` with its ID and the
version of the list that this is its ID on, and its path in the library. It opens no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cli.memory.kept import Kept, known_path
from cli.words.safe_text import safe

MAX_SONGS = 100_000

_EXTINF = re.compile(r"#EXTINF:\s*(-?\d{1,9}(?:\.\d{1,9})?)?[^,]*,(.*)", re.ASCII | re.IGNORECASE)
_ALFINE = re.compile(r"#ALFINE:(.*)")
_ID = re.compile(r"(?:^| )id=([0-9]{1,10})(?= |$)")
_LIBRARY = re.compile(r"(?:^| )library=([A-Za-z0-9-]{1,64})(?= |$)")


class NotAPlaylist(ValueError):
    """The content is none that a playlist can have. The message says why."""


def encode(songs: Iterable[Kept], name: str) -> bytes:
    """Return the content of a playlist's file."""
    lines = ["#EXTM3U", f"#PLAYLIST:{safe(name)}"]
    for song in songs:
        seconds = -1 if song.duration_s is None else round(song.duration_s)
        lines += [
            f"#EXTINF:{seconds},{safe(song.title)}",
            *_own_line(song),
            _path_line(song),
        ]
    return "".join(f"{line}\n" for line in lines).encode(errors="replace")


def decode(content: bytes) -> list[Kept]:
    """Return the songs of a playlist, whoever has written it.

    A line that is not understood is left out. Raises NotAPlaylist: it is binary, or has more than
    MAX_SONGS.
    """
    if b"\0" in content:
        raise NotAPlaylist("it is no text")
    songs: list[Kept] = []
    about = Kept("")
    for line in map(str.strip, _text(content).split("\n")):
        if line and not line.startswith("#"):
            songs.append(_with_path(about, line))
            about = Kept("")
            if len(songs) > MAX_SONGS:
                raise NotAPlaylist(f"it has more than {MAX_SONGS:,} songs")
        elif found := _EXTINF.fullmatch(line):
            about = about._replace(title=safe(found[2]), duration_s=_duration_s(found[1]))
        elif found := _ALFINE.fullmatch(line):
            about = _with_id(about, found[1])
    return songs


def _own_line(song: Kept) -> list[str]:
    if song.song_id is None:
        return []
    library = f" library={song.library}" if song.library else ""
    return [f"#ALFINE:id={song.song_id}{library}"]


def _path_line(song: Kept) -> str:
    path = safe(song.path) or known_path("", song.title or f"song {song.song_id}")
    return f"./{path}" if path.startswith("#") else path


def _text(content: bytes) -> str:
    """Return the text. Older programs write the encoding of their system: Latin-1 reads it all."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _duration_s(text: str | None) -> float | None:
    seconds = float(text or -1)
    return seconds if seconds >= 0 else None


def _with_id(song: Kept, text: str) -> Kept:
    song_id, library = _ID.search(text), _LIBRARY.search(text)
    return song._replace(
        song_id=int(song_id[1]) if song_id else None, library=library[1] if library else ""
    )


def _with_path(song: Kept, line: str) -> Kept:
    """Add the path, of which other programs make URLs."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", line):
        from urllib.parse import unquote, urlsplit  # a start is not to take the time for it

        try:
            line = unquote(urlsplit(line).path) or line
        except ValueError:
            return song._replace(path=safe(line))
    return song._replace(path=safe(line).removeprefix("./"))
