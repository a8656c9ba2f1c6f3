"""`./dev fleet`: what it is told on its command line."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fleet.processes import PATIENCE_S
from tests.end_to_end.programs import ROOT
from tests.needs import needs_module

pytestmark = needs_module("boto3")


@pytest.mark.parametrize("servers", ["0", "17", "many"])
def test_a_fleet_that_cannot_be_is_refused_before_anything_starts(servers):
    """There are names for sixteen servers."""
    command = (sys.executable, "-m", "fleet", "--servers", servers)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=PATIENCE_S, text=True)
    assert done.returncode == 2
    assert "argument --servers: invalid" in done.stderr
    assert done.stdout == ""
