"""Who a certificate speaks of: its fingerprint, and the name in it, made safe to print."""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Mapping
from typing import Any

MAX_NAME = 64
_PREFIX = "SHA256:"
_HEX = re.compile(r"[0-9a-f]{64}")


def fingerprint(certificate: bytes) -> str:
    """Return SHA256: and 64 hexadecimal digits. certificate: in DER."""
    return _PREFIX + hashlib.sha256(certificate).hexdigest()


def first_in(text: str) -> bytes:
    """Return the first certificate in a text in PEM, in DER. Raises ValueError: there is none."""
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    body, found, _ = text.partition(begin)[2].partition(end)
    if not found:
        raise ValueError("no certificate in PEM")
    return ssl.PEM_cert_to_DER_cert(begin + body + end)


def fingerprint_in(text: str) -> str:
    """Return that of the first certificate in a text in PEM. Raises ValueError: there is none."""
    return fingerprint(first_in(text))


def parse_fingerprint(text: str) -> str | None:
    """Return the fingerprint as `fingerprint` writes it; None if the text is none.

    It is understood as openssl and browsers write it, too: in capitals, with colons, with spaces.
    """
    bare = text.strip().lower()
    for prefix in ("sha256:", "sha-256:", "sha256 fingerprint="):
        bare = bare.removeprefix(prefix)
    digits = re.sub(r"[:\s]", "", bare)
    return _PREFIX + digits if _HEX.fullmatch(digits) else None


def name_of(certificate: Mapping[str, Any]) -> str:
    """Return the common name, else the first alternative name, else "".

    certificate: as `ssl.SSLSocket.getpeercert` returns it. The name is printable, and cut to
    MAX_NAME characters.
    """
    subject = (pair for group in certificate.get("subject", ()) for pair in group)
    names = [value for key, value in subject if key == "commonName"]
    names += [value for _, value in certificate.get("subjectAltName", ())]
    return safe_name(next(iter(names), ""))


def safe_name(name: object) -> str:
    """Return a name in which each character that is not printable is a question mark."""
    text = " ".join(str(name).split())
    return "".join(each if each.isprintable() else "?" for each in text)[:MAX_NAME]
