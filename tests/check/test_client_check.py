"""Clients that are checked: our own, the peers', broken ones, and hostile ones."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from check.case import MUST, SHOULD, Case, Outcome, Verdict
from check.client.cases import CASES
from check.client.check import ClientCheck, NeverConnected
from check.client.options import Options, Typed
from check.client.process import MAX_OUTPUT_BYTES, Output
from check.present import present
from cli.app import main
from cli.protocol import check_client
from tests.check.broken_clients import FAULTS
from tests.end_to_end.programs import ROOT, environment

SCHEMA = json.loads((ROOT / "docs" / "schema" / "check-1.json").read_text())
OUT_OF_THE_WAY_S = 600.0
AT_ONCE = 5
BROKEN, PEERS = ROOT / "tests" / "check" / "broken_clients.py", ROOT / "tests" / "peers"
WHERE = ("{host}", "{port}")
PYTHON = (sys.executable, "-S")
"""Without site-packages a client starts in a fifth of the time."""
pytestmark = pytest.mark.timeout(OUT_OF_THE_WAY_S)

DEPLOYED = {
    "2.2-9": "failed",  # STOP None
    "2.3.1-1": "warned",  # RESP 300 is no list to it
    "2.5-3": "failed",  # a message is complete when the last two tokens of what was read are END
    "2.5.1-6": "warned",  # titles as they come
    "P8-1": "warned",  # STOP right before each PLAY
    "P8-2": "warned",
}
FROM_THE_TEXT = {
    "2.3.1-1": "warned",
    "2.3.1-3": "warned",  # what contradicts the RFC is no message to it, and it reads no further
    "2.3.1-5": "warned",
    "2.5-5": "warned",
    "2.5.1-6": "warned",
}
PEERS_FOUND = {
    "plain_client.py": FROM_THE_TEXT,
    "plain_client.py --token-reader --stop-none --stop-before-play": DEPLOYED,
    # An empty payload ends its receiving thread (protocol.md 4).
    "deployed_client.py": DEPLOYED | {"2.5.1-3": "warned"},
}
FAULTS_FOUND = {
    "one-end": {"2.1-2": "failed"},
    "stop-parameter": {"2.2-9": "failed"},
    "place": {"2.2-5": "failed", "P8-4": "warned"},
    "deaf-to-stop": {"2.2-8": "failed"},
    "whole-receives": {"2.5-1": "failed"},
    "mute": {"2.5.3-1": "failed"},
    "dies-of-late-audio": {"2.6.1-1": "failed"},
    "strict": {"2.5.1-5": "warned"},
    "raw": {"2.5.1-6": "warned"},
    # Wherever it is told to leave
    "stays": {
        "2.1-11": "warned",
        "2.1-12": "warned",
        "2.5-8": "warned",
        "2.5-9": "warned",
        "2.7.1-1": "failed",
        "2.7.1-2": "failed",
        "2.7.1-3": "warned",
    },
    "repeats": {"2.5-8": "warned"},
    "reconnects": {"2.1-12": "warned"},
}


async def check(options: Options, cases=CASES) -> list[Verdict]:
    client = await ClientCheck.begin(options)
    try:
        return [verdict async for verdict in client.verdicts(cases)]
    finally:
        await client.close()


def broken_rules(verdicts) -> dict[str, str]:
    """The cases that are not kept, and how."""
    return {
        verdict.case.number: verdict.outcome.value
        for verdict in verdicts
        if verdict.outcome in (Outcome.FAILED, Outcome.WARNED)
    }


async def check_all(commands: dict[str, tuple[str, ...]]) -> dict[str, list[Verdict]]:
    """Check clients at once, as most of that is waiting; some, as the rest is the machine's."""
    free = asyncio.Semaphore(AT_ONCE)

    async def checked(command: tuple[str, ...]) -> list[Verdict]:
        # One that floods may be slow on a busy machine; the others send nothing unasked.
        async with free:
            return await check(Options(command, timeout_s=5.0, tty=False, rate_hz=4.0))

    found = await asyncio.gather(*map(checked, commands.values()))
    return dict(zip(commands, found, strict=True))


def test_each_fault_is_found_by_the_cases_that_are_about_it_and_by_no_other():
    """Deployed clients fail where protocol.md 9 says, and one that does all is not blamed."""
    commands = {name: (*PYTHON, str(BROKEN), *WHERE, name) for name in ("", *FAULTS)}
    for name in PEERS_FOUND:
        program, *switches = name.split()
        commands[name] = (*PYTHON, str(PEERS / program), *WHERE, *switches)
    verdicts = asyncio.run(check_all(commands))
    found = {name: broken_rules(those) for name, those in verdicts.items()}
    assert found == {"": {}} | FAULTS_FOUND | PEERS_FOUND
    assert {v.reason for v in verdicts[""] if v.outcome is Outcome.SKIPPED} == {
        "the client does not send SETUP",
        "the client has no terminal; with --tty it has",
    }
    [stop] = [v for v in verdicts["stop-parameter"] if v.case.number == "2.2-9"]
    assert "typed: stop" in stop.exchange.sent
    assert "STOP 1 END END" in stop.exchange.came
    assert any("of audio" in line for line in stop.exchange.sent)


# Our own, by the command


def command(*options: object) -> list[str]:
    return [sys.executable, "-m", "cli.app", "check", "--client", *map(str, options)]


def surroundings(home: Path) -> dict[str, str]:
    return environment() | {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}


def alfine_check(home: Path, *options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*options),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=surroundings(home),
    )


OURS = ("--", sys.executable, "-m", "cli.client", *WHERE, "--output", "null")


PROMPT = {"2.6.1-3"}
ABOUT_SETUP = {case.number for case in CASES if case.needs} - PROMPT


def start(home: Path, *options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=surroundings(home),
    )


def test_our_client_does_all(tmp_path):
    patient = ("--json", "--timeout", 20, "--junit")
    runs = [
        (start(tmp_path, "--pipe", *patient, tmp_path / "1.xml", *OURS), PROMPT),
        (start(tmp_path, "--plain", "--tty", *patient, tmp_path / "2.xml", *OURS), ABOUT_SETUP),
    ]
    for number, (process, skipped) in enumerate(runs, 1):
        out, errors = process.communicate()
        lines = [json.loads(line) for line in out.splitlines()]
        cases = [line for line in lines if line["kind"] == "case"]
        assert [c for c in cases if c["outcome"] in ("failed", "warned")] == []
        assert {c["number"] for c in cases if c["outcome"] == "skipped"} == skipped
        assert [c["number"] for c in cases] == [case.number for case in CASES]
        assert (process.returncode, errors) == (0, "")
        for line in lines:
            jsonschema.validate(line, SCHEMA)
        assert (lines[0]["side"], lines[0]["offers"]) == ("client", ["ends", "tags", "from"])
        root = ElementTree.parse(tmp_path / f"{number}.xml").getroot()
        assert root.get("tests") == str(len(CASES))


# The command line


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--", "client", "{host}"), "the command needs {port}"),
        (("--type-play", "play", "--", "client", "{port}"), "--type-play needs {id}"),
        (("--type-stop", "a\nb", "--", "client", "{port}"), "--type-stop is one line"),
        (("--", "/nowhere/client", "{port}"), "/nowhere/client: No such file"),
        (("--only", "9.9", "--", "client", "{port}"), "no case and no section"),
        (("--music", ".", "--", "client", "{port}"), "are about servers"),
        ((), "Missing argument"),
    ],
)
def test_a_mistake_is_told_in_one_line(monkeypatch, capsys, options, says):
    monkeypatch.setattr(sys, "argv", ["alfine", "check", "--client", *options])
    monkeypatch.setattr(check_client, "end_at", lambda *signals: None)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    _, errors = capsys.readouterr()
    assert says in errors
    assert errors.count("\n") == 1


def test_a_client_that_does_not_connect_is_told_with_what_it_printed(tmp_path):
    script = "printf '\\033[2Jno such host\\n' >&2; exit 9"
    run = alfine_check(tmp_path, "--", "sh", "-c", script, "{port}")
    assert run.returncode == 3
    assert "it ended with exit code 9" in run.stderr
    assert r"\x1b[2Jno such host" in run.stderr
    assert "\x1b" not in run.stderr


def test_a_must_that_is_not_kept_fails_and_a_should_is_a_warning(tmp_path):
    client = ("--", *PYTHON, str(BROKEN), *WHERE)
    failed = alfine_check(tmp_path, "--only", "2.2-9", *client, "stop-parameter")
    assert failed.returncode == 1
    assert "STOP 1 END END has a parameter" in " ".join(failed.stdout.split())
    warned = alfine_check(tmp_path, "--only", "2.5.1-6", *client, "raw")
    assert warned.returncode == 0
    assert "1 warned" in warned.stdout
    assert failed.stdout.isascii() and warned.stdout.isascii()


def test_a_check_that_is_terminated_takes_its_clients_with_it(tmp_path):
    """The client tells its number, and that of a process that it has started."""
    told = tmp_path / "numbers"
    script = (
        "import os, socket, subprocess, sys, time;"
        "child = subprocess.Popen(['sleep', '600']);"
        "s = socket.create_connection((sys.argv[1], int(sys.argv[2])));"
        "open(sys.argv[3], 'a').write(f'{os.getpid()} {child.pid}\\n');"
        "time.sleep(600)"
    )
    options = ("--timeout", 300, "--", sys.executable, "-c", script, *WHERE, told)
    process = start(tmp_path, *options)
    wait_until(lambda: told.exists() and told.read_text().endswith("\n"))
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert errors == ""
    numbers = [int(number) for number in told.read_text().split()]
    assert len(numbers) == 2
    wait_until(lambda: not any(alive(number) for number in numbers))


def wait_until(so):
    deadline = time.monotonic() + 60
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def alive(number: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(number, 0)
        # One that has ended and whose parent has not looked yet is not alive.
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


# How cases share a client


LIST_CASES = [
    Case(f"2.2-{number}", "LIST", MUST, "It is sent.", "list", "LIST is sent; no crash")
    for number in range(1, 9)
]
FRAGILE = """
import os, socket, sys
sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))
open(sys.argv[3], "a").write("start\\n")
for count, line in enumerate(sys.stdin):
    if count == 5:
        os.abort()
    sock.sendall(b"LIST END END")
    print(sock.recv(65536), flush=True)
"""


def script(tmp_path, text: str) -> tuple[str, ...]:
    path = tmp_path / "client.py"
    path.write_text(text)
    return (*PYTHON, str(path), *WHERE, str(tmp_path / "starts"))


def test_a_case_is_not_blamed_for_what_others_have_left_behind(tmp_path):
    """This client crashes at its sixth line, whichever case that belongs to."""
    verdicts = asyncio.run(check(Options(script(tmp_path, FRAGILE), at_once=1), LIST_CASES))
    assert {verdict.outcome for verdict in verdicts} == {Outcome.PASSED}
    starts = (tmp_path / "starts").read_text().count("start")
    assert 2 <= starts < len(LIST_CASES)


def test_a_crash_breaks_a_case_about_anything(tmp_path):
    text = FRAGILE.replace("count == 5", "count == 1")
    found = [Case("2.5.1-1", "x", SHOULD, "y", "list list", "no flood")]
    [verdict] = asyncio.run(check(Options(script(tmp_path, text)), found))
    assert verdict.outcome is Outcome.WARNED
    assert verdict.reason == f"it was ended by signal {signal.SIGABRT}"


def test_a_client_that_prints_only_on_a_terminal_gets_one(tmp_path):
    text = "import os\nassert os.isatty(0) and os.isatty(1)\n" + FRAGILE
    case = Case("2.6.1-1", "x", MUST, "y", "list", "LIST is sent", needs="tty")
    [verdict] = asyncio.run(check(Options(script(tmp_path, text)), [case]))
    assert verdict.outcome is Outcome.PASSED


def test_other_words_can_be_typed(tmp_path):
    text = """
import socket, sys
sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))
for line in sys.stdin:
    words = line.split()
    request = {"1": "LIST", "2": f"PLAY {words[-1]}", "3": "STOP"}[words[0]]
    sock.sendall(request.encode() + b" END END")
    print(sock.recv(65536), flush=True)
"""
    typed = Typed(list="1", play="2 song {id}", stop="3 now", quit="4")
    case = Case("2.2-3", "x", MUST, "y", "last list play:2", "LIST is sent; PLAY is sent")
    [verdict] = asyncio.run(check(Options(script(tmp_path, text), typed=typed), [case]))
    assert verdict.outcome is Outcome.PASSED
    assert "PLAY 2 END END" in verdict.exchange.came


# Hostile clients

HOSTILE = {
    "prints without end": "while True: sys.stdout.write('\\x1b[2J\\x07' * 9999); time.sleep(0.01)",
    "sends without end": "while True: sock.sendall(b'LIST END END' * 9); time.sleep(0.01)",
    "sends no request": "while True: sock.sendall(b'\\x1b[2J\\xff' * 9999); time.sleep(0.01)",
    "never reads": "sock.sendall(b'LIST END END'); time.sleep(600)",
    "ignores that it is ended": "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)",
    "closes its input": "os.close(0); time.sleep(600)",
}


@pytest.mark.parametrize("habit", HOSTILE)
def test_a_hostile_client_takes_no_more_than_its_time(tmp_path, habit):
    text = (
        "import os, signal, socket, sys, time\n"
        "sock = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n" + HOSTILE[habit]
    )
    written: list[str] = []

    async def main() -> list[Verdict]:
        client = await ClientCheck.begin(Options(script(tmp_path, text), timeout_s=0.3, tty=False))
        cases = [c for c in CASES if c.number in ("2.2-1", "2.4.1-1", "2.7.1-2")]
        try:
            peer = "a client"
            return await present(client.verdicts(cases), "client", peer, {}, written.append)
        finally:
            await client.close()

    assert len(asyncio.run(main())) == 3
    assert all(line.isascii() and line.isprintable() for line in "\n".join(written).splitlines())


def test_output_is_kept_within_bounds():
    output = Output()
    for number in range(100):
        output.add(b"%09d\n" % number * 10_000)
    assert output.size == 100 * 100_000
    assert len(output.since(0)) == MAX_OUTPUT_BYTES
    assert output.since(output.size - 10) == b"000000099\n"


def test_a_client_that_ends_before_it_connects_is_no_client(tmp_path):
    with pytest.raises(NeverConnected, match="exit code 0 and printed nothing"):
        asyncio.run(check(Options(("true", "{port}"))))


def test_a_command_that_is_no_utf_8_is_named_in_ascii(tmp_path):
    # The shell is given the word, and leaves it out.
    command = ("--", "sh", "-c", 'exec "$@"', os.fsdecode(b"a\xffb"), *OURS[1:])
    process = start(tmp_path, "--pipe", "--json", "--only", "2.1-1", *command)
    out, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert "a\\xffb" in json.loads(out.splitlines()[0])["peer"]
