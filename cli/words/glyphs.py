"""The characters that draw the status line, and which of them a terminal can show."""

from __future__ import annotations

import os
import sys

from cli.words.moment import Activity
from fsm.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of characters. icons: one for each activity; played to missing: parts of the bar."""

    icons: dict[Activity, str]
    played: str
    head: str
    arrived: str
    missing: str
    received: str
    ellipsis: str
    dot: str


_WAITING = (Activity.REQUESTED, Activity.BUFFERING, Activity.STARVED)

UNICODE = Glyphs(
    {Activity.STOPPED: "■", Activity.PLAYING: "▶", Activity.PAUSED: "‖"}
    | dict.fromkeys(_WAITING, "◌"),
    played="━", head="╺", arrived="─", missing="┄", received="⇣ ", ellipsis="…", dot="·",
)  # fmt: skip
ASCII = Glyphs(
    {Activity.STOPPED: "#", Activity.PLAYING: ">", Activity.PAUSED: "="}
    | dict.fromkeys(_WAITING, "~"),
    played="=", head=">", arrived="-", missing=".", received="recv ", ellipsis="...", dot="-",
)  # fmt: skip


IN_ASCII = str.maketrans({"…": "...", "←": "Left", "→": "Right"})
"""Translates the help and the error messages for terminals without Unicode."""


def glyphs_of_terminal() -> Glyphs:
    """Return the set that this terminal can show, by the locale in the environment."""
    # Where the locale is C or not set, Python turns its UTF-8 mode on and sets LC_CTYPE to C.UTF-8
    # itself, so LC_CTYPE is read last there. No locale at all is taken as UTF-8, an explicit C as
    # ASCII.
    names = (
        ("LC_ALL", "LANG", "LC_CTYPE") if sys.flags.utf8_mode else ("LC_ALL", "LC_CTYPE", "LANG")
    )
    locale = next(filter(None, map(os.environ.get, names)), "")
    utf8 = "utf" in locale.lower() and "utf" in (sys.stdout.encoding or "").lower()
    return UNICODE if utf8 else ASCII
