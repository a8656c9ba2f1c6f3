"""The sections that cases are of, by number: those of the RFC, and P3 … of protocol.md."""

from __future__ import annotations

SECTIONS = {
    "1": "Introduction",
    "2.1": "Client Messages and Format",
    "2.2": "Request Details",
    "2.3": "Server Messages and Format",
    "2.3.1": "Status Codes",
    "2.4": "How The Server Responds to Client Messages",
    "2.4.1": "Responding to LIST",
    "2.4.2": "Responding to PLAY",
    "2.4.3": "Responding to STOP",
    "2.5": "How The Client Responds to Server Messages",
    "2.5.1": "Responding to List (100)",
    "2.5.2": "Responding to Play (200)",
    "2.5.3": "Responding to Not Found (404)",
    "2.6.1": "Client States",
    "2.6.2": "Server States",
    "2.7.1": "Listing, playing, and stopping songs",
    "2.7.2": "Potential Errors",
    "P2": "Grammar",
    "P3": "What a server accepts",
    "P4": "Framing that no song can break",
    "P5": "Songs",
    "P6": "Order",
    "P7": "Extension: SETUP and TEARDOWN",
    "P8": "A client and a plain server",
    "P10": "Extensions tags and from",
}


def heading(section: str) -> str:
    """Return a section's number and title, and the document where that is not the RFC."""
    if section.startswith("P"):
        return f"{section}  {SECTIONS[section]} (protocol.md {section[1:]})"
    return f"{section}  {SECTIONS[section]}"
