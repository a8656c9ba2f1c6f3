"""An IPv6 address may stand in brackets, for both programs, and does where a port follows it."""

import re
import socket
import subprocess
import sys

import pytest

from cli.address import are_one_host, host_of, parted, with_port


def has_ipv6():
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="needs an IPv6 loopback")


@pytest.mark.parametrize(
    ("typed", "host", "printed"),
    [
        ("[::1]", "::1", "[::1]:7"),
        ("::1", "::1", "[::1]:7"),
        ("[fe80::1%eth0]", "fe80::1%eth0", "[fe80::1%eth0]:7"),
        ("127.0.0.1", "127.0.0.1", "127.0.0.1:7"),
        ("music-machine", "music-machine", "music-machine:7"),
    ],
)
def test_brackets_are_taken_off_and_put_round_it_before_a_port(typed, host, printed):
    assert host_of(typed) == host
    assert with_port(host, 7) == printed
    assert parted(printed) == (host, "7")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("127.0.0.1", "localhost", True),
        ("localhost", "::1", True),
        ("::1", "127.0.0.1", True),
        ("127.0.1.1", "127.0.0.1", True),
        ("192.0.2.7", "::ffff:192.0.2.7", True),
        ("2001:db8::7", "2001:0DB8:0::7", True),
        ("music.invalid", "music.invalid", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("127.0.0.1", "192.0.2.7", False),
        ("music.invalid", "127.0.0.1", False),
        ("a..b", "x" * 70, False),
    ],
)
def test_one_machine_may_have_several_names(one, other, same):
    assert are_one_host(one, other) == same
    assert are_one_host(other, one) == same


def run(*arguments):
    argv = [sys.executable, "-m", "cli.app", "client", *arguments, "--output", "null"]
    return subprocess.run(
        argv, capture_output=True, text=True, timeout=40, stdin=subprocess.DEVNULL, check=False
    )


@needs_ipv6
@pytest.mark.parametrize("host", ["[::1]", "::1"])
def test_the_server_listens_there_and_the_client_connects(host, music_dir):
    argv = [sys.executable, "-m", "cli.app", "server", music_dir, "0", "--host", host]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as server:
        found = (re.search(r"alfine client (\S+) (\d+)", line) for line in server.stdout)
        listening = next(match for match in found if match)
        done = run(listening[1], listening[2], "-c", "find first")
        again = run("[::1]", listening[2], "-c", "find first")
        server.terminate()
    assert (done.returncode, done.stdout) == (0, "1. 1 first\n"), done.stderr
    assert (again.returncode, again.stdout) == (0, "1. 1 first\n"), again.stderr


@needs_ipv6
def test_who_does_not_answer_is_named_in_brackets():
    with socket.socket(socket.AF_INET6) as taken:
        taken.bind(("::1", 0))
        port = taken.getsockname()[1]
        done = run("::1", str(port), "-c", "list")
    assert done.returncode == 3
    assert done.stderr.startswith(f"cannot connect to [::1]:{port}: ")


@pytest.mark.parametrize("host", ["a..b", "x" * 70, ".home"])
@pytest.mark.parametrize("options", [(), ("--tls",)])
def test_a_name_that_no_host_can_have_is_told(host, options):
    done = run(host, "1", "-c", "list", "--retries", "0", *options)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"cannot connect to {host}:1: no host is called {host}: ")
