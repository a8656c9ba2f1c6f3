"""The socket of a running client, towards peers that behave and peers that do not."""

import asyncio
import contextlib
import json
import os
import socket
import threading
from pathlib import Path

import pytest

from cli.outside import directory, served
from cli.outside.commands import OutsideCommands
from cli.outside.offers import Offers
from cli.outside.peers import Found, Peer
from cli.outside.served import CommandSocket, ring
from cli.outside.watching import StatusWatch
from cli.playing.changes import Changes
from cli.words.commands.parser import Context
from cli.words.moment import Activity, Status

PLAYING = Status(Activity.PLAYING, 3, "grapes", position_s=10.0, duration_s=99.0)
PAUSED = Status(Activity.PAUSED, 3, "grapes", position_s=10.0, duration_s=99.0)


class Program:
    """Stands in for the client's program: it has a status, and refuses every request."""

    def __init__(self):
        self.now = PLAYING
        self.requests = []

    def status(self):
        return self.now

    def answer(self, line, formatter):
        return formatter.status(self.now)

    async def ready_for(self, line):
        return Context((), self.now)

    def take_request(self, request):
        self.requests.append(request)
        return []


class Client:
    """A client of which there is only what it offers; an asynchronous context manager."""

    def __init__(self):
        self.program = Program()
        self.changes = Changes()
        self.watch = StatusWatch(self.program.status, self.changes.watch())
        commands = OutsideCommands(self.program, "host:1", self.watch)
        self.socket = CommandSocket(commands, self.watch)

    async def __aenter__(self):
        await self.socket.open()
        self.watching = asyncio.create_task(self.watch.run())
        return self

    async def __aexit__(self, *exc):
        self.watching.cancel()
        await self.socket.close()

    def becomes(self, status):
        self.program.now = status
        self.changes.notify()

    async def connect(self):
        path = Path(directory.runtime_directory()) / f"{os.getpid()}.sock"
        return await asyncio.open_unix_connection(path)


async def ask(connection, line):
    reader, writer = connection
    writer.write(line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n")
    return json.loads(await reader.readline())


@pytest.mark.asyncio
async def test_one_json_line_each_way():
    async with Client() as client:
        connection = await client.connect()
        status = await ask(connection, {"alfine": 1, "line": "status"})
        assert (status["kind"], status["song"]["title"]) == ("status", "grapes")
        assert (status["client"], status["server"]) == (os.getpid(), "host:1")
        assert (await ask(connection, {"alfine": 1, "line": "pause"}))["kind"] == "status"
        assert [type(request).__name__ for request in client.program.requests] == ["PauseRequested"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "garbage",
    [
        b"\n",
        b"pause\n",
        b"\xff\xfe\0\n",
        b"[" * 4000 + b"\n",
        b'{"alfine": 2, "line": "pause"}\n',
        b'{"alfine": 1, "line": 5}\n',
        b'{"alfine": 1}\n',
        b'{"line": "pause"}\n',
    ],
)
async def test_garbage_is_answered_with_an_error(garbage):
    async with Client() as client:
        connection = await client.connect()
        answer = await ask(connection, garbage)
        assert (answer["kind"], answer["text"]) == ("error", served.NO_REQUEST)
        assert (await ask(connection, {"alfine": 1, "line": "status"}))["kind"] == "status"
        assert client.program.requests == []


@pytest.mark.asyncio
@pytest.mark.parametrize("line", ["quit", "help", "play 3", "list", "wait", "", "no such", "\x1b"])
async def test_what_is_for_the_prompt_alone_is_refused(line):
    async with Client() as client:
        answer = await ask(await client.connect(), {"alfine": 1, "line": line})
        assert answer["kind"] == "error"
        assert answer["text"].isprintable()
        assert client.program.requests == []


@pytest.mark.asyncio
async def test_a_line_without_end_is_disconnected_and_others_are_served():
    async with Client() as client:
        reader, writer = await client.connect()
        other = await client.connect()
        with contextlib.suppress(OSError):
            for _ in range(64):
                writer.write(bytes(65536))
                await writer.drain()
        with contextlib.suppress(OSError):
            assert await reader.read() == b""
        assert (await ask(other, {"alfine": 1, "line": "status"}))["kind"] == "status"


@pytest.mark.asyncio
async def test_a_peer_that_never_reads_holds_nobody_up(monkeypatch):
    monkeypatch.setattr(served, "IDLE_S", 0.2)
    async with Client() as client:
        _, deaf = await client.connect()
        other = await client.connect()
        request = b'{"alfine": 1, "line": "status"}\n'
        with contextlib.suppress(OSError):
            while client.socket._peers and not deaf.transport.is_closing():
                deaf.write(request * 100)
                await asyncio.wait_for(deaf.drain(), 30)
        assert (await ask(await client.connect(), request))["kind"] == "status"
        other[1].close()


@pytest.mark.asyncio
async def test_a_follower_is_told_of_changes_alone():
    async with Client() as client:
        reader, writer = await client.connect()
        writer.write(b'{"alfine": 1, "follow": true}\n')
        first = json.loads(await reader.readline())
        assert first["text"] == "playing 3. grapes; 1:39; volume 100 %"
        client.changes.notify()  # nothing has changed
        client.becomes(PAUSED)
        assert json.loads(await reader.readline())["activity"] == "paused"
        writer.write(b"what it still sends is dropped\n" * 1000)
        client.becomes(PLAYING)
        assert json.loads(await reader.readline())["activity"] == "playing"
        writer.close()


@pytest.mark.asyncio
async def test_no_more_peers_than_can_be_served(monkeypatch):
    monkeypatch.setattr(served, "MAX_PEERS", 2)
    async with Client() as client:
        kept = [await client.connect() for _ in range(2)]
        for connection in kept:
            await ask(connection, {"alfine": 1, "line": "status"})
        reader, _ = await client.connect()
        assert await reader.read() == b""
        kept[0][1].close()
        await kept[0][1].wait_closed()
        assert (await ask(kept[1], {"alfine": 1, "line": "status"}))["kind"] == "status"


@pytest.mark.asyncio
async def test_an_idle_peer_is_disconnected(monkeypatch):
    monkeypatch.setattr(served, "IDLE_S", 0.01)
    async with Client() as client:
        reader, _ = await client.connect()
        assert await reader.read() == b""


@pytest.mark.asyncio
async def test_it_opens_where_a_killed_client_of_the_same_process_id_has_been():
    path = Path(directory.runtime_directory()) / f"{os.getpid()}.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with Client() as client:
        answer = await ask(await client.connect(), {"alfine": 1, "line": "status"})
        assert answer["kind"] == "status"
    assert not path.exists()


@pytest.mark.asyncio
async def test_bells_that_killed_programs_have_left_are_removed():
    folder = Path(directory.runtime_directory())
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as left:
        left.bind(str(folder / "1.bell"))
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        bell.bind(str(folder / "2.bell"))
        bell.setblocking(False)
        for _ in range(1000):
            ring(str(folder))  # a bell that nobody hears holds nobody up
        assert bell.recv(1) == b""
    assert not (folder / "1.bell").exists()


def test_of_several_clients_the_one_that_plays_is_meant_then_a_pause_then_who_ceased_last():
    class FakePeer:
        plays, rank = Peer.plays, Peer.rank

        def __init__(self, name, activity, since_s):
            self.name, self.status = name, {"activity": activity, "since_s": since_s}

    peers = [
        FakePeer("never", "stopped", None),
        FakePeer("ceased last", "stopped", 4.0),
        FakePeer("ceased before", "stopped", 50.0),
        FakePeer("paused last", "paused", 500.0),
        FakePeer("paused before", "paused", 501.0),
        FakePeer("plays", "playing", 500.0),
        FakePeer("began later", "buffering", 100),
    ]
    ranked = [peer.name for peer in sorted(peers, key=lambda peer: peer.rank)]
    assert ranked == [
        *("began later", "plays", "paused last", "paused before"),
        *("ceased last", "ceased before", "never"),
    ]


def test_a_peer_that_sends_no_json_or_no_end_is_left_out(monkeypatch):
    folder = Path(directory.runtime_directory())

    def serve(listener, data):
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(data)
            connection.recv(1)

    with contextlib.ExitStack() as stack:
        threads = []
        for pid, data in [(1, b"garbage\n"), (2, b"x" * (4 << 10)), (3, b""), (4, b"[]\n")]:
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(str(folder / f"{pid}.sock"))
            listener.listen()
            threads.append(threading.Thread(target=serve, args=(listener, data)))
            threads[-1].start()
        monkeypatch.setattr("cli.outside.peers.PATIENCE_S", 0.3)
        monkeypatch.setattr("cli.outside.peers.MAX_ANSWER_BYTES", 1000)
        with Found() as found:
            assert found.peers == []
            assert len(found.mute) == 4
        for thread in threads:
            thread.join(20)
    (folder / "x.sock").touch()
    (folder / "5").touch()
    with Found() as found:
        assert (found.peers, found.mute) == ([], [])


def test_the_directory_is_private_or_refused(monkeypatch, tmp_path):
    folder = Path(directory.runtime_directory())
    assert folder == Path(os.environ["XDG_RUNTIME_DIR"]) / "alfine"
    folder.chmod(0o755)
    assert Path(directory.runtime_directory()).stat().st_mode & 0o777 == 0o700
    folder.rmdir()
    folder.symlink_to(tmp_path)  # as somebody else might in a directory where all may write
    with pytest.raises(PermissionError, match="not this user's own directory: remove it"):
        directory.runtime_directory()


@pytest.mark.parametrize("base", [None, "", "relative", "/no/such", "long"])
def test_without_a_runtime_directory_there_is_one_of_ones_own(monkeypatch, tmp_path, base):
    if base == "long":
        base = tmp_path / ("x" * 90)
        base.mkdir()
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    if base is not None:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(base))
    short = Path(os.environ.get("TMPDIR", "/tmp"))
    monkeypatch.setenv("TMPDIR", str(short))
    folder = Path(directory.runtime_directory())
    assert folder == short / f"alfine-{os.geteuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_client_goes_on_where_it_cannot_be_reached(monkeypatch, tmp_path):
    monkeypatch.setattr("cli.outside.served.runtime_directory", _refuse)

    async def run():
        async with Offers(Program(), Changes().watch(), "host:1", notify=False):
            return True

    assert asyncio.run(run())


def _refuse():
    raise PermissionError("it is another's")
