"""Keeps what went over the wire and the keyboard in one case, in order, for the report."""

from __future__ import annotations

from check.case import Exchange
from check.client.requests import Kind, Request
from check.printed import printed
from net.framing import AUDIO_HEADER, EOM

MAX_LINES = 400
"""A client that sends requests without end is not remembered for ever."""


class Journal:
    """One case. requests: what came, but for what is beyond the bound; all are counted.

    early: those of them that did not wait for the answer to SETUP. reconnections: connections that
    came after the client's first.
    """

    def __init__(self) -> None:
        self._sent: list[str] = []
        self._came: list[str] = []
        self._audio_messages = self._audio_bytes = 0
        self.requests: list[Request] = []
        self.early: list[Request] = []
        self.request_count = 0
        self.reconnections = 0

    def typed(self, line: str) -> None:
        """A line has been typed."""
        self._say(f"typed: {printed(line.encode())}")

    def sent(self, data: bytes) -> None:
        """A message has been sent; those of a song are counted."""
        if data.startswith(AUDIO_HEADER) and data.endswith(EOM):
            self._audio_messages += 1
            self._audio_bytes += len(data)
        else:
            self._say(printed(data))

    def did(self, what: str) -> None:
        """Something else has been done to the client."""
        self._say(what)

    def request(self, request: Request) -> None:
        """A request has come."""
        self.request_count += 1
        if len(self.requests) < MAX_LINES:
            self.requests.append(request)
        self.came(printed(request.raw))

    def came(self, what: str) -> None:
        """Something came from the client."""
        if len(self._came) < MAX_LINES:
            self._came.append(what)

    def of(self, kind: Kind) -> list[Request]:
        """Return the requests of a kind, in order."""
        return [request for request in self.requests if request.kind is kind]

    def exchange(self, output: bytes) -> Exchange:
        """Return both columns. output: what the client has printed in this case."""
        self._finish_audio()
        lines = [line for line in output.splitlines() if line.strip()]
        said = [f"printed: {printed(line)}" for line in lines[-3:]]
        if len(lines) > len(said):
            said.insert(0, f"printed {len(lines)} lines; the last are:")
        return Exchange(tuple(self._sent), (*self._came, *said))

    def _say(self, what: str) -> None:
        self._finish_audio()
        if len(self._sent) < MAX_LINES:
            self._sent.append(what)

    def _finish_audio(self) -> None:
        count, size = self._audio_messages, self._audio_bytes
        self._audio_messages = self._audio_bytes = 0
        if count:
            self._say(f"{count} message{'s' * (count > 1)} of audio ({size} bytes)")
