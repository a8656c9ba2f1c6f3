"""Judges RESP 101, and what the extensions add to lists (protocol.md 7, 10)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from check.printed import printed
from check.server.facts import Facts
from check.server.judging_lists import ENTRY, NUMBER, entries
from check.server.messages import Kind, Message

_FACT = re.compile(rb"library=[A-Za-z0-9-]{1,64}")
_VALUES = {
    b"tr": re.compile(rb"[1-9][0-9]*"),
    b"di": re.compile(rb"[1-9][0-9]*"),
    b"yr": re.compile(rb"[0-9]{4}"),
    b"du": re.compile(rb"[0-9]+(\.[0-9]+)?"),
}
"""The form of the values that are numbers, by their keys."""
FIELD = b"\x1f"


def _tokens(messages: Sequence[Message]) -> list[list[bytes]]:
    return [message.payload.split(b" ") for message in messages if message.kind is Kind.SETUP]


def accepted(token: str, wanted: bool) -> Callable[[Sequence[Message], Facts], str]:
    """Return a judgement of whether RESP 101 accepts the token."""

    def judge(messages: Sequence[Message], facts: Facts) -> str:
        for tokens in _tokens(messages):
            if (token.encode() in tokens) is not wanted:
                return f"RESP 101 is {printed(b' '.join(tokens))}"
        return ""

    return judge


def product_first(messages: Sequence[Message], facts: Facts) -> str:
    """RESP 101 begins with a product token, as alfine/1."""
    form = re.compile(rb"[!-~]+/[!-~]+")
    wrong = [tokens[0] for tokens in _tokens(messages) if not form.fullmatch(tokens[0])]
    return f"the first word is {printed(wrong[0])}" if wrong else ""


def only_known_accepted(messages: Sequence[Message], facts: Facts) -> str:
    """RESP 101 accepts nothing that does not exist."""
    named = [tokens for tokens in _tokens(messages) if b"no-such-thing" in tokens]
    return "RESP 101 names no-such-thing" if named else ""


def library_named(messages: Sequence[Message], facts: Facts) -> str:
    """A fact library= has 1 to 64 letters, digits and hyphens."""
    facts_told = [t for tokens in _tokens(messages) for t in tokens if t.startswith(b"library=")]
    wrong = [token for token in facts_told if not _FACT.fullmatch(token)]
    return f"RESP 101 names {printed(wrong[0])}" if wrong else ""


def no_fields(messages: Sequence[Message], facts: Facts) -> str:
    """No entry has fields."""
    tagged = [m.payload for m in messages if m.kind is Kind.LIST and FIELD in m.payload]
    return f"a message is {printed(tagged[0])}" if tagged else ""


def fields_well_formed(messages: Sequence[Message], facts: Facts) -> str:
    """Each entry is ID. TITLE and fields: a key of two letters, =, a value (protocol.md 10)."""
    for entry in entries(messages):
        title, *fields = entry.split(FIELD)
        if not ENTRY.fullmatch(title) or not all(map(_well_formed, fields)):
            return f"an entry is {printed(entry)}"
    return ""


def _well_formed(field: bytes) -> bool:
    key, equals, value = field[:2], field[2:3], field[3:]
    if not (key.isalpha() and key.islower() and equals == b"="):
        return False
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return False
    form = _VALUES.get(key)
    controls = any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in text)
    return not controls and (form is None or bool(form.fullmatch(value)))


def same_songs(messages: Sequence[Message], facts: Facts) -> str:
    """The list has the same IDs in the same order as without fields."""
    ids = [int(match[0]) for entry in entries(messages) if (match := NUMBER.match(entry))]
    return "" if tuple(ids) == facts.song_ids else "the IDs are others, or in another order"
