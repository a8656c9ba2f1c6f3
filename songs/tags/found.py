"""What one tag says of a song."""

import re
from typing import Final, NamedTuple

_NUMBER: Final = re.compile(r"\s*0*([0-9]{1,6})(?![0-9A-Za-z])")


class Tags(NamedTuple):
    """Artist and title, "" where there is none; track and disc, 1 or more.

    problem: why the tag was not read to its end, for people.
    """

    artist: str = ""
    title: str = ""
    track: int | None = None
    disc: int | None = None
    problem: str | None = None

    def completed_by(self, other: "Tags") -> "Tags":
        """Return these tags, with those of `other` where these have none."""
        return Tags(
            self.artist or other.artist,
            self.title or other.title,
            self.track or other.track,
            self.disc or other.disc,
        )


def tags_from(texts: dict[str, str], problem: str | None = None) -> Tags:
    """Return the tags in texts named as the fields of Tags are."""
    return Tags(
        texts.get("artist", ""),
        texts.get("title", ""),
        number_in(texts.get("track", "")),
        number_in(texts.get("disc", "")),
        problem,
    )


def number_in(text: str) -> int | None:
    """Return the track or disc of `3`, `03` or `3/12`; None for 0 and for what is no number."""
    match = _NUMBER.match(text)
    return int(match[1]) or None if match else None
