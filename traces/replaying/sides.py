"""Which machines run a trace again: those of the side that has written it."""

from __future__ import annotations

from traces.reading import Reader
from traces.replaying.client import ClientReplay
from traces.replaying.proxy import ProxyReplay
from traces.replaying.replay import LineUnknown, Side
from traces.replaying.server import ServerReplay


def side_of(reader: Reader) -> Side:
    """Return what runs this trace. Raises TraceError: its options are none of the machines'."""
    try:
        match reader.header.side:
            case "server":
                return ServerReplay(reader.header)
            case "client":
                return ClientReplay(reader)
    except LineUnknown as error:
        raise reader.error(f"holds what alfine does not know: {error}") from None
    return ProxyReplay()
