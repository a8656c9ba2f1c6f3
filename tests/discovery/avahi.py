"""Avahi on one of the machines, with a bus of its own: a second opinion on what is announced."""

import contextlib
import os
import subprocess
from pathlib import Path

BUS = """<busconfig><type>system</type><listen>unix:path={path}</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>
"""
CONFIG = "[server]\nuse-ipv6=no\nallow-interfaces=cable\n[wide-area]\nenable-wide-area=no\n"
# Its place for the number of its process is the machine's: it gets one of its own.
DAEMON = (
    "mount -t tmpfs none /run && mkdir /run/avahi-daemon && exec avahi-daemon -f {config} "
    "--no-drop-root --no-chroot --no-rlimits"
)


@contextlib.contextmanager
def browsing(prefix, folder: Path):
    """Run avahi, and yield the lines of what it hears of servers, as they come."""
    (folder / "bus.conf").write_text(BUS.format(path=folder / "bus"))
    (folder / "avahi.conf").write_text(CONFIG)
    env = {**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder / 'bus'}", "LC_ALL": "C"}
    with contextlib.ExitStack() as stack:

        def start(*command, until=None):
            program = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env
            )
            stack.enter_context(program)
            stack.callback(program.terminate)
            if until is not None:
                assert any(map(until, program.stdout)), f"{command} has ended"
            return program

        start(
            *("dbus-daemon", f"--config-file={folder / 'bus.conf'}", "--nofork"),
            "--print-address=1",
            until=lambda line: line.startswith("unix:"),
        )
        start(
            *(*prefix, "sh", "-c", DAEMON.format(config=folder / "avahi.conf")),
            until=lambda line: "Server startup complete" in line,
        )
        browser = start(*prefix, "avahi-browse", "-rp", "_alfine._tcp")
        yield browser.stdout
