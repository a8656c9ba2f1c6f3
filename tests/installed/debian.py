"""An empty Debian of some release in a folder, in which programs are run by chroot(8).

It is made once and kept in the user's cache, with the packages that alfine depends on as files:
later runs need no network. Delete what is kept for a newer Debian.
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
from collections.abc import Iterator, Sequence
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
    """Unpack one for the time of the block. recommended: other packages that can be installed."""
    folder = Path(tempfile.mkdtemp(prefix=f"alfine-{release}-"))
    try:
        run("tar", "-xf", _kept(release, [*names("Depends"), *recommended]), "-C", folder)
        folder.chmod(0o755)
        yield Debian(folder)
    finally:
        shutil.rmtree(folder)


def _kept(release: str, packages: Sequence[str]) -> Path:
    """Return the archive of this release; make it where it is not kept."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "alfine-tests"
    cache.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(" ".join(packages).encode()).hexdigest()[:12]
    path = cache / f"{release}-{key}.tar"
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            for old in cache.glob(f"{release}-*.tar"):
                old.unlink()
            made = path.with_suffix(".new.tar")
            _make(release, packages, made)
            made.rename(path)
    return path


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
