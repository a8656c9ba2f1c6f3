"""Waits for one key, without Enter."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty

ESCAPE, DELETE = b"\x1b", b"\x7f"
LONGEST_BYTES = 32


def one_key() -> str:
    """Return the key that is pressed next, "" at the terminal's end; Ctrl-C is a key as well.

    Of a key that sends several bytes, as an arrow does, the first stands for it.
    """
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        tty.setraw(terminal, termios.TCSADRAIN)
        key = os.read(terminal, 1)
        begins = key == ESCAPE or key > DELETE
        if begins and select.select([terminal], [], [], 0)[0]:
            os.read(terminal, LONGEST_BYTES)
        return key.decode("latin-1")
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
