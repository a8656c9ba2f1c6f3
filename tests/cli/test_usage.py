"""A mistake on the command line is reported in one line, with exit code 2 and no traceback."""

import os
import subprocess
import sys

import pytest

from audio.outputs.wav import wav_header
from cli.app import main
from cli.usage import FAILED, NO_CONNECTION, USAGE


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("server", "Missing argument"),
        ("server . x", "PORT"),
        ("server . -1", "-1"),
        ("server . 65536", "65536"),
        ("server . 0 --nope", "--nope"),
        ("client 127.0.0.1", "Missing argument"),
        ("client 127.0.0.1 0", "PORT"),
        ("client 127.0.0.1 65536", "PORT"),
        ("client 127.0.0.1 1 --output tape", "wav:FILE"),
        ("client 127.0.0.1 1 --output wav:/nowhere/out.wav", "No such file or directory"),
        ("client 127.0.0.1 1 --output wav:/dev/null", "not a WAV file"),
        ("client 127.0.0.1 1 --output wav:/", "Is a directory"),
        ("client 127.0.0.1 1 --prebuffer 0", "prebuffer"),
        ("client 127.0.0.1 1 -c sing", "sing"),
        ("client [::1]:12345 1", "as in: [::1] 12345"),
        ("client [localhost] 1", "as in: [::1]"),
        ("client [::1 1", "is written as [::1]"),
        ("server . 0 --host [127.0.0.1]", "as in: [::1]"),
        ("sing", "sing"),
    ],
)
def test_one_line(arguments, message, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["alfine", *arguments.split()])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert message in err


@pytest.mark.parametrize("option", [(), ("--force",)])
def test_a_wav_file_that_exists_is_kept_without_force(option, tmp_path, monkeypatch, capsys):
    path = tmp_path / "out.wav"
    path.write_bytes(wav_header(8000, 0))
    argv = ["alfine", "client", "127.0.0.1", "1", "-c", "list", "--output", f"wav:{path}", *option]
    monkeypatch.setattr("sys.argv", argv)
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == (NO_CONNECTION if option else USAGE)
    assert ("replace it with --force" in capsys.readouterr().err) is not bool(option)
    assert path.read_bytes() == wav_header(8000, 0), "until a song begins"


def test_so_does_the_program_run_as_a_process():
    argv = [sys.executable, "-m", "cli.app", "client", "127.0.0.1", "0"]
    run = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    assert (run.returncode, run.stdout) == (2, "")
    assert len(run.stderr.splitlines()) == 1, run.stderr


@pytest.mark.parametrize("command", ["server", "client", "diagrams", "check"])
def test_help_has_an_example(command):
    argv = [sys.executable, "-m", "cli.app", command, "--help"]
    run = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    assert run.returncode == 0
    assert f"Example: alfine {command}" in " ".join(run.stdout.split())


@pytest.mark.parametrize("module", ["cli.server", "cli.client"])
def test_the_command_lines_of_the_rfc(module):
    argv = [sys.executable, "-m", module, "--help"]
    assert subprocess.run(argv, capture_output=True, timeout=30).returncode == 0


EVERY_LINE = ("config", "verify --show list", "--help")


@pytest.mark.parametrize("arguments", EVERY_LINE)
def test_a_full_disk_behind_stdout_is_told_in_one_line(arguments):
    with open("/dev/full", "wb") as full:
        ended = run_alfine(arguments, stdout=full)
    assert ended.returncode == FAILED
    assert ended.stderr == "alfine: nobody takes what is printed: No space left on device\n"


@pytest.mark.parametrize("arguments", EVERY_LINE)
def test_a_pipe_that_nobody_reads_ends_the_command(arguments):
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ended = run_alfine(arguments, stdout=writing)
    finally:
        os.close(writing)
    assert (ended.returncode, ended.stderr) == (FAILED, "")


@pytest.mark.parametrize("arguments", EVERY_LINE)
def test_closed_streams_are_no_fault(arguments):
    shell = ["sh", "-c", 'exec "$@" <&- >&-', "sh"]
    ended = run_alfine(arguments, shell)
    assert (ended.returncode, ended.stderr) == (0, "")


def run_alfine(arguments, before=(), stdout=None):
    command = [*before, sys.executable, "-m", "cli.app", *arguments.split()]
    return subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)
