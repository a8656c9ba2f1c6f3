"""Decodes the texts of tags: the four encodings of ID3v2, and the one that old tags leave open.

Only the beginning of a text is decoded: a title shows 512 bytes of it.
"""

import codecs
import re
from typing import Final

LATIN_1: Final = "latin-1"
MAX_TEXT_BYTES: Final = 4096
_C1: Final = re.compile("[\x80-\x9f]")
_VALUES: Final = re.compile("\0+")
# Part of the interpreter: no module has to be found and opened for them in a running server.
_BUILT_IN: Final = {
    "utf-8": codecs.utf_8_decode,
    "utf-16-le": codecs.utf_16_le_decode,
    "utf-16-be": codecs.utf_16_be_decode,
}
_BYTE_ORDERS: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def is_text_encoding(name: str) -> bool:
    """Return whether Python has a codec of this name that decodes text piece by piece."""
    if name == LATIN_1:
        return True
    try:
        b"a".decode(name, "replace")
        codecs.getincrementaldecoder(name)
    except (LookupError, ValueError):
        return False
    return True


def decode_id3(data: bytes, encoding: str, *, cut: bool) -> str:
    """Return a text of ID3v2: an encoding byte and one or more values (ID3v2.4 4.2).

    encoding: what stands for Latin-1. cut: data is only the text's beginning. "" for a text that
    does not keep to its encoding.
    """
    kind, raw = data[:1], data[1:]
    if kind == b"\0":
        return join_values(decode_legacy(raw, encoding, cut=cut))
    if kind == b"\1":
        return join_values(_decode_utf16(raw, cut))
    codec = {b"\2": "utf-16-be", b"\3": "utf-8"}.get(kind)
    return join_values(decode_declared(raw, codec, cut=cut) or "") if codec else ""


def is_garbled(text: str) -> bool:
    """Return whether the text has C1 controls: no name has them, other encodings' letters do."""
    return _C1.search(text) is not None


def decode_declared(raw: bytes, codec: str, *, cut: bool) -> str | None:
    """Return a text of an encoding that the tag names: C1 controls are no wrong guess in it."""
    text = decode(raw, codec, cut=cut)
    return None if text is None else _C1.sub("", text)


def decode_legacy(raw: bytes, encoding: str, *, cut: bool = False) -> str:
    """Return a text that claims to be Latin-1: of `encoding`, or Latin-1 if it cannot be that."""
    text = None if encoding == LATIN_1 else decode(raw, encoding, cut=cut)
    return raw.decode(LATIN_1) if text is None else text


def decode(raw: bytes, codec: str, *, cut: bool) -> str | None:
    """Return the text, or None if it is not of this encoding.

    cut: the last character may be incomplete; it is left out.
    """
    if codec in _BYTE_ORDERS.values():
        raw = raw[: len(raw) & ~1]  # some taggers end the text by a single NUL
    try:
        if built_in := _BUILT_IN.get(codec):
            return built_in(raw, "strict", not cut)[0]
        return codecs.getincrementaldecoder(codec)().decode(raw, not cut)
    except Exception:  # a codec that the operator named may raise anything
        return None


def _decode_utf16(raw: bytes, cut: bool) -> str:
    codec = _BYTE_ORDERS.get(raw[:2])
    if codec is None:  # no byte-order mark: letters of most scripts have a common high byte
        codec = "utf-16-be" if raw[::2].count(0) > raw[1::2].count(0) else "utf-16-le"
    # Each value may begin with a mark of its own.
    return (decode_declared(raw, codec, cut=cut) or "").replace("\ufeff", "")


def join_values(text: str) -> str:
    """Return the values of a text, separated by NULs, as one: several artists are one name."""
    if "\0" not in text:
        return text if text.strip() else ""
    return ", ".join(value for value in _VALUES.split(text) if value.strip())
