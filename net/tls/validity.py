"""From when until when a certificate is valid: read from its bytes, for `ssl` does not tell."""

from __future__ import annotations

from datetime import UTC, datetime

from net.tls.der import elements, signed_in

UTC_TIME = 0x17
CENTURY = 50
"""Of years with two digits the first that is not of this century (RFC 5280, 4.1.2.5.1)."""


def validity(der: bytes) -> tuple[datetime, datetime]:
    """Return the first and the last moment. Raises ValueError: the bytes are no certificate."""
    try:
        begin, end = elements(signed_in(der).dates.content)
    except IndexError:
        raise ValueError("no certificate") from None
    return _moment(*begin), _moment(*end)


def _moment(tag: int, content: bytes) -> datetime:
    text = content.decode("ascii")
    if tag == UTC_TIME:
        text = ("20" if int(text[:2]) < CENTURY else "19") + text
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
