"""Drives machines in tests: one alone, or a whole client with its buffers."""

from __future__ import annotations

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client.effects import Buffer
from fsm.client.machines import ClientSession

SONGS = tuple(on.ListedSong(n, f"song {n}") for n in range(1, 10))
LISTED = on.ListReceived(SONGS)
LIST_CLOSED = on.ListReceived()
"""The closing message of a list."""
ENDS_ACCEPTED = on.SetupReceived(("alfine/1", "ends"))
FROM_ACCEPTED = on.SetupReceived(("alfine/1", "ends", "tags", "from", "library=one"))
OTHER_LIBRARY = on.SetupReceived(("alfine/1", "ends", "tags", "from", "library=two"))
CLOSED = on.AudioReceived(b"")
"""The closing message of a song."""


def audio(text: str) -> on.AudioReceived:
    return on.AudioReceived(text.encode())


def step(session, *events):
    """Let one machine alone take the events.

    Returns the outcomes of the last event, and the state that the machine is in then.
    """
    outcomes = [session.handle(event) for event in events]
    return outcomes[-1] if events else [], session.state


class ClientDriver:
    """A client, its two buffers, and questions about what it did.

    effects: of all events. latest: of the events in the last call.
    """

    def __init__(self, *events, prebuffer=2, **options):
        self.session = ClientSession(prebuffer, **options)
        self.effects = []
        self.buffers = {buffer: bytearray() for buffer in Buffer}
        self(*events)

    def __call__(self, *events):
        """Let the client take the events; returns the effects of all of them."""
        self.latest = [effect for event in events for effect in self.session.handle(event)]
        self.effects += self.latest
        for effect in self.latest:
            self._perform(effect)
        return self.latest

    def _perform(self, effect):
        """Do to the buffers what `cli.playing.sound` does to them."""
        match effect:
            case do.AppendAudio(buffer, data):
                self.buffers[buffer] += data
            case do.MoveBuffer() | do.MoveBufferBack():
                self.buffers[Buffer.PRESENT] = bytearray()
            case do.DropBuffers():
                self.buffers = {buffer: bytearray() for buffer in Buffer}
            case do.DropNextBuffer():
                self.buffers[Buffer.NEXT] = bytearray()
            case do.LeaveSong() | do.SkipSong():
                self.buffers = {Buffer.PRESENT: self.next_buffer, Buffer.NEXT: bytearray()}

    @property
    def buffer(self):
        """The MAD buffer: all audio of the present song that is here."""
        return self.buffers[Buffer.PRESENT]

    @property
    def next_buffer(self):
        """All audio of the next song that is here."""
        return self.buffers[Buffer.NEXT]

    @property
    def states(self):
        """The states of the present song and of the player."""
        return self.session.song.state, self.session.player.state

    def sent(self):
        """The requests that the latest events led to."""
        return [
            " ".join([e.request.value, *(str(n) for n in (e.song_id, e.offset) if n)])
            for e in self.latest
            if isinstance(e, do.SendRequest)
        ]

    def told(self):
        """What the person was told of the latest events."""
        return [e.report for e in self.latest if isinstance(e, do.Tell)]

    def did(self, kind):
        """The latest effects of one class."""
        return [e for e in self.latest if isinstance(e, kind)]


def closing_server(**options):
    """A client whose server has accepted SETUP ends, and sent the list that a title needed."""
    events = (on.Connected(), ENDS_ACCEPTED, on.TitlesNeeded(), LISTED, LIST_CLOSED)
    return ClientDriver(*events, **options)


def plain_server(**options):
    """A client whose server has refused SETUP, and sent the list by which it was greeted."""
    events = (on.Connected(), on.NotFoundReceived(), LISTED, on.ListWentQuiet())
    return ClientDriver(*events, **options)


def told_plain(**options):
    """A client that was told that its server is plain."""
    return ClientDriver(on.Connected(), plain=True, **options)
