"""The options of `alfine server` that set its limits: their ranges and their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from net.server.limits import Keepalive, Limits
from songs import LATIN_1, MAX_SONG_BYTES, Options, is_text_encoding

RUNNING, SONGS = "Running", "Songs"
CLIENTS, REQUESTS, PACE = "Limits: clients", "Limits: requests", "Limits: silence and slowness"
MIB, KIB = 1 << 20, 1 << 10
MAX_S = 86_400.0
MAX_SONG_MIB = MAX_SONG_BYTES // MIB
DEFAULT = Limits()
KEEPALIVE_HELP = (
    "Seconds of silence before the kernel asks whether the other machine is still there, seconds "
    "between two questions, and how many may stay unanswered."
)


def _seconds(about: str, panel: str, least: float = 0.1) -> Any:
    return typer.Option(help=about, min=least, max=MAX_S, rich_help_panel=panel)


def _count(about: str, panel: str, least: int = 1, most: int = 1_000_000) -> Any:
    return typer.Option(help=about, min=least, max=most, rich_help_panel=panel)


def keepalive(given: str | Keepalive) -> Keepalive:
    """Parse `IDLE/INTERVAL/COUNT`; the default is passed as a Keepalive.

    Raises typer.BadParameter: not of that form, or not within the ranges that Linux takes.
    """
    text = str(given)
    words = text.split("/")
    if len(words) == 3 and all(word.isascii() and word.isdecimal() for word in words):
        idle_s, interval_s, count = map(int, words)
        if 1 <= idle_s <= 32767 and 1 <= interval_s <= 32767 and 1 <= count <= 127:
            return Keepalive(idle_s, interval_s, count)
    raise typer.BadParameter(
        f"{text!a} is not IDLE/INTERVAL/COUNT, as in 30/10/3: seconds from 1 to 32767, twice, and "
        "a count from 1 to 127."
    )


def song_options(
    song_size_mib: int, follow_links: bool, tag_encoding: str, s3_endpoint: str | None
) -> Options:
    """Return the options of the library. Raises ValueError, with a clause that says what to do."""
    if not is_text_encoding(tag_encoding):
        raise ValueError(
            f"there is no text encoding {ascii(tag_encoding)[:60]}; Python's names are meant, such "
            "as cp1251, shift_jis or gbk"
        )
    return Options(song_size_mib * MIB, follow_links, tag_encoding, s3_endpoint)


SongSize = Annotated[
    int, _count("MiB that a song may have; a larger one is not listed.", SONGS, 1, 1 << 20)
]
FollowLinks = Annotated[
    bool,
    typer.Option(
        "--follow-links",
        help="Serve what links in the folder lead to outside it, too.",
        rich_help_panel=SONGS,
    ),
]
TagEncoding = Annotated[
    str,
    typer.Option(
        help=(
            "The encoding of titles in old tags that do not say it (ID3v1, and ID3v2 that claims "
            "Latin-1): cp1251, shift_jis, gbk, or another that Python knows."
        ),
        show_default=LATIN_1,
        rich_help_panel=SONGS,
    ),
]
Drain = Annotated[
    float, _seconds("Seconds that songs have to end in after SIGTERM or Ctrl-C.", RUNNING, 0)
]
StateDir = Annotated[
    Path | None,
    typer.Option(
        help="Where the IDs of songs are kept from one start to the next, with their tags.",
        show_default="the user's state directory",
        rich_help_panel=RUNNING,
    ),
]
CatalogueUrl = Annotated[
    str | None,
    typer.Option(
        "--catalogue",
        metavar="postgresql://USER@HOST/DATABASE",
        help="Keep them in a database that servers on other machines share, instead.",
        rich_help_panel=RUNNING,
    ),
]
S3Endpoint = Annotated[
    str | None,
    typer.Option(
        "--s3-endpoint",
        metavar="URL",
        help="The object store, if it is not Amazon's.",
        show_default="what the aws command is set to",
        rich_help_panel=SONGS,
    ),
]
CacheSize = Annotated[
    int,
    _count(
        "MiB of songs kept ready, in each worker; others are framed as they are sent.", RUNNING, 0
    ),
]
Clients = Annotated[
    int | None,
    typer.Option(
        help="Clients at a time, in each worker; one more is answered ERRO 404 and closed.",
        min=1,
        show_default="10000, or what the descriptors allow",
        rich_help_panel=CLIENTS,
    ),
]
PerAddress = Annotated[
    int,
    _count(
        "Clients from one address (of IPv6: from one /64), in each worker; this machine's own are "
        "exempt, which is everybody where a proxy on this machine stands in front.",
        CLIENTS,
    ),
]
Backlog = Annotated[int, _count("Connections that may wait to be accepted.", CLIENTS, 1, 65_535)]
RequestSize = Annotated[
    int, _count("Bytes that a request may have, END END included.", REQUESTS, 32, MIB)
]
RequestTime = Annotated[
    float, _seconds("Seconds from a request's first byte to its END END.", REQUESTS)
]
RequestRate = Annotated[
    int, _count("Requests per second that a client is heard with; more have to wait.", REQUESTS)
]
IdleTime = Annotated[
    float, _seconds("Seconds that a client may ask for nothing and be sent nothing.", PACE)
]
StallTime = Annotated[
    float, _seconds("Seconds in which a client has to take something of what is sent.", PACE)
]
LeastRate = Annotated[
    int, _count("Bytes per second that a client has to take, over --rate-time.", PACE, 0, 1 << 30)
]
RateTime = Annotated[float, _seconds("Seconds over which --least-rate is measured.", PACE)]
AckTime = Annotated[
    float,
    _seconds("Seconds in which what is sent has to be acknowledged (TCP_USER_TIMEOUT).", PACE),
]
KeepaliveOption = Annotated[
    Keepalive,
    typer.Option(
        help=KEEPALIVE_HELP, parser=keepalive, metavar="IDLE/INTERVAL/COUNT", rich_help_panel=PACE
    ),
]
Unsent = Annotated[
    int,
    _count(
        "KiB that wait in the kernel for one client: with more, LIST and STOP are felt later, "
        "with less, songs are sent in smaller pieces.",
        PACE,
        4,
        4096,
    ),
]
