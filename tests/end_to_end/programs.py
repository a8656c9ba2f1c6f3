"""Starts alfine's programs as a user would, listens to them, and ends them."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_S = 40.0
"""How long anything may take on a busy machine before a test fails."""


STATE = tempfile.TemporaryDirectory(prefix="alfine-state-")
"""Of the programs of one run of the tests."""


def environment() -> dict[str, str]:
    """Nothing of the user's own: no history, no index, no language."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    home = tempfile.gettempdir()
    # Coverage and the like travel in variables of their own.
    return kept | {
        "XDG_STATE_HOME": STATE.name,
        "XDG_DATA_HOME": STATE.name,
        "HOME": home,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "LC_ALL": "C",
    }


class Program:
    """A process whose lines, from both its outputs, can be waited for."""

    def __init__(
        self,
        *arguments: object,
        stdin: int = subprocess.DEVNULL,
        prefix: tuple[str, ...] = (),
        program: tuple[object, ...] = (sys.executable,),
        cwd: Path = ROOT,
        env: dict[str, str] | None = None,
    ):
        """prefix: a program that starts this one, as setpriv and strace do."""
        command = [*prefix, *map(str, program), *(str(argument) for argument in arguments)]
        self.process = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=environment() if env is None else env,
        )
        self.written: dict[str, bytes] = {"out": b"", "err": b""}
        self._news = threading.Condition()
        self._readers = [
            threading.Thread(target=self._read, args=(name, pipe), daemon=True)
            for name, pipe in (("out", self.process.stdout), ("err", self.process.stderr))
        ]
        for reader in self._readers:
            reader.start()

    @property
    def out(self) -> str:
        return self.written["out"].decode(errors="replace")

    @property
    def err(self) -> str:
        return self.written["err"].decode(errors="replace")

    def wait_for(self, pattern: str, seconds: float = PATIENCE_S, times: int = 1) -> str:
        """Wait until this regular expression has been written so often; return the last one."""

        def found() -> list[str]:
            everything = self.out + "\n" + self.err
            return [match[0] for match in re.finditer(pattern, everything, re.MULTILINE)]

        with self._news:
            assert self._news.wait_for(lambda: len(found()) >= times or self._over(), seconds)
            assert len(found()) >= times, f"no {pattern!r} in:\n{self.out}\n{self.err}"
            return found()[times - 1]

    def type(self, *lines: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        self.process.stdin.flush()

    def end(self, seconds: float = PATIENCE_S) -> int:
        """Wait for the end of the program and of its output; return the exit code."""
        code = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(seconds)
        return code

    def kill(self) -> None:
        """kill -9: no handler runs, no buffer is flushed."""
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        for reader in self._readers:
            reader.join(PATIENCE_S)
        for pipe in (self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()

    def _over(self) -> bool:
        return not any(reader.is_alive() for reader in self._readers)

    def _read(self, name: str, pipe: object) -> None:
        while data := os.read(pipe.fileno(), 65536):  # type: ignore[attr-defined]
            with self._news:
                self.written[name] += data
                self._news.notify_all()
        # Once more for whoever waits for what will not come; by then this thread counts as over.
        with self._news:
            self._news.notify_all()


class Server(Program):
    """`alfine server`, listening."""

    def __init__(
        self,
        folder: object,
        port: int = 0,
        options: tuple[object, ...] = (),
        prefix: tuple[str, ...] = (),
    ):
        super().__init__("-m", "cli.server", folder, port, *options, prefix=prefix)
        try:
            line = self.wait_for(r"listening on \S+ port \d+")
        except BaseException:
            self.close()
            raise
        self.port = int(line.rsplit(maxsplit=1)[-1])

    def close(self) -> None:
        super().close()
        # Whatever a client did, the server is not to be surprised by it.
        for complaint in ("Traceback", "a fault in the server", "never retrieved"):
            assert complaint not in self.out + self.err, self.out + self.err


@contextlib.contextmanager
def serving(
    folder: object, port: int = 0, *options: object, prefix: tuple[str, ...] = ()
) -> Iterator[Server]:
    """A server for the time of the block."""
    server = Server(folder, port, options, prefix)
    try:
        yield server
    finally:
        server.close()


@dataclass(frozen=True)
class Run:
    """How a client's run went."""

    code: int
    out: str
    err: str


class Client(Program):
    """`alfine client` with a script."""

    def __init__(
        self, port: int, *commands: str, output: str = "null", options: tuple[object, ...] = ()
    ):
        script = [word for command in commands for word in ("-c", command)]
        arguments = ["127.0.0.1", port, "--output", output, *options, *script]
        stdin = subprocess.DEVNULL if commands else subprocess.PIPE
        super().__init__("-m", "cli.client", *arguments, stdin=stdin)

    def run(self) -> Run:
        """Wait for the end; no traceback may have been written."""
        try:
            code = self.end()
        finally:
            self.close()
        assert "Traceback" not in self.err, self.err
        return Run(code, self.out, self.err)


def play(port: int, *commands: str, output: str = "null", options: tuple[object, ...] = ()) -> Run:
    """Run a script through the client."""
    return Client(port, *commands, output=output, options=options).run()


def run(*arguments: object) -> Run:
    """Run a program to its end."""
    program = Program(*arguments)
    try:
        code = program.end()
    finally:
        program.close()
    return Run(code, program.out, program.err)
