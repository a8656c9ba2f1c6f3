"""Servers announce themselves in a network of two machines, and clients on the other find them."""

import contextlib
import json
import re
import shutil
import signal
import sys
import time
from pathlib import Path

import jsonschema
import pytest

from net.tls.identity import fingerprint_in
from tests.cli.pty_terminal import Terminal
from tests.discovery.avahi import browsing
from tests.discovery.segment import HERE, ip
from tests.discovery.stranger import STEERING
from tests.end_to_end.programs import PATIENCE_S, Program, serving
from tests.needs import needs_module, needs_program

pytestmark = [needs_program("ip"), needs_module("zeroconf")]

ROOT = Path(__file__).parents[2]
OPEN = ("--host", "0.0.0.0")
FOUND_AS = r"clients in this network find it as .+$"


@contextlib.contextmanager
def running(*arguments, prefix, **more):
    program = Program(*arguments, prefix=prefix, **more)
    try:
        yield program
    finally:
        program.close()


@contextlib.contextmanager
def announced(machines, music, *options, prefix=()):
    """A server that others can find; yields it when it is announced."""
    with serving(music, 0, *OPEN, *options, prefix=(*machines.here, *prefix)) as server:
        server.wait_for(FOUND_AS)
        yield server


def run(prefix, *arguments):
    """Run a command to its end; return its exit code, output and errors."""
    with running("-m", "cli.app", *arguments, prefix=prefix) as program:
        code = program.end()
        return code, program.out, program.err


def discovered(prefix, holds=bool, *options):
    """Look until what is found is as it should be; return it."""
    until = time.monotonic() + PATIENCE_S
    while True:
        code, out, err = run(prefix, "discover", "--json", *options)
        (line,) = out.splitlines()
        said = json.loads(line)
        assert code == (0 if said["servers"] else 1), err
        if holds(said["servers"]):
            return said
        assert time.monotonic() < until, out + err


def test_a_client_on_another_machine_finds_the_server(two_machines, music):
    with announced(two_machines, music, "--name", "Dachboden über uns.") as server:
        said = discovered(two_machines.there)
        schema = json.loads((ROOT / "docs/schema/client-1.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(said)
        (found,) = said["servers"]
        assert found["name"] == "Dachboden über uns"
        assert (found["host"], found["port"], found["songs"]) == (HERE, server.port, 3)
        assert (found["protocol"], found["tls"], found["fingerprint"]) == ("RFC9999", False, None)
        assert len(found["library"]) == 32
        assert found["addresses"] == [HERE]


def test_the_only_server_is_taken(two_machines, music):
    with announced(two_machines, music, "--name", "attic") as server:
        discovered(two_machines.there)
        out, err = client_alone(two_machines.there)
        assert out.count("\n") == 3
        assert err == f"alfine client: found attic  {HERE} {server.port}  3 songs\n"


def client_alone(prefix):
    """Run a script without a host until it finds a server; return what it prints."""
    until = time.monotonic() + PATIENCE_S
    while True:
        code, out, err = run(prefix, "client", "-c", "list")
        if code == 0:
            return out, err
        assert (code, "no server announces itself" in err) == (2, True), err
        assert time.monotonic() < until


def test_the_same_name_twice_is_told_apart_and_one_has_to_be_chosen(two_machines, music):
    with (
        announced(two_machines, music, "--name", "attic") as one,
        announced(two_machines, music, "--name", "attic") as two,
    ):
        found = discovered(two_machines.there, lambda servers: len(servers) == 2)["servers"]
        places = {each["name"]: each["port"] for each in found}
        assert places == {"attic": one.port, "attic-2": two.port}
        lines = [f"attic    {HERE} {one.port}  3 songs", f"attic-2  {HERE} {two.port}  3 songs"]
        _, out, _ = run(two_machines.there, "discover", "--seconds", "5")
        assert out.splitlines() == lines
        code, out, err = run(two_machines.there, "client", "-c", "list")
        assert (code, out) == (2, "")
        assert "give its host and port, as in: alfine client 10.77.0.1" in err


@needs_program("dbus-daemon", "avahi-daemon", "avahi-browse")
def test_avahi_hears_the_same(two_machines, music, tmp_path):
    (tmp_path / "avahi").mkdir()
    with browsing(two_machines.there, tmp_path / "avahi") as heard:
        with announced(two_machines, music, "--name", "Über mir") as server:
            resolved = next(line for line in heard if line.startswith("="))
            _, _, family, name, kind, domain, _, address, port, text = resolved.split(";")
            assert (family, name, kind) == ("IPv4", r"\195\156ber\032mir", "_alfine._tcp")
            assert (domain, address, port) == ("local", HERE, str(server.port))
            assert {'"songs=3"', '"tls=0"', '"protocol=RFC9999"'} <= set(text.split())
        gone = next(line for line in heard if line.startswith("-"))
        assert name in gone


def make_certificate(folder):
    """Make a certificate of the server; return its options, and its fingerprint."""
    assert run((), "certs", "server", HERE, "--dir", folder)[0] == 0
    (cert,) = folder.glob("server-*.pem")
    (key,) = folder.glob("server-*.key")
    return ("--tls-cert", cert, "--tls-key", key), fingerprint_in(cert.read_text())


@pytest.fixture
def authority(tmp_path):
    made = run((), "certs", "init", "--dir", tmp_path / "certs")
    assert made[0] == 0, made
    return tmp_path / "certs"


@needs_module("cryptography")
def test_a_server_of_tls_is_found_and_spoken_to_in_tls(two_machines, music, authority):
    options, mark = make_certificate(authority)
    with announced(two_machines, music, *options, "--name", "attic"):
        (found,) = discovered(two_machines.there)["servers"]
        assert found["tls"]
        assert found["fingerprint"] == mark
        assert mark in run((), "certs", "show", options[1])[1]
        # What it says of itself is no reason to believe it.
        code, out, err = run(two_machines.there, "client", "-c", "list", "--retries", "0")
        assert (code, out) == (3, "")
        assert f"--tls-pin {found['fingerprint']}" in err
        code, out, err = run(
            *(two_machines.there, "client", "-c", "list"),
            *("--tls-pin", found["fingerprint"]),
        )
        assert (code, out.count("\n")) == (0, 3), err


@needs_module("cryptography")
@pytest.mark.parametrize("workers", [1, 2])
def test_a_certificate_that_is_renewed_is_announced(two_machines, music, authority, workers):
    options, old = make_certificate(authority)
    _, cert, _, key = options
    with announced(two_machines, music, *options, "--workers", workers) as server:
        (found,) = discovered(two_machines.there)["servers"]
        assert found["fingerprint"] == old
        cert.unlink()
        key.unlink()
        _, new = make_certificate(authority)
        assert new != old
        server.wait_for("a new certificate is shown")
        discovered(two_machines.there, lambda servers: servers[0]["fingerprint"] == new)
        # One that cannot be used is not shown, so it is not announced.
        key.write_text("nothing of the kind")
        server.process.send_signal(signal.SIGHUP)
        server.wait_for("the certificate of before is still shown")
        shutil.copy(music / "0.mp3", music / "new.mp3")
        server.process.send_signal(signal.SIGHUP)
        (found,) = discovered(two_machines.there, lambda servers: servers[0]["songs"] == 4)[
            "servers"
        ]
        assert found["fingerprint"] == new


def test_a_person_chooses_by_number(two_machines, music):
    with (
        announced(two_machines, music, "--name", "one"),
        announced(two_machines, music, "--name", "two") as two,
    ):
        discovered(two_machines.there, lambda servers: len(servers) == 2)
        command = [*two_machines.there, sys.executable, "-m", "cli.app", "client"]
        with Terminal([*command, "--output", "null"]) as terminal:
            terminal.wait_for("Which one")
            assert "2  two" in terminal.text
            terminal.type("7\r")
            terminal.wait_for("Error")
            terminal.type("2\r")
            two.wait_for("connected")
            terminal.wait_for(">>")
            terminal.type("quit\r")
            assert terminal.wait_for_exit() == 0
        with Terminal(command) as terminal:
            terminal.wait_for("Which one")
            # One that comes while readline begins waits there for the next key.
            until = time.monotonic() + PATIENCE_S
            while terminal.process.poll() is None:
                assert time.monotonic() < until
                terminal.type("\x03")
                for _ in terminal.reads(0.5):
                    pass
            assert terminal.wait_for_exit() == 130


def test_the_number_of_songs_follows(two_machines, music):
    with announced(two_machines, music) as server:
        (before,) = discovered(two_machines.there)["servers"]
        shutil.copy(music / "0.mp3", music / "new.mp3")
        (music / "new.mp3").write_bytes((music / "0.mp3").read_bytes() * 2)
        until = time.monotonic() + PATIENCE_S
        while "1 new song" not in server.out:  # a LIST looks, once a second
            assert time.monotonic() < until
            run(two_machines.there, "client", HERE, str(server.port), "-c", "list")
        (after,) = discovered(two_machines.there, lambda servers: servers[0]["songs"] == 4)[
            "servers"
        ]
        assert after["library"] != before["library"]
        assert after["name"] == before["name"] == server.wait_for(FOUND_AS).partition(" as ")[2]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_the_end_is_told(two_machines, music, workers, end):
    with running("-m", "tests.discovery.watcher", prefix=two_machines.there) as watcher:
        watcher.wait_for("watching")
        with announced(two_machines, music, "--name", "attic", "--workers", workers) as server:
            watcher.wait_for(r"^\+ attic$")
            server.process.send_signal(end)
            watcher.wait_for("^- attic$")
            assert watcher.out.count("+") == 1


def test_clients_are_sent_elsewhere_while_songs_end(two_machines, music, tmp_path):
    song = b"".join(path.read_bytes() for path in sorted(music.iterdir())) * 3000
    (music / "long.mp3").write_bytes(song)
    with (
        running("-m", "tests.discovery.watcher", prefix=two_machines.there) as watcher,
        announced(two_machines, music, "--name", "attic") as server,
        running(
            *("-m", "cli.app", "client", HERE, server.port, "--output", "null", "-c", "play 4"),
            *("-c", "wait"),
            prefix=two_machines.there,
        ) as client,
    ):
        watcher.wait_for(r"^\+ attic$")
        server.wait_for("STREAMING PLAY 4")
        client.process.send_signal(signal.SIGSTOP)
        server.process.terminate()
        watcher.wait_for("^- attic$")
        assert server.process.poll() is None
        client.kill()


def test_nobody_is_told_of_what_others_cannot_reach_or_shall_not_find(two_machines, music):
    with (
        serving(music, 0, prefix=two_machines.here),
        serving(music, 0, "--host", "::1", prefix=two_machines.here),
        serving(music, 0, *OPEN, "--no-announce", prefix=two_machines.here),
        announced(two_machines, music, "--name", "seen"),
    ):
        said = discovered(two_machines.there, bool, "--seconds", "3")
        assert [each["name"] for each in said["servers"]] == ["seen"]


def test_a_server_of_ipv6_is_found_there(two_machines, music):
    with serving(music, 0, "--host", "fd77::1", prefix=two_machines.here) as server:
        server.wait_for(FOUND_AS)
        (found,) = discovered(two_machines.there)["servers"]
        assert (found["host"], found["port"]) == ("fd77::1", server.port)
        out, _ = client_alone(two_machines.there)
        assert out.count("\n") == 3


@contextlib.contextmanager
def link_local(machines):
    """Both machines have an address that holds on their cable alone, as most machines do."""
    held = ((machines.here[-1], "fe80::77:1/64"), (machines.there[-1], "fe80::77:2/64"))
    with contextlib.ExitStack() as taken_back:
        for name, address in held:
            ip("-n", name, "addr", "add", address, "dev", "cable", "nodad")
            taken_back.callback(ip, "-n", name, "addr", "del", address, "dev", "cable")
        yield


def test_all_addresses_that_are_told_can_be_connected_to(two_machines, music):
    with link_local(two_machines), announced(two_machines, music, "--host", "::"):
        (found,) = discovered(two_machines.there)["servers"]
        assert {HERE, "fd77::1"} <= set(found["addresses"])
        for address in found["addresses"]:
            command = ("client", address, found["port"], "-c", "list", "--retries", "0")
            code, out, err = run(two_machines.there, *command)
            assert (code, out.count("\n")) == (0, 3), (address, err)


def test_a_server_on_one_link_alone_is_found_there(two_machines, music):
    host = ("--host", "fe80::77:1%cable")
    with (
        link_local(two_machines),
        serving(music, 0, *host, prefix=two_machines.here) as server,
    ):
        server.wait_for(FOUND_AS)
        (found,) = discovered(two_machines.there)["servers"]
        assert re.fullmatch(r"fe80::77:1%\w+", found["host"])
        assert found["addresses"] == [found["host"]]
        out, _ = client_alone(two_machines.there)
        assert out.count("\n") == 3


def test_an_address_that_comes_later_is_announced_too(two_machines, music):
    here = two_machines.here[-1]
    with announced(two_machines, music):
        ip("-n", here, "addr", "add", "10.77.0.9/24", "dev", "cable")
        try:
            discovered(
                two_machines.there,
                lambda servers: any("10.77.0.9" in each["addresses"] for each in servers),
            )
        finally:
            ip("-n", here, "addr", "del", "10.77.0.9/24", "dev", "cable")


def test_no_server_is_exit_code_1(two_machines):
    code, out, err = run(two_machines.there, "discover", "--seconds", "0.1")
    assert (code, out) == (1, "")
    assert err == "alfine discover: no server announces itself in this network\n"
    code, out, err = run(two_machines.there, "client")
    assert (code, out) == (2, "")
    assert err == (
        "alfine client: no server announces itself in this network; give its host and port, as in: "
        "alfine client 192.168.1.5 12345\n"
    )


# Strangers


@pytest.mark.parametrize("what", ["floods", "escapes", "lies", "noise"])
def test_strangers_harm_nobody(two_machines, music, what):
    with (
        announced(two_machines, music, "--name", "attic") as server,
        running("-m", "tests.discovery.stranger", what, prefix=two_machines.here) as stranger,
    ):
        stranger.wait_for("said", times=2)
        for command in (("discover", "--json"), ("discover",)):
            code, out, err = run(two_machines.there, *command, "--seconds", "2")
            assert code == 0
            assert all(each.isprintable() for each in (out + err).splitlines())
            assert len(out + err) < 100_000 and "Traceback" not in err
        stranger.wait_for("said", times=3)
        assert server.process.poll() is None
        assert what == "floods" or f"{HERE} {server.port}" in out
        assert what != "floods" or "more, which were not looked at" in err


def test_lies_are_not_believed(two_machines):
    with running("-m", "tests.discovery.stranger", "lies", prefix=two_machines.here) as stranger:
        stranger.wait_for("said", times=2)
        found = discovered(two_machines.there, lambda servers: len(servers) >= 3, "--seconds", "3")
    by_name = {each["name"]: each for each in found["servers"]}
    assert not {"at loopback", "at everybody", "no port"} & by_name.keys()
    longest = by_name["x" * 63]
    assert (longest["songs"], longest["tls"], longest["fingerprint"]) == (None, False, None)


def test_a_name_with_escape_codes_is_shown_without_them(two_machines):
    with running("-m", "tests.discovery.stranger", "escapes", prefix=two_machines.here) as stranger:
        stranger.wait_for("said", times=2)
        (found,) = discovered(two_machines.there, bool, "--seconds", "3")["servers"]
        assert found["name"] == "?31m red?"  # zeroconf itself takes no name with ESC in it
        assert found["protocol"] == "?[2J?]0;owned? ?31m red?"
        with Terminal(
            [*two_machines.there, sys.executable, "-m", "cli.app", "client"], columns=200
        ) as terminal:
            terminal.wait_for("found")  # it is the only one
            assert "found ?31m red?" in terminal.text
            assert STEERING.encode() not in terminal.raw


# Without


WITHOUT = (
    "import sys; sys.modules['zeroconf'] = None; "
    "from cli.app import main; sys.argv = ['alfine', *sys.argv[1:]]; main()"
)


def test_without_zeroconf_a_client_says_what_it_needs(two_machines):
    for command, text in {
        ("discover",): "alfine discover: needs zeroconf, which is not installed: alfine's extra",
        ("client",): "alfine client: which server? give its host and port, as in: alfine client",
    }.items():
        with running("-c", WITHOUT, *command, prefix=two_machines.there) as program:
            assert program.end() == 2
            assert (program.out, program.err.count("\n")) == ("", 1)
            assert program.err.startswith(text)


def test_without_zeroconf_a_server_says_nothing(two_machines, music):
    quiet = []
    for options in ((), ("--no-announce",)):
        with running(
            *("-c", WITHOUT, "server", music, "0", *OPEN, *options), prefix=two_machines.here
        ) as program:
            program.wait_for(r"alfine client \S+ \d+$")
            program.process.terminate()
            assert program.end() == 0
            said = re.sub(r"(?m)^[-0-9]+ [:0-9]+ ", "", program.out)
            lines = re.sub(r"\b\d{5}\b", "PORT", said).splitlines()
            quiet.append([line for line in lines if "catalogue is new" not in line])
            assert program.err == ""
    assert quiet[0] == quiet[1]


def test_without_a_network_a_server_serves(music):
    """A machine of loopback alone."""
    alone = ("unshare", "--net")
    with serving(music, 0, *OPEN, prefix=alone) as server:
        server.process.terminate()
        assert server.end() == 0
        assert server.err == ""
    code, _, err = run(alone, "discover")
    assert (code, err) == (1, "alfine discover: this machine is in no network\n")


def test_one_of_host_and_port_is_not_enough(two_machines):
    code, _, err = run(two_machines.there, "client", "music-machine")
    assert (code, err.count("\n")) == (2, 1)
    assert "Missing argument 'PORT'" in err
