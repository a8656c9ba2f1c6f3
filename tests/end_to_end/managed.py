"""Programs that start another one as a terminal or as systemd does; each is a `prefix`."""

import contextlib
import re
import socket
import sys
import threading

IN_TERMINAL = (
    sys.executable,
    "-c",
    "import os, sys\n"
    "os.setsid()\n"
    "master, slave = os.openpty()\n"
    "os.set_inheritable(master, True)\n"
    "os.close(os.open(os.ttyname(slave), os.O_RDWR))\n"
    "os.execvp(sys.argv[1], sys.argv[1:])\n",
)
"""With a terminal of its own."""

NO_TERMINAL = ("setsid", "--wait")
"""Without one, wherever the tests run."""

PASSING = (
    sys.executable,
    "-c",
    "import os, sys\n"
    "fds = [int(fd) for fd in sys.argv[1].split(',')]\n"
    "for to, fd in enumerate(fds, 3):\n"
    "    os.dup2(fd, to, inheritable=True)\n"
    "os.environ |= {'LISTEN_PID': str(os.getpid()), 'LISTEN_FDS': str(len(fds))}\n"
    "os.execvp(sys.argv[2], sys.argv[2:])\n",
)
"""Behind it stand descriptors, with commas between; they are passed as sd_listen_fds(3) says."""


class Notified:
    """A socket that is told what sd_notify(3) says. said: all words, one behind another."""

    def __init__(self, path):
        self.path, self.said = path, []
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._sock.bind(str(path))
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        with contextlib.suppress(OSError):
            while True:
                words = self._sock.recv(65536).decode().splitlines()
                with self._news:
                    self.said += words
                    self._news.notify_all()

    def wait_for(self, pattern, times=1, seconds=40.0):
        """Wait until so many words match."""
        with self._news:
            assert self._news.wait_for(lambda: self.count(pattern) >= times, seconds), self.said

    def count(self, pattern):
        return sum(re.fullmatch(pattern, word) is not None for word in self.said)

    def variables(self, watchdog_s=None):
        """Return a prefix that has a program know of it."""
        words = ["env", f"NOTIFY_SOCKET={self.path}"]
        return (*words, *([f"WATCHDOG_USEC={int(watchdog_s * 1e6)}"] if watchdog_s else []))
