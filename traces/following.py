"""Follows both machines over one connection from the bytes alone, and finds what is not legal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from fsm import events as on
from fsm.client import events as answer
from fsm.events import Event
from fsm.table import UnexpectedEvent
from net.dialects import WireError
from net.framing import EOM
from net.responses import ResponseDecoder
from net.wire import RequestDecoder
from traces.labels import label, printable
from traces.recorder import CLIENT, SERVER
from traces.seen_client import SEEN_CLIENT, SeenClient
from traces.server_follower import ServerFollower

_WORDS: dict[type[Event], str] = {
    on.SetupRequested: "SETUP",
    on.ListRequested: "LIST",
    on.PlayRequested: "PLAY id",
    on.StopRequested: "STOP",
    on.TeardownRequested: "TEARDOWN",
}
_A_MESSAGE = ("RESP 100", "RESP 101", "RESP 200", "ERRO 404")


@dataclass(frozen=True, slots=True)
class Seen:
    """A message that has passed. client, server: the states after it. legal: what would have been,
    () if the message is.  audio_bytes: None for what is no audio.
    """

    sender: str
    message: str
    client: str
    server: str
    legal: tuple[str, ...] = ()
    audio_bytes: int | None = None


class Follower:
    """Follows one connection. Bytes are shown to it in the order in which they pass."""

    def __init__(self) -> None:
        self._client, self._server = SeenClient(), ServerFollower()
        self._requests, self._responses = RequestDecoder(), ResponseDecoder()
        self._followed = {CLIENT: True, SERVER: True}
        """False for a side whose bytes make no sense any more."""

    @property
    def states(self) -> tuple[str, str]:
        """The client's state and the server's."""
        return self._client.state.name, self._server.state

    @property
    def in_response(self) -> bool:
        """A message of the server has begun and not ended."""
        # Between two messages the decoder keeps the EOM of the last one.
        return self._responses.in_message or self._responses.held_bytes not in (0, len(EOM))

    def follow(self, sender: str, data: bytes) -> list[Seen]:
        """Return the messages that these bytes complete. data: b"" if the sender has ended."""
        if not self._followed[sender]:
            return []
        return list(self._from_client(data) if sender == CLIENT else self._from_server(data))

    def lost(self) -> None:
        """Note that the connection is gone."""
        self._server.lost()

    # What the client sends

    def _from_client(self, data: bytes) -> Iterator[Seen]:
        for event in self._requests.feed(data) if data else [on.RequestsEnded()]:
            before = self._client.state
            legal: tuple[str, ...] = ()
            try:
                self._client.handle(event)
            except UnexpectedEvent:
                legal = tuple(
                    word for kind, word in _WORDS.items() if SEEN_CLIENT.group(before, kind)
                ) or ("nothing",)
            self._server.requested(event)
            if isinstance(event, on.RequestTooLong | on.RequestsEnded):
                self._followed[CLIENT] = False
            yield self._seen(CLIENT, label(event), legal)

    # What the server sends

    def _from_server(self, data: bytes) -> Iterator[Seen]:
        if not data:
            self._followed[SERVER] = False
            yield from self._server_ended()
            return
        try:
            events, error = self._responses.feed(data), None
        except WireError as fault:
            events, error = list(fault.events), fault
        for event in events:
            yield self._answered(event)
        for code in self._responses.take_unknown_codes():
            yield self._seen(SERVER, f"RESP {printable(code)}", _A_MESSAGE)
        if error is not None:
            self._followed[SERVER] = False
            yield self._seen(SERVER, printable(str(error), 120), _A_MESSAGE)

    def _server_ended(self) -> Iterator[Seen]:
        """Tell of a message that was begun; its end will not come."""
        if self._responses.in_message:
            yield self._seen(SERVER, "(the end, in the middle of a message)", ("its END END",))
        else:
            yield self._seen(SERVER, "(the end of what it sends)", ())

    def _answered(self, event: Event) -> Seen:
        legal = self._server.answered(event, self._requests.pending_bytes > 0)
        with suppress(UnexpectedEvent):  # what the server may send, the server's machine says
            self._client.handle(event)
        audio = len(event.data) if isinstance(event, answer.AudioReceived) and event.data else None
        return self._seen(SERVER, label(event), legal, audio)

    def _seen(
        self, sender: str, message: str, legal: tuple[str, ...], audio: int | None = None
    ) -> Seen:
        return Seen(sender, message, *self.states, legal, audio)
