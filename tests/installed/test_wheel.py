"""What pip installs: one name beside everybody else's, and every command works from there."""

import email
import re
import subprocess
import tarfile
import tomllib
import urllib.request
import zipfile

import pytest

from tests.installed.conftest import DECOYS, ROOT, Environment, copy_sources, once, run
from tests.installed.running import output, play, server, sounds
from tests.needs import needs_module
from tests.test_rooms import ALLOWED

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
VERSION = f"alfine {PROJECT['version']}\n"

pytestmark = pytest.mark.timeout(600)  # what is shared by these tests is made in the first


def names(wheel):
    with zipfile.ZipFile(wheel) as file:
        return set(file.namelist())


def test_there_is_one_name_at_the_top(wheel):
    tops = {name.split("/")[0] for name in names(wheel)}
    stem = f"alfine-{PROJECT['version']}"
    assert tops == {"alfine", f"{stem}.dist-info", f"{stem}.data"}


def test_every_module_and_every_file_that_it_reads_is_in_the_wheel(wheel):
    inside = {name.removeprefix("alfine/rooms/") for name in names(wheel)}
    files = {
        path.relative_to(ROOT).as_posix()
        for room in ALLOWED
        for path in (ROOT / room).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    # Pictures for pages alone, and texts that they were drawn from.
    unread = {name for name in files if re.search(r"\.png$|/compact/\w+\.dot$", name)}
    assert files - unread - inside == set()
    assert {"alfine/__main__.py", "cli/app.py", "monitor/assets/page.html"} <= inside


def test_what_a_wheel_is_built_from_and_tested_with_is_in_the_sdist(sdist):
    with tarfile.open(sdist) as file:
        inside = {name.partition("/")[2] for name in file.getnames()}
    assert {"dev", "constraints.txt", "setup.py", "tests/needs.py", "docs/rfc9999.txt"} <= inside
    assert "diagrams/server.png" in inside


def test_what_the_wheel_says_of_itself(wheel):
    with zipfile.ZipFile(wheel) as file:
        (name,) = (name for name in file.namelist() if name.endswith("dist-info/METADATA"))
        metadata = email.message_from_bytes(file.read(name))
    assert metadata["Version"] == PROJECT["version"]
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata.get_payload().startswith("# alfine\n")
    assert metadata.get_all("Project-URL")
    assert {"desktop", "monitor", "learn", "uvloop"} <= set(metadata.get_all("Provides-Extra"))


def test_the_command_and_the_module_are_the_same_program(installed):
    assert output((installed.alfine,), "--version") == VERSION
    assert output((installed.python, "-m", "alfine"), "--version") == VERSION
    assert "--version" in output((installed.alfine,), "--help")
    # In a folder that has rooms of its own, too.
    assert output((installed.python, "-m", "alfine"), "--version", cwd=ROOT) == VERSION


def test_packages_of_the_same_names_are_left_alone(installed):
    for name in DECOYS:
        done = subprocess.run(
            [installed.python, "-c", f"import {name}"], cwd="/", capture_output=True, check=False
        )
        assert done.stderr.decode().strip() == f"decoy {name}"


@pytest.mark.parametrize("options", [(), ("--workers", "2")], ids=["one", "workers"])
def test_a_song_is_served_and_played_beside_packages_of_the_same_names(
    installed, song, tmp_path, options
):
    with server((installed.alfine,), song, 0, *options) as (_, port):
        play((installed.alfine,), port, tmp_path / "song.wav")
    seconds, heard = sounds(tmp_path / "song.wav")
    assert seconds == pytest.approx(3.0, abs=0.1)
    assert heard


@needs_module("aiohttp", "prometheus_client")
def test_the_page_of_the_monitor_is_there(installed, song):
    with server((installed.alfine,), song, 0, "--monitor", 0) as (program, _):
        page = program.wait_for(r"http://127.0.0.1:\d+/")
        for path, word in (("", "<svg"), ("monitor.js", "EventSource"), ("metrics", "alfine_")):
            with urllib.request.urlopen(page + path) as answer:
                assert word in answer.read().decode(), path


def test_what_needs_the_sources_says_so(installed):
    said = output((installed.alfine,), "diagrams", "--check", code=1)
    assert said == (
        "alfine diagrams: alfine does not run from its source tree; name one with --to DIR\n"
    )
    assert output((installed.alfine,), "diagrams", "--check", "--to", ROOT) == ""


@pytest.mark.parametrize("command", ["server", "client", "check", "proxy", "replay", "verify"])
def test_every_command_begins(installed, command):
    assert f"alfine {command}" in output((installed.alfine,), command, "--help")


def test_an_editable_installation_runs_the_sources(shared):
    with once(shared, "editable") as (folder, missing):
        if missing:
            environment = Environment(folder / "environment")
            sources = copy_sources(folder / "sources")
            environment.make("--editable", sources)
            said = 'if __name__ == "__main__":'
            app = sources / "cli" / "app.py"
            app.write_text(app.read_text().replace(said, f"print('changed')\n{said}"))
            assert output((environment.alfine,), "--version") == f"changed\n{VERSION}"
            path = run(environment.python, "-c", "import alfine.__main__ as m; print(m.rooms())")
            assert path == f"{sources}\n"


def test_the_rooms_of_the_tests_are_those_of_the_wheel(wheel):
    rooms = {name.split("/")[2] for name in names(wheel) if name.startswith("alfine/rooms/")}
    assert rooms == set(ALLOWED)
