"""The settings of the server: what is typed, the variables, the file, and which goes first."""

import json
import os

import pytest

from cli.command_line import import_command
from cli.serving.command import from_file, settings_of
from cli.settings import SettingsError
from tests.cli.test_settings import alfine
from tests.end_to_end.programs import Program
from tests.peers.plain_client import PlainClient

SERVER = import_command("cli.server")


@pytest.fixture
def path(tmp_path, monkeypatch):
    path = tmp_path / "config.toml"
    monkeypatch.setenv("ALFINE_CONFIG", str(path))
    return path


def given(*arguments):
    return SERVER.make_context("server", list(arguments)).params


def test_every_option_is_a_setting():
    assert {setting.name for setting in settings_of(SERVER)} == set(given("music", "1"))


def test_what_is_typed_goes_before_a_variable_and_that_before_the_file(path, monkeypatch):
    path.write_text("[server]\nmusic_dir = '/srv/music'\nport = 1\nworkers = 2\n")
    assert (given()["port"], given()["workers"]) == (1, 2)
    monkeypatch.setenv("ALFINE_SERVER_PORT", "7")
    monkeypatch.setenv("ALFINE_SERVER_WORKERS", "3")
    assert (given()["music_dir"], given()["port"], given()["workers"]) == ("/srv/music", 7, 3)
    assert given("here", "9", "--workers", "4")["port"] == 9
    assert given("here", "9", "--workers", "4")["workers"] == 4


def test_the_clients_settings_are_not_the_servers(path, monkeypatch):
    path.write_text("[client]\nport = 5\nvolum = 1\n[server]\nport = 6\n")
    monkeypatch.setenv("ALFINE_HOST", "music-machine")
    monkeypatch.setenv("ALFINE_PORT", "4")
    assert given("music")["port"] == 6
    assert given("music")["host"] == ("127.0.0.1",)


@pytest.mark.parametrize(
    ("text", "value"),
    [('"::1"', ("::1",)), ('["127.0.0.1", "[::1]"]', ("127.0.0.1", "::1"))],
)
def test_hosts_are_a_text_or_a_list(path, text, value):
    path.write_text(f"[server]\nhost = {text}\n")
    assert given("music", "1")["host"] == value


def test_a_path_may_begin_at_home(path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/anna")
    path.write_text("[server]\nmusic_dir = '~/Music'\nport = 1\ncache_dir = '~/cache'\n")
    assert given()["music_dir"] == "/home/anna/Music"
    assert str(given()["cache_dir"]) == "/home/anna/cache"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("worker = 3\n", "there is no setting 'worker'; did you mean workers?"),
        ("workers = 0\n", "workers: 0 is not in the range 1<=x<=1024"),
        ('workers = "3"\n', "workers takes a number, not '3'"),
        ("follow_links = 1\n", "follow_links takes true or false, not 1"),
        ("drain = '1'\n", "drain takes a number, not '1'"),
        ("host = [1]\n", "host takes a list of texts, not [1]"),
        ("host = 1\n", "host takes a text in quotes or a list of them, not 1"),
        ("host = '[1.2.3.4]'\n", "host: in brackets stands an IPv6 address"),
        ("keepalive = '1'\n", "keepalive: '1' is not IDLE/INTERVAL/COUNT"),
    ],
)
def test_what_cannot_be_set_is_said_with_the_file_and_the_name(path, content, message):
    path.write_text(f"[server]\n{content}")
    with pytest.raises(SettingsError) as error:
        from_file(SERVER, path)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)


def test_a_server_does_not_start_without_a_file_that_it_can_read(path, music_dir):
    path.write_text("[server]\nworkers = 0\n")
    for command in (["-m", "cli.server"], ["-m", "cli.app", "server"]):
        program = Program(*command, music_dir, 0, prefix=("env", f"ALFINE_CONFIG={path}"))
        assert program.end() == 2
        program.close()
        [line] = program.err.splitlines()
        assert line == f"alfine server: {path}: workers: 0 is not in the range 1<=x<=1024."
    assert "Usage:" in alfine("server", "--help").stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.parametrize("named", [False, True])
def test_a_file_in_anothers_home_is_refused_only_where_it_is_named(tmp_path, named):
    home = tmp_path / "home"
    path = home / ".config" / "alfine" / "config.toml"
    path.parent.mkdir(parents=True)
    path.write_text("[server]\nworkers = 0\n")
    home.chmod(0o700)
    code = (
        "import os, sys, cli.server\n"
        "os.setgid(65534), os.setuid(65534)\n"
        "cli.server.run(cli.server.server, 'cli.server')"
    )
    variables = ("env", f"HOME={home}", *([f"ALFINE_CONFIG={path}"] if named else []))
    program = Program("-c", code, "/nowhere", 0, prefix=variables)
    assert program.end() == 2
    program.close()
    assert ("Permission denied" if named else "The music directory '/nowhere'") in program.err


def test_the_file_alone_is_enough(path, music_dir):
    path.write_text(f"[server]\nmusic_dir = '{music_dir}'\nport = 0\nper_address = 7\n")
    program = Program("-m", "cli.app", "server", prefix=("env", f"ALFINE_CONFIG={path}"))
    line = program.wait_for(r"listening on \S+ port \d+")
    with PlainClient(int(line.rsplit(maxsplit=1)[-1])) as client:
        client.list_songs()
        assert client.next().is_list
    assert "7 from one address" in program.out
    program.close()


def test_config_shows_the_servers_settings(path):
    path.write_text("[client]\nport = 1\n[server]\nport = 2\nhost = ['::']\nkeepalive = '9/9/9'\n")
    shown = alfine("config", ALFINE_SERVER_WORKERS="3").stdout
    client, server = shown.split("[server]\n")
    assert f"port = 1  # {path}" in client
    assert f"port = 2  # {path}" in server
    assert f'host = ["::"]  # {path}' in server
    assert 'workers = "3"  # ALFINE_SERVER_WORKERS' in server
    assert 'tag_encoding = "latin-1"  # default' in server
    told = json.loads(alfine("config", "--json").stdout)["server"]
    assert told["host"] == {"value": ["::"], "source": str(path)}
    assert told["keepalive"] == {"value": "9/9/9", "source": str(path)}


def test_config_refuses_what_either_program_would(path):
    path.write_text("[server]\nport = 'x'\n")
    refused = alfine("config")
    assert refused.returncode == 2
    assert "port takes a number" in refused.stderr
