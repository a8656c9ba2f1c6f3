"""The settings: the file, the variables, the command line, and which goes first."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from cli.settings import SETTINGS, SettingsError, origins, read_file
from cli.words.commands.table import SPECS


@pytest.fixture
def path(tmp_path):
    return tmp_path / "config.toml"


def test_no_file_sets_nothing(path):
    assert read_file(path) == {}
    assert {o.source for o in origins(path, {})} == {"default"}


def test_a_variable_goes_before_the_file_and_that_before_the_default(path):
    path.write_text('[client]\nvolume = 70\noutput = "null"\n')
    found = {o.setting.name: o for o in origins(path, {"ALFINE_VOLUME": "50"})}
    assert (found["volume"].value, found["volume"].source) == ("50", "ALFINE_VOLUME")
    assert (found["output"].value, found["output"].source) == ("null", str(path))
    assert (found["port"].value, found["port"].source) == (None, "default")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[client]\nvolum = 3\n", "did you mean volume?"),
        ('[client]\nvolume = "loud"\n', "volume takes a number"),
        ("[client]\nplain = 1\n", "plain takes true or false"),
        ("volume = 3\n", "under [client] or [server]"),
        ("client = 3\n", "[client]"),
        ("[client\n", "line 1"),
        (b"\xff", "config.toml"),
    ],
)
def test_a_file_that_cannot_be_used_says_what_would_be_right(path, content, message):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SettingsError) as error:
        read_file(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)


def alfine(*arguments, **environment):
    import os

    return subprocess.run(
        [sys.executable, "-m", "cli.app", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=30,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_config_shows_each_value_and_its_source(path):
    path.write_text("[client]\nport = 4711\n")
    shown = alfine("config", ALFINE_CONFIG=str(path), ALFINE_HOST="music").stdout
    assert 'host = "music"  # ALFINE_HOST' in shown
    assert f"port = 4711  # {path}" in shown
    assert "prebuffer = 500  # default" in shown
    assert shown.splitlines()[0] == f"# {path}"
    assert len(shown[: shown.index("[server]")].splitlines()) == 2 + len(SETTINGS)


def test_config_names_the_file_that_is_to_be_written(path):
    shown = alfine("config", ALFINE_CONFIG=str(path)).stdout
    assert shown.splitlines()[0] == f"# {path} (there is none yet)"
    assert tomllib.loads(shown.replace("(none)", "0"))["client"]["song_size"] == 1024


def test_the_client_takes_them_and_options_go_first(path, steady_server):
    path.write_text(
        f'[client]\nhost = "127.0.0.1"\nport = {steady_server.port}\noutput = "null"\n'
        "volume = 70\nprebuffer = 1\n"
    )
    for options, environment, volume in [
        ([], {}, 70),
        ([], {"ALFINE_VOLUME": "50"}, 50),
        (["--volume", "30"], {"ALFINE_VOLUME": "50"}, 30),
    ]:
        run = alfine("client", *options, "-c", "status", ALFINE_CONFIG=str(path), **environment)
        assert run.stdout == f"stopped; volume {volume} %\n", run.stderr


def test_a_bad_file_is_reported_and_ignored(path, steady_server):
    path.write_text("[client]\nvolum = 3\n")
    run = alfine(
        *("client", "127.0.0.1", steady_server.port, "--output", "null", "-c", "status"),
        ALFINE_CONFIG=str(path),
    )
    assert run.returncode == 0
    assert "did you mean volume?" in run.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_can_complete(shell):
    run = alfine("--show-completion", shell)
    assert run.returncode == 0
    assert "complet" in run.stdout.lower()


README = (Path(__file__).parents[2] / "README.md").read_text()


def test_the_example_in_the_readme_can_be_used(path):
    path.write_text(README.split("```toml\n")[1].split("```")[0])
    assert set(read_file(path)) == {"host", "port", "device", "volume", "gain"}


def test_the_readme_names_every_command_and_its_letter():
    for spec in SPECS:
        assert f"`{spec.word}" in README
        assert not spec.letter or f"`{spec.letter}`" in README
