"""A server in a process of its own whose log goes into a file, and what it takes of the machine."""

from __future__ import annotations

import contextlib
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.end_to_end.programs import PATIENCE_S, ROOT, environment
from tests.net.server.conftest import eventually
from tests.peers.plain_client import PlainClient

COMPLAINTS = ("Traceback", "a fault in the server", "never retrieved")


class Attacked:
    """A running server, seen from outside."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self.log, self.port = process, log, 0

    @property
    def said(self) -> str:
        return self.log.read_text(errors="replace")

    @property
    def _proc(self) -> Path:
        return Path(f"/proc/{self.process.pid}")

    def descriptors(self) -> list[str]:
        """Return what each of its descriptors refers to, but for the spools that it keeps."""
        kinds = []
        for fd in (self._proc / "fd").iterdir():
            with contextlib.suppress(OSError):  # closed meanwhile
                kinds.append(os.readlink(fd))
        return sorted(kind for kind in kinds if "(deleted)" not in kind)

    def descriptors_at_rest(self) -> list[str]:
        """Return the same when a first client has come and gone: what it needs is open by then."""
        with PlainClient(self.port, seconds=PATIENCE_S) as client:
            client.list_songs()
            assert client.next().is_list
        assert eventually(lambda: "disconnected" in self.said)
        return self.descriptors()

    def rss_kib(self) -> int:
        """Return its resident memory."""
        return int(re.search(r"VmRSS:\s+(\d+)", (self._proc / "status").read_text())[1])

    def cpu_s(self) -> float:
        """Return the CPU time that it has used."""
        fields = (self._proc / "stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def is_as(self, before: list[str]) -> bool:
        """Wait until its descriptors are those from before; return whether they became so."""
        return eventually(lambda: self.descriptors() == before)


@contextlib.contextmanager
def attacked(
    folder: Path, place: Path, *options: object, prefix: tuple[str, ...] = ()
) -> Iterator[Attacked]:
    """Run a server for the time of the block; afterwards nothing may have surprised it.

    prefix: the command that starts it.
    """
    command = [
        *prefix,
        sys.executable,
        "-m",
        "cli.server",
        folder,
        0,
        "--cache-dir",
        place / "cache",
    ]
    log = place / "server.log"
    with log.open("wb") as out:
        arguments = [*map(str, (*command, "--drain", 0, *options))]
        process = subprocess.Popen(
            arguments, cwd=ROOT, env=environment(), stdout=out, stderr=subprocess.STDOUT
        )
    server = Attacked(process, log)
    try:
        server.port = _port(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for complaint in COMPLAINTS:
        assert complaint not in server.said, server.said[-20_000:]


def _port(server: Attacked) -> int:
    deadline = time.monotonic() + PATIENCE_S
    while (found := re.search(r"listening on \S+ port (\d+)", server.said)) is None:
        assert server.process.poll() is None and time.monotonic() < deadline, server.said
        time.sleep(0.02)
    return int(found[1])


def allow_descriptors(count: int) -> int:
    """Let this process have so many open, or as many as it may; return how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def percentile(values: list[float], percent: int) -> float:
    """Return the value that so many percent of them do not exceed."""
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]
