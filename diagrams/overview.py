"""The client's machines together: what each hears, from outside and from its neighbours.

Who hears an event is read from `fsm.client`. Who sends one is read from the sessions' own code: a
machine that builds an event sends it, unless it hands it to an effect such as a timer.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from diagrams import look
from diagrams.machines import MACHINES, Machine, about
from fsm.client import events as on
from fsm.client import requests as ask
from fsm.client.machines import RECIPIENTS
from fsm.effects import Effect
from fsm.events import Event

NAME = "client"

OUTSIDE: dict[str, tuple[type[Event], ...]] = {
    "the person": (
        on.CommandEntered,
        on.Interrupted,
        on.InputEnded,
        on.WaitRequested,
        on.ListRequested,
        on.PlayRequested,
        on.StopRequested,
        ask.PauseRequested,
        ask.ResumeRequested,
        ask.SeekRequested,
        ask.VolumeRequested,
        ask.NextRequested,
        ask.PrevRequested,
        ask.QueueRequested,
        ask.ClearRequested,
        ask.ShuffleRequested,
        ask.RepeatRequested,
    ),
    "the server": (
        on.Connected,
        on.ConnectFailed,
        on.ConnectionLost,
        on.ListReceived,
        on.AudioReceived,
        on.SetupReceived,
        on.NotFoundReceived,
    ),
    "time": (
        on.ListWentQuiet,
        on.SongWentQuiet,
        on.GreetingUnanswered,
        on.SetupUnanswered,
        on.FenceUnanswered,
        on.RetryDue,
    ),
    "the player": (
        on.BufferRanDry,
        on.PlaceNotHere,
        on.PlayedOut,
        on.Undecodable,
        on.OutputFailed,
        on.DeviceLost,
    ),
}
ELSEWHERE = "the program"
"""Where an event comes from that no machine sends and nobody above."""

CAPTION = "arrows: what one machine tells another · in a box: what it is told from outside"

Arrows = dict[tuple[str, str], list[str]]
"""From who sends and who hears to the names of the events."""


def sent_by(machine: Machine) -> set[type[Event]]:
    """The events that the machine's code builds for its neighbours."""
    module = sys.modules[machine.__module__]
    built = _built(ast.parse(inspect.getsource(module)), vars(module), given_away=False)
    return {event for event in built if issubclass(event, Event)}


def _built(node: ast.AST, names: dict[str, Any], given_away: bool) -> Iterator[type[Any]]:
    if isinstance(node, ast.Call):
        called = _named(node.func, names)
        if isinstance(called, type) and issubclass(called, (Event, Effect)):
            if not given_away:
                yield called
            given_away = True
    for child in ast.iter_child_nodes(node):
        yield from _built(child, names, given_away)


def _named(node: ast.expr, names: dict[str, Any]) -> object:
    match node:
        case ast.Name(name):
            return names.get(name)
        case ast.Attribute(ast.Name(module), name):
            return getattr(names.get(module), name, None)
    return None


def client_arrows() -> Arrows:
    """Who tells whom what, in the order of `HEARD_BY`."""
    sent = {machine.table.name: sent_by(machine) for machine in client_machines()}
    arrows: Arrows = defaultdict(list)
    for event, hearers in RECIPIENTS.items():
        senders = [name for name, events in sent.items() if event in events]
        senders = senders or [who for who, events in OUTSIDE.items() if event in events]
        for sender in senders or [ELSEWHERE]:
            for hearer in hearers:
                arrows[sender, hearer].append(event.__name__)
    return arrows


def client_machines() -> list[Machine]:
    """Those of the machines that live in the client."""
    names = {name for hearers in RECIPIENTS.values() for name in hearers}
    return [machine for machine in MACHINES if machine.table.name in names]


def client_dot() -> str:
    """The DOT text of the client's machines and what they tell each other."""
    arrows = client_arrows()
    names = [machine.table.name for machine in client_machines()]
    body = [_box(machine, arrows) for machine in client_machines()]
    for (sender, hearer), events in arrows.items():
        if sender in names and sender != hearer:
            lines = [look.font(event, look.EVENT) for event in events]
            body.append(look.edge(sender, hearer, lines))
    caption = look.font(CAPTION, look.QUIET, 9)
    return look.graph(NAME, caption, body, rankdir="TB", nodesep="0.4", ranksep="0.5")


def _box(machine: Machine, arrows: Arrows) -> str:
    """A machine, with what it hears from outside: arrows for that would hide the others."""
    name = machine.table.name
    others = {other.table.name for other in client_machines()} - {name}
    lines = [look.bold(name), *look.wrapped(_in_short(machine), look.BOX_CHARS)]
    heard = {who: events for (who, hearer), events in arrows.items() if hearer == name}
    for who, events in heard.items():
        if who not in others:
            source = "itself" if who == name else who
            lines += [look.RULER, look.font(f"from {source}", look.INK, 9)]
            lines += look.wrapped(", ".join(events), look.BOX_CHARS, look.EVENT, 10)
    return look.node(name, lines, look.BOX)


def _in_short(machine: Machine) -> str:
    """What the first sentence about it says after "The client's link:"."""
    sentence = about(machine).split(". ")[0].rstrip(".")
    return sentence.split(": ", 1)[-1]
