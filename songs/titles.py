"""Titles and the order of songs: text only, no files.

Names and tags are not trusted. No text that this module returns can inject a line or a terminal
escape sequence.
"""

import re
from functools import lru_cache
from typing import Final

MAX_TITLE_BYTES: Final = 512
ELLIPSIS: Final = "…"

_BREAKS: Final = re.compile("[\t-\r\x1c-\x1e\u2028\u2029]+")  # tabs, and whatever ends a line
# C0, DEL and C1; bidirectional marks, embeddings, overrides and isolates; line and paragraph
# separators; byte-order mark; annotation marks. The joiners U+200C and U+200D are kept, because
# real names contain them.
_CONTROLS: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]+"
)
# Lone surrogates: Python decodes undecodable bytes to them, and UTF-8 cannot encode them.
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_NUMBER: Final = re.compile("0*([0-9]+)")


def clean(text: str) -> str:
    """Return text that is safe to print, log and encode as UTF-8.

    A row of tabs and line breaks becomes one space; other control characters and outer white space
    are removed; lone surrogates are replaced by U+FFFD.  protocol.md 4.
    """
    if text.isprintable():  # then it has none of these, and they need not be searched for
        return text.strip()
    text = _CONTROLS.sub("", _BREAKS.sub(" ", text))
    return _SURROGATES.sub("\ufffd", text).strip()


def shorten(text: str, max_bytes: int = MAX_TITLE_BYTES) -> str:
    """Return text of at most max_bytes bytes of UTF-8; a longer text ends with `…`.

    text: without surrogates. max_bytes: at least 3, the size of `…`. Cuts between characters.
    """
    if len(text) <= max_bytes // 4:  # a character has four bytes at most
        return text
    encoded = text.encode()
    if len(encoded) <= max_bytes:
        return text
    kept_bytes = max_bytes - len(ELLIPSIS.encode())
    return encoded[:kept_bytes].decode(errors="ignore") + ELLIPSIS


def printable(raw: bytes) -> str:
    """Return a file's name or path as printable text of at most MAX_TITLE_BYTES of UTF-8."""
    return shorten(clean(raw.decode(errors="replace")))


def title_from_name(name: bytes) -> str:
    """Return the title of a song without usable tags: its file name without the extension.

    name: the last part of the path, ending in `.mp3`. A name without anything printable before the
    extension keeps it, so that no title is empty.  protocol.md 5.
    """
    return printable(name[: -len(b".mp3")]) or printable(name)


def title_from_tags(artist: str, title: str) -> str | None:
    """Return `ARTIST - TITLE`, or TITLE alone; None without a printable title.  protocol.md 5."""
    artist, title = clean(artist), clean(title)
    if not title:
        return None
    return shorten(f"{artist} - {title}" if artist else title)


def natural_key(path: bytes) -> tuple[tuple[str, bytes], ...]:
    """Return a key for natural order: "2" before "10", upper and lower case equal.

    path: relative, parts joined by `/`, compared part by part, so that a folder's own come before
    those of the folders in it. Different paths have different keys, so the order does not depend on
    the order of directory entries.  protocol.md 5.
    """
    return tuple(map(_folder_key, path.split(b"/"))) if path else ()


def name_key(name: bytes) -> tuple[str, bytes]:
    """Return a key for the natural order of the names in one folder."""
    text = name.decode(errors="surrogateescape").casefold()
    return _NUMBER.sub(_comparable, text), name


_folder_key: Final = lru_cache(maxsize=1024)(name_key)
"""A folder's own, which each path in it begins with."""


def _comparable(match: re.Match[str]) -> str:
    # A number is preceded by its length, so that comparing text compares values. Three digits are
    # enough for the length: a file name has 255 bytes at most.
    number = match[1]
    return f"{len(number):03d}{number}"
