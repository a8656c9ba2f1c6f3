"""An exchange drawn as a ladder: what each side did, what went between, which states it led to."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from verify.bounds import Trouble
from verify.messages import Message
from verify.model import Model, Move
from verify.rules import Broken
from verify.snapshots import Snapshot
from verify.world import World, freeze

LEFT, MIDDLE, RIGHT = 38, 30, 30
"""Columns: the client, the arrows, the server; with what stands between them 100 at most."""

SAYINGS = {
    "connects": "the connection is made",
    "loses": "the connection is cut",
    "stalls": "nothing has come for 10 s",
    "hangs_up": "the client has closed the connection",
    "server_lets_go": "the server drops the connection",
    "server_time_is_up": "the ending server waits no longer",
    "exits": "the client's program ends",
    "plays_out": "the player has played the buffer",
    "runs_dry": "the player runs dry",
    "report_heard": "hears the player's report",
}


def ladder(model: Model, moves: Iterable[Move]) -> list[str]:
    """The lines of the ladder; the last ones name what is broken, if something is."""
    world = model.start()
    lines = [_line("client", "", "server"), _line("-" * LEFT, "-" * MIDDLE, "-" * RIGHT)]
    for move in moves:
        before = model.start()
        before.load(freeze(world))
        try:
            model.apply(world, move)
        except Broken as broken:
            lines += _rungs(model, move, before, world)
            return [*lines, "", f"broken: {broken.rule.value}", f"        {broken.detail}"]
        lines += _rungs(model, move, before, world)
    return lines


def _rungs(model: Model, move: Move, before: World, after: World) -> list[str]:
    """One move: what it is, what was sent, and whose state it changed."""
    left, right = _said(move, before)
    lines = [_line(left, "", right)]
    for sent in _added(before.requests, after.requests, heard=move.name == "server_hears"):
        lines.append(_line("", _arrow(sent, to_the_right=True), ""))
    for sent in _added(before.responses, after.responses, heard=move.name == "client_hears"):
        lines.append(_line("", _arrow(sent, to_the_right=False), ""))
    names = list(model.client.actor.watched)
    for name, change in zip(names, _changes(before.client, after.client), strict=True):
        lines += [_line(f"  {name} {change}", "", "")] if change else []
    if before.server is not None and after.server is not None:
        (change,) = _changes(before.server, after.server)
        lines += [_line("", "", f"  {change}")] if change else []
    return [line for line in lines if line.strip(" |")]


def _said(move: Move, before: World) -> tuple[str, str]:
    match move.name:
        case "person_does":
            return f"person: {move.arg}", ""
        case "times_out":
            return f"timer: {type(move.arg).__name__}", ""
        case "client_hears":
            return f"hears {before.responses[0]}", ""
        case "server_hears":
            return "", f"hears {before.requests[0]}"
        case "server_sends":
            return "", ""
        case "asks":
            return f"asks {move.arg}", ""
        case "says":
            return "", f"says {move.arg}"
        case "troubles":
            return _trouble(move.arg)
        case "report_heard" if before.reports:
            return f"player: {type(before.reports[0]).__name__}", ""
    saying = SAYINGS[move.name]
    return (saying, "") if "server" not in saying else ("", saying)


def _trouble(trouble: Trouble) -> tuple[str, str]:
    on_the_client = (Trouble.UNDECODABLE, Trouble.OUTPUT_FAILS, Trouble.CONNECT_FAILS)
    return (trouble.value, "") if trouble in on_the_client else ("", trouble.value)


def _added(
    before: tuple[Message, ...], after: tuple[Message, ...], heard: bool
) -> tuple[Message, ...]:
    """What is in the channel that was not; one that has been emptied shows nothing."""
    return after[len(before) - heard :] if len(after) > len(before) - heard else ()


def _changes(before: Snapshot, after: Snapshot) -> list[str]:
    return [_change(a, b) for a, b in zip(before.states, after.states, strict=True)]


def _change(before: Enum, after: Enum) -> str:
    return "" if before is after else f"-> {after.name}"


def _arrow(sent: Message, to_the_right: bool) -> str:
    text = f" {_cut(str(sent), MIDDLE - 5)} "
    return f"-{text:-<{MIDDLE - 2}}>" if to_the_right else f"<{text:-<{MIDDLE - 2}}-"


def _line(left: str, middle: str, right: str) -> str:
    cells = (_cut(left, LEFT), _cut(middle, MIDDLE), _cut(right, RIGHT))
    return f"{cells[0]:<{LEFT}}|{cells[1]:<{MIDDLE}}|{cells[2]}".rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
