"""The characters that the live line is drawn with, and which of them a terminal can show."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from cli.words.moment import Activity


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set. icons: a sign for each activity; the rest: the parts of the bar, and words."""

    icons: dict[Activity, str]
    played: str
    head: str
    here: str
    missing: str
    received: str
    ellipsis: str
    dot: str


_WAITING = (Activity.REQUESTED, Activity.BUFFERING, Activity.STARVED)

UNICODE = Glyphs(
    {Activity.STOPPED: "■", Activity.PLAYING: "▶", Activity.PAUSED: "‖"}
    | dict.fromkeys(_WAITING, "◌"),
    played="━", head="╺", here="─", missing="┄", received="⇣ ", ellipsis="…", dot="·",
)  # fmt: skip
ASCII = Glyphs(
    {Activity.STOPPED: "#", Activity.PLAYING: ">", Activity.PAUSED: "="}
    | dict.fromkeys(_WAITING, "~"),
    played="=", head=">", here="-", missing=".", received="recv ", ellipsis="...", dot="-",
)  # fmt: skip


IN_ASCII = str.maketrans({"…": "...", "←": "Left", "→": "Right"})
"""What stands in the help and in complaints, for terminals without Unicode."""


def glyphs_of_terminal() -> Glyphs:
    """The set that this terminal can show, by the locale that it was given."""
    # Where nothing or C is said Python sets LC_CTYPE to C.UTF-8 by itself, and its UTF-8 mode. Who
    # says nothing has a terminal of these days; who says C means it.
    names = (
        ("LC_ALL", "LANG", "LC_CTYPE") if sys.flags.utf8_mode else ("LC_ALL", "LC_CTYPE", "LANG")
    )
    locale = next(filter(None, map(os.environ.get, names)), "")
    utf8 = "utf" in locale.lower() and "utf" in (sys.stdout.encoding or "").lower()
    return UNICODE if utf8 else ASCII
