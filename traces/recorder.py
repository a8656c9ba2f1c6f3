"""Records what the observers of both programs are shown, a JSON line for each thing that happens.

It knows the shape of the lines (docs/traces.md); the values in them are `traces.values`'s.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

from fsm.client.machines import ClientSession
from fsm.events import ConnectionLost, PlayFromRequested, PlayRequested
from fsm.table import Session, Step
from traces.file import TraceFile
from traces.parts import Splitter
from traces.values import Describer, Json

CLIENT, SERVER = "client", "server"
"""The sides: who sent the bytes, and whose program wrote the trace."""


class Lines:
    """The lines of one trace: each with its time and its connection.

    audio: describe audio with its bytes.
    """

    def __init__(self, file: TraceFile, audio: bool) -> None:
        self._file, self.audio = file, audio
        self._began = time.monotonic()
        self._describer = Describer(audio)

    def add(self, connection: int, kind: str, **members: Json) -> None:
        """Add a line."""
        at = round(time.monotonic() - self._began, 6)
        line = {"connection": connection, "at": at, "kind": kind, **members}
        self._file.write(connection, line)

    def step(self, connection: int, machine: str, step: Step, **more: Json) -> None:
        """Add a step of a machine."""
        describe = self._describer.describe
        self.add(
            connection,
            "step",
            machine=machine,
            event=describe(step.event),
            before=step.before.name,
            after=step.after.name,
            row=str(step.row),
            outcomes=describe(tuple(step.outcomes)),
            **more,
        )

    def describe(self, value: object) -> Json:
        """Return a value as JSON."""
        return self._describer.describe(value)

    def close(self) -> None:
        """Write what waits, and close the file."""
        self._file.close()


class _Bytes:
    """The bytes of one connection (a BytesObserver). peer: who sends what is received."""

    def __init__(self, lines: Lines, connection: int, side: str) -> None:
        self._lines, self._connection = lines, connection
        self._own, self._peer = (CLIENT, SERVER) if side == CLIENT else (SERVER, CLIENT)
        self._splitters = {name: Splitter(name == SERVER, lines.audio) for name in (CLIENT, SERVER)}

    def received(self, data: bytes) -> None:
        self._add(self._peer, data)

    def sent(self, data: bytes) -> None:
        self._add(self._own, data)

    def _add(self, sender: str, data: bytes) -> None:
        parts = self._splitters[sender].describe(data)
        self._lines.add(self._connection, "bytes", sender=sender, length=len(data), parts=parts)


class ServerRecorder:
    """Records one process of a server (a ServerObserver). songs: only asked for IDs."""

    def __init__(self, lines: Lines, songs: Container[int]) -> None:
        self._lines, self._songs = lines, songs
        self._last = 0
        self._connections: dict[str, int] = {}
        """By the names of their machines; of those that are open."""

    def accepted(self, name: str, address: str) -> _Bytes:
        connection = self._open(address)
        self._connections[name] = connection
        return _Bytes(self._lines, connection, SERVER)

    def refused(self, address: str, sent: bytes) -> None:
        connection = self._open(address, refused=True)
        _Bytes(self._lines, connection, SERVER).sent(sent)
        self._lines.add(connection, "closed")

    def step(self, step: Step) -> None:
        if (connection := self._connections.get(step.machine)) is None:
            return  # a handshake: a trace begins where the protocol's bytes do
        known = {}
        if isinstance(step.event, PlayRequested | PlayFromRequested):
            known = {"song_known": step.event.song_id in self._songs}
        self._lines.step(connection, SERVER, step, **known)
        if isinstance(step.event, ConnectionLost):
            del self._connections[step.machine]
            self._lines.add(connection, "closed")

    def close(self) -> None:
        self._lines.close()

    def _open(self, address: str, **more: Json) -> int:
        self._last += 1
        self._lines.add(self._last, "opened", address=address, **more)
        return self._last


class ClientRecorder:
    """Records one client (a ClientObserver). session: whose machines are noted at each attempt to
    connect, so that the trace can begin there.
    """

    def __init__(self, lines: Lines, session: ClientSession) -> None:
        self._lines, self._session = lines, session
        self._connection = 1
        self._lines.add(1, "opened", state=self._state())
        self._bytes = _Bytes(lines, 1, CLIENT)
        self._tried = False

    def step(self, step: Step) -> None:
        """Record one step (an `fsm.table.Observer`)."""
        self._lines.step(self._connection, step.machine, step)

    def connecting(self) -> None:
        if self._tried:
            self._connection += 1
            self._lines.add(self._connection, "opened", state=self._state())
            self._bytes = _Bytes(self._lines, self._connection, CLIENT)
        self._tried = True

    def connected(self, address: str) -> None:
        self._lines.add(self._connection, "connected", address=address)

    def received(self, data: bytes) -> None:
        self._bytes.received(data)

    def sent(self, data: bytes) -> None:
        self._bytes.sent(data)

    def close(self) -> None:
        """Write what waits, and close the file."""
        self._lines.add(self._connection, "closed")
        self._lines.close()

    def _state(self) -> Json:
        return {
            name: {
                "state": machine.state.name,
                "values": {
                    slot: self._lines.describe(getattr(machine, slot))
                    for slot in values_of(machine)
                },
            }
            for name, machine in self._session.machines.items()
        }


def values_of(session: Session[Any]) -> list[str]:
    """Return the names of what a session remembers beside its state, without what never changes."""
    names = {name for kind in type(session).__mro__ for name in getattr(kind, "__slots__", ())}
    limits = {"max_retries", "max_changes", "max_list_bytes"}
    constant = {"state", "fired", "buffer", "prebuffer", "plain"} | limits
    return sorted(name for name in names - constant if not name.startswith("_"))


def record_server(
    path: Path,
    size_bytes: int,
    audio: bool,
    worker: int,
    songs: Container[int],
    request_bytes: int,
    on_lost: Callable[[str], None],
) -> ServerRecorder:
    """Begin the trace of a process that serves. Raises CannotRecord.

    worker: its number, 0 for the only process. The trace of a worker that has died, and whose place
    this one takes, is kept under another name. request_bytes: how long a request may be.
    """
    if worker and path.exists() and path.stat().st_size:
        path.replace(path.with_name(path.name + ".died"))
    options = {"worker": worker, "request_size": request_bytes}
    header = {"program": "alfine server", "side": SERVER, "audio": audio, "options": options}
    return ServerRecorder(Lines(TraceFile(path, header, size_bytes, on_lost), audio), songs)


def record_client(
    path: Path,
    size_bytes: int,
    audio: bool,
    session: ClientSession,
    on_lost: Callable[[str], None],
) -> ClientRecorder:
    """Begin the trace of a client. Raises CannotRecord."""
    options = {
        "prebuffer": session.prebuffer_msgs,
        "plain": session.conversation.plain,
        "retries": session.link.max_retries,
    }
    header = {"program": "alfine client", "side": CLIENT, "audio": audio, "options": options}
    return ClientRecorder(Lines(TraceFile(path, header, size_bytes, on_lost), audio), session)
