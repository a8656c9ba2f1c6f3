"""`alfine certs` makes what both sides need, keeps its keys to itself, and overwrites nothing."""

from __future__ import annotations

import os
import re
import shlex
import ssl
import stat

import pytest

from tests.end_to_end.programs import Program, run, serving
from tests.needs import needs_module

pytestmark = needs_module("cryptography")
MARK = r"SHA256:[0-9a-f]{64}"


@pytest.fixture
def certs(tmp_path):
    """Run alfine certs on a folder of the test's own."""

    def command(*arguments: object, folder: str = "it's here"):
        return run("-m", "cli.app", "certs", *arguments, "--dir", tmp_path / folder)

    return command


def lines(done) -> list[str]:
    assert (done.code, done.err) == (0, ""), done.err
    return done.out.splitlines()


def test_the_commands_that_are_printed_are_those_to_type(certs, marked):
    lines(certs("init"))
    server = lines(certs("server", "localhost"))
    client = lines(certs("client", "kitchen"))
    [serve] = [shlex.split(line) for line in server if line.startswith("    alfine server")]
    [by_ca, by_pin] = [shlex.split(line) for line in server if "alfine client" in line]
    [asks] = [shlex.split(line) for line in client if line.startswith("    alfine server")]
    [shows] = [shlex.split(line) for line in client if line.startswith("    alfine client")]
    options = serve[serve.index("--tls-cert") :] + asks[asks.index("--tls-clients") :]
    with serving(marked, 0, *serve[serve.index("--tls-cert") :]) as open_to_all:
        for typed in (by_ca, by_pin):
            assert listed(open_to_all.port, typed[4:])
    with serving(marked, 0, *options) as asking:
        assert not listed(asking.port, by_ca[4:])
        assert listed(asking.port, shows[4:])
        asking.wait_for("kitchen IDLE connected")


def listed(port: int, options: list[str]) -> bool:
    program = Program("-m", "cli.client", "localhost", port, "-c", "list", *options)
    try:
        return program.end() == 0
    finally:
        program.close()


def test_keys_are_the_users_alone(certs, tmp_path):
    for arguments in (("init",), ("server", "a.home"), ("client", "b c")):
        lines(certs(*arguments))
    folder = tmp_path / "it's here"
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert modes == {
        "ca.key": 0o600,
        "ca.pem": 0o644,
        "server-a.home.key": 0o600,
        "server-a.home.pem": 0o644,
        "client-b-c.key": 0o600,
        "client-b-c.pem": 0o644,
    }
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_mask_of_the_user_does_not_open_a_key(certs, tmp_path):
    before = os.umask(0)
    try:
        lines(certs("init"))
    finally:
        os.umask(before)
    key = tmp_path / "it's here" / "ca.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_nothing_is_overwritten(certs, tmp_path):
    lines(certs("init"))
    lines(certs("server", "a"))
    before = {path: path.read_bytes() for path in (tmp_path / "it's here").iterdir()}
    for arguments in (("init",), ("server", "a")):
        done = certs(*arguments)
        assert (done.code, done.out) == (2, "")
        assert re.fullmatch(r"alfine certs: .*is there already: .* move it away first\n", done.err)
    assert {path: path.read_bytes() for path in (tmp_path / "it's here").iterdir()} == before


def test_show_lists_what_there_is(certs, tmp_path):
    for arguments in (("init",), ("client", "kitchen"), ("server", "a.home", "--days", 9)):
        lines(certs(*arguments))
    (tmp_path / "it's here" / "ca.key").rename(tmp_path / "elsewhere")
    shown = lines(certs("show"))
    assert [line.split()[0] for line in shown[::3]] == ["authority", "client", "server"]
    assert all(re.fullmatch(r" +" + MARK, line) for line in shown[1::3])
    assert shown[2].endswith("ca.pem (its key is elsewhere)")
    alone = lines(certs("show", tmp_path / "it's here" / "server-a.home.pem"))
    assert alone == shown[6:]


def test_all_names_of_a_server_are_in_its_certificate(certs, tmp_path):
    lines(certs("init"))
    names = ("--also", "192.168.1.5", "--also", "::1", "--also", "münchen.home")
    lines(certs("server", "music.home", *names))
    pem = tmp_path / "it's here" / "server-music.home.pem"
    decoded = ssl._ssl._test_decode_cert(str(pem))
    assert decoded["subjectAltName"] == (
        ("DNS", "music.home"),
        ("IP Address", "192.168.1.5"),
        ("IP Address", "0:0:0:0:0:0:0:1"),
        ("DNS", "xn--mnchen-3ya.home"),
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("server", "a"), "there is no authority in"),
        (("client", "a"), "alfine certs init"),
        (("show",), "there is nothing in"),
        (("server",), "alfine certs server needs a name"),
        (("client",), "alfine certs client needs a name"),
        (("init", "x"), "alfine certs init takes no name"),
        (("show", "/dev/null"), "'/dev/null' cannot be used: it is no certificate"),
    ],
)
def test_a_mistake_is_one_line(certs, arguments, words):
    done = certs(*arguments)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert words in done.err


@pytest.mark.parametrize("name", ["a/b", "a b", "", "-" * 300, "a\nb", "\x1b[2J", "x" * 65])
def test_a_name_that_no_server_can_have_is_refused(certs, name):
    lines(certs("init"))
    done = certs("server", "--", name)
    assert (done.code, done.err.count("\n")) == (2, 1), done.err
    assert "\x1b" not in done.err


def test_what_is_damaged_is_told(certs, tmp_path):
    lines(certs("init"))
    (tmp_path / "it's here" / "ca.key").write_text("nothing of the kind")
    done = certs("server", "a")
    assert done.code == 2
    assert "ca.key" in done.err
    assert "it is no certificate or key in PEM" in done.err


def test_without_cryptography_it_says_what_to_install(tmp_path):
    """To speak TLS nothing is missing then."""
    blocked = (
        "import sys; sys.modules['cryptography'] = None; sys.argv[0] = 'alfine'; "
        "from cli.app import main; main()"
    )
    done = run("-c", blocked, "certs", "init", "--dir", tmp_path / "x")
    assert (done.code, done.out) == (2, "")
    assert "alfine certs needs cryptography: pip install" in done.err
    assert "python3-cryptography" in done.err
