"""A client's machines, what they did, and short questions about it; for conversations in tests."""

from __future__ import annotations

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client.machines import ClientSession

SONGS = tuple(on.ListedSong(n, f"song {n}") for n in range(1, 10))
LISTED = on.ListReceived(SONGS)
CLOSED = on.AudioReceived(b"")


def audio(text: str) -> on.AudioReceived:
    return on.AudioReceived(text.encode())


class Talk:
    """A client that talks to a server which closes its answers."""

    def __init__(self, prebuffer=2, **options):
        self.client = ClientSession(prebuffer, **options)
        self.effects = []
        self.buffer, self.next_buffer = bytearray(), bytearray()
        self(on.Connected(), LISTED, on.SetupReceived(("alfine/1", "ends")))

    def __call__(self, *events):
        self.latest = [effect for event in events for effect in self.client.handle(event)]
        self.effects += self.latest
        for effect in self.latest:
            self._perform(effect)
        return self.latest

    def _perform(self, effect):
        """Two buffers, as `cli.playing.sound` has them."""
        match effect:
            case do.AppendAudio(data):
                self.buffer += data
            case do.AppendNextAudio(data):
                self.next_buffer += data
            case do.DropBuffer():
                self.buffer, self.next_buffer = bytearray(), bytearray()
            case do.DropNextBuffer():
                self.next_buffer = bytearray()
            case do.LeaveSong() | do.SkipSong():
                self.buffer, self.next_buffer = self.next_buffer, bytearray()

    def sent(self):
        """The requests that the latest events led to."""
        return [
            f"{e.request.value} {e.song_id}" if e.song_id else e.request.value
            for e in self.latest
            if isinstance(e, do.SendRequest)
        ]

    def told(self):
        return [e.report for e in self.latest if isinstance(e, do.Tell)]

    def did(self, kind):
        return [e for e in self.latest if isinstance(e, kind)]


def alone(session, *events):
    """What one machine by itself leads to with the last event, and the state it is in then."""
    recorded = [session.handle(event) for event in events]
    return recorded[-1] if events else [], session.state
