"""The help of every command, what `alfine` does without one, and the completion of the shells."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli import shell_completion
from cli.app import COMMANDS, application, module_of
from cli.command_line import import_command
from cli.outside import command as outside

ROOT = Path(__file__).parents[2]
COLUMNS = 80


def run(*arguments, **environment):
    return CliRunner(env=environment).invoke(application(), arguments, prog_name="alfine")


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_the_help_is_plain_text_of_80_columns(command):
    shown = run(*command.split(), "--help", COLUMNS=str(COLUMNS))
    assert shown.exit_code == 0
    assert shown.output.startswith(f"Usage: {' '.join(['alfine', *command.split()])} ")
    assert max(map(len, shown.output.splitlines())) <= COLUMNS
    assert "\x1b" not in shown.output


@pytest.mark.parametrize("command", COMMANDS)
def test_the_line_of_a_command_is_what_it_says_of_itself(command):
    assert import_command(module_of(command)).get_short_help_str(limit=200) == COMMANDS[command]


def test_the_help_has_a_section_for_each_heading():
    shown = run("server", "--help").output
    for heading in ("Arguments", "Options", "Running", "Songs", "Limits of clients", "Trace"):
        assert f"\n{heading}:\n  " in shown
    assert shown.index("--workers") > shown.index("Running:")


def test_an_option_shows_its_variable_its_default_and_its_range():
    shown = " ".join(run("client", "--help").output.split())
    assert "[env var: ALFINE_VOLUME; 0<=x<=100]" in shown
    assert "[default: (the user's cache directory)]" in " ".join(
        run("server", "--help").output.split()
    )


def test_an_example_can_be_copied():
    command = import_command("cli.protocol.proxy")
    context = click.Context(command, info_name="proxy", terminal_width=40)
    lines = command.get_help(context).split("Example: ")[1].splitlines()
    assert len(lines) > 2
    assert " ".join(" ".join(lines).split()) == command.epilog.removeprefix("Example: ")


def test_without_a_command_the_help_is_shown():
    shown = subprocess.run([sys.executable, "-m", "cli.app"], capture_output=True, text=True)
    assert (shown.returncode, shown.stderr) == (2, "")
    assert shown.stdout.split() == run("--help").output.split()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("clint", "Did you mean 'client'?"), ("statsu", "Did you mean 'status'?")],
)
def test_a_command_that_is_mistyped(typed, meant):
    refused = run(typed)
    assert refused.exit_code == 2
    assert meant in refused.output


def test_an_option_that_is_mistyped():
    assert "Did you mean '--prebuffer'?" in run("client", "a", "1", "--prebufer", "3").output


@pytest.mark.parametrize("given", ["nan", "-nan", "0", "1e9", "x"])
def test_a_number_that_is_not_in_the_range_is_refused(given):
    refused = run("check", "127.0.0.1", "9", f"--timeout={given}")
    assert refused.exit_code == 2
    assert "Invalid value for '--timeout'" in refused.output


def test_the_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    shown = run("--version")
    assert (shown.exit_code, shown.output) == (0, f"alfine {project['version']}\n")


# The completion of the shells


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", "/usr/bin/fish")
    return tmp_path


@pytest.mark.parametrize("shell", shell_completion.SCRIPTS)
def test_a_shell_is_taught_once(home, shell):
    for _ in range(2):
        installed = run("--install-completion", shell)
        assert installed.exit_code == 0
        assert shell in installed.output
    assert "_ALFINE_COMPLETE" in (home / shell_completion.SCRIPTS[shell]).read_text()
    if shell in shell_completion.LOADED_BY:
        file, line = shell_completion.LOADED_BY[shell]
        assert (home / file).read_text() == f"{line}\n"


def test_what_the_file_of_the_shell_says_already_stays(home):
    (home / ".bashrc").write_text("alias l=ls")
    shell_completion.install("bash")
    assert (home / ".bashrc").read_text() == ("alias l=ls\nsource ~/.bash_completions/alfine.sh\n")


def test_a_line_that_loads_the_same_script_is_enough(home):
    line = f"source '{home}/.bash_completions/alfine.sh'\n"
    (home / ".bashrc").write_text(line)
    shell_completion.install("bash")
    assert (home / ".bashrc").read_text() == line


def test_without_a_name_it_is_the_login_shell(home):
    assert "complete --no-files --command alfine" in run("--show-completion").output


def test_a_shell_that_is_not_known_is_refused(home):
    refused = run("--install-completion", SHELL="/bin/sh")
    assert refused.exit_code == 2
    assert "name the shell: bash, zsh, fish" in refused.output
    assert list(home.iterdir()) == []


@pytest.fixture
def bin_directory(tmp_path):
    """A directory with the command `alfine`, wherever this Python has it."""
    path = tmp_path / "bin" / "alfine"
    path.parent.mkdir()
    path.write_text(f'#!/bin/sh\ncd "{ROOT}" && exec "{sys.executable}" -m cli.app "$@"\n')
    path.chmod(0o755)
    return path.parent


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("alfine ", {*COMMANDS, *outside.WORDS}),
        ("alfine cl", {"client"}),
        ("alfine client --vol", {"--volume"}),
        ("alfine server --follow", {"--follow-links"}),
    ],
)
def test_bash_completes(home, bin_directory, typed, offered):
    shell_completion.install("bash")
    words = typed.split(" ")
    script = (
        "source ~/.bashrc; COMP_WORDS=({}); COMP_CWORD={}; _alfine_completion alfine\n"
        'printf "%s\\n" "${{COMPREPLY[@]}}"'
    ).format(" ".join(f"'{word}'" for word in words), len(words) - 1)
    path = f"{bin_directory}{os.pathsep}{os.environ['PATH']}"
    shown = subprocess.run(
        ["bash", "--norc", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": path},
    )
    assert shown.stderr == ""
    assert set(shown.stdout.split()) == offered
