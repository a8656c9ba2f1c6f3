"""Writes what two sides have said to each other as a capture file, and lets tshark read it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from diagrams import files
from diagrams.dissector import SCRIPT
from tests.end_to_end.programs import PATIENCE_S
from tests.needs import as_nobody

CLIENT, SERVER = "client", "server"
PORTS = {CLIENT: 50000, SERVER: 12345}
ADDRESSES = {CLIENT: bytes((10, 0, 0, 1)), SERVER: bytes((10, 0, 0, 2))}
SYN, PUSH_ACK, ACK, FIN_ACK = 0x02, 0x18, 0x10, 0x11
RAW_IP = 101
LARGEST_SEGMENT = 60_000
"""An IPv4 packet has at most 65,535 bytes."""
UNKNOWN_PROTOCOL = 'tshark: Unknown protocol -- "alfine"'


@dataclass
class Capture:
    """A file in which one connection is recorded, from its first packet on unless `begun`."""

    path: Path
    begun: bool = False
    _next_bytes: dict[str, int] = field(default_factory=lambda: {CLIENT: 1000, SERVER: 2000})
    _packets: int = 0
    _client_port: int = PORTS[CLIENT]

    def __post_init__(self) -> None:
        header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, RAW_IP)
        self._file = self.path.open("wb")
        self._file.write(header)
        if not self.begun:
            self._begin()

    def _begin(self) -> None:
        self._packet(CLIENT, b"", SYN)
        self._packet(SERVER, b"", SYN | ACK)
        self._packet(CLIENT, b"", ACK)

    def another_connection(self) -> None:
        """Begin another connection in the same file, from another port of the client's."""
        self._client_port += 1
        self._next_bytes = {CLIENT: 1000, SERVER: 2000}
        self._begin()

    def say(self, side: str, data: bytes, segment_bytes: int = 1448) -> None:
        """Record what one side has sent, in segments of at most so many bytes."""
        for at in range(0, len(data), segment_bytes):
            self._packet(side, data[at : at + segment_bytes], PUSH_ACK)

    def say_all(self, said: Iterable[tuple[str, bytes]], segment_bytes: int = 1448) -> Capture:
        for side, data in said:
            self.say(side, data, segment_bytes)
        return self

    def close(self) -> Path:
        self._packet(SERVER, b"", FIN_ACK)
        self._packet(CLIENT, b"", FIN_ACK)
        self._file.close()
        return self.path

    def _packet(self, side: str, data: bytes, flags: int) -> None:
        other = SERVER if side == CLIENT else CLIENT
        acknowledged = self._next_bytes[other] if flags != SYN else 0
        port = {CLIENT: self._client_port, SERVER: PORTS[SERVER]}
        tcp = struct.pack(
            ">HHIIBBHHH",
            port[side],
            port[other],
            self._next_bytes[side],
            acknowledged,
            5 << 4,
            flags,
            65535,
            0,
            0,
        )
        total = 20 + len(tcp) + len(data)
        ip = struct.pack(">BBHHHBBH", 0x45, 0, total, self._packets & 0xFFFF, 0x4000, 64, 6, 0)
        packet = ip + ADDRESSES[side] + ADDRESSES[other] + tcp + data
        seconds, micros = divmod(self._packets, 1000)
        self._file.write(struct.pack("<IIII", seconds, micros, len(packet), len(packet)) + packet)
        self._next_bytes[side] += len(data) + bool(flags & 0x03)
        self._packets += 1


class Recorder:
    """A way to a server that writes down what both sides say, in the order in which it comes."""

    def __init__(self, port: int) -> None:
        self.said: list[tuple[str, bytes]] = []
        self._server_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._lock = threading.Lock()

    def __enter__(self) -> Recorder:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(PATIENCE_S)
        self._listener.close()
        assert not self._thread.is_alive(), "the client or the server has not closed"

    def _run(self) -> None:
        client, _ = self._listener.accept()
        with client, socket.create_connection(("127.0.0.1", self._server_port)) as server:
            back = threading.Thread(target=self._carry, args=(SERVER, server, client))
            back.start()
            self._carry(CLIENT, client, server)
            back.join()

    def _carry(self, side: str, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(60_000):
                with self._lock:
                    self.said.append((side, data))
                sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def dumping(path: Path, port: int, last: bytes) -> Iterator[None]:
    """Record this port of the loopback device into a file, up to the packet that says `last`.

    Skips the test where that is not allowed: it takes the right to open packet sockets.
    """
    if shutil.which("dumpcap") is None:
        pytest.skip("dumpcap is missing, or not everybody may run it")
    process = subprocess.Popen(
        ["dumpcap", "-i", "lo", "-f", f"tcp port {port}", "-P", "-w", "-"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        said = b""
        while (line := process.stderr.readline()) and not line.startswith(b"Capturing on"):
            said += line
        # The header of the file is written when packets can come.
        recorded = bytearray(os.read(process.stdout.fileno(), 65536))
        if not recorded:
            pytest.skip(f"dumpcap may not capture: {(said + process.stderr.read()).decode()}")
        yield
        while last not in recorded and (data := os.read(process.stdout.fileno(), 65536)):
            recorded += data
        path.write_bytes(recorded)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def tshark(
    *arguments: object, port: int = PORTS[SERVER], script: Path = files.ROOT / SCRIPT
) -> str:
    """Run tshark with the committed dissector; fail on any word of it that is no result."""
    done = subprocess.run(
        # Wireshark 4.4 loads no script for root, and does not say so.
        [*as_nobody(), "tshark", "-X", f"lua_script:{script}", "-d", f"tcp.port=={port},alfine"]
        + [str(argument) for argument in arguments],
        capture_output=True,
        text=True,
        check=False,
        # Nothing of the user's own settings.
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LC_ALL": "C.UTF-8"},
    )
    said, unknown, _ = done.stderr.partition(UNKNOWN_PROTOCOL)
    if unknown:  # All protocols that it does know are behind that.
        reason = said.strip() or "without a reason"
        pytest.fail(f"tshark has not loaded {script}: {reason}", pytrace=False)
    assert (done.returncode, said) == (0, ""), said
    assert "Lua Error" not in done.stdout, done.stdout
    return done.stdout


@dataclass(frozen=True)
class Message:
    """One message, as the dissector shows it.

    connection: its number in the file. fields: its values by their short names, those below
    another field among them.
    """

    connection: int
    fields: dict[str, list[str]]
    experts: tuple[tuple[str, str], ...]

    def __getitem__(self, name: str) -> str:
        return ", ".join(self.fields.get(name, []))


def messages(path: Path, *arguments: object, port: int = PORTS[SERVER]) -> list[Message]:
    """Return all messages of a capture, in order."""
    packets = json.loads(
        tshark(
            "-r",
            path,
            "-T",
            "json",
            "--no-duplicate-keys",
            "-J",
            "alfine tcp",
            *arguments,
            port=port,
        )
    )
    found = []
    for packet in packets:
        layers = packet["_source"]["layers"].get("alfine", [])
        connection = int(packet["_source"]["layers"]["tcp"]["tcp.stream"])
        for layer in layers if isinstance(layers, list) else [layers]:
            found.append(_message(connection, layer))
    return found


def _message(connection: int, layer: dict[str, object]) -> Message:
    fields: dict[str, list[str]] = {}
    experts = []
    for name, value in layer.items():
        values = value if isinstance(value, list) else [value]
        if name == "_ws.expert":
            experts += [_expert(each) for each in values]
        elif name.endswith("_tree"):
            for below in filter(None, values):
                _add(fields, below)
        else:
            _add(fields, {name: value})
    return Message(connection, fields, tuple(experts))


def _add(fields: dict[str, list[str]], shown: dict[str, object]) -> None:
    for name, value in shown.items():
        values = value if isinstance(value, list) else [value]
        fields.setdefault(name.removeprefix("alfine."), []).extend(map(str, values))


def _expert(tree: dict[str, str]) -> tuple[str, str]:
    (name,) = [key for key in tree if key.startswith("alfine.")]
    return name.removeprefix("alfine."), tree["_ws.expert.message"]
