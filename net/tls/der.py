"""What an authority has signed in a certificate, out of its bytes in DER (RFC 5280 4.1, X.690)."""

from __future__ import annotations

from typing import NamedTuple

SEQUENCE, VERSION = 0x30, 0xA0
"""The tags of what holds other elements, and of a version, which the oldest have not got."""
_LONG = 0x80
"""Such a length, less this, says how many bytes the length itself takes."""


class Element(NamedTuple):
    """One element."""

    tag: int
    content: bytes


class Signed(NamedTuple):
    """As far as it is understood; names and dates as they are written."""

    issuer: Element
    dates: Element
    subject: Element


def signed_in(certificate: bytes) -> Signed:
    """Return what is signed. Raises ValueError: the bytes are no certificate."""
    try:
        (whole,) = elements(certificate)
        if whole.tag != SEQUENCE:
            raise ValueError("no certificate")
        fields = elements(elements(whole.content)[0].content)
        if fields[0].tag == VERSION:
            del fields[0]
        return Signed(*fields[2:5])
    except (IndexError, TypeError):
        raise ValueError("no certificate") from None


def elements(data: bytes) -> list[Element]:
    """Return the elements that stand one after the other. Raises ValueError: one is cut off."""
    found, at = [], 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length >= _LONG:
            begin, at = at, at + length - _LONG
            length = int.from_bytes(data[begin:at])
        if at + length > len(data):
            raise ValueError("no certificate")
        found.append(Element(tag, data[at : at + length]))
        at += length
    return found
