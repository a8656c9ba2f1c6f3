"""The manual pages say what the commands say, and are read without a warning."""

import gzip
import os
import re
import subprocess

import pytest

from cli.app import COMMANDS
from docs.site import manual
from tests.needs import needs_program

NAMES = sorted(["alfine.1", *(f"alfine-{name}.1" for name in COMMANDS)])


def test_what_is_committed_is_what_the_commands_say():
    committed = {path.name: path.read_text("utf-8") for path in manual.FOLDER.glob("*.1")}
    assert committed == manual.pages(), "stale; run ./dev man"


def test_there_is_a_page_for_each_command_and_one_for_all():
    assert sorted(manual.pages()) == NAMES


def test_pages_of_commands_that_are_no_more_are_deleted(tmp_path):
    (tmp_path / "alfine-sing.1").write_text("old")
    manual.write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == NAMES


def test_what_roff_would_take_for_its_own_is_text():
    assert manual._prose("'quoted' a\\b") == "\\(aqquoted\\(aq a\\eb"
    assert manual._prose(".hidden with --an-option of 1-2") == (
        "\\&.hidden with \\-\\-an\\-option of 1-2"
    )
    assert manual._code("alfine server ~/Music --host ::1") == (
        "alfine server \\(ti/Music \\-\\-host ::1"
    )


@needs_program("mandoc")
@pytest.mark.parametrize("name", NAMES)
def test_mandoc_finds_nothing_to_warn_of(name):
    command = ["mandoc", "-T", "lint", "-W", "warning", manual.FOLDER / name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout + done.stderr, done.returncode) == ("", 0)


@needs_program("man")
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_man_shows_every_option(packed, tmp_path):
    path = manual.FOLDER / "alfine-server.1"
    if packed:
        path = tmp_path / "alfine-server.1.gz"
        path.write_bytes(gzip.compress((manual.FOLDER / "alfine-server.1").read_bytes()))
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANPAGER": "cat"}
    command = ["man", "--warnings", "-l", path]
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    text = re.sub(".\x08", "", done.stdout)
    assert re.search(r"NAME\n +alfine-server +- +serve", text)
    for option in ("--host", "--workers", "--drain", "--trace"):
        assert re.search(rf"^       {option}\b", text, re.M), option
