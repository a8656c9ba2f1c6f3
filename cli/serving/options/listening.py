"""The options that say where the server listens."""

from __future__ import annotations

from cli.address import host_of
from cli.command_line import Declaration, argument, option
from cli.options.monitoring import monitor_port
from fsm.frozen import dataclass

OPTIONS: tuple[Declaration, ...] = (
    argument("port", type=int, help="The port to listen on; 0 picks a free one."),
    option(
        "--host",
        type=host_of,
        metavar="ADDRESS",
        default=["127.0.0.1"],
        multiple=True,
        help="An address to listen on: 127.0.0.1 for this machine only, 0.0.0.0 for all of IPv4, "
        ":: for all of both. Repeatable.",
    ),
    option(
        "--announce/--no-announce",
        default=True,
        help="Let clients in the local network find the server, unless only this machine can reach "
        "it. Needs alfine's extra [discovery].",
    ),
    option(
        "--name",
        metavar="NAME",
        help="What clients find it as.",
        shown="the folder's and the machine's",
    ),
    monitor_port,
)


@dataclass(frozen=True, slots=True)
class Listening:
    """What the options say. name: None for the folder's and the machine's. monitor: the port of its
    page, if one is wanted.
    """

    port: int
    host: tuple[str, ...]
    announce: bool
    name: str | None
    monitor: int | None
