"""The options that say how the server runs."""

from __future__ import annotations

from pathlib import Path

from cli.command_line import PATH, Declaration, between, option
from cli.serving.options.headings import RUNNING
from fsm.frozen import dataclass

OPTIONS: tuple[Declaration, ...] = (
    option(
        "--workers",
        type=between(1, 1024),
        metavar="N",
        default=1,
        help="Processes that serve, on one port.",
        heading=RUNNING,
    ),
    option(
        "--loop",
        metavar="NAME",
        default="auto",
        help="The event loop: auto (uvloop where it is installed), asyncio or uvloop.",
        heading=RUNNING,
    ),
    option(
        "--cache-dir",
        type=PATH,
        metavar="DIR",
        help="Where songs are kept ready for the wire.",
        shown="the user's cache directory",
        heading=RUNNING,
    ),
)


@dataclass(frozen=True, slots=True)
class Running:
    """What the options say. cache_dir: None for the user's own."""

    workers: int
    loop: str
    cache_dir: Path | None
