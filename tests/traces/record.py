"""Records traces from the real programs: `python -m tests.traces.record` fills recorded/ anew.

Each exchange is one whose course does not depend on how fast the machine is.
"""

from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from proxy.faults import Faults
from tests.end_to_end.crowd import crowd
from tests.end_to_end.programs import Client, Program, play, serving
from tests.end_to_end.songs import music, named
from tests.faulty_proxy import FaultyProxy
from tests.peers.plain_server import Habits, PlainServer

RECORDED = Path(__file__).parent / "recorded"
HOLD_BYTES = 20_000
"""In the middle of song 2: its rest comes when the client has sent what the exchange is about."""
SHORT, LONG = 1, 2


def songs(place: Path) -> Path:
    """A folder with a short song and one of which more than HOLD_BYTES are sent."""
    folder = place / "songs"
    folder.mkdir()
    for number, seconds in ((SHORT, 1.0), (LONG, 3.0)):
        song = named("Noise", f"song {number}") + music(seconds, seed=number)
        (folder / f"{number}.mp3").write_bytes(song)
    return folder


def through_a_held_line(place: Path, until: bytes, *script: str) -> None:
    """Client and server, with a line that holds in song 2 until the client has sent these bytes."""
    options = ("--trace", place / "client.jsonl", "--prebuffer", 3)
    with (
        serving(songs(place), 0, "--trace", place / "server.jsonl") as server,
        FaultyProxy(server.port, Faults(hold_after=HOLD_BYTES), kernel_bytes=None) as proxy,
    ):
        client = Client(proxy.port, *script, options=options)
        assert proxy.wait_for(lambda: until in proxy.sent), client.err
        proxy.lines[0].go_on.set()
        client.run()


def list_play_stop(place: Path) -> None:
    """A list, a song, and STOP in its middle."""
    through_a_held_line(place, b"STOP", "list", f"play {LONG}", "stop", "list")


def switch(place: Path) -> None:
    """A song, and another one in its middle."""
    through_a_held_line(
        place, f"PLAY {SHORT}".encode(), f"play {LONG}", f"play {SHORT}", "wait", "next"
    )


def loss(place: Path) -> None:
    """A song that is interrupted twice, and resumed."""
    options = ("--trace", place / "client.jsonl", "--prebuffer", 3, "--retries", 5)
    cuts = (Faults(cut_after=HOLD_BYTES), Faults(reset_after=HOLD_BYTES + 9_000))
    with (
        serving(songs(place), 0, "--trace", place / "server.jsonl") as server,
        FaultyProxy(server.port, *cuts, kernel_bytes=None) as proxy,
    ):
        run = play(proxy.port, f"play {LONG}", "wait", options=options)
        assert "goes on where it was interrupted" in run.out, run


def plain(place: Path) -> None:
    """A server that knows only the RFC."""
    options = ("--trace", place / "client.jsonl", "--prebuffer", "auto")
    server = PlainServer(songs(place), Habits())
    try:
        play(server.port, "list", f"play {SHORT}", "wait", "stop", options=options)
    finally:
        server.close()


def refusals(place: Path) -> None:
    """A song that is not there, what is no request, and a client too many."""
    traced = ("--trace", place / "server.jsonl", "--clients", 1)
    with serving(songs(place), 0, *traced) as server:
        run = play(server.port, "play 9", options=("--trace", place / "client.jsonl"))
        assert run.code == 1, run
        server.wait_for("CLOSED")
        with socket.create_connection(("127.0.0.1", server.port), 20) as first:
            for request in (b"\n\0 HELO \x1b[2J END END", b"PLAY 0 END END", b"LIST 5 END END"):
                first.sendall(request)
                _read_message(first)
            with socket.create_connection(("127.0.0.1", server.port), 20) as second:
                while second.recv(100):
                    pass
            first.sendall(b"x" * 5000)
            while first.recv(100):
                pass


def transport(place: Path) -> None:
    """Pause, volume, seek and the queue."""
    script = (f"play {SHORT}", "pause", "volume 50", "seek 0.2", f"queue {LONG}", "resume")
    more = (
        "wait",
        f"queue {SHORT} {LONG}",
        "shuffle",
        f"insert {SHORT}",
        "move 2 1",
        "remove 1",
        "undo",
        "undo",
        "repeat all",
        "next",
        "prev",
        "clear",
        "stop",
    )
    options = ("--trace", place / "client.jsonl", "--prebuffer", "2")
    with serving(songs(place)) as server:
        play(server.port, *script, *more, output=f"wav:{place / 'song.wav'}", options=options)


def through_the_proxy(place: Path) -> None:
    """The proxy's own trace, with a violation of each side."""
    with serving(songs(place)) as server:
        proxy = Program(
            *("-m", "cli.app", "proxy", 0, "127.0.0.1", server.port),
            *("--split", 700, "--trace", place / "proxy.jsonl", "--cut-after", 30_000),
        )
        try:
            port = int(proxy.wait_for(r"listening on \S+ port \d+").rsplit(maxsplit=1)[-1])
            play(port, "list", f"play {SHORT}", "wait")
            with socket.create_connection(("127.0.0.1", port), 20) as client:
                client.sendall(b"SETUP ends END ENDPLAY 2 END ENDHELO END END")
                while client.recv(1000):
                    pass
            proxy.wait_for("#2 +closed")
        finally:
            proxy.close()


EXCHANGES: dict[str, Callable[[Path], None]] = {
    "list-play-stop": list_play_stop,
    "switch": switch,
    "loss": loss,
    "plain": plain,
    "refusals": refusals,
    "transport": transport,
    "proxy": through_the_proxy,
}


def _read_message(sock: socket.socket) -> None:
    data = b""
    while not data.endswith(b" END END"):
        received = sock.recv(1000)
        assert received, data
        data += received


def record(place: Path) -> dict[str, list[Path]]:
    """Record every exchange below `place`, all at once; return the traces of each."""
    with crowd() as together:
        for name, exchange in EXCHANGES.items():
            (place / name).mkdir()
            together.send(name, exchange, place / name)
        for name in EXCHANGES:
            assert together[name] is None
    return {name: sorted((place / name).glob("*.jsonl")) for name in EXCHANGES}


def main(place: Path) -> None:
    """Record into a new folder, and put the traces in the place of those in recorded/."""
    found = record(place)
    shutil.rmtree(RECORDED, ignore_errors=True)
    RECORDED.mkdir()
    for name, traces in found.items():
        for trace in traces:
            shutil.copyfile(trace, RECORDED / f"{name}-{trace.name}")


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        main(Path(folder))
    sys.exit(0)
