"""Runs Python under a kernel that encrypts (kTLS), a program itself: Debian's user-mode-linux.

The guest has the machine's own files as its root (hostfs), so the same Python runs there with the
same packages. As a program of its own this module is the guest's first process.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
import traceback
from pathlib import Path

PROGRAM = "linux.uml"
ROOT = Path(__file__).resolve().parents[2]
MODULES = ("ctr", "ghash-generic", "gcm", "tls")
"""What encrypts; which of them are built in, and what they depend on, differs between kernels."""
FINIT_MODULE = 313
"""Its number on x86-64, the only machine that user-mode-linux runs on."""
SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 1, 0x40
POWER_OFF = 0x4321FEDC
BOOT_S = 600.0


def run(work: Path, task: str, *arguments: object) -> object:
    """Boot; call `task`, as `module:function`, with these arguments; return what it returns.

    Arguments and result are JSON. A failure in the guest is one here, with its traceback.
    """
    result = work / "result.json"
    order = work / "order.json"
    order.write_text(json.dumps([str(result), task, list(map(str, arguments)), sys.path]))
    init = work / "init"
    init.write_text(f"#!/bin/sh\nexec {sys.executable} -u -m tests.tls.uml {order}\n")
    init.chmod(0o755)
    command = [
        *(PROGRAM, "mem=700M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "rw"),
        *("quiet", "panic=-1", "con=null", "con0=null,fd:2", "con1=fd:0,fd:1", "console=tty1"),
        *(f"init={init}", f"HOME={work}", f"PYTHONPATH={ROOT}", "PYTHONDONTWRITEBYTECODE=1"),
    ]
    # The guest's memory is a file, which has to be executable.
    there = {"PATH": os.environ["PATH"], "TMPDIR": "/dev/shm", "HOME": str(work)}
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, timeout=BOOT_S, env=there, cwd=ROOT
    )
    said = (done.stdout + done.stderr).decode(errors="replace")
    assert result.exists(), f"the guest has said nothing but:\n{said[-4000:]}"
    error, value = json.loads(result.read_text())
    assert not error, f"{error}\n{said[-2000:]}"
    return value


def _main(order: Path) -> None:
    result, task, arguments, path = json.loads(order.read_text())
    outcome: list[object] = ["nothing was done", None]
    try:
        sys.path[:] = path
        os.chdir(ROOT)
        _prepare()
        module, name = task.split(":")
        function = getattr(__import__(module, fromlist=[name]), name)
        outcome = ["", function(*arguments)]
    except BaseException:
        outcome = [traceback.format_exc(), None]
    finally:
        half = Path(result + ".half")
        half.write_text(json.dumps(outcome))
        half.rename(result)
        os.sync()
        ctypes.CDLL(None).reboot(POWER_OFF)


def _prepare() -> None:
    """Have what an init would have: /proc, places for temporary files, loopback, the modules."""
    libc = ctypes.CDLL(None, use_errno=True)
    for kind, place in (("proc", "/proc"), ("sysfs", "/sys"), ("tmpfs", "/run")):
        libc.mount(kind.encode(), place.encode(), kind.encode(), 0, None)
    os.environ["TMPDIR"] = "/run"
    with socket.socket() as sock:
        request = struct.pack("16sH14x", b"lo", IFF_UP | IFF_RUNNING)
        fcntl.ioctl(sock.fileno(), SIOCSIFFLAGS, request)
    for path in _modules(Path("/usr/lib/uml/modules", os.uname().release)):
        with path.open("rb") as file:
            assert libc.syscall(FINIT_MODULE, file.fileno(), b"", 0) == 0, path
    assert "tls" in Path("/proc/sys/net/ipv4/tcp_available_ulp").read_text()


def _modules(folder: Path) -> list[Path]:
    """Return the files of MODULES, each behind those that it depends on."""
    needed: dict[Path, None] = {}
    for line in (folder / "modules.dep").read_text().splitlines():
        module, _, depends_on = line.partition(":")
        if Path(module).stem in MODULES:
            # As depmod writes them: what is last depends on none of the others.
            needed |= dict.fromkeys(folder / each for each in reversed(depends_on.split()))
            needed |= {folder / module: None}
    return list(needed)


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
