"""`./dev` says what it does not know, and pins what it installs."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PINNED = (ROOT / "constraints.txt").read_text()


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("tset", "did you mean test? "),
        ("test2", "did you mean test? "),
        ("dcos", "did you mean docs? "),
        ("benhc", "did you mean bench? "),
        ("demos", "did you mean demo? "),
        ("sing", ""),
        ("a", ""),
        ("$(touch x)\\n", ""),
        ("x" * 10_000, ""),
    ],
)
def test_a_word_that_it_does_not_know_is_named(word, meant, tmp_path):
    done = subprocess.run(
        [ROOT / "dev", word], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("dev: there is no command ")
    assert done.stderr.endswith(f"; {meant}./dev help lists them\n")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_it_may_mean_each_of_its_commands():
    text = (ROOT / "dev").read_text()
    [known] = re.findall(r"printf '%s\\n' ([a-z ]+) \| WORD", text)
    help_text = subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True, check=True)
    assert known.split() == re.findall(r"^\./dev (\w+)", help_text.stdout, re.M)


def test_a_campaign_that_there_is_not_is_named_and_those_that_there_are_listed():
    command = [ROOT / "dev", "attack", "cuts", "cats"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "dev: there is no campaign cats; ./dev help lists them\n"
    said = subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True, check=True).stdout
    listed = re.search(r"^ +campaigns: ([a-z ]+)$", said, re.M)[1].split()
    there = {path.stem.removeprefix("test_") for path in (ROOT / "tests/attack").glob("test_*.py")}
    assert set(listed) == there
    assert len(listed) == len(there)


def test_every_file_that_is_installed_has_a_hash():
    blocks = re.findall(r"^(\S+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", PINNED, re.M)
    assert {name for name, _, _ in blocks} >= {"setuptools", "transitions", "pytest", "matplotlib"}
    left = re.sub(r"^\S+==\S+(?: \\\n    --hash=sha256:[0-9a-f]{64})+$", "", PINNED, flags=re.M)
    assert all(line.startswith("#") or not line for line in left.splitlines())
    assert re.findall(r"^# ([a-z]+)$", PINNED, re.M) == ["build", "demo", "dev", "bench"]


def test_every_package_that_is_asked_for_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    asked = [*project["dependencies"], *(name for extra in extras for name in extra)]
    names = {re.match(r"[\w-]+", each)[0].lower().replace("_", "-") for each in asked}
    pinned = {name.lower().replace("_", "-") for name in re.findall(r"^(\S+)==", PINNED, re.M)}
    assert names - pinned == set()


def dev_function(words):
    """Run some of ./dev's functions; return what they print."""
    script = f"set -- help; . ./dev >/dev/null; {words}"
    command = ["bash", "-c", script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def test_what_the_distribution_has_is_not_installed_again():
    every = dev_function("pinned demo")
    rest = dev_function("pinned demo | without pymad pyaudio")
    names = re.findall(r"^(\S+)==", every, re.M)
    assert [name for name in names if name not in ("pyaudio", "pymad")] == re.findall(
        r"^(\S+)==", rest, re.M
    )
    assert {"pyaudio", "pymad"} <= set(names)
    assert rest.count("--hash=") < every.count("--hash=")
    assert dev_function("pinned demo | without") == every


def test_a_python_that_there_is_not_is_named():
    command = [ROOT / "dev", "test", "--python", "3.99"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("dev: there is no Python 3.99 here: ")
    assert not (ROOT / ".venv-3.99").exists()
    done = subprocess.run([*command[:3], "new"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "./dev test --python 3.13" in done.stderr
