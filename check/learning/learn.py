"""Learns a server (AALpy): which machine answers as it does, on as few connections as can be."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from aalpy.learning_algs import run_KV

from check.learning.asked import Asked
from check.learning.letters import Letter, alphabet
from check.learning.machine import START, Difference, Mealy, Step, differences, named
from check.learning.oracle import TableOracle
from check.learning.table import table_machine
from check.server.check import ServerCheck
from check.server.facts import MIB, Facts
from check.server.wire import Address
from fsm.words import ENDS

SEED = 9999


@dataclass(frozen=True, slots=True)
class Learned:
    """What was learned. connections: on how many. left_out: what could not be asked, and why."""

    machine: Mealy
    table: Mealy
    different: list[Difference]
    connections: int
    left_out: list[str]


def learn(server: ServerCheck) -> Learned:
    """Learn the server, and compare it with the table.

    Raises OSError: it can no longer be reached. Raises NotTheSameTwice.
    """
    facts = server.facts
    letters = alphabet(facts)
    table = named(table_machine(letters, facts))
    machine, connections = _learned(server.addresses, facts, table)
    different = differences(machine, table)
    return Learned(machine, table, different, connections, list(_left_out(facts)))


def _learned(addresses: Sequence[Address], facts: Facts, table: Mealy) -> tuple[Mealy, int]:
    letters = table.letters
    kept = random.getstate()
    random.seed(SEED)  # the oracle's walks are the same each time
    loop = asyncio.new_event_loop()
    asked = Asked(addresses, facts, loop)
    try:
        oracle = TableOracle(letters, asked, table)
        model: Any = run_KV(letters, asked, oracle, automaton_type="mealy", print_level=0)
    finally:
        asked.post()
        loop.close()
        random.setstate(kept)
    return named(_mealy(model, letters)), asked.connections


def _mealy(model: Any, letters: list[Letter]) -> Mealy:
    names = {state.state_id: state.state_id for state in model.states}
    names[model.initial_state.state_id] = START
    return Mealy(
        {
            (names[state.state_id], letter): Step(
                state.output_fun[letter], names[state.transitions[letter].state_id]
            )
            for state in model.states
            for letter in letters
        }
    )


def _left_out(facts: Facts) -> Iterator[str]:
    if ENDS not in facts.offers:
        yield "it does not offer closing messages: SETUP and TEARDOWN are not said to it"
    if facts.song is None:
        yield "no song could be received whole: no song is requested"
    elif facts.long is None:
        yield (
            f"it has no song of {facts.options.long_bytes / MIB:g} MiB: what it does in the middle "
            "of a song is not asked (--long-song)"
        )
