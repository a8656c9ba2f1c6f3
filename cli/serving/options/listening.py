"""The options that say where the server listens."""

from __future__ import annotations

from cli.address import host_of
from cli.command_line import Declaration, argument, option
from cli.monitoring import monitor_port
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
    monitor_port,
)


@dataclass(frozen=True, slots=True)
class Listening:
    """What the options say. monitor: the port of its page, if one is wanted."""

    port: int
    host: tuple[str, ...]
    monitor: int | None
