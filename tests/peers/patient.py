"""Runs a server that waits longer until a client has read: as a prefix of its command.

python -m tests.peers.patient python -m cli.server ...

A client that finds the ends of messages by its reads has 20 ms for each. A test is such a client,
and on a busy machine waits longer for a CPU.
"""

from __future__ import annotations

import runpy
import sys

from net.server.connections import settling

QUIET_S = 1.0
PATIENTLY = (sys.executable, "-m", "tests.peers.patient")

if __name__ == "__main__":
    settling.QUIET_S = QUIET_S  # type: ignore[misc]
    _, _, module, *arguments = sys.argv[1:]
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__")
