"""The containers of a fleet, as far as they can be read without an engine."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from cli.server import server as command
from cli.settings import SERVER, variable
from tests.needs import needs_module

ROOT = Path(__file__).parents[2]
FLEET = ROOT / "fleet"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture
def compose():
    import yaml

    return yaml.safe_load((FLEET / "compose.yaml").read_text())


@needs_module("yaml")
def test_what_is_set_is_known(compose):
    known = {variable(str(parameter.name), SERVER) for parameter in command.params}
    others = {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "PGPASSWORD"}
    for name in ("a", "b"):
        assert {*compose["services"][name]["environment"]} <= known | others


@needs_module("yaml")
def test_every_service_is_there_again_after_a_restart_and_has_what_it_depends_on(compose):
    services = compose["services"]
    for name, service in services.items():
        assert service["restart"] == ("on-failure" if name == "bucket" else "unless-stopped")
        assert {*service.get("depends_on", ())} <= {*services}
        assert not service["image"].endswith("latest")


@needs_module("yaml")
def test_the_bucket_is_made_and_the_proxy_is_believed(compose):
    services = compose["services"]
    settings = services["a"]["environment"]
    bucket = settings["ALFINE_SERVER_MUSIC_DIR"].split("/")[2]
    [program] = services["bucket"]["command"]
    compile(program, "bucket", "exec")
    assert f'create_bucket(Bucket="{bucket}")' in program
    [network] = compose["networks"]["default"]["ipam"]["config"]
    assert settings["ALFINE_SERVER_PROXY_FROM"] == network["subnet"]


def test_the_servers_of_the_balancer_are_services():
    names = re.findall(r"^    server (\w+) (\w+):", (FLEET / "haproxy.cfg").read_text(), re.M)
    services = re.findall(r"^  (\w+):", (FLEET / "compose.yaml").read_text(), re.M)
    assert names
    assert all(name == host and name in services for name, host in names)


@pytest.mark.parametrize("place", ["fleet/Containerfile", "docs/fleet.md"])
def test_what_is_installed_is_what_the_extras_ask_for(place):
    extras = PROJECT["optional-dependencies"]
    [words] = re.findall(
        r"/opt/alfine/bin/pip install (?:--no-cache-dir )?(.*)", (ROOT / place).read_text()
    )
    assert {word.strip("'") for word in words.split()} == {*extras["postgres"], *extras["s3"]}
