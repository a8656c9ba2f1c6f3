"""The ladder of a trace: the steps of its own side, the messages, and the other side as seen.

Of two traces of the same exchange, each side's steps are its own.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter
from typing import Any

from diagrams.ladder import Arrow, Rung
from traces import parts
from traces.following import Follower, Seen
from traces.labels import printable
from traces.reading import Line, Reader
from traces.recorder import CLIENT, SERVER
from traces.values import ValueUnknown

MOST_RUNGS = 3000
_QUIET = (
    "TextArrived",
    "CommandAnswered",
    "SongBegan",
    "SongMeasured",
    "FlowMeasured",
    "RequestWritten",
    "ListReceived",
    "AudioReceived",
    "SetupReceived",
    "NotFoundReceived",
)
"""What the machines are told, and a message, a line of text, or what came before, shows already."""


class NotTheSame(Exception):
    """Two traces that are not of one exchange. The text says why, in one line."""


@dataclass(slots=True)
class Exchange:
    """What one trace says of one connection. rungs: each with its time. passed: for each side, how
    many bytes it had sent and when, as this trace has it.
    """

    connection: int
    address: str = ""
    rungs: list[tuple[float, Rung]] = field(default_factory=list)
    passed: dict[str, list[tuple[float, int]]] = field(
        default_factory=lambda: {CLIENT: [], SERVER: []}
    )


def exchanges(reader: Reader, seen_too: bool = True) -> list[Exchange]:
    """Return each connection of a trace, as rungs. Raises TraceError.

    seen_too: with what the bytes show of the other side; else only what this side sends is drawn.
    """
    found: dict[int, Exchange] = {}
    drawing: dict[int, _Drawing] = {}
    for line in reader:
        exchange = found.setdefault(line.connection, Exchange(line.connection))
        drawn = drawing.setdefault(line.connection, _Drawing(reader.header.side, seen_too))
        address = line.members.get("address")
        if isinstance(address, str):
            exchange.address = printable(address)
        try:
            rungs = list(drawn.rungs(line, exchange.passed))
        except ValueUnknown as error:
            raise reader.error(f"holds what alfine does not know: {error}") from None
        exchange.rungs += ((line.at, rung) for rung in rungs)
    return list(found.values())


class _Drawing:
    """Makes the rungs of one connection."""

    def __init__(self, side: str, seen_too: bool) -> None:
        self._side, self._seen_too = side, seen_too
        self._follower = Follower()
        self._states = self._follower.states
        self._told: list[str] = []
        """What machines have told each other: no event from outside."""
        self._last: Any = None

    def rungs(self, line: Line, passed: dict[str, list[tuple[float, int]]]) -> Iterator[Rung]:
        match line.kind:
            case "step":
                yield from self._step(line.members)
            case "bytes":
                sender = line.members["sender"]
                if sender not in passed:
                    raise ValueUnknown("a sender that is neither client nor server")
                so_far = passed[sender][-1][1] if passed[sender] else 0
                passed[sender].append((line.at, so_far + line.members["length"]))
                data = parts.restore(line.members["parts"], line.members["length"])
                for seen in self._follower.follow(sender, data):
                    yield from self._message(seen)
            case "trouble":
                yield Rung(middle=printable(line.members["text"]), wrong=True)

    def _step(self, step: dict[str, Any]) -> Iterator[Rung]:
        client = self._side == CLIENT
        machine, change = printable(step["machine"]), f"-> {printable(step['after'])}"
        name = next(iter(step["event"]), "")
        if name in self._told:
            self._told.remove(name)  # one machine has told another
        elif client and name not in _QUIET and self._last != step["event"]:
            yield Rung(left=_event(step["event"]))
        self._last = step["event"]
        for outcome in step["outcomes"]:
            if isinstance(outcome, dict):
                self._told += outcome.keys()
        del self._told[:-50]
        if step["before"] != step["after"]:
            yield Rung(left=f"{machine} {change}") if client else Rung(right=change)

    def _message(self, seen: Seen) -> Iterator[Rung]:
        before, self._states = self._states, (seen.client, seen.server)
        changes = [
            f"-> {after}" if after != old else ""
            for old, after in zip(before, self._states, strict=True)
        ]
        if self._side == CLIENT or not self._seen_too:
            changes[0] = ""
        if self._side == SERVER or not self._seen_too:
            changes[1] = ""
        if self._seen_too or seen.sender == self._side:
            arrow = Arrow.TO_RIGHT if seen.sender == CLIENT else Arrow.TO_LEFT
            yield Rung(changes[0], seen.message, changes[1], arrow, bool(seen.legal))
        if seen.legal:
            yield Rung(middle=f"legal: {', '.join(seen.legal)}", wrong=True)


def _event(described: dict[str, Any]) -> str:
    """Return an event as a person reads it: its name, and the values that are short."""
    name, members = next(iter(described.items()), ("no event", None))
    request = members.get("request") if isinstance(members, dict) else None
    if name in ("CommandEntered", "CommandSent") and isinstance(request, dict) and request:
        name, members = next(iter(request.items()))
    elif name == "CommandEntered":
        members = {}
    shown = [
        str(value)
        for value in (members.values() if isinstance(members, dict) else ())
        if isinstance(value, int | float | str) and not isinstance(value, bool)
    ]
    return printable(" ".join([name, *shown]))


def joined(rungs: Iterable[Rung]) -> list[Rung]:
    """Return the rungs with audio messages that follow each other as one."""
    found: list[Rung] = []
    run = 0
    for rung in rungs:
        previous = found[-1] if found else None
        audio = _audio_bytes(rung)
        if previous is not None and run and audio and not rung.left and not rung.right:
            run += 1
            total = _total(previous) + audio
            found[-1] = replace(previous, middle=f"RESP 200 x {run}, {total} bytes")
            continue
        run = 1 if audio else 0
        found.append(rung)
    return found


def _audio_bytes(rung: Rung) -> int:
    """Return how much audio the message of a rung holds, 0 for another message."""
    begin, _, end = rung.middle.partition("RESP 200, ")
    plain = not begin and not rung.wrong and end.endswith(" bytes")
    return int(end.removesuffix(" bytes")) if plain else 0


def _total(rung: Rung) -> int:
    return int(rung.middle.removesuffix(" bytes").rpartition(" ")[2])


def drawn(found: list[Exchange]) -> list[Rung]:
    """Return the rungs of a whole trace; before each connection of several, which it is."""
    rungs: list[Rung] = []
    for exchange in found:
        if len(found) > 1:
            named = f"connection {exchange.connection} {exchange.address}".rstrip()
            rungs += [Rung(), Rung(middle=named)] if rungs else [Rung(middle=named)]
        rungs += joined(rung for _, rung in exchange.rungs)
    if len(rungs) > MOST_RUNGS:
        rest = f"and {len(rungs) - MOST_RUNGS} more"
        rungs = [*rungs[:MOST_RUNGS], Rung(middle=rest, wrong=True)]
    return rungs


def both(client: Reader, server: Reader) -> list[Exchange]:
    """Return the connections that two traces have in common, with the steps of both sides.

    They are found by the client's address. The clocks may differ: the server's is moved by as
    little as lets each byte be received after it was sent. Raises TraceError, NotTheSame.
    """
    apart = (_began(server) - _began(client)).total_seconds()
    at_server = {e.address: e for e in exchanges(server, seen_too=False) if e.address}
    found = []
    for ours in exchanges(client, seen_too=False):
        if (theirs := at_server.get(ours.address)) is not None:
            found.append(_merged(ours, theirs, apart))
    if not found:
        raise NotTheSame("the two traces have no connection in common")
    return found


def _began(reader: Reader) -> datetime:
    try:
        began = datetime.fromisoformat(reader.header.started)
    except ValueError:
        raise NotTheSame("a trace that does not say when it began") from None
    if began.tzinfo is None:
        raise NotTheSame("a trace that does not say in which zone it began")
    return began


def _merged(client: Exchange, server: Exchange, apart: float) -> Exchange:
    moved = _within(apart, *_bounds(client, server))
    rungs = client.rungs + [(at + moved, rung) for at, rung in server.rungs]
    rungs.sort(key=lambda timed: timed[0])
    return replace(client, rungs=rungs)


def _bounds(client: Exchange, server: Exchange) -> tuple[float, float]:
    """Return the least and the most that the server's clock can be behind the client's."""
    least, most = float("-inf"), float("inf")
    for at, passed in server.passed[CLIENT]:
        least = max(least, _when(client.passed[CLIENT], passed) - at)
    for at, passed in client.passed[SERVER]:
        most = min(most, at - _when(server.passed[SERVER], passed))
    return least, most


def _when(sent: list[tuple[float, int]], passed: int) -> float:
    """Return when so many bytes had been sent. Cost: logarithmic; a trace may have many."""
    place = bisect_left(sent, passed, key=itemgetter(1))
    return sent[min(place, len(sent) - 1)][0] if sent else 0.0


def _within(wanted: float, least: float, most: float) -> float:
    return (least + most) / 2 if least > most else min(max(wanted, least), most)
