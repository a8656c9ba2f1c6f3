"""Waits for one key, without Enter."""

from __future__ import annotations

import sys
import termios
import tty


def one_key() -> str:
    """Return the key that is pressed next, "" at the terminal's end; Ctrl-C is a key as well."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        tty.setraw(terminal, termios.TCSADRAIN)
        return sys.stdin.read(1)
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
