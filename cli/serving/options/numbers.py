"""Options that take a number: seconds, or a count of something."""

from __future__ import annotations

from cli.command_line import Declaration, between, option

MIB, KIB = 1 << 20, 1 << 10
MAX_S = 86_400.0


def seconds(name: str, default: float, about: str, heading: str, least: float = 0.1) -> Declaration:
    """Declare an option that takes seconds, at most a day."""
    kind = between(least, MAX_S)
    return option(name, type=kind, default=default, metavar="SECONDS", help=about, heading=heading)


def count(
    name: str, default: int, about: str, heading: str, least: int = 1, most: int = 1_000_000
) -> Declaration:
    """Declare an option that takes a whole number."""
    kind = between(least, most)
    return option(name, type=kind, default=default, metavar="N", help=about, heading=heading)
