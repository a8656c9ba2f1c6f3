"""`alfine replay`: run a trace through the machines again, walk through it, or draw it."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import click

from cli.command_line import PATH, argument, between, command, flag, option
from cli.screen.one_key import one_key
from cli.usage import FAILED, USAGE, end_at
from diagrams.ladder import svg
from traces import ladder
from traces.reading import Header, Reader, TraceError
from traces.replaying.replay import Difference, Totals
from traces.replaying.replay import replay as run_again
from traces.replaying.sides import side_of
from traces.story import sentences

EPILOG = "Example: alfine replay client.jsonl --ladder exchange.svg"
KEY_HELP = "any key: the next; q: the end"


@command(EPILOG)
@argument("file", type=PATH, help="A trace (--trace FILE).")
@argument(
    "other",
    type=PATH,
    required=False,
    metavar="[FILE]",
    help="The other side's trace, for the ladder.",
)
@flag("--step", help="Walk through it, a key a step; all of it with no terminal.")
@option("--ladder", "to", type=PATH, metavar="FILE.svg", help="Draw the exchange.")
@option("--connection", type=between(1), metavar="N", help="Show and draw only this connection.")
def replay(
    file: Path,
    other: Path | None,
    step: bool,
    to: Path | None,
    connection: int | None,
) -> None:
    """Run a trace through the machines again, and name the first row that differs.

    A ladder of one trace shows the other side as the messages show it; with the traces of both
    sides each is shown as it was.

    Exit codes: 0 the machines do the same; 1 they do not; 2 usage, or no trace.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # the locale may lack characters of a title
    try:
        for path in filter(None, (file, other)):
            _run(path, step, connection)
        if to is not None:
            _draw(to, file, other, connection)
    except (TraceError, ladder.NotTheSame) as error:
        _fail(str(error), USAGE)


def _run(path: Path, step: bool, connection: int | None) -> None:
    with Reader(path) as reader:
        totals = Totals()
        shown = _Walk(step)
        try:
            for line, counted in run_again(reader, side_of(reader)):
                totals = counted
                if connection in (None, line.connection):
                    shown.show(sentences(line))
        except Difference as difference:
            _fail(f"{ascii(str(path))[1:-1]}: {difference}", FAILED)
        print(_summary(path, reader.header, totals))


def _summary(path: Path, header: Header, totals: Totals) -> str:
    counted = ", ".join(
        f"{number} {word}{'' if number == 1 else 's'}"
        for number, word in ((totals.connections, "connection"), (totals.steps, "step"))
    )
    sent = f"{totals.client_bytes} bytes of the client, {totals.server_bytes} of the server"
    same = "they are the same" if header.side == "proxy" else "the machines do the same"
    return f"{ascii(str(path))[1:-1]}: {header.side}, {counted}, {sent}: {same}"


class _Walk:
    """Prints sentences, and waits for a key behind each where there is a terminal."""

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._keys = wanted and sys.stdin.isatty() and sys.stdout.isatty()
        if self._keys:
            end_at(signal.SIGTERM, signal.SIGHUP)  # by an exception: the terminal is set back
            print(KEY_HELP)

    def show(self, lines: Iterator[str]) -> None:
        if not self._wanted:
            return
        for text in lines:
            print(text)
        if self._keys and one_key() in ("q", "Q", "\x03", "\x04", ""):
            raise click.exceptions.Exit


def _draw(to: Path, file: Path, other: Path | None, connection: int | None) -> None:
    with Reader(file) as reader:
        if other is None:
            found = ladder.exchanges(reader)
            title = f"{reader.header.program}, {reader.header.started}"
        else:
            with Reader(other) as second:
                found = ladder.both(*_in_order(reader, second))
            title = f"both sides, {reader.header.started}"
    if any(to.exists() and to.samefile(path) for path in (file, other) if path is not None):
        _fail("the ladder would take the place of the trace: choose another name", USAGE)
    chosen = [e for e in found if connection in (None, e.connection)]
    if not chosen:
        which = "no connection" if connection is None else f"no connection {connection}"
        _fail(f"there is {which} in the trace", USAGE)
    try:
        to.write_bytes(svg(ladder.drawn(chosen), title).encode(errors="replace"))
    except OSError as error:
        _fail(f"the ladder {str(to)!a} cannot be written: {error.strerror}", USAGE)
    print(f"drawn: {ascii(str(to))[1:-1]}")


def _in_order(first: Reader, second: Reader) -> tuple[Reader, Reader]:
    """Return the client's trace and the server's."""
    sides = {reader.header.side: reader for reader in (first, second)}
    if sides.keys() != {"client", "server"}:
        raise ladder.NotTheSame("two traces make a ladder if one is a client's and one a server's")
    return sides["client"], sides["server"]


def _fail(why: str, code: int) -> NoReturn:
    print(f"alfine replay: {why}", file=sys.stderr)
    raise click.exceptions.Exit(code)
