"""Starts and ends the servers that are measured; each serves a folder on a free port."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TICKS = os.sysconf("SC_CLK_TCK")
NGINX = """
daemon off; worker_processes 1; pid {work}/nginx.pid; error_log {work}/error.log;
worker_rlimit_nofile 20000;
events {{ worker_connections 12000; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; keepalive_timeout 600;
    client_header_timeout 600;
    client_body_temp_path {work}/a; proxy_temp_path {work}/b; fastcgi_temp_path {work}/c;
    uwsgi_temp_path {work}/d; scgi_temp_path {work}/e;
    server {{ listen 127.0.0.1:{port}; root {folder}; }}
}}
"""


@dataclass(frozen=True)
class Running:
    """A running server. pid: of the serving process. seconds: from its start until it listened.

    log: what it writes, if that is of use.
    """

    port: int
    pid: int
    seconds: float
    began: float = 0.0
    log: Path = Path(os.devnull)

    def seconds_until(self, pattern: bytes) -> float:
        """Wait until its log says this; return the time from its start."""
        while re.search(pattern, self.log.read_bytes()) is None:
            time.sleep(0.01)
        return time.monotonic() - self.began

    def cpu_s(self) -> float:
        """The CPU seconds that the process has used, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def rss_mib(self) -> float:
        """The resident memory of the process."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        return int(found[1]) / 1024 if found else 0.0


@contextlib.contextmanager
def python_server(*arguments: object, prefix: tuple[str, ...] = ()) -> Iterator[Running]:
    """Run a server of this repository. Its log goes into a file, as in production."""
    began = time.monotonic()
    command = [*prefix, sys.executable, "-m", *map(str, arguments)]
    with tempfile.NamedTemporaryFile(prefix="alfine-bench-", suffix=".log") as out:
        log = Path(out.name)
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=out)
        try:
            while (found := re.search(rb"listening on \S+ port (\d+)", log.read_bytes())) is None:
                if process.poll() is not None:
                    raise RuntimeError(log.read_text())
                time.sleep(0.01)
            yield Running(int(found[1]), process.pid, time.monotonic() - began, began, log)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


def alfine(
    folder: Path, cache: Path, loop: str, *options: object
) -> contextlib.AbstractContextManager[Running]:
    """Run alfine's server, with a limit of requests too high to matter."""
    unlimited = ("--request-rate", 100_000, "--drain", 0)
    kept = ("--cache-dir", cache, "--state-dir", cache / "state")
    return python_server(
        "cli.app", "server", folder, 0, *kept, "--loop", loop, *unlimited, *options
    )


def streams(folder: Path) -> contextlib.AbstractContextManager[Running]:
    """Run the plain asyncio server."""
    return python_server("benchmarks.server.streams", folder, 0)


def nginx_program() -> str | None:
    """The path of nginx, installed or unpacked by `./dev bench`; None if there is none."""
    folders = (os.environ["PATH"], "/usr/sbin", str(ROOT / ".venv/nginx/usr/sbin"))
    return shutil.which("nginx", path=os.pathsep.join(folders))


@contextlib.contextmanager
def nginx(folder: Path, work: Path) -> Iterator[Running]:
    """Run nginx with one worker and sendfile."""
    program = nginx_program()
    if program is None:
        raise FileNotFoundError("nginx is not installed")
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    work.mkdir(parents=True, exist_ok=True)
    # nginx's worker may run as another user, who needs access to the folder.
    for path in (folder, *folder.parents):
        if path.stat().st_uid == os.getuid() and path != Path("/tmp"):
            path.chmod(path.stat().st_mode | 0o005)
    config = work / "nginx.conf"
    config.write_text(NGINX.format(work=work, port=port, folder=folder))
    process = subprocess.Popen([program, "-c", config, "-p", work, "-e", work / "error.log"])
    try:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while not children.read_text().split():
            time.sleep(0.01)
        time.sleep(0.2)
        yield Running(port, int(children.read_text().split()[0]), 0.0)
    finally:
        process.terminate()
        process.wait(10)
