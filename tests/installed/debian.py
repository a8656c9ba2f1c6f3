"""A Debian of some release, in which programs are run by chroot(8): empty, or with dependencies.

Each is made once and kept in the user's cache; what a test changes is kept in memory alone. The
empty one has the packages that alfine depends on as files: later runs need no network. Delete what
is kept for a newer Debian.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.installed.conftest import ROOT, run

CONTROL = ROOT / "packaging" / "debian" / "control"
OPTIONS = (
    "-o",
    "Dpkg::Options::=--force-unsafe-io",
    "-o",
    "Acquire::http::Proxy=http://127.0.0.1:9",
)
"""For apt: it waits for no disk, and reaches no network."""
NOBODY = "65534:65534"
RELEASES = {"bookworm": ("python3-uvloop",), "trixie": ("python3-rapidfuzz", "python3-uvloop")}
"""Of Debian, and what of the recommended packages each has. The oldest is tried in every run."""
BOOT = ("systemd", "systemd-sysv")
"""For those who boot it: they are kept with the others, so that one archive serves all."""


def names(field: str) -> list[str]:
    """Return the packages that a field of debian/control names, without their versions."""
    text = re.search(rf"^{field}:((?:.*\n)(?: .*\n)*)", CONTROL.read_text(), re.M)[1]
    words = [word.strip() for word in re.sub(r"\([^)]*\)", "", text).split(",")]
    return sorted(word for word in words if word and not word.startswith("$"))


class Debian:
    """The folder. root: where it is."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def command(self, *words: object, user: str = "0:0") -> tuple[object, ...]:
        """Return what runs these words in there, with the variables that it is given."""
        return ("chroot", f"--userspec={user}", self.root, "env", "-u", "XDG_STATE_HOME", *words)

    def run(self, *words: object) -> str:
        return run(*self.command("DEBIAN_FRONTEND=noninteractive", *words))

    def apt(self, *words: object) -> str:
        return self.run("apt-get", "-q", "-y", *OPTIONS, *words)


@contextlib.contextmanager
def empty(release: str, recommended: Sequence[str]) -> Iterator[Debian]:
    """Have one for the time of the block. recommended: other packages that can be installed."""
    with _changed_in_memory(_empty(release, recommended)) as root:
        yield Debian(root)


@contextlib.contextmanager
def prepared(release: str, recommended: Sequence[str]) -> Iterator[Debian]:
    """The same, where what alfine depends on is installed, and what boots it."""
    with _changed_in_memory(_prepared(release, recommended)) as root:
        yield Debian(root)


@contextlib.contextmanager
def _changed_in_memory(kept: Path) -> Iterator[Path]:
    """Mount a folder that looks as the kept one does, and is lost after the block."""
    folder = Path(tempfile.mkdtemp(prefix="alfine-debian-"))
    run("mount", "-t", "tmpfs", "-o", "mode=0755", "none", folder)
    try:
        upper, work, root = (folder / name for name in ("upper", "work", "root"))
        for place in (upper, work, root):
            place.mkdir(mode=0o755)
        places = f"lowerdir={kept},upperdir={upper},workdir={work}"
        run("mount", "-t", "overlay", "-o", places, "none", root)
        yield root
    finally:
        run("umount", "--recursive", folder)
        folder.rmdir()


def _empty(release: str, recommended: Sequence[str]) -> Path:
    packages = [*names("Depends"), *BOOT, *recommended]
    return _kept(release, packages, "empty", lambda folder: _make(release, packages, folder))


def _prepared(release: str, recommended: Sequence[str]) -> Path:
    source, packages = _empty(release, recommended), [*names("Depends"), *BOOT]

    def install(folder: Path) -> None:
        run("cp", "-a", source, folder)
        Debian(folder).apt("install", "--no-install-recommends", *packages)
        Debian(folder).apt("clean")

    return _kept(release, packages, "prepared", install)


def _kept(release: str, packages: Sequence[str], kind: str, make: Callable[[Path], None]) -> Path:
    """Return the folder of this kind; have it made where it is not kept."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "alfine-tests"
    cache.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    folder = cache / f"{release}-{kind}-{key}"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            for old in cache.glob(f"{release}-{kind}-*/"):
                shutil.rmtree(old)
            made = folder.with_suffix(".new")
            make(made)
            made.rename(folder)
    return folder


def _make(release: str, packages: Sequence[str], path: Path) -> None:
    fetch = f"apt-get --yes --download-only --no-install-recommends install {' '.join(packages)}"
    hook = f'--customize-hook=APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" {fetch}'
    words = [
        "mmdebstrap",
        "--variant=apt",
        "--skip=cleanup/apt",
        "--aptopt=Acquire::Languages none",
        hook,
    ]
    command = [*words, release, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        why = f"Debian {release} cannot be had: {done.stderr.strip()[-500:]}"
        if os.environ.get("CI") == "true":
            pytest.fail(why, pytrace=False)
        pytest.skip(why)
