"""`alfine certs` makes what both sides need, keeps its keys to itself, and overwrites nothing."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import ssl
import stat
import sys
from pathlib import Path

import pytest

from cli.app import main
from cli.usage import USAGE
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


@pytest.fixture
def machines(tmp_path):
    """The homes of users on other machines, by the machine's name."""
    homes = {name: tmp_path / name.lower() for name in ("SERVER", "CLIENT")}
    for home in homes.values():
        home.mkdir()
    return homes


def typed(out: list[str], machines) -> list[list[str]]:
    """Copy what `scp` is to copy; return the options of the other commands, which find the copies.

    A shell expands a tilde that begins a word, to the home of the machine copied to before.
    """
    found, home = [], Path("/nowhere")
    for words in (shlex.split(line) for line in out if line.startswith("    ")):
        if words[0] == "scp":
            assert words[1] == "-p"
            *files, there = words[2:]
            home = machines[there.removesuffix(":")]
            for file in files:
                shutil.copy2(file, home)
        else:
            options = next(n for n, word in enumerate(words) if word.startswith("--tls"))
            found.append([re.sub("^~", str(home), word) for word in words[options:]])
    return found


def test_the_commands_that_are_printed_are_those_to_type(certs, marked, machines):
    """On the machine that made the certificates, and on others that have only the copies."""
    lines(certs("init"))
    here, there, by_ca, by_pin = typed(lines(certs("server", "localhost")), machines)
    asks_here, asks_there, shows = typed(lines(certs("client", "kitchen")), machines)
    for serve, asks in ((here, asks_here), (there, asks_there)):
        with serving(marked, 0, *serve) as open_to_all:
            for options in (by_ca, by_pin):
                assert listed(open_to_all.port, options)
        with serving(marked, 0, *serve, *asks) as asking:
            assert not listed(asking.port, by_ca)
            assert listed(asking.port, shows)
            asking.wait_for("kitchen IDLE connected")


def test_what_is_typed_on_another_machine_names_only_what_was_copied(certs, machines, tmp_path):
    lines(certs("init"))
    _, there, by_ca, by_pin = typed(lines(certs("server", "localhost")), machines)
    _, asks_there, shows = typed(lines(certs("client", "kitchen")), machines)
    made = str(tmp_path / "it's here")
    for options in (there, by_ca, by_pin, asks_there, shows):
        assert not any(made in option for option in options)
    copies = {name: {path.name for path in home.iterdir()} for name, home in machines.items()}
    assert copies == {
        "SERVER": {"ca.pem", "server-localhost.pem", "server-localhost.key"},
        "CLIENT": {"ca.pem", "client-kitchen.pem", "client-kitchen.key"},
    }
    keys = (machines["SERVER"] / "server-localhost.key", machines["CLIENT"] / "client-kitchen.key")
    assert [stat.S_IMODE(key.stat().st_mode) for key in keys] == [0o600] * 2


def test_a_directory_is_told_so_that_it_is_found_from_everywhere(tmp_path):
    for arguments in (("init",), ("server", "music.home")):
        done = run("-m", "cli.app", "certs", *arguments, "--dir", os.path.relpath(tmp_path / "x"))
        assert str(tmp_path / "x" / "") in done.out
        assert ".." not in done.out


def test_a_directory_behind_a_link_is_the_one_that_the_shell_means(tmp_path):
    (tmp_path / "away" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "away" / "inner")
    done = run("-m", "cli.app", "certs", "init", "--dir", tmp_path / "link" / ".." / "x")
    assert str(tmp_path / "away" / "x" / "ca.pem") in done.out
    assert (tmp_path / "link" / ".." / "x" / "ca.key").exists()
    assert not (tmp_path / "x").exists()


def test_in_a_directory_that_was_removed_it_says_so(tmp_path, monkeypatch, capsys):
    removed = tmp_path / "removed"
    removed.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "argv", ["alfine", "certs", "init", "--dir", "x"])
        patch.chdir(removed)
        removed.rmdir()
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code == USAGE
    assert capsys.readouterr().err == (
        "alfine certs: 'x' cannot be found: No such file or directory\n"
    )


def test_a_name_for_many_servers_is_no_host_to_type(certs):
    lines(certs("init"))
    printed = [line.split() for line in lines(certs("server", "*.home"))]
    clients = [words[2:4] for words in printed if words[:2] == ["alfine", "client"]]
    assert clients == [["HOST", "PORT"]] * 2


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
    names = ("--also", "192.168.1.5", "--also", "[::1]", "--also", "münchen.home")
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
        (("show", "--days", 3), "alfine certs show takes no --days"),
        (("show", "--also", "y"), "alfine certs show takes no --also"),
        (("init", "--also", "y"), "alfine certs init takes no --also"),
        (("client", "x", "--also", "y"), "alfine certs client takes no --also"),
        (("server", "[localhost]"), "in brackets stands an IPv6 address, as in: [::1]"),
        (("server", "x", "--also", "[::1"), "an IPv6 address is written as [::1]"),
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
    for name in ("ca.key", "ca.pem"):
        file = tmp_path / "it's here" / name
        kept = file.read_bytes()
        file.write_text("nothing of the kind")
        done = certs("server", "a")
        assert done.code == 2
        assert f'{name}" cannot be used: it is no certificate or key in PEM' in done.err
        file.unlink()
        done = certs("server", "a")
        assert (done.code, f'{name}" cannot be used: No such file' in done.err) == (2, True)
        file.write_bytes(kept)


def test_a_key_of_another_authority_signs_nothing(certs, tmp_path):
    for folder in ("one", "other"):
        lines(certs("init", folder=folder))
    (tmp_path / "other" / "ca.key").replace(tmp_path / "one" / "ca.key")
    done = certs("server", "a", folder="one")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert f"the key in '{tmp_path}/one/ca.key' is not that of the certificate in" in done.err
    assert sorted(os.listdir(tmp_path / "one")) == ["ca.key", "ca.pem"]


def test_a_directory_that_is_there_stays_as_open_as_it_is(certs, tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o755)
    shown = lines(certs("init", folder="open"))
    assert stat.S_IMODE((tmp_path / "open").stat().st_mode) == 0o755
    words = "was there, and others may look into it: chmod 700"
    assert any(words in line for line in shown)
    (tmp_path / "closed").mkdir(mode=0o700)
    for folder in ("closed", "new"):
        assert not any(words in line for line in lines(certs("init", folder=folder)))


@pytest.mark.parametrize("there", ["server-a.pem", "server-a.key"])
def test_no_half_of_a_pair_is_made(certs, tmp_path, there):
    lines(certs("init"))
    folder = tmp_path / "it's here"
    (folder / there).symlink_to("nowhere")
    done = certs("server", "a")
    assert (done.code, f'{there}" is there already' in done.err) == (2, True)
    assert sorted(os.listdir(folder)) == ["ca.key", "ca.pem", there]


def test_nor_is_one_left_when_the_disk_is_full(tmp_path):
    """The key has room, the certificate none."""
    limited = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (400, 400)); import sys; "
        "sys.dont_write_bytecode = True; sys.argv[0] = 'alfine'; from cli.app import main; main()"
    )
    done = run("-c", limited, "certs", "init", "--dir", tmp_path / "full")
    assert (done.code, "ca.pem' cannot be used: File too large" in done.err) == (2, True)
    assert os.listdir(tmp_path / "full") == []


def test_nothing_is_valid_longer_than_its_authority(certs, tmp_path):
    until = re.compile(r"valid until (\S+?)(, the end of its authority)?$")

    def validity(done):
        return next(found.groups() for line in lines(done) if (found := until.search(line)))

    end, _ = validity(certs("init", "--days", 30))
    assert validity(certs("server", "a")) == (end, ", the end of its authority")
    assert validity(certs("client", "b", "--days", 31)) == (end, ", the end of its authority")
    sooner, capped = validity(certs("client", "c", "--days", 29))
    assert (sooner < end, capped) == (True, None)


def test_an_authority_that_has_expired_signs_nothing(certs, tmp_path):
    from net.tls.authority import Authority

    Authority(tmp_path / "old").begin(days=0)
    done = certs("server", "a", folder="old")
    assert (done.code, "has expired: make another one" in done.err) == (2, True)
    shown = lines(certs("show", folder="old"))
    assert re.fullmatch(r"authority   alfine, expired on \d{4}-\d\d-\d\d", shown[0])


def test_a_file_that_is_none_keeps_no_other_from_being_shown(certs, tmp_path):
    for arguments in (("init",), ("client", "kitchen")):
        lines(certs(*arguments))
    before = lines(certs("show"))
    (tmp_path / "it's here" / "b.pem").write_text("nothing of the kind")
    done = certs("show")
    assert done.out.splitlines() == before
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert 'b.pem" cannot be used: it is no certificate or key in PEM' in done.err


def test_a_server_without_an_address_is_told_of_those_that_find_it(certs):
    lines(certs("init"))
    told = "for such clients make one with --also ADDRESS"
    assert any(told in line for line in lines(certs("server", "music.home")))
    for arguments in (("a", "--also", "192.168.1.5"), ("[::1]",)):
        assert not any(told in line for line in lines(certs("server", *arguments)))


def test_without_cryptography_it_says_what_to_install(tmp_path):
    """To speak TLS nothing is missing then."""
    blocked = (
        "import sys; sys.modules['cryptography'] = None; sys.argv[0] = 'alfine'; "
        "from cli.app import main; main()"
    )
    done = run("-c", blocked, "certs", "init", "--dir", tmp_path / "x")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "alfine certs: needs cryptography: alfine's extra [tls], or Debian's python3-cryptography\n"
    )
