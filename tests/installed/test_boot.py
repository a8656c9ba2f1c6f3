"""The service, in a Debian that is booted: a client from outside plays a song."""

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.programs import Program, run
from tests.installed import debian
from tests.installed.running import sounds
from tests.needs import needs_program
from tests.net.server.conftest import eventually
from tests.tls.conftest import certificates

__all__ = ["certificates"]
pytestmark = [
    needs_program("systemd-nspawn", "nsenter", "mmdebstrap", "dh", "dh_python3"),
    pytest.mark.skipif(os.geteuid() != 0, reason="booting needs root"),
    pytest.mark.timeout(0),  # it makes a Debian, where none is kept
]
QUIET = ("-q", "--register=no", "--keep-unit", "--console=read-only")
"""No systemd of the machine's own is needed."""


class Machine:
    """A Debian that is booted. Its network is the machine's own."""

    def __init__(self, system):
        self._console = Program(
            "--boot", program=("systemd-nspawn", *QUIET, "-D", system.root), cwd=Path("/")
        )

    def __enter__(self):
        try:
            self._console.wait_for(r"Reached target .*multi-user\.target", 300)
        except AssertionError:
            self._console.close()
            why = f"no system can be booted here: {self._console.out[-500:]}{self._console.err}"
            if os.environ.get("CI") == "true":
                pytest.fail(why, pytrace=False)
            pytest.skip(why)
        pid = self._console.process.pid
        self._leader = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]
        return self

    def __exit__(self, *_):
        self.run("systemctl", "poweroff")
        self._console.process.wait(120)
        self._console.close()

    def run(self, *words, code=0):
        """Run a program in there; return what it prints."""
        command = ["nsenter", f"--target={self._leader}", "--all", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def journal(self):
        return self.run("journalctl", "-u", "alfine", "-o", "cat", "--no-pager")

    def properties(self, *names):
        shown = self.run("systemctl", "show", "alfine", *(f"--property={name}" for name in names))
        return dict(line.split("=", 1) for line in shown.splitlines())

    def play(self, port, wav, *options):
        """Play song 1 by a client outside."""
        words = (*options, "--output", f"wav:{wav}", "-c", "play 1", "-c", "wait")
        done = run("-m", "cli.app", "client", "127.0.0.1", port, *words)
        assert done.code == 0, (done, self.journal())


def free_ports(count):
    socks = [socket.create_server(("", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in socks]
    for sock in socks:
        sock.close()
    return ports


@pytest.fixture(scope="module")
def ports():
    return free_ports(2)


@pytest.fixture(scope="module")
def machine(deb, song, ports):
    """alfine is installed, set up and enabled, as docs/operating.md says, before the boot."""
    release, recommended = next(iter(debian.RELEASES.items()))
    with debian.prepared(release, recommended) as system:
        (system.root / deb.name).write_bytes(deb.read_bytes())
        system.apt("install", "--no-install-recommends", f"/{deb.name}")
        (system.root / "srv" / "music").mkdir()
        for path in song.iterdir():
            (system.root / "srv" / "music" / path.name).write_bytes(path.read_bytes())
        installed = system.run("alfine", "service", "install", "--port", ports[0])
        assert "wrote /etc/alfine/config.toml" in installed
        assert "alfine.service\n" not in installed.split("now type")[0], "the package has it"
        drop_in = system.root / "etc/systemd/system/alfine.socket.d/port.conf"
        drop_in.parent.mkdir(parents=True)
        drop_in.write_text(f"[Socket]\nListenStream=\nListenStream={ports[1]}\n")
        system.run("systemctl", "enable", "alfine")
        with Machine(system) as machine:
            machine.root = system.root
            machine.config = system.root / "etc" / "alfine" / "config.toml"
            yield machine


def test_a_client_from_outside_plays_a_song(machine, ports, tmp_path):
    machine.play(ports[0], tmp_path / "song.wav")
    seconds, heard = sounds(tmp_path / "song.wav")
    assert seconds == pytest.approx(3.0, abs=0.1)
    assert heard
    journal = machine.journal()
    assert re.search(r"^#1 127\.0\.0\.1:\d+ \w+ took to its end song 1: ", journal, re.M)
    assert "Songs may have other IDs" not in journal
    assert "Traceback" not in journal


def test_it_runs_as_nobody_else_and_says_how_it_is(machine):
    shown = machine.properties("ActiveState", "NRestarts", "StatusText", "MainPID", "WatchdogUSec")
    assert shown["ActiveState"] == "active"
    assert shown["NRestarts"] == "0"
    assert shown["StatusText"].startswith("1 song, ")
    assert shown["WatchdogUSec"] == "30s"
    status = machine.run("cat", f"/proc/{shown['MainPID']}/status")
    assert int(re.search(r"^Uid:\t(\d+)", status, re.M)[1]) >= 61184  # of DynamicUser
    assert re.search(r"^CapEff:\t0+$", status, re.M)
    assert re.search(r"^Seccomp:\t2$", status, re.M)
    kept = machine.run("sh", "-c", "ls /var/lib/private/alfine")
    assert re.search(r"^songs-\w+\.sqlite$", kept, re.M)


def test_reload_reads_the_settings_again(machine):
    pid = machine.properties("MainPID")
    machine.config.write_text(machine.config.read_text() + "per_address = 7\n")
    machine.run("systemctl", "reload", "alfine")
    assert eventually(lambda: "7 from one address" in machine.journal())
    assert machine.properties("MainPID") == pid


def test_it_starts_with_its_first_client_where_systemd_listens(machine, ports, tmp_path):
    machine.run("systemctl", "stop", "alfine")
    assert machine.properties("Result") == {"Result": "success"}
    machine.run("systemctl", "start", "alfine.socket")
    assert machine.properties("ActiveState") == {"ActiveState": "inactive"}
    machine.play(ports[1], tmp_path / "song.wav")
    assert sounds(tmp_path / "song.wav")[1]
    assert machine.properties("ActiveState") == {"ActiveState": "active"}
    assert "systemd has opened the sockets" in machine.journal()


def test_it_speaks_tls_with_a_key_that_root_alone_can_read(machine, ports, certificates, tmp_path):
    """As docs/operating.md says; the key lies where `alfine certs` has put it."""
    places = Path("root") / ".config" / "alfine" / "certs"
    (machine.root / places).mkdir(mode=0o700, parents=True)
    for file in (certificates.server, certificates.server.with_suffix(".key")):
        (machine.root / places / file.name).write_bytes(file.read_bytes())
        (machine.root / places / file.name).chmod(0o600)
    pem = Path("/") / places / certificates.server.name
    pair = ("--tls-cert", pem, "--tls-key", pem.with_suffix(".key"))
    machine.run("alfine", "service", "install", *pair)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "restart", "alfine")
    machine.play(ports[1], tmp_path / "song.wav", "--tls-ca", certificates.ca)
    assert sounds(tmp_path / "song.wav")[1]
    assert "can read the key" not in machine.journal()
