"""What a song is called and where it stands in the order: text only, no files.

Names and tags come from strangers. What leaves this module cannot forge a line or steer a terminal.
"""

import re
from typing import Final

MAX_TITLE_BYTES: Final = 512
ELLIPSIS: Final = "…"

# C0, DEL and C1; marks, embeddings, overrides and isolates of direction; line and paragraph
# separators; byte-order mark; annotation marks. The joiners U+200C and U+200D stay: real names need
# them.
_STEERING: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]+"
)
# Halves of a surrogate pair: what Python makes of undecodable names. They cannot be sent as UTF-8.
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_NUMBER: Final = re.compile("0*([0-9]+)")


def clean(text: str) -> str:
    """Return text that is safe to print, log and encode: no control characters, valid UTF-8.

    Outer white space goes as well. Steering characters are dropped, not replaced; lone surrogates
    become U+FFFD.  protocol.md 4.
    """
    return _SURROGATES.sub("\ufffd", _STEERING.sub("", text)).strip()


def shorten(text: str, max_bytes: int = MAX_TITLE_BYTES) -> str:
    """Return text of at most max_bytes bytes of UTF-8, cut at a character and ended by `…`.

    text: without surrogates. max_bytes: 3 or more, the size of `…` itself.
    """
    encoded = text.encode()
    if len(encoded) <= max_bytes:
        return text
    room = max_bytes - len(ELLIPSIS.encode())
    return encoded[:room].decode(errors="ignore") + ELLIPSIS


def show(raw: bytes) -> str:
    """Return the printable form of a file's name or path, at most MAX_TITLE_BYTES of UTF-8."""
    return shorten(clean(raw.decode(errors="replace")))


def title_from_name(name: bytes) -> str:
    """Return the title of a song without usable tags: its file name without the extension.

    name: the last part of the path, ending in `.mp3`. The answer is never empty: a name of which
    nothing is left (`.mp3`) is shown with its extension.  protocol.md 5.
    """
    return show(name[: -len(b".mp3")]) or show(name)


def title_from_tags(artist: str, title: str) -> str | None:
    """Return `ARTIST - TITLE`, or None unless something printable is left of both.

    protocol.md 5.
    """
    artist, title = clean(artist), clean(title)
    return shorten(f"{artist} - {title}") if artist and title else None


def natural_key(path: bytes) -> tuple[str, bytes]:
    """Return a key that sorts paths as people do: "2" before "10", letters without regard to case.

    path: relative, parts joined by `/`. Directories are compared part by part. No two paths have
    equal keys, so the order never depends on the order in which the disk answers.  protocol.md 5.
    """
    text = path.decode(errors="surrogateescape").casefold().replace("/", "\0")
    # A number's length in front of its digits makes plain comparison of text compare values. Three
    # digits are enough: a file name has 255 bytes.
    return _NUMBER.sub(lambda match: f"{len(match[1]):03d}{match[1]}", text), path
