"""A server without sockets: connections that take the steps they are told to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace

from fsm import events as on
from fsm.server import ServerSession
from fsm.table import take
from monitor.record import Record
from monitor.server.catalogue import server_catalogue


@dataclass
class FakeConnection:
    name: str
    session: ServerSession
    sent_bytes: int = 0
    song_id: int | None = None

    @property
    def state(self):
        return self.session.state


def counters():
    return SimpleNamespace(
        accepted=0,
        sent_bytes=0,
        refusals=Counter(),
        bounds_s=(0.1, 1.0),
        first_audio=[0, 0, 0],
        first_audio_s=0.0,
        timing=False,
    )


@dataclass
class FakeServer:
    """Has what a monitor may see of a server (monitor.server.totals.Server)."""

    record: Record = field(default_factory=lambda: Record(server_catalogue()))
    counters: SimpleNamespace = field(default_factory=counters)
    spools: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(count=2, stored_bytes=99)
    )
    connections: dict[str, FakeConnection] = field(default_factory=dict)

    def newest_first(self):
        return iter(reversed(list(self.connections.values())))

    def title(self, song_id: int) -> str:
        return f"Title {song_id}"

    def connect(self, *events: on.Event) -> str:
        self.counters.accepted += 1
        name = f"#{self.counters.accepted} a"
        self.connections[name] = FakeConnection(name, ServerSession({1, 2}))
        return self.tell(name, *events)

    def tell(self, name: str, *events: on.Event) -> str:
        for event in events:
            take(self.connections[name].session, event, name, self.record.observe)
        return name

    def close(self, name: str) -> None:
        self.tell(name, on.ConnectionLost("gone"))
        self.counters.sent_bytes += self.connections.pop(name).sent_bytes
