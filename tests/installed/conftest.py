"""A wheel, built once from a copy of the sources, and environments with nothing else in them.

No network is needed: what alfine depends on is read from where the tests have it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.songs import music

ROOT = Path(__file__).resolve().parents[2]
DECOYS = ("fsm", "net", "cli", "audio", "diagrams")
"""The names of rooms that other people's packages may have as well."""
NOT_SOURCES = shutil.ignore_patterns(
    ".*", "__pycache__", "*.egg-info", "build", "dist", "*.mp3", "*.wav", "quick"
)
BUILD = """
import sys
from setuptools import build_meta

print(getattr(build_meta, "build_" + sys.argv[1])(sys.argv[2]))
"""


@contextlib.contextmanager
def once(shared: Path, name: str) -> Iterator[tuple[Path, bool]]:
    """A folder for all processes that run the tests, and whether it has to be filled.

    The others wait until the block has ended; if it fails, the next one begins anew.
    """
    folder, done = shared / name, shared / f"{name}.done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        missing = not done.exists()
        if missing:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        yield folder, missing
        done.touch()


@pytest.fixture(scope="session")
def shared(tmp_path_factory) -> Path:
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


def run(*command: object, cwd: Path | None = None) -> str:
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-5000:]}\n{done.stderr[-5000:]}"
    return done.stdout


def copy_sources(to: Path) -> Path:
    shutil.copytree(ROOT, to, ignore=NOT_SOURCES)
    return to


@pytest.fixture(scope="session")
def built(shared) -> Path:
    """A folder with the sdist, and the wheel that was built from it and not from the sources."""
    with once(shared, "built") as (folder, missing):
        if missing:
            sources = copy_sources(folder / "sources")
            sdist = run(sys.executable, "-c", BUILD, "sdist", folder, cwd=sources).split()[-1]
            shutil.unpack_archive(folder / sdist, folder, filter="data")
            unpacked = folder / sdist.removesuffix(".tar.gz")
            run(sys.executable, "-c", BUILD, "wheel", folder, cwd=unpacked)
    return folder


@pytest.fixture(scope="session")
def wheel(built) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def sdist(built) -> Path:
    (path,) = built.glob("*.tar.gz")
    return path


class Environment:
    """A Python environment with alfine, what it depends on, and packages of the rooms' names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.alfine = folder / "bin" / "alfine"
        self.python = folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        return Path(
            sysconfig.get_path("purelib", vars={"base": self.folder, "platbase": self.folder})
        )

    def make(self, *what: object) -> None:
        """Make it, and have pip install this."""
        run(sys.executable, "-m", "venv", "--without-pip", self.folder)
        for name in DECOYS:
            (self.packages / name).mkdir()
            (self.packages / name / "__init__.py").write_text(f"raise SystemExit('decoy {name}')")
        # Behind its own packages; the .pth files there, of the alfine that is tested from its
        # sources, are not read.
        dependencies = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
        # Where pymad and PyAudio are the distribution's, that file leads to them, and no other.
        distribution = Path(sysconfig.get_path("purelib"), "distribution.pth")
        if distribution.exists():
            dependencies |= {*distribution.read_text().splitlines()}
        (self.packages / "dependencies.pth").write_text("\n".join(sorted(dependencies)))
        pip = (sys.executable, "-m", "pip", "--python", self.python, "install", "--no-compile")
        run(*pip, "--no-index", "--no-deps", "--no-build-isolation", *what)


@pytest.fixture(scope="session")
def installed(shared, wheel) -> Environment:
    """An environment with the wheel."""
    with once(shared, "installed") as (folder, missing):
        environment = Environment(folder)
        if missing:
            environment.make(wheel)
    return environment


@pytest.fixture(scope="session")
def song(tmp_path_factory) -> Path:
    """A folder with one song of 3 s."""
    folder = tmp_path_factory.mktemp("music")
    (folder / "noise.mp3").write_bytes(music(3.0, seed=1))
    return folder


@pytest.fixture(scope="session")
def deb(shared, sdist):
    with once(shared, "deb") as (folder, missing):
        if missing:
            run("tar", "-xzf", sdist, "-C", folder)
            (sources,) = folder.iterdir()
            run(sources / "packaging" / "build-deb", sys.executable, folder)
    (path,) = folder.glob("*.deb")
    return path
