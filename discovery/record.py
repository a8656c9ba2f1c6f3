"""What a server says of itself: written into a TXT record, and read out of a stranger's.

Whatever is read was written by anybody in the network: it is bounded, printable, or left out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from fsm.frozen import dataclass

SERVICE = "_alfine._tcp.local."
VERSION = "1"
"""Of what stands in the record."""
PROTOCOL = "RFC9999"
MAX_NAME_BYTES = 63
"""The longest label that DNS has."""
RENAMED_BYTES = len("-999")
"""Where another server has the name, a number is added to it."""
MAX_TEXT = 64
MAX_ADDRESSES = 8
_LIBRARY = re.compile(r"[A-Za-z0-9-]{1,64}")
_SONGS = re.compile(r"[0-9]{1,9}")
_FINGERPRINT = re.compile(r"SHA256:[0-9a-f]{64}")
_ADDRESS = re.compile(r"[0-9A-Fa-f.:]{2,45}(%[0-9A-Za-z._-]{1,15})?")
_GAPS = re.compile(r"[\s.]+")


@dataclass(frozen=True, slots=True)
class Announcement:
    """What one server says.

    listening: the addresses that it listens on. library: the version of its list (protocol.md 7),
    None while it is not known. fingerprint: of its certificate, "" without TLS; SHA256: and 64
    hexadecimal digits.
    """

    name: str
    port: int
    listening: tuple[str, ...]
    songs: int
    library: str | None = None
    tls: bool = False
    fingerprint: str = ""

    def text(self) -> dict[str, str]:
        """Return what stands in the TXT record."""
        said = {"txtvers": VERSION, "protocol": PROTOCOL, "songs": str(self.songs)}
        if self.library:
            said["library"] = self.library
        said["tls"] = "1" if self.tls else "0"
        if self.fingerprint:
            said["fingerprint"] = self.fingerprint
        return said


@dataclass(frozen=True, slots=True)
class Found:
    """A server that was found, as it says itself: nothing of it is proven.

    name: printable, as are all texts. addresses: at least one; IPv4 first, and of IPv6 those that
    hold on one link last, with that link: fe80::1%2. songs, library, protocol: None where the
    record does not say it.
    """

    name: str
    addresses: tuple[str, ...]
    port: int
    songs: int | None
    library: str | None
    protocol: str | None
    tls: bool
    fingerprint: str | None


def instance_name(text: str) -> str:
    """Return a name that DNS-SD can have: without dots, and with room for a number behind it."""
    name = _printable(_GAPS.sub(" ", text)).strip()
    while len(name.encode()) > MAX_NAME_BYTES - RENAMED_BYTES:
        name = name[:-1].rstrip()
    return name or "alfine"


def read(
    name: str, addresses: Sequence[str], port: int | None, text: Mapping[bytes, bytes | None]
) -> Found | None:
    """Return what is found; None: nobody can connect there. text: the TXT record."""
    usable = tuple(sorted(filter(_is_usable, addresses), key=_preference))[:MAX_ADDRESSES]
    if not usable or not port or not 0 < port < 65536:
        return None
    said = {key: _text(text.get(key.encode())) for key in _KEYS}
    return Found(
        name=_printable(name)[:MAX_TEXT].strip() or "?",
        addresses=usable,
        port=port,
        songs=int(said["songs"]) if _SONGS.fullmatch(said["songs"]) else None,
        library=said["library"] if _LIBRARY.fullmatch(said["library"]) else None,
        protocol=said["protocol"] or None,
        tls=said["tls"] == "1",
        fingerprint=said["fingerprint"] if _FINGERPRINT.fullmatch(said["fingerprint"]) else None,
    )


_KEYS = ("songs", "library", "protocol", "tls", "fingerprint")


def _text(value: bytes | None) -> str:
    longest = len("SHA256:") + 64
    return _printable((value or b"")[:longest].decode(errors="replace"))


def _printable(text: str) -> str:
    """Return the text in one form of Unicode, a question mark for whatever is not printable."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(each if each.isprintable() else "?" for each in composed)


def _is_usable(address: str) -> bool:
    """Return whether a server in the network can have this address, and be connected to by it.

    A link-local address of IPv6 is one of many networks': without the link nobody can connect.
    """
    ip = _parsed(address)
    if ip is None:
        return False
    if isinstance(ip, IPv6Address) and ip.is_link_local and ip.scope_id is None:
        return False
    return not (ip.is_loopback or ip.is_unspecified or ip.is_multicast or ip.is_reserved)


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    try:
        ip = ip_address(address if _ADDRESS.fullmatch(address) else "")
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def _preference(address: str) -> tuple[bool, bool]:
    ip = ip_address(address)
    return ip.version == 6, ip.is_link_local
