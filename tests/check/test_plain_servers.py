"""Plain servers, written from the RFC alone: they fail exactly where docs/protocol.md 9 says."""

import contextlib
from dataclasses import replace

from tests.check.checking import check, check_all, failed, skipped, warned, why
from tests.check.conftest import LONG_BYTES
from tests.peers.plain_server import Habits, PlainServer
from tests.peers.wording import WORDINGS

OPTIONS = {
    "timeout_s": 5.0,
    "case_s": 200.0,
    "gap_s": 0.4,
    "quiet_s": 0.4,
    "connections": 16,
    "long_bytes": LONG_BYTES,
}
CAREFUL = {"P3-3", "P3-4", "P3-8", "P3-9", "P3-16"}
"""What only docs/protocol.md settles, and a careful reader of the RFC does in another way: tabs and
several spaces, two IDs, leading zeros, and requests that do not end."""
ONE_READ = {
    "2.1-1", "2.1-2", "2.1-4", "2.1-5", "2.1-6", "2.1-7",
    "2.4.3-7", "2.4.3-8", "2.6.2-1", "2.6.2-2", "2.6.2-3", "2.6.2-4",
}  # fmt: skip
"""Servers look only at … what one `recv` returned."""
FOUR_BYTES = {"2.3.1-6", "2.3.1-7", "2.3.1-8", "2.3.1-9", "P3-12"}
"""… the first four bytes …, ignore words that they do not know."""
UNKNOWN_IGNORED = {"P3-13", "P3-14", "P3-15", "P3-17", "P6-2"}
LOST = {"2.4.1-9", "2.4.1-15"}
"""Lists longer than one message lose an entry at each cut and all behind the last full message."""
HABITS = {
    "none": (Habits(), set(), CAREFUL),
    "one request a read": (Habits(one_request_per_recv=True), ONE_READ, CAREFUL | {"P3-1"}),
    "four bytes": (Habits(first_four_bytes=True), FOUR_BYTES, CAREFUL | UNKNOWN_IGNORED),
    "unknown words": (Habits(silent_to_unknown=True), FOUR_BYTES, CAREFUL | UNKNOWN_IGNORED),
    "list twice": (Habits(list_twice=True), {"2.4.1-11"}, CAREFUL | {"2.4.1-12"}),
    "uncut": (Habits(uncut=True), {"P4-1"}, CAREFUL),
    "lost entries": (Habits(lose_entries=True), LOST, CAREFUL | {"2.4.1-8"}),
    "SETUP closes": (Habits(close_after_setup=True), set(), CAREFUL),
    "404 for STOP": (
        Habits(not_found_for_stop=True),
        {f"2.4.3-{n}" for n in range(1, 9)} | {"2.6.2-3", "2.6.2-5", "2.7.1-1"},
        CAREFUL | {"P3-6", "P3-7"},
    ),
    "deployed": (
        Habits(
            one_request_per_recv=True,
            first_four_bytes=True,
            list_twice=True,
            uncut=True,
            lose_entries=True,
        ),
        ONE_READ | FOUR_BYTES | LOST | {"2.4.1-11"},
        CAREFUL | UNKNOWN_IGNORED | {"P3-1", "2.4.1-8"},
    ),
}


def test_each_habit_fails_the_cases_that_it_breaks(music):
    with contextlib.ExitStack() as stack:
        # With a small send buffer little of a song lies on the way, so that 1 MiB is long.
        servers = {
            name: stack.enter_context(PlainServer(music, replace(habits, small_send_buffer=True)))
            for name, (habits, _, _) in HABITS.items()
        }
        found = check_all({name: each.port for name, each in servers.items()}, **OPTIONS)
    for name, (_, to_fail, to_warn) in HABITS.items():
        told = (failed(found[name]), warned(found[name]))
        assert told == (to_fail, to_warn), (name, why(found[name]))
        assert {n for n in skipped(found[name]) if n.startswith(("P7", "P10"))}, "it offers nothing"


WORDED = {
    "300": ({"2.3.1-1"}, set()),
    "audio without END": ({"2.3.1-4"}, set()),
    "short empty list": (set(), set()),
    "crlf": ({"2.3.1-2"}, set()),
    "two spaces": ({"2.4.1-4"}, set()),
    "1)": (set(), {"2.4.1-3"}),
    "[1]": (set(), {"2.4.1-3"}),
    "brackets": ({"2.3.1-3"}, set()),
    "gaps": (set(), set()),
    "500": (set(), {"2.3.1-5"}),
    "404 in words": (set(), {"2.3.1-5"}),
    "lines between messages": (set(), {"2.3-1", "2.3-4"}),
    "nul between messages": (set(), {"2.3-1", "2.3-4"}),
}
"""What each wording is warned of, and fails, in section 2."""


def test_each_wording_is_told_by_the_case_for_it(music):
    worded = Habits(small_send_buffer=True)
    with contextlib.ExitStack() as stack:
        servers = {
            name: stack.enter_context(PlainServer(music, replace(worded, wording=WORDINGS[name])))
            for name in WORDED
        }
        ports = {name: each.port for name, each in servers.items()}
        found = check_all(ports, ["2.3", "2.4.1", "2.4.2-6"], **OPTIONS)
    for name, (to_warn, to_fail) in WORDED.items():
        told = (failed(found[name]), warned(found[name]))
        assert told == (to_fail, to_warn), (name, why(found[name]))


def test_an_empty_library_that_is_answered_by_nothing_fails_that_case(tmp_path):
    with PlainServer(tmp_path, Habits(wording=WORDINGS["rfc"])) as server:
        assert failed(check(server.port, ["2.4.1"], **OPTIONS)) == set()
    silent = replace(WORDINGS["rfc"], empty_list=None)
    with PlainServer(tmp_path, Habits(wording=silent)) as server:
        found = check(server.port, ["2"], **OPTIONS | {"timeout_s": 1.0})
        assert failed(found) == {"2.4.1-1"}, why(found)
