"""The options of `alfine server` that set its limits: their ranges and their help."""

from __future__ import annotations

import click

from cli.command_line import PATH, Declaration, argument, between, flag, option
from net.server.limits import Keepalive, Limits
from songs import LATIN_1, MAX_SONG_BYTES, Options, is_text_encoding

RUNNING, SONGS = "Running", "Songs"
CLIENTS, REQUESTS, PACE = "Limits of clients", "Limits of requests", "Limits of silence"
MIB, KIB = 1 << 20, 1 << 10
MAX_S = 86_400.0
MAX_SONG_MIB = MAX_SONG_BYTES // MIB
DEFAULT = Limits()
KEEPALIVE_HELP = (
    "Seconds of silence before the kernel asks whether the other machine is still there, seconds "
    "between two questions, and how many may stay unanswered."
)


def _seconds(
    name: str, default: float, about: str, heading: str, least: float = 0.1
) -> Declaration:
    kind = between(least, MAX_S)
    return option(name, type=kind, default=default, metavar="SECONDS", help=about, heading=heading)


def _count(
    name: str, default: int, about: str, heading: str, least: int = 1, most: int = 1_000_000
) -> Declaration:
    kind = between(least, most)
    return option(name, type=kind, default=default, metavar="N", help=about, heading=heading)


def parsed_keepalive(given: str | Keepalive) -> Keepalive:
    """Parse `IDLE/INTERVAL/COUNT`; the default is passed as a Keepalive.

    Raises click.BadParameter: not of that form, or not within the ranges that Linux takes.
    """
    text = str(given)
    words = text.split("/")
    if len(words) == 3 and all(word.isascii() and word.isdecimal() for word in words):
        idle_s, interval_s, count = map(int, words)
        if 1 <= idle_s <= 32767 and 1 <= interval_s <= 32767 and 1 <= count <= 127:
            return Keepalive(idle_s, interval_s, count)
    raise click.BadParameter(
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


song_size = _count(
    "--song-size",
    MAX_SONG_MIB,
    "MiB that a song may have; a larger one is not listed.",
    SONGS,
    most=1 << 20,
)
follow_links = flag(
    "--follow-links",
    help="Serve what links in the folder lead to outside it, too.",
    heading=SONGS,
)
tag_encoding = option(
    "--tag-encoding",
    default=LATIN_1,
    metavar="NAME",
    help="The encoding of titles in old tags that do not say it (ID3v1, and ID3v2 that claims "
    "Latin-1): cp1251, shift_jis, gbk, or another that Python knows.",
    heading=SONGS,
)
drain = _seconds(
    "--drain",
    DEFAULT.drain_s,
    "Seconds that songs have to end in after SIGTERM or Ctrl-C.",
    RUNNING,
    least=0.0,
)
state_dir = option(
    "--state-dir",
    type=PATH,
    metavar="DIR",
    help="Where the IDs of songs are kept from one start to the next, with their tags.",
    shown="the user's state directory",
    heading=RUNNING,
)
catalogue_url = option(
    "--catalogue",
    metavar="postgresql://USER@HOST/DATABASE",
    help="Keep them in a database that servers on other machines share, instead.",
    heading=RUNNING,
)
s3_endpoint = option(
    "--s3-endpoint",
    metavar="URL",
    help="The object store, if it is not Amazon's.",
    shown="what the aws command is set to",
    heading=SONGS,
)
music_dir = argument(
    "music_dir", metavar="MUSIC_DIR", help="The folder with the MP3s, or s3://BUCKET/PREFIX."
)
cache_size = _count(
    "--cache-size",
    DEFAULT.cache_bytes // MIB,
    "MiB of songs kept ready, in each worker; others are framed as they are sent.",
    RUNNING,
    least=0,
)
clients = option(
    "--clients",
    type=between(1),
    metavar="N",
    help="Clients at a time, in each worker; one more is answered ERRO 404 and closed.",
    shown="10000, or what the descriptors allow",
    heading=CLIENTS,
)
per_address = _count(
    "--per-address",
    DEFAULT.per_address,
    "Clients from one address (of IPv6: from one /64), in each worker; this machine's own are "
    "exempt, which is everybody where a proxy on this machine stands in front.",
    CLIENTS,
)
backlog = _count(
    "--backlog",
    DEFAULT.backlog,
    "Connections that may wait to be accepted.",
    CLIENTS,
    most=65_535,
)
request_size = _count(
    "--request-size",
    DEFAULT.request_bytes,
    "Bytes that a request may have, END END included.",
    REQUESTS,
    least=32,
    most=MIB,
)
request_time = _seconds(
    "--request-time",
    DEFAULT.request_s,
    "Seconds from a request's first byte to its END END.",
    REQUESTS,
)
request_rate = _count(
    "--request-rate",
    DEFAULT.requests_s,
    "Requests per second that a client is heard with; more have to wait.",
    REQUESTS,
)
idle_time = _seconds(
    "--idle-time",
    DEFAULT.idle_s,
    "Seconds that a client may ask for nothing and be sent nothing.",
    PACE,
)
stall_time = _seconds(
    "--stall-time",
    DEFAULT.stall_s,
    "Seconds in which a client has to take something of what is sent.",
    PACE,
)
least_rate = _count(
    "--least-rate",
    DEFAULT.rate_bytes_s,
    "Bytes per second that a client has to take, over --rate-time.",
    PACE,
    least=0,
    most=1 << 30,
)
rate_time = _seconds(
    "--rate-time",
    DEFAULT.rate_window_s,
    "Seconds over which --least-rate is measured.",
    PACE,
)
ack_time = _seconds(
    "--ack-time",
    DEFAULT.ack_s,
    "Seconds in which what is sent has to be acknowledged (TCP_USER_TIMEOUT).",
    PACE,
)
keepalive = option(
    "--keepalive",
    type=parsed_keepalive,
    default=DEFAULT.keepalive,
    help=KEEPALIVE_HELP,
    metavar="IDLE/INTERVAL/COUNT",
    heading=PACE,
)
unsent = _count(
    "--unsent",
    DEFAULT.unsent_bytes // KIB,
    "KiB that wait in the kernel for one client: with more, LIST and STOP are felt later, "
    "with less, songs are sent in smaller pieces.",
    PACE,
    least=4,
    most=4096,
)
