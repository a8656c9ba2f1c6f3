"""The client's machines together: what each is told, from outside and by the other machines.

All of it is declared: which machine receives an event in `fsm.client.machines`, and which machine
records it in what its session `says`.
"""

from __future__ import annotations

from collections import defaultdict

from diagrams import look
from diagrams.machines import MACHINES, Machine, about
from fsm.client import events as on
from fsm.client.machines import RECIPIENTS, ClientSession
from fsm.events import Event

NAME = "client"

OUTSIDE: dict[str, tuple[type[Event], ...]] = {
    "the person": (on.CommandEntered, on.Interrupted, on.InputEnded),
    "another program": (on.CommandSent,),
    "the program": (
        on.TextArrived,
        on.FlowMeasured,
        on.SongMeasured,
        on.SongNamed,
        on.RequestWritten,
        on.TitlesNeeded,
    ),
    "the server": (
        on.Connected,
        on.ConnectFailed,
        on.ConnectionLost,
        on.ServerClosed,
        on.ServerSilent,
        on.MessageNotUnderstood,
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
        on.SleepDue,
    ),
    "the sound": (
        on.BufferRanDry,
        on.PlaceNotHere,
        on.PlayedOut,
        on.Undecodable,
        on.OutputFailed,
        on.DeviceLost,
        on.BufferFull,
        on.NextBufferFull,
    ),
}
"""Where the events come from that no machine declares."""

ITSELF = "the client"
"""Where an event comes from when one song takes the place of another."""

CAPTION = "arrows: what one machine tells another · in a box: what it is told from outside"

Arrows = dict[tuple[str, str], list[str]]
"""From who tells and who is told to the names of the events."""


def client_arrows() -> Arrows:
    """Return who tells whom what: what the sessions declare, and `RECIPIENTS`."""
    tables = {name: session.table.name for name, session in ClientSession().machines.items()}
    arrows: Arrows = defaultdict(list)
    for event, names in RECIPIENTS.items():
        senders = [m.table.name for m in client_machines() if event in m.says]
        senders += [who for who, events in OUTSIDE.items() if event in events]
        for sender in senders or [ITSELF]:
            for recipient in dict.fromkeys(tables[name] for name in names):
                arrows[sender, recipient].append(event.__name__)
    return arrows


def client_machines() -> list[Machine]:
    """Return those of the machines that live in the client."""
    tables = {session.table.name for session in ClientSession().machines.values()}
    return [machine for machine in MACHINES if machine.table.name in tables]


def client_dot() -> str:
    """Return the DOT text of the client's machines and what they tell each other."""
    arrows = client_arrows()
    names = [machine.table.name for machine in client_machines()]
    body = [_box(machine, arrows) for machine in client_machines()]
    for (sender, recipient), events in arrows.items():
        if sender in names and sender != recipient:
            lines = [look.font(event, look.EVENT) for event in events]
            body.append(look.edge(sender, recipient, lines))
    caption = look.font(CAPTION, look.QUIET, 9)
    return look.graph(NAME, caption, body, rankdir="TB", nodesep="0.2", ranksep="0.5")


def _box(machine: Machine, arrows: Arrows) -> str:
    """Return the box of a machine; what it is told from outside is text in it, not an arrow."""
    name = machine.table.name
    others = {other.table.name for other in client_machines()} - {name}
    lines = [look.bold(name), *look.wrapped(_in_short(machine), look.BOX_CHARS)]
    told = {who: events for (who, recipient), events in arrows.items() if recipient == name}
    for who, events in told.items():
        if who not in others:
            source = "itself" if who == name else who
            lines += [look.RULER, look.font(f"from {source}", look.INK, 9)]
            lines += look.wrapped(", ".join(events), look.BOX_CHARS, look.EVENT, 10)
    return look.node(name, lines, look.BOX)


def _in_short(machine: Machine) -> str:
    """Return what the first sentence about it says, without "The client's link:"."""
    sentence = about(machine).split(". ")[0].rstrip(".")
    return sentence.split(": ", 1)[-1]
