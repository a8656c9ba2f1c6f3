"""An exchange drawn as a ladder: what each side did, what went between, which states it led to."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from diagrams.ladder import Arrow, Rung, text_lines
from verify.bounds import Trouble
from verify.exchange.messages import Message
from verify.exchange.world import World, state_of
from verify.model.moves import Model, Move
from verify.rules import Broken
from verify.snapshots import Snapshot

MOVE_TEXTS = {
    "connects": "the connection is made",
    "loses": "the connection is cut",
    "stalls": "nothing has come for 10 s",
    "measures": "the flow of audio is measured",
    "disconnects": "the client has closed the connection",
    "server_accepts": "the server accepts SETUP",
    "server_drops": "the server drops the connection",
    "server_time_is_up": "the ending server waits no longer",
    "exits": "the client's program ends",
    "writes": "its LIST has left",
    "plays_out": "the player has played the buffer",
    "runs_dry": "the player runs dry",
    "report_received": "hears the player's report",
}
CLIENT_TROUBLES = (
    Trouble.UNDECODABLE,
    Trouble.OUTPUT_FAILS,
    Trouble.CONNECT_FAILS,
    Trouble.DEVICE_GOES,
    Trouble.BUFFER_FULL,
    Trouble.NEXT_BUFFER_FULL,
)
"""What goes wrong on the client's side."""


def ladder(model: Model, moves: Iterable[Move]) -> list[str]:
    """Return the lines of the ladder; the last ones name the rule that is broken, if one is."""
    drawn, broken = rungs(model, moves)
    lines = text_lines(drawn)
    if broken is None:
        return lines
    return [*lines, "", f"broken: {broken.rule.value}", f"        {broken.detail}"]


def rungs(model: Model, moves: Iterable[Move]) -> tuple[list[Rung], Broken | None]:
    """Return the rungs of the ladder, and the rule that is broken at its end, if one is."""
    world = model.start()
    drawn: list[Rung] = []
    for move in moves:
        before = model.start()
        before.load(state_of(world))
        try:
            model.apply(world, move)
        except Broken as broken:
            return drawn + _move_rungs(model, move, before, world), broken
        drawn += _move_rungs(model, move, before, world)
    return drawn, None


def _move_rungs(model: Model, move: Move, before: World, after: World) -> list[Rung]:
    """Return the rungs of one move: what it is, what was sent, and whose state it changed."""
    left, right = _move_text(move, before)
    drawn = [Rung(left=left, right=right)]
    for sent in _added(before.requests, after.requests, taken=move.name == "server_receives"):
        drawn.append(Rung(middle=str(sent), arrow=Arrow.TO_RIGHT))
    for sent in _added(before.responses, after.responses, taken=move.name == "client_receives"):
        drawn.append(Rung(middle=str(sent), arrow=Arrow.TO_LEFT))
    names = list(model.client.actor.watched)
    for name, change in zip(names, _changes(before.client, after.client), strict=True):
        drawn += [Rung(left=f"  {name} {change}")] if change else []
    if before.server is not None and after.server is not None:
        (change,) = _changes(before.server, after.server)
        drawn += [Rung(right=f"  {change}")] if change else []
    return [rung for rung in drawn if not rung.empty]


def _move_text(move: Move, before: World) -> tuple[str, str]:
    match move.name:
        case "person_acts":
            return f"person: {move.arg}", ""
        case "times_out":
            return f"timer: {type(move.arg).__name__}", ""
        case "client_receives":
            return f"hears {before.responses[0]}", ""
        case "server_receives":
            return "", f"hears {before.requests[0]}"
        case "server_sends":
            return "", ""
        case "any_request":
            return f"asks {move.arg}", ""
        case "handshake_comes_to":
            return str(move.arg), ""
        case "any_response":
            return "", f"says {move.arg}"
        case "fails":
            return _trouble(move.arg)
        case "report_received" if before.reports:
            return f"player: {type(before.reports[0]).__name__}", ""
    text = MOVE_TEXTS[move.name]
    return ("", text) if "server" in text else (text, "")


def _trouble(trouble: Trouble) -> tuple[str, str]:
    return (trouble.value, "") if trouble in CLIENT_TROUBLES else ("", trouble.value)


def _added(
    before: tuple[Message, ...], after: tuple[Message, ...], taken: bool
) -> tuple[Message, ...]:
    """Return the messages that were added to a channel; () if it has been emptied.

    taken: the move has taken its first message.
    """
    kept = len(before) - taken
    return after[kept:] if len(after) > kept else ()


def _changes(before: Snapshot, after: Snapshot) -> list[str]:
    return [_change(a, b) for a, b in zip(before.states, after.states, strict=True)]


def _change(before: Enum, after: Enum) -> str:
    return "" if before is after else f"-> {after.name}"
