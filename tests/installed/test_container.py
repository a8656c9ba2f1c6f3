"""The container, without an engine: it is built, and run from its image, which is read-only."""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.end_to_end.programs import Program
from tests.end_to_end.programs import run as run_client
from tests.installed import debian
from tests.installed.conftest import ROOT, run
from tests.needs import needs_program

pytestmark = [
    needs_program("buildah", "unshare", "mmdebstrap", "dh", "dh_python3"),
    pytest.mark.skipif(os.geteuid() != 0, reason="chroot needs root"),
    pytest.mark.timeout(0),  # it makes a Debian, where none is kept
]

SETTINGS = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]

[engine]
helper_binaries_dir = ["{helpers}"]
"""
"""Newer ones begin nothing where they do not find what makes networks, though none is made here.
They raise limits unless they are told lower ones, and not every root may raise them."""


class Buildah:
    """Images in a folder of their own."""

    def __init__(self, folder):
        self._folder = folder
        (folder / "policy.json").write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        helpers = folder / "helpers"
        helpers.mkdir()
        (helpers / "netavark").symlink_to(shutil.which("false"))
        (folder / "containers.conf").write_text(SETTINGS.format(helpers=helpers))

    def __call__(self, *words):
        places = (f"--root={self._folder / 'images'}", f"--runroot={self._folder / 'run'}")
        settings = f"CONTAINERS_CONF={self._folder / 'containers.conf'}"
        without_engine = ("env", "BUILDAH_ISOLATION=chroot", settings)
        return run(*without_engine, "buildah", *places, *words).strip()

    def policy(self):
        return f"--signature-policy={self._folder / 'policy.json'}"


@pytest.fixture(scope="module")
def image(deb):
    """The image, unpacked, and what is said in it of how to run it. Its base is of no registry."""
    release, recommended = next(iter(debian.RELEASES.items()))
    with (
        tempfile.TemporaryDirectory(prefix="alfine-image-") as folder,
        debian.prepared(release, recommended) as system,
    ):
        buildah, context = Buildah(Path(folder)), Path(folder) / "context"
        (context / "build").mkdir(parents=True)
        (context / "Containerfile").write_bytes((ROOT / "Containerfile").read_bytes())
        (context / "build" / deb.name).write_bytes(deb.read_bytes())
        base = buildah("from", "scratch")
        buildah("add", base, system.root, "/")
        buildah("commit", buildah.policy(), base, "localhost/debian")
        words = ("--format=docker", "--build-arg=BASE=localhost/debian", "--tag=alfine")
        buildah("build", buildah.policy(), *words, context)
        container = buildah("from", buildah.policy(), "--pull-never", "localhost/alfine")
        described = json.loads(buildah("inspect", "--type=image", "localhost/alfine"))
        yield Path(buildah("mount", container)), described["Docker"]["config"]
        buildah("rm", "--all")


READ_ONLY = """
root=$0 music=$1 user=$2
shift 2
mount --bind "$root" "$root"
mount -o remount,ro,bind "$root"
for place in state cache; do
    mount -t tmpfs -o mode=0700,uid=65534,gid=65534 none "$root/$place"
done
mount --bind "$music" "$root/music"
mount --bind /dev "$root/dev"
exec chroot --userspec="$user" "$root" "$@"
"""


def inside(image, music, *words):
    """What runs these words as an engine does: as the image's user, on a root that is read-only."""
    root, config = image
    music.chmod(0o755)
    shell = ("unshare", "--mount", "sh", "-ec", READ_ONLY, root, music, config["User"])
    return (*shell, "env", "-i", *config["Env"], *words)


@pytest.fixture(scope="module")
def serving(image, song):
    words = [*image[1]["Entrypoint"], *image[1]["Cmd"]]
    variables = ("ALFINE_SERVER_PORT=0", "PYTHONUNBUFFERED=1")
    program = Program(program=inside(image, song, *variables, *words), cwd=Path("/"))
    try:
        line = program.wait_for(r"listening on 0\.0\.0\.0 port \d+")
        yield program, int(line.split()[-1])
    finally:
        program.close()


def test_it_serves_as_nobody_from_a_read_only_root(serving, tmp_path):
    program, port = serving
    words = ("--output", f"wav:{tmp_path / 'song.wav'}", "-c", "play 1", "-c", "wait")
    assert run_client("-m", "cli.app", "client", "127.0.0.1", port, *words).code == 0
    program.wait_for("took to its end song 1")
    status = Path(f"/proc/{program.process.pid}/status").read_text()
    assert "\nUid:\t65534\t65534\t65534\t65534\n" in status
    assert "Songs may have other IDs" not in program.out
    assert program.err == ""


def test_nothing_can_be_written_but_where_that_is_meant(image, song):
    tried = "for place in / /tmp /usr /state /cache; do touch $place/x && echo $place; done"
    words = ("sh", "-c", tried)
    done = subprocess.run(
        [*map(str, inside(image, song, *words))], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["/state", "/cache"]


def test_its_health_check_finds_it_well(image, song, serving):
    check = image[1]["Healthcheck"]["Test"]
    assert check == ["CMD", "alfine", "check", "--own", "--only", "2.3"]
    run(*inside(image, song, f"ALFINE_SERVER_PORT={serving[1]}", *check[1:]))
    dead = subprocess.run(
        [*map(str, inside(image, song, "ALFINE_SERVER_PORT=1", *check[1:]))],
        capture_output=True,
        check=False,
    )
    assert dead.returncode == 3
