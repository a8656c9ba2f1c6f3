"""The entries of a list: what one message says of songs, in every form that servers use.

It knows titles and IDs (RFC 2.3.1, protocol.md 8), and nothing of framing.
"""

from __future__ import annotations

import re

from fsm.client.events import Fields, ListedSong

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What no title may bring to a terminal: control characters, and those that turn text around."""
SEPARATOR = " END "
FIELD_MARK = "\x1f"
FIELD_KEYS = frozenset(("ar", "aa", "al", "ti", "tr", "di", "yr", "ge", "du", "fo"))
"""Those of protocol.md 10: artist, album artist, album, title, track, disc, year, genre, duration,
folder."""

_KEYS = {key: key for key in FIELD_KEYS}
"""Each key once, and not once for each song."""
MAX_SHARED_FIELDS = 20_000
MAX_KEPT_BYTES = 4 * 2**20
_OF_ONE_SONG = frozenset(("ti", "du"))
"""Fields that are seldom the same in two songs."""
Tagged = tuple[tuple[ListedSong, ...], tuple[Fields, ...]]
_SEPARATORS = re.compile(rf"(?: END)?[\r\n]+|{SEPARATOR}")
"""RFC 2.3.1 says CR LF, and shows END."""
_FORMS = tuple(
    re.compile(form + r"\s*(.*)")
    for form in (
        r"([0-9]{1,10})\.",
        r"([0-9]{1,10})\)",
        r"([0-9]{1,10}) ?-",
        r"([0-9]{1,10}) ?:",
        r"\[ ?([0-9]{1,10}) ?\]",
    )
)


class EntryDecoder:
    """Decodes the list messages of one connection.

    A list may stand in brackets: one before the first entry, one behind the last, which can be in
    a later message.
    """

    __slots__ = ("_bracket_open", "_kept", "_kept_bytes", "_shared")

    def __init__(self) -> None:
        self._bracket_open = False
        self._kept: dict[int, Tagged] = {}
        """What messages that have come say, by their hashes of 64 bits: the next list mostly comes
        in the same ones, and then takes neither time nor memory. A hash for each entry, or the
        entry itself, would take 1 or 3 MiB for 10,000 songs."""
        self._kept_bytes = 0
        self._shared: dict[tuple[str, str], tuple[str, str]] = {}
        """Fields that have come: those of an album are the same in each of its songs, and are kept
        once."""

    def decode(self, payload: bytes) -> tuple[ListedSong, ...]:
        """Decode the payload of one message. Titles come without control characters.

        An entry without a song ID has None in its place.
        """
        entries = _split(payload.decode(errors="replace"))
        if entries and entries[0].startswith("("):
            first = entries[0][1:].lstrip()
            if _form([first]) is not None:
                self._bracket_open = True
                entries[0] = first
        form = _form(entries)
        songs = [_song(entry, form) for entry in entries]
        if songs and self._bracket_open and songs[-1].title.endswith(")"):
            songs[-1] = self._without_bracket(songs[-1])
        return tuple(songs)

    def decode_tagged(self, payload: bytes) -> Tagged:
        """Decode the payload of one message of a server that has accepted to send fields.

        Returns the songs and, for each, the fields whose keys are known (protocol.md 10). Such a
        server has one form of entries.
        """
        key = hash(payload)
        known = self._kept.get(key)
        if known is None:
            if self._kept_bytes + len(payload) > MAX_KEPT_BYTES:
                self._kept.clear()
                self._kept_bytes = 0
            known = self._kept[key] = self._tagged(payload)
            self._kept_bytes += len(payload)
        return known

    def _tagged(self, payload: bytes) -> Tagged:
        text = payload.decode(errors="replace").removesuffix(" END")
        entries = [self._parsed(entry) for entry in text.split(SEPARATOR) if entry]
        return tuple(song for song, _ in entries), tuple(fields for _, fields in entries)

    def _parsed(self, entry: str) -> tuple[ListedSong, Fields]:
        title, *fields = (_clean(part) for part in entry.split(FIELD_MARK))
        pairs = (field.partition("=") for field in fields)
        known = [(_KEYS[key], value.strip()) for key, sign, value in pairs if sign and key in _KEYS]
        return _song(title, _FORMS[0]), tuple(map(self._kept_once, known))

    def _kept_once(self, field: tuple[str, str]) -> tuple[str, str]:
        if field[0] in _OF_ONE_SONG:
            return field
        if len(self._shared) >= MAX_SHARED_FIELDS:
            self._shared.clear()
        return self._shared.setdefault(field, field)

    def _without_bracket(self, last: ListedSong) -> ListedSong:
        """Take the list's closing bracket away, but no bracket that the title itself opens."""
        if last.title.count(")") <= last.title.count("("):
            return last
        self._bracket_open = False
        return last._replace(title=last.title[:-1].rstrip())


def _clean(text: str) -> str:
    return CONTROL.sub("", text.replace("\u00a0", " ")).strip()


def _split(text: str) -> list[str]:
    lines = _SEPARATORS.split(text.removesuffix(" END"))
    clean = map(_clean, lines)
    return [line for line in clean if line and line != ")"]


def _form(entries: list[str]) -> re.Pattern[str] | None:
    """Return how this list writes an ID: as the first entry does that has one.

    So `99 - Red Balloons`, without an ID in a list of `1.`, keeps its name.
    """
    return next((form for entry in entries for form in _FORMS if form.fullmatch(entry)), None)


def _song(entry: str, form: re.Pattern[str] | None) -> ListedSong:
    match = form.fullmatch(entry) if form else None
    return ListedSong(int(match[1]), match[2]) if match else ListedSong(None, entry)
