"""The unit of a fleet's server: the packaged one but for its settings; and what it runs serves."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.server import server as command
from cli.settings import SERVER, variable
from tests.cli.serving.test_units import MOST_EXPOSED, PACKAGED, exposure
from tests.end_to_end.managed import Notified
from tests.end_to_end.programs import PATIENCE_S, Program
from tests.end_to_end.songs import music
from tests.installed.running import environment
from tests.needs import needs_module, needs_program
from tests.object_store import CREDENTIALS, running_object_store
from tests.postgres import running_postgres

UNIT = Path(__file__).parents[2] / "fleet" / "alfine@.service"
NAME = "a"
OWN = {
    "Description",
    "Environment",
    "EnvironmentFile",
    "ExecStart",
    "TimeoutStopSec",
    "LimitNOFILE",
    "StateDirectory",
    "CacheDirectory",
}
"""What is said otherwise for a fleet."""


def said(path: Path) -> list[tuple[str, str]]:
    """Return what a unit says, in order."""
    return re.findall(r"^(\w+)=(.*)$", path.read_text(), re.M)


def documented() -> dict[str, str]:
    """Return the variables that the unit's head has in /etc/alfine."""
    return dict(re.findall(r"^#   (\w+)=(.*)$", UNIT.read_text(), re.M))


def test_it_is_the_packaged_unit_but_for_its_settings():
    def common(path: Path) -> list[tuple[str, str]]:
        return [(name, value) for name, value in said(path) if name not in OWN]

    assert common(UNIT) == common(PACKAGED / "alfine.service")


def test_all_that_is_set_is_a_setting_of_the_server():
    known = {variable(str(parameter.name), SERVER) for parameter in command.params}
    environment = [value.partition("=")[0] for name, value in said(UNIT) if name == "Environment"]
    names = {*documented(), *environment}
    assert {name for name in names if name.startswith("ALFINE_SERVER_")} <= known
    assert len(known & names) >= 8


@needs_program("systemd-analyze")
def test_it_is_hardly_exposed_and_systemd_finds_no_mistake(tmp_path):
    path = tmp_path / f"alfine@{NAME}.service"
    path.write_text(UNIT.read_text().replace("/opt/alfine/bin/python", "/bin/true"))
    assert exposure(path) <= MOST_EXPOSED
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", path], capture_output=True, text=True
    )
    assert path.name not in verified.stderr, verified.stderr


class Unit:
    """Runs what the unit says, as systemd would. python: instead of the one in /opt."""

    def __init__(self, folder: Path, python: Path, given: dict[str, str]) -> None:
        self.notified = folder / "notify.sock"
        places = {"%i": NAME, "%S": str(folder), "%C": str(folder)}
        variables = dict(
            _in_place(value, places).split("=", 1)
            for name, value in said(UNIT)
            if name == "Environment"
        )
        [start] = (value for name, value in said(UNIT) if name == "ExecStart")
        program, *words = start.split()
        assert program == "/opt/alfine/bin/python"
        for name in ("StateDirectory", "CacheDirectory"):
            (folder / _in_place(dict(said(UNIT))[name], places)).mkdir(exist_ok=True)
        env = environment() | variables | given | {"NOTIFY_SOCKET": str(self.notified)}
        self._start = lambda: Program(program=(python, *words), cwd=Path("/"), env=env)

    @contextlib.contextmanager
    def running(self) -> Iterator[Program]:
        """Start it; the block runs when it has told systemd that it is ready."""
        systemd = Notified(self.notified)
        program = self._start()
        try:
            systemd.wait_for("READY=1")
            yield program
        finally:
            program.close()


def _in_place(text: str, places: dict[str, str]) -> str:
    return re.sub("%[iSC]", lambda found: places[found[0]], text)


@pytest.mark.timeout(600)  # it makes the wheel, where no other test has
@needs_program("initdb")
@needs_module("obstore", "boto3", "psycopg")
@pytest.mark.parametrize("proxied", [True, False], ids=["behind a proxy", "without one"])
def test_what_it_runs_serves_a_bucket(installed, tmp_path, proxied, postgres, bucket):
    given = {
        name: value for name, value in documented().items() if name.startswith("ALFINE_SERVER_")
    } | {
        "ALFINE_SERVER_PORT": "0",
        "ALFINE_SERVER_CATALOGUE": postgres.database(),
        "ALFINE_SERVER_S3_ENDPOINT": bucket.endpoint,
        "ALFINE_SERVER_PROXY_FROM": "127.0.0.1",
        **CREDENTIALS,
    }  # fmt: skip
    if not proxied:
        del given["ALFINE_SERVER_PROXY_FROM"]
    header = b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 12345\r\n" if proxied else b""
    with Unit(tmp_path, installed.python, given).running() as program:
        port = int(program.wait_for(r"listening on 0\.0\.0\.0 port \d+").split()[-1])
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as client:
            client.sendall(header + b"LIST END END")
            answer = b""
            while not answer.endswith(b" END END"):
                data = client.recv(4096)
                assert data, answer
                answer += data
    assert answer.startswith(b"RESP 100 END 1. A song"), answer


@pytest.fixture
def bucket():
    with running_object_store() as store:
        store.objects["library/A song.mp3"] = music(1.0, seed=1)
        yield store


@pytest.fixture
def postgres():
    with running_postgres() as server:
        yield server
