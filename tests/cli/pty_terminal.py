"""Runs a program in a real pseudo-terminal, and shows the screen that a person would see."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

import pyte

TIMEOUT_S = 40.0
"""A test fails after this time; on a busy machine a step may take long."""


def _environment(env, term):
    kept = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    return {**kept, **env, "TERM": term}


class Terminal:
    """Runs a program in a terminal of `columns` × `rows`; a context manager that ends it.

    env: added to the environment of the tests. term: what the terminal calls itself, whatever that
    of whoever runs the tests is called; its size comes from `columns` and `rows` alone.
    """

    def __init__(self, argv, columns=80, rows=24, env=None, term="xterm-256color"):
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""
        self._fd, child = pty.openpty()
        # Report the cursor's position when the program requests it, as real terminals do.
        self.screen.write_process_input = self.type
        self._set_size(columns, rows)
        self.process = subprocess.Popen(
            argv,
            stdin=child,
            stdout=child,
            stderr=child,
            start_new_session=True,
            env=_environment(env or {}, term),
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(child)

    def __repr__(self):
        return f"<Terminal {self.screen.columns}x{self.screen.lines} exit={self.process.poll()}>"

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._fd)

    def resize(self, columns, rows):
        """Change the window's size, as a person does by dragging its corner."""
        screen = self.screen
        # A real terminal drops rows below the cursor first, and rows above it only when too few are
        # below. pyte drops the topmost rows, and does not move the cursor.
        surplus = max(0, screen.lines - rows)
        below = min(surplus, screen.lines - 1 - screen.cursor.y)
        column, row = screen.cursor.x, screen.cursor.y
        screen.cursor_position()
        screen.insert_lines(below)
        screen.resize(rows, columns)
        screen.cursor_position(row - (surplus - below) + 1, min(column, columns - 1) + 1)
        self._set_size(columns, rows)
        os.killpg(self.process.pid, signal.SIGWINCH)

    def hang_up(self):
        """Close the terminal, as a person does who closes its window."""
        os.close(self._fd)
        self._fd = os.open(os.devnull, os.O_RDONLY)

    def settings(self):
        """Return the terminal's present attributes: echo, line editing and so on."""
        return termios.tcgetattr(self._fd)

    def type(self, text):
        """Type; "\\r" is Enter."""
        os.write(self._fd, text.encode())

    @property
    def lines(self):
        """The lines on the screen, without trailing blanks."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self):
        return "\n".join(self.lines)

    @property
    def cursor_line(self):
        return self.lines[self.screen.cursor.y]

    def wait_until(self, condition, timeout_s=TIMEOUT_S):
        """Read output until `condition(self)` holds; fail with the screen after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        while not condition(self):
            left = deadline - time.monotonic()
            assert left > 0, f"not within {timeout_s} s; the screen:\n{self.text}"
            if not self._read(left):
                assert condition(self), f"the program has ended; the screen:\n{self.text}"

    def wait_for(self, text, timeout_s=TIMEOUT_S):
        """Wait until `text` is on the screen."""
        self.wait_until(lambda t: text in t.text, timeout_s)

    def reads(self, seconds):
        """Read for that long; yield after each piece of output."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and self._read(left):
            yield

    def wait_for_exit(self, timeout_s=TIMEOUT_S):
        """Read to the end of the program's output; return its exit code."""
        deadline = time.monotonic() + timeout_s
        while self._read(deadline - time.monotonic()):
            assert time.monotonic() < deadline, f"still running; the screen:\n{self.text}"
        return self.process.wait(timeout_s)

    def _read(self, timeout_s):
        """Feed pending output to the screen; False once the program has closed the terminal."""
        ready, _, _ = select.select([self._fd], [], [], max(0.0, min(timeout_s, 0.5)))
        if not ready:
            return True
        try:
            data = os.read(self._fd, 65536)
        except OSError:
            return False
        self.raw += data
        self._stream.feed(data)
        return bool(data)

    def _set_size(self, columns, rows):
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
