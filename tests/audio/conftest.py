"""Fixtures of these tests."""

from __future__ import annotations

import pytest

from audio import Player
from tests.audio.fake_output import Card, Reports


@pytest.fixture
def reports():
    return Reports()


@pytest.fixture
def player_on(reports):
    players = []

    def make(output):
        players.append((Player(output, reports.put), output))
        return players[-1][0]

    yield make
    for player, output in players:
        if isinstance(output, Card):
            output.permit(1_000_000)
        player.close()
        assert not player._thread.is_alive()
