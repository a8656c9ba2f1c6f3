"""Random steps of all machines of both sides: none is without a row, and no rule is broken."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.attack.walks import BOUNDS, EVERYTHING, Walks
from tests.test_fake_wire import FakeWire
from verify.rules import Broken

EXAMPLES_AT_ONCE = 500
"""Hypothesis remembers all that it has tried."""


def test_walks_through_more_than_can_be_explored(campaign):
    moves = walks = 0
    for bounds in BOUNDS:
        walk = Walks(bounds, campaign.random("walk", bounds.name))
        walk.go(campaign.size(20_000, 5_000_000) // len(BOUNDS))
        moves += walk.moves
        walks += walk.walks
    campaign.did("moves of both sides' machines", moves)
    campaign.did(f"... walks, in {len(BOUNDS)} kinds of exchange", walks)


def test_a_walk_finds_a_row_that_is_missing(campaign, monkeypatch):
    """The campaign can fail."""
    walk = Walks(EVERYTHING, campaign.random("broken"))
    monkeypatch.setattr("fsm.client.song.session.SongSession.append", lambda session, event: None)
    with pytest.raises(Broken):
        walk.go(20_000)


def test_both_sides_joined_by_bytes(campaign):
    """As tests/test_fake_wire.py, longer, more often, and otherwise each time."""
    steps = 0

    class CountedWire(FakeWire):
        def check_invariants(self, *arguments, **named):
            nonlocal steps
            steps += 1
            return super().check_invariants(*arguments, **named)

    examples = campaign.size(8, 12_000)
    for first in range(0, examples, EXAMPLES_AT_ONCE):
        chance = settings(
            max_examples=min(EXAMPLES_AT_ONCE, examples - first),
            stateful_step_count=90,  # as many as its end can clear up
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        chosen = seed(f"{campaign.seed} {first}")
        run_state_machine_as_test(chosen(CountedWire), settings=chance)
    campaign.did("steps over a wire of bytes, both sides", steps)
