"""The socket by which other programs of the same user reach the running client (docs/outside.md).

A peer that sends garbage, never reads or sends without end costs a bounded amount of memory, and no
other peer anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket

from cli.outside.commands import OutsideCommands
from cli.outside.directory import runtime_directory
from cli.outside.peers import BELL, MAX_LINE_BYTES, SOCKET, VERSION, remove
from cli.outside.watching import RESTS, StatusWatch
from cli.words.moment import Status

MAX_PEERS = 64
MAX_UNREAD_BYTES = 64 * 1024
NO_REQUEST = 'a request is {"alfine": 1, "line": COMMAND} or {"alfine": 1, "follow": true}'
IDLE_S = 30.0
"""A peer that follows nothing and sends nothing for so long is disconnected."""


class CommandSocket:
    """Listens in the user's runtime directory while it is open."""

    def __init__(self, commands: OutsideCommands, watch: StatusWatch) -> None:
        self._commands = commands
        self._watch = watch
        self._path = ""
        self._server: asyncio.Server | None = None
        self._peers: set[asyncio.Task[None]] = set()
        self._played = False

    def __repr__(self) -> str:
        return f"<CommandSocket {self._path} peers={len(self._peers)}>"

    async def open(self) -> None:
        """Listen, and ring at the programs that wait for a client. Raises OSError."""
        folder = runtime_directory()
        path = os.path.join(folder, f"{os.getpid()}{SOCKET}")
        listener = _listen(path)
        self._path = path
        self._server = await asyncio.start_unix_server(
            self._accept, sock=listener, limit=MAX_LINE_BYTES
        )
        self._watch.listen(self._note_change)
        ring(folder)

    async def close(self) -> None:
        """Disconnect all peers and remove the socket."""
        if self._server is not None:
            self._server.close()
            remove(self._path)
        for task in self._peers:
            task.cancel()
        await asyncio.gather(*self._peers, return_exceptions=True)

    def _note_change(self, status: Status, moved: bool) -> None:
        """Ring when it begins to play: who follows another client may prefer this one."""
        plays = status.activity not in RESTS
        if plays and not self._played:
            with contextlib.suppress(OSError):
                ring(os.path.dirname(self._path))
        self._played = plays

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._peers) >= MAX_PEERS:
            writer.close()
            return
        task = asyncio.create_task(self._serve(reader, writer))
        self._peers.add(task)
        task.add_done_callback(self._peers.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(MAX_UNREAD_BYTES)
        try:
            # OSError: it has gone. ValueError: a line without end. TimeoutError: it is idle.
            with contextlib.suppress(OSError, ValueError, TimeoutError):
                await self._answer_all(reader, writer)
        finally:
            writer.transport.abort() if writer.transport.get_write_buffer_size() else writer.close()

    async def _answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            async with asyncio.timeout(IDLE_S):
                line = await reader.readline()
            if not line.endswith(b"\n"):
                return
            match _request(line):
                case {"follow": True}:
                    await self._tell_changes(reader, writer)
                    return
                case {"line": str(text)}:
                    answer = await self._commands.run(text)
                case _:
                    answer = self._commands.formatter.error(NO_REQUEST)
            await _send(writer, answer)
            await asyncio.sleep(0)  # many lines at once must not keep the rest waiting

    async def _tell_changes(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Send the status now and at each change, until the peer goes."""
        changed = asyncio.Event()
        changed.set()

        def note(status: Status, moved: bool) -> None:
            changed.set()

        self._watch.listen(note)
        gone = asyncio.create_task(_ends(reader))
        gone.add_done_callback(lambda task: changed.set())
        try:
            while not gone.done():
                await changed.wait()
                changed.clear()
                if not gone.done():
                    await _send(writer, self._commands.change())
        finally:
            gone.cancel()
            self._watch.forget(note)


def ring(folder: str) -> None:
    """Wake the programs that wait for a client that plays; remove the bells of killed ones."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        for name in os.listdir(folder):
            if name.endswith(BELL):
                path = os.path.join(folder, name)
                try:
                    sender.sendto(b"", path)
                except ConnectionRefusedError:
                    remove(path)
                except OSError:
                    continue  # it has been rung often enough


def _listen(path: str) -> socket.socket:
    """Return a socket that listens at this path for this user alone. Raises OSError.

    It has another name until it listens: a name that refuses connections counts as abandoned.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    early = f"{path}~"
    remove(early)
    try:
        listener.bind(early)
        os.chmod(early, 0o600)
        listener.listen(MAX_PEERS)
        os.replace(early, path)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


def _request(line: bytes) -> dict[str, object]:
    """Return the request; an empty one where it is none, or of another version."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    known = isinstance(request, dict) and request.get("alfine") == VERSION
    return request if known else {}


async def _send(writer: asyncio.StreamWriter, line: str) -> None:
    writer.write(line.encode() + b"\n")
    async with asyncio.timeout(IDLE_S):  # for a peer that does not read
        await writer.drain()


async def _ends(reader: asyncio.StreamReader) -> None:
    """Return when the peer has closed; what it still sends is read and dropped."""
    with contextlib.suppress(OSError):
        while await reader.read(MAX_LINE_BYTES):
            pass
