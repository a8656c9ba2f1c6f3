"""The units of systemd: how little the service may do, and how they are installed."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from cli.serving import units
from cli.serving.units import Program
from tests.cli.test_settings import alfine
from tests.needs import needs_program
from tests.tls.conftest import certificates

__all__ = ["certificates"]

ROOT = Path(__file__).parents[3]
PACKAGED = ROOT / "packaging"
MOST_EXPOSED = 1.5
DEBIANS = Program(("/usr/bin/alfine",))

analyses = needs_program("systemd-analyze")


def exposure(path):
    analysed = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", path],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(re.search(r"Overall exposure level for \S+: ([\d.]+)", analysed.stdout)[1])


@analyses
def test_the_service_is_hardly_exposed():
    assert exposure(PACKAGED / "alfine.service") <= MOST_EXPOSED


@analyses
def test_so_is_one_that_reads_music_from_a_home(tmp_path):
    path = tmp_path / "alfine.service"
    path.write_text(units.system_service(Program(("/opt/a b/alfine",)), "/home/anna/My Music"))
    assert 'BindReadOnlyPaths="-/home/anna/My Music"\n' in path.read_text()
    assert 'ExecStart="/opt/a b/alfine" server\n' in path.read_text()
    assert exposure(path) <= MOST_EXPOSED


@analyses
@pytest.mark.parametrize("name", ["alfine.service", "alfine.socket"])
def test_systemd_finds_no_mistake_in_them(tmp_path, name):
    text = (PACKAGED / name).read_text().replace("/usr/bin/alfine", "/bin/true")
    text = text.replace("Documentation=man:alfine-server(1)\n", "")
    for unit in ("alfine.service", "alfine.socket"):
        (tmp_path / unit).write_text(text if unit == name else "[Service]\nExecStart=/bin/true\n")
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / name], capture_output=True, text=True
    )
    assert name not in verified.stderr, verified.stderr


def test_what_is_packaged_is_what_the_command_writes():
    service, socket = units.system_service(DEBIANS, "/srv/music"), units.socket_unit(12345)
    assert (PACKAGED / "alfine.service").read_text() == service
    assert (PACKAGED / "alfine.socket").read_text() == socket


@pytest.mark.parametrize(
    ("word", "unit"),
    [
        ("/usr/bin/alfine", "/usr/bin/alfine"),
        ("/a b/c", '"/a b/c"'),
        ("50%", "50%%"),
        ('a"$b', '"a\\"$$b"'),
        ("", '""'),
    ],
)
def test_words_are_quoted_as_systemd_reads_them(word, unit):
    assert units.quoted(word) == unit


@pytest.fixture
def variables(tmp_path):
    return {
        "XDG_CONFIG_HOME": str(tmp_path),
        "ALFINE_CONFIG": str(tmp_path / "alfine" / "config.toml"),
    }


@pytest.mark.parametrize(
    ("user", "edit"),
    [(False, "systemctl edit alfine.socket"), (True, "systemctl --user edit alfine.socket")],
)
def test_the_socket_says_how_it_is_edited_itself(user, edit):
    """What is said to `systemctl edit alfine` is the service's, and moves no port."""
    assert f"`{edit}`" in units.socket_unit(12345, user=user).splitlines()[0]


def test_a_user_installs_it_looks_and_removes_it(tmp_path, variables):
    done = alfine(
        *("service", "install", "--user", "--music", tmp_path, "--port", "4711"), **variables
    )
    assert (done.returncode, done.stderr) == (0, "")
    folder = tmp_path / "systemd" / "user"
    config = tmp_path / "alfine" / "config.toml"
    for path in (folder / "alfine.service", folder / "alfine.socket", config):
        assert f"wrote {path}\n" in done.stdout
    assert "    systemctl --user enable --now alfine\n" in done.stdout
    assert "loginctl enable-linger" in done.stdout
    socket = (folder / "alfine.socket").read_text()
    assert "ListenStream=4711\n" in socket
    assert "`systemctl --user edit alfine.socket`" in socket
    settings = alfine("config", **variables).stdout
    assert f'music_dir = "{tmp_path}"  # {config}' in settings
    assert f"port = 4711  # {config}" in settings
    shown = alfine("service", "show", "--user", **variables).stdout
    assert shown == (folder / "alfine.service").read_text()
    for setting in ("DynamicUser", "StateDirectory", "network-online"):
        assert setting not in shown
    again = alfine("service", "install", "--user", **variables)
    assert again.returncode == 0
    assert f"wrote {config}" not in again.stdout
    done = alfine("service", "uninstall", "--user", **variables)
    assert done.stdout.count("deleted ") == 2
    assert list(folder.iterdir()) == []
    assert config.exists()
    assert alfine("service", "uninstall", "--user", **variables).returncode == 1


def test_what_the_settings_say_otherwise_is_said(variables, tmp_path):
    alfine("service", "install", "--user", "--port", "4711", **variables)
    done = alfine("service", "install", "--user", "--port", "4712", **variables)
    assert done.returncode == 2
    assert "says port = 4711: change it there" in done.stderr


def test_a_unit_of_somebody_else_is_left_alone(variables, tmp_path):
    path = tmp_path / "systemd" / "user" / "alfine.service"
    path.parent.mkdir(parents=True)
    path.write_text("[Service]\nExecStart=/bin/true\n")
    for action in ("install", "uninstall"):
        assert alfine("service", action, "--user", **variables).returncode == 1
    assert path.read_text() == "[Service]\nExecStart=/bin/true\n"


TLS = {"tls_cert": "/root/my certs/50%.pem", "tls_key": "/root/my certs/$a.key"}


def test_what_root_alone_can_read_is_handed_to_the_service_of_the_machine():
    assert units.system_tls(TLS).splitlines()[1:] == [
        "[Service]",
        "LoadCredential=tls-cert:/root/my certs/50%%.pem",
        "LoadCredential=tls-key:/root/my certs/$a.key",
        "Environment=ALFINE_SERVER_TLS_CERT=/run/credentials/alfine.service/tls-cert",
        "Environment=ALFINE_SERVER_TLS_KEY=/run/credentials/alfine.service/tls-key",
    ]


def test_a_users_service_reads_the_files_itself():
    assert units.user_tls(TLS).splitlines()[1:] == [
        "[Service]",
        'Environment="ALFINE_SERVER_TLS_CERT=/root/my certs/50%%.pem"',
        'Environment="ALFINE_SERVER_TLS_KEY=/root/my certs/$a.key"',
    ]


@analyses
def test_a_service_of_tls_is_as_little_exposed(tmp_path):
    path = tmp_path / "alfine.service"
    drop_in = units.system_tls(TLS).partition("[Service]\n")[2]
    unit = (PACKAGED / "alfine.service").read_text()
    path.write_text(unit.replace("[Install]", f"{drop_in}[Install]"))
    assert exposure(path) <= MOST_EXPOSED


def test_tls_is_installed_by_its_files_and_uninstalled(tmp_path, variables, certificates):
    pem, key = certificates.server, certificates.server.with_suffix(".key")
    install = ("service", "install", "--user", "--music", tmp_path)
    done = alfine(*install, "--tls-cert", pem, "--tls-key", certificates.client, **variables)
    assert (done.returncode, done.stdout) == (2, "")
    assert "alfine service: the key in" in done.stderr or "has no certificate" in done.stderr
    pair = ("--tls-cert", os.path.relpath(pem), "--tls-key", os.path.relpath(key))
    done = alfine(*install, *pair, "--tls-clients", os.path.relpath(certificates.ca), **variables)
    assert (done.returncode, done.stderr) == (0, "")
    folder = tmp_path / "systemd" / "user"
    text = (folder / "alfine.service.d" / "tls.conf").read_text()
    named = {"tls_cert": str(pem), "tls_key": str(key), "tls_clients": str(certificates.ca)}
    assert text == units.user_tls(named)
    assert "systemctl --user restart alfine" in done.stdout
    assert alfine("service", "install", "--user", **variables).returncode == 0
    assert (folder / "alfine.service.d" / "tls.conf").exists(), "it was not said to be in clear"
    assert alfine("service", "uninstall", "--user", **variables).stdout.count("deleted ") == 3
    assert list(folder.iterdir()) == []


def test_a_folder_that_is_not_there_is_said_to_be(tmp_path, variables):
    install = ("service", "install", "--user", "--port", "4711")
    missing = tmp_path / "nonexistent"
    done = alfine(*install, "--music", missing, **variables)
    assert done.returncode == 0
    assert f"there is no folder {missing} yet" in done.stdout
    missing.mkdir()
    assert "there is no folder" not in alfine(*install, **variables).stdout


def test_the_service_of_the_machine_cannot_run_from_a_home(tmp_path):
    assert units.is_in_a_home("/home/anna/alfine/bin/alfine")
    assert units.is_in_a_home("/root")
    assert not units.is_in_a_home("/rooted/alfine")
    assert not units.is_in_a_home("/srv/home/alfine")


def test_a_user_manager_runs_what_a_user_installs(variables, tmp_path):
    """What stands in ExecStart= is a server."""
    alfine("service", "install", "--user", "--music", tmp_path / "none", **variables)
    text = (tmp_path / "systemd" / "user" / "alfine.service").read_text()
    [command] = re.findall(r"^ExecStart=(.*)$", text, re.M)
    path = dict(re.findall(r"^Environment=(\w+)=(.*)$", text, re.M))
    done = subprocess.run(
        command.split(), capture_output=True, text=True, env=os.environ | variables | path, cwd="/"
    )
    assert done.returncode == 2
    assert str(tmp_path / "none") in done.stderr
