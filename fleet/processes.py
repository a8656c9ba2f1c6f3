"""Programs that a fleet runs: found, started in its folder, waited for, and ended by their pids."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PATIENCE_S = 60.0
"""For a program to be ready, or to end, on a busy machine."""
_POLL_S = 0.05
_DEBIANS = (Path("/usr/sbin"), *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
"""Where Debian keeps programs that are not in everybody's PATH."""


class FleetError(Exception):
    """A part of the fleet cannot be had. The text says which, and what to do."""


def program(name: str) -> str:
    """Return the path of a program. Raises FleetError: it is not installed."""
    found = shutil.which(name) or next(
        (str(each / name) for each in _DEBIANS if (each / name).exists()), None
    )
    if found is None:
        raise FleetError(f"the fleet needs {name}, which is not installed")
    return found


def free_port() -> int:
    """Return a port of loopback that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def listens(port: int) -> bool:
    """Whether somebody listens on a port of loopback."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


class Running:
    """A program that runs in the foreground. log: a file for both of its outputs."""

    def __init__(
        self,
        command: Sequence[object],
        log: Path,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> None:
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [program(str(command[0])), *map(str, command[1:])],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=log.parent,
                env={**os.environ, **(environment or {})},
                user=user,
                group=user,
                extra_groups=[] if user is not None else None,
            )

    def __repr__(self) -> str:
        return f"<Running {self.log.stem} {self.process.pid}>"

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until it is ready. Raises FleetError, with the end of its log: it is not."""
        deadline = time.monotonic() + PATIENCE_S
        while not ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = self.log.read_text(errors="replace").splitlines()[-5:]
                raise FleetError(f"{self.log.stem} is not ready: " + " / ".join(said))
            time.sleep(_POLL_S)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM, patience_s: float = PATIENCE_S) -> int:
        """End it; return its exit code. One that does not end in time is killed."""
        self.process.send_signal(number)
        self.process.send_signal(signal.SIGCONT)  # it may be stopped
        try:
            return self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(patience_s)


def run(
    command: Sequence[object],
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
    folder: Path | None = None,
) -> str:
    """Run a command to its end; return what it printed. Raises FleetError: it failed."""
    done = subprocess.run(
        [program(str(command[0])), *map(str, command[1:])],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        user=user,
        group=user,
        extra_groups=[] if user is not None else None,
    )
    if done.returncode:
        said = done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}"
        raise FleetError(f"{command[0]} failed: {said.splitlines()[-1]}")
    return done.stdout
