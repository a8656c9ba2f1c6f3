"""The Debian package: built as ./dev deb builds it, clean, and used in an empty Debian."""

import os
import re
import subprocess
import tomllib

import pytest

from tests.end_to_end.songs import music
from tests.installed import debian
from tests.installed.conftest import ROOT
from tests.installed.running import output, play, server, sounds
from tests.needs import needs_program

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OTHERS = pytest.mark.skipif(
    os.environ.get("ALFINE_DEBIAN") != "all", reason="ALFINE_DEBIAN=all tries every release"
)

WITHOUT_INIT_D = "package-supports-alternative-init-but-no-init.d-script"

pytestmark = pytest.mark.timeout(900)  # what is shared by these tests is made in the first
builds = needs_program("dh", "dh_python3", "dpkg-buildpackage")


def python_names(field):
    """The packages of a field of debian/control, by their names on PyPI."""
    names = {name.removeprefix("python3-") for name in debian.names(field)}
    return {name.replace("-", "_") for name in names}


def asked(requirements):
    return {re.match(r"[\w-]+", each)[0].replace("-", "_") for each in requirements}


def test_the_package_asks_for_what_the_wheel_asks_for():
    required = python_names("Depends") - {"python3"} | python_names("Recommends") - {"uvloop"}
    assert required | {"graphviz"} == asked(PROJECT["dependencies"])
    extras = PROJECT["optional-dependencies"]
    optional = asked(
        name
        for extra in ("desktop", "discovery", "monitor", "postgres", "tls", "uvloop")
        for name in extras[extra]
    )
    assert python_names("Suggests") - {"graphviz"} | {"uvloop"} == optional
    assert f"python3 ({PROJECT['requires-python'].replace('>=', '>= ')})" in (
        debian.CONTROL.read_text()
    )


@builds
@needs_program("lintian")
def test_lintian_finds_nothing(deb):
    # It warns of root alone where it is run by root.
    command = ["lintian", "--display-info", "--pedantic", "--allow-root", deb]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # Older ones look for a script of init.d; newer ones do not even know the name of the tag.
    found = [line for line in done.stdout.splitlines() if WITHOUT_INIT_D not in line]
    assert (found, done.stderr, done.returncode) == ([], "", 0)


@builds
@needs_program("mmdebstrap", "chroot")
@pytest.mark.skipif(os.geteuid() != 0, reason="chroot needs root")
@pytest.mark.parametrize("release", ["bookworm", pytest.param("trixie", marks=OTHERS)])
def test_in_an_empty_debian_it_is_installed_plays_a_song_and_is_removed(deb, release):
    recommended = debian.RELEASES[release]
    with debian.empty(release, recommended) as system:
        assert system.run("sh", "-c", "command -v python3 || echo none") == "none\n"
        package = system.root / deb.name
        package.write_bytes(deb.read_bytes())
        system.apt("install", "--no-install-recommends", f"/{deb.name}", *recommended)
        use(system)
        take_pymad_and_pyaudio_from_there(system)
        system.apt("purge", "alfine")
        package.unlink()
        assert list((system.root / "usr").rglob("*alfine*")) == []


def use(system):
    """Whoever has no rights serves a song, and plays it."""
    alfine = system.command("alfine", user=debian.NOBODY)
    assert output(alfine, "--version") == f"alfine {PROJECT['version']}\n"
    assert (system.root / "usr/share/man/man1/alfine-server.1.gz").is_file()
    (system.root / "music").mkdir()
    (system.root / "music" / "noise.mp3").write_bytes(music(3.0, seed=1))
    with server(alfine, "/music", 0, "--workers", 2) as (program, port):
        assert "uvloop, 2 workers" in program.out
        play(alfine, port, "/tmp/song.wav")
    seconds, heard = sounds(system.root / "tmp" / "song.wav")
    assert seconds == pytest.approx(3.0, abs=0.1)
    assert heard
    said = output(alfine, "diagrams", "--check", code=1)
    assert said.startswith("alfine diagrams: alfine does not run from its source tree")


LINKED = """
set -- help
. /sources/dev >/dev/null
find_python
find_manager
missing_build_needs
"$python" -m venv --without-pip .venv
link_distribution
"$py" -c 'import mad, pyaudio; print(mad.__file__, pyaudio.__file__)'
"""


def take_pymad_and_pyaudio_from_there(system):
    """./dev has them from the distribution, and asks for no compiler and no header."""
    sources = system.root / "sources"
    sources.mkdir()
    for name in ("dev", "constraints.txt"):
        (sources / name).write_bytes((ROOT / name).read_bytes())
    needs, files = system.run("bash", "-c", LINKED).splitlines()
    assert needs == "venv"
    there = "/sources/.venv/distribution/"
    assert re.fullmatch(rf"{there}mad\.\S+\.so {there}pyaudio/__init__\.py", files)
