"""Records what passes through a proxy: a Watcher of it (docs/traces.md)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from traces.file import TraceFile
from traces.following import Seen
from traces.parts import Splitter
from traces.recorder import CLIENT, SERVER, Lines


class ProxyRecorder:
    """Records the connections of one proxy."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._splitters: dict[tuple[int, str], Splitter] = {}

    def opened(self, connection: int, address: str) -> None:
        for sender in (CLIENT, SERVER):
            self._splitters[connection, sender] = Splitter(sender == SERVER, self._lines.audio)
        self._lines.add(connection, "opened", address=address)

    def passed(self, connection: int, sender: str, data: bytes, seen: list[Seen]) -> None:
        parts = self._splitters[connection, sender].describe(data)
        self._lines.add(connection, "bytes", sender=sender, length=len(data), parts=parts)
        for message in seen:
            if message.legal:
                state = message.client if message.sender == CLIENT else message.server
                self._lines.add(
                    connection,
                    "violation",
                    side=message.sender,
                    state=state,
                    message=message.message,
                    legal=list(message.legal),
                )

    def trouble(self, connection: int, text: str) -> None:
        self._lines.add(connection, "trouble", text=text)

    def closed(self, connection: int) -> None:
        for sender in (CLIENT, SERVER):
            del self._splitters[connection, sender]
        self._lines.add(connection, "closed")

    def close(self) -> None:
        """Write what waits, and close the file."""
        self._lines.close()


def record_proxy(
    path: Path, size_bytes: int, audio: bool, on_lost: Callable[[str], None]
) -> ProxyRecorder:
    """Begin the trace of a proxy. Raises CannotRecord."""
    header = {"program": "alfine proxy", "side": "proxy", "audio": audio}
    return ProxyRecorder(Lines(TraceFile(path, header, size_bytes, on_lost), audio))
