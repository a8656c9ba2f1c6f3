"""What one tag says of a song."""

import re
from typing import Final, NamedTuple

from songs.tags.genres import genre_name

_NUMBER: Final = re.compile(r"\s*0*([0-9]{1,6})(?![0-9A-Za-z])")
_YEAR: Final = re.compile(r"\s*([0-9]{4})(?![0-9])")


class Tags(NamedTuple):
    """What a tag says; "" and None where it says nothing. track and disc: 1 or more.

    problem: why the tag was not read to its end, for people.
    """

    artist: str = ""
    title: str = ""
    track: int | None = None
    disc: int | None = None
    problem: str | None = None
    album: str = ""
    album_artist: str = ""
    year: int | None = None
    genre: str = ""

    def completed_by(self, other: "Tags") -> "Tags":
        """Return these tags, with those of `other` where these have none; without a problem."""
        if self == NO_TAGS:
            return other._replace(problem=None) if other.problem else other
        both = (mine or theirs for mine, theirs in zip(self, other, strict=True))
        return Tags(*both)._replace(problem=None)  # type: ignore[arg-type]  # field by field


NO_TAGS: Final = Tags()
TEXTS: Final = ("artist", "title", "album", "album_artist", "genre")
"""The fields of Tags that are names."""


def tags_from(texts: dict[str, str], problem: str | None = None) -> Tags:
    """Return the tags in texts named as the fields of Tags are."""
    get = texts.get
    return Tags(
        get("artist", ""),
        get("title", ""),
        number_in(get("track", "")),
        number_in(get("disc", "")),
        problem,
        get("album", ""),
        get("album_artist", ""),
        year_in(get("year", "")),
        genre_name(get("genre", "")),
    )


def number_in(text: str) -> int | None:
    """Return the track or disc of `3`, `03` or `3/12`; None for 0 and for what is no number."""
    match = _NUMBER.match(text)
    return int(match[1]) or None if match else None


def year_in(text: str) -> int | None:
    """Return the year of `1999` or of `1999-12-31`; None for 0000 and for what is none."""
    match = _YEAR.match(text)
    return int(match[1]) or None if match else None
