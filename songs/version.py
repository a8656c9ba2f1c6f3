"""Names the version of a list, so that who has kept it need not ask again (protocol.md 7)."""

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple, Protocol

from songs.order import folder_of
from songs.song import Details, Song

_WORDING = b"1"
"""Change it when a list of the same songs is worded otherwise."""
_TOKEN_CHARACTERS = 32
_BATCH = 1000
_DETAILS = "\t".join(["%s"] * (len(Details._fields) + 1))


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None:
        """Take more."""


class Versions(NamedTuple):
    """Of the list of IDs and titles, and of the one with the songs' details: equal while it is."""

    plain: str
    detailed: str


def versions_of(songs: Iterable[Song]) -> Versions:
    """Return the versions of a list. The same list has the same in all processes."""
    plain, detailed = sha256(_WORDING), sha256(b"tags" + _WORDING)
    titles: list[str] = []
    details: list[str] = []
    for song in songs:
        titles.append(f"{song.song_id} {song.title}")
        folder = folder_of(song.path).decode(errors="surrogateescape")
        details.append(_DETAILS % (*song.details, folder))
        if len(titles) == _BATCH:
            _update(plain, detailed, titles, details)
    _update(plain, detailed, titles, details)
    return Versions(plain.hexdigest()[:_TOKEN_CHARACTERS], detailed.hexdigest()[:_TOKEN_CHARACTERS])


def _update(plain: _Hash, detailed: _Hash, titles: list[str], details: list[str]) -> None:
    """Hash these songs, and empty the lists."""
    both = "\n".join(titles).encode() + b"\n"
    plain.update(both)
    detailed.update(both + "\n".join(details).encode(errors="surrogateescape") + b"\n")
    titles.clear()
    details.clear()
