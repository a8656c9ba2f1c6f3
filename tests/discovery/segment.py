"""A network of two machines that the tests make themselves: nothing in it reaches any other."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

_numbers = itertools.count()


@dataclass(frozen=True)
class Segment:
    """The two, as what is put before a command to run it there."""

    here: tuple[str, ...]
    there: tuple[str, ...]


HERE, THERE = "10.77.0.1", "10.77.0.2"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@contextlib.contextmanager
def segment() -> Iterator[Segment]:
    """Make both machines and the cable; skip the test where that is not allowed."""
    number = f"{os.getpid()}-{next(_numbers)}"
    here, there = f"alfine-h{number}", f"alfine-t{number}"
    with contextlib.ExitStack() as made:
        try:
            for name in (here, there):
                made.enter_context(_namespace(name))
                ip("-n", name, "link")  # in a chroot one can be made, and not be entered
        except (OSError, subprocess.CalledProcessError) as error:
            reason = f"no network namespace can be made: {getattr(error, 'stderr', error)}"
            if os.environ.get("CI") == "true":
                pytest.fail(reason, pytrace=False)
            pytest.skip(reason)
        _connect(here, there)
        yield Segment(("ip", "netns", "exec", here), ("ip", "netns", "exec", there))


@contextlib.contextmanager
def _namespace(name: str) -> Iterator[None]:
    ip("netns", "add", name)
    try:
        yield
    finally:
        ip("netns", "del", name)


def _connect(here: str, there: str) -> None:
    """Join them by a cable; no address waits until it is known to be the only one."""
    ip("-n", here, "link", "add", "cable", "type", "veth", "peer", "cable", "netns", there)
    for name, address, address6 in ((here, HERE, "fd77::1"), (there, THERE, "fd77::2")):
        ip("-n", name, "link", "set", "cable", "addrgenmode", "none")
        ip("-n", name, "link", "set", "lo", "up")
        ip("-n", name, "link", "set", "cable", "up")
        ip("-n", name, "addr", "add", f"{address}/24", "dev", "cable")
        ip("-n", name, "addr", "add", f"{address6}/64", "dev", "cable", "nodad")
