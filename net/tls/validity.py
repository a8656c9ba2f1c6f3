"""From when until when a certificate is valid: read from its bytes, for `ssl` does not tell.

Only what stands in front of the dates is understood (RFC 5280, 4.1; X.690).
"""

from __future__ import annotations

from datetime import UTC, datetime

SEQUENCE, VERSION, UTC_TIME = 0x30, 0xA0, 0x17
CENTURY = 50
"""Of years with two digits the first that is not of this century (RFC 5280, 4.1.2.5.1)."""


def validity(der: bytes) -> tuple[datetime, datetime]:
    """Return the first and the last moment. Raises ValueError: the bytes are no certificate."""
    try:
        (certificate,) = _elements(der, SEQUENCE)
        to_be_signed, *_ = _elements(certificate[1])
        fields = _elements(to_be_signed[1])
        dates = fields[4] if fields[0][0] == VERSION else fields[3]
        begin, end = _elements(dates[1])
        return _moment(*begin), _moment(*end)
    except IndexError:
        raise ValueError("no certificate") from None


def _elements(data: bytes, wanted: int | None = None) -> list[tuple[int, bytes]]:
    """Return the tag and the content of each element."""
    found, at = [], 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1], at + 2
        if length >= 0x80:
            count = length - 0x80
            length, at = int.from_bytes(data[at : at + count], "big"), at + count
        if at + length > len(data) or (wanted is not None and tag != wanted):
            raise ValueError("no certificate")
        found.append((tag, data[at : at + length]))
        at += length
    return found


def _moment(tag: int, content: bytes) -> datetime:
    text = content.decode("ascii")
    if tag == UTC_TIME:
        text = ("20" if int(text[:2]) < CENTURY else "19") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
