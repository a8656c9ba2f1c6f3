"""Judges the messages of a list: their form, and that of their entries (RFC 2.3.1, 2.4.1)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from check.printed import printed
from check.server.facts import Facts
from check.server.messages import Kind, Message
from fsm.words import MAX_MESSAGE_BYTES, MAX_PAYLOAD_BYTES

SEPARATOR = b" END "
_SEPARATORS = re.compile(rb"(?: END)?(?:\r\n|\n)| END (?!END)")
ENTRY = re.compile(rb"\(?[0-9]{1,10}\. +\S.*", re.DOTALL)
NUMBER = re.compile(rb"[0-9]{1,10}")
_ONE_SPACE = re.compile(rb"\(?[0-9]{1,10}\. \S.*", re.DOTALL)
_ANY_ENTRY = re.compile(rb"[(\[ ]*[0-9]{1,10}\W")
"""An entry of any form that servers use."""


def lists(messages: Sequence[Message]) -> list[Message]:
    """Return the messages of lists, but for closing ones."""
    return [message for message in messages if message.kind in (Kind.LIST, Kind.EMPTY_LIST)]


def entries_of(payload: bytes) -> list[bytes]:
    """Return the entries of one message, parted by END or by line ends (RFC 2.3.1)."""
    text = payload.removesuffix(b" END")
    return [entry for entry in _SEPARATORS.split(text) if entry and entry != b")"]


def entries(messages: Sequence[Message]) -> list[bytes]:
    """Return all entries, but not the rest of one that is parted between two messages."""
    found: list[bytes] = []
    for message in lists(messages):
        entries = entries_of(message.payload)
        parted = found and entries and not _ANY_ENTRY.match(entries[0])
        found += entries[1:] if parted else entries
    return found


def list_code(messages: Sequence[Message], facts: Facts) -> str:
    """A list has the code 100."""
    wrong = [m.raw for m in lists(messages) if not m.raw.startswith(b"RESP 100 ")]
    return f"the list begins with {printed(wrong[0][:16])}" if wrong else ""


def numbered(messages: Sequence[Message], facts: Facts) -> str:
    """Each entry is an ID, a dot, a space and a title."""
    wrong = [entry for entry in entries(messages) if not ENTRY.fullmatch(entry)]
    return f"an entry is {printed(wrong[0])}" if wrong else ""


def one_space(messages: Sequence[Message], facts: Facts) -> str:
    """One space stands behind the dot."""
    wrong = [
        entry
        for entry in entries(messages)
        if ENTRY.fullmatch(entry) and not _ONE_SPACE.fullmatch(entry)
    ]
    return f"an entry is {printed(wrong[0])}" if wrong else ""


def ids_distinct(messages: Sequence[Message], facts: Facts) -> str:
    """No two entries have the same ID."""
    ids = Counter(m[0] for entry in entries(messages) if (m := NUMBER.search(entry)))
    twice = [number.decode() for number, count in ids.most_common(1) if count > 1]
    return f"the ID {twice[0]} is there more than once" if twice else ""


def end_between(messages: Sequence[Message], facts: Facts) -> str:
    """Entries are parted by END, not by line ends."""
    wrong = [m.payload for m in lists(messages) if b"\r" in m.payload or b"\n" in m.payload]
    return f"a message has line ends in it: {printed(wrong[0])}" if wrong else ""


def no_brackets(messages: Sequence[Message], facts: Facts) -> str:
    """The list does not stand in brackets."""
    wrong = [m.payload for m in lists(messages) if re.match(rb"\([0-9]+[.)\- :]", m.payload)]
    return f"a message is {printed(wrong[0])}" if wrong else ""


def no_extension(messages: Sequence[Message], facts: Facts) -> str:
    """No title ends in .mp3."""
    wrong = [entry for entry in entries(messages) if entry.lower().endswith(b".mp3")]
    return f"an entry is {printed(wrong[0])}" if wrong else ""


def utf_8(messages: Sequence[Message], facts: Facts) -> str:
    """Each message of the list is UTF-8 by itself."""
    for message in lists(messages):
        try:
            message.payload.decode()
        except UnicodeDecodeError as error:
            return f"a message is no UTF-8: {printed(message.payload[error.start :][:8])}"
    return ""


def no_controls(messages: Sequence[Message], facts: Facts) -> str:
    """No entry holds control characters."""
    for entry in entries(messages):
        text = entry.decode(errors="replace")
        if any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in text):
            return f"an entry is {printed(entry)}"
    return ""


def whole_entries(messages: Sequence[Message], facts: Facts) -> str:
    """Each message begins with an entry, and not with the rest of one."""
    for message in lists(messages)[1:]:
        if not _ANY_ENTRY.match(message.payload):
            return f"a message begins with {printed(message.payload[:40])}"
    return ""


def filled(messages: Sequence[Message], facts: Facts) -> str:
    """A message is sent when the next entry would no longer fit.

    The RFC does not say whether the 21 bytes round it count, so that room for those is none.
    """
    for one, following in pairwise(lists(messages)):
        entry = entries_of(following.payload)[:1]
        size = len(one.payload) + sum(len(SEPARATOR) + len(each) for each in entry)
        if entry and size <= 2 * MAX_PAYLOAD_BYTES - MAX_MESSAGE_BYTES:
            return f"a message of {len(one.payload)} bytes has room for {printed(entry[0])}"
    return ""


def short_when_empty(messages: Sequence[Message], facts: Facts) -> str:
    """An empty list is RESP 100 END END, without an empty payload."""
    wrong = [m.raw for m in messages if m.kind is Kind.LIST_CLOSING]
    return f"the empty list is {printed(wrong[0])}" if wrong else ""
