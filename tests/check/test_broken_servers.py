"""A small correct server passes; each broken one fails the cases for its fault, and no other."""

import asyncio

import pytest

from check.server.cases import CASES
from tests.check.broken_servers import (
    FAULTS,
    HARD,
    LONG,
    SHORT,
    SONGS,
    OneRequestPerSegment,
    Server,
)
from tests.check.checking import failed, skipped, verdicts, warned, why

TIMES = {"timeout_s": 4.0, "case_s": 200.0, "gap_s": 0.25, "quiet_s": 0.25, "pause_s": 0.2}
AT_ONCE = 6
ALL = list(FAULTS)
GROUPS = [ALL[at::4] for at in range(4)]
MAY_COME_TOGETHER = {
    OneRequestPerSegment: {case.number for case in CASES if "END END | " in case.sends}
}
"""What a busy machine may have such a server fail besides."""


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    """The servers' songs, as files."""
    folder = tmp_path_factory.mktemp("songs")
    for number, (_, data) in SONGS.items():
        (folder / f"{number}.mp3").write_bytes(data)
    return folder


async def checked(kind, music):
    async with kind() as server:
        options = TIMES | {"connections": kind.CONNECTIONS, "long_bytes": len(LONG) * 3 // 4}
        return await verdicts(server.port, kind.ONLY, music=music, **options)


def test_the_correct_server_passes_all(music):
    found = asyncio.run(checked(Server, music))
    assert why(found) == {}
    # It has songs, and no time for requests.
    assert skipped(found) == {"P3-18", "P4-5"}


def test_the_songs_are_what_the_cases_need():
    assert b" END END" in HARD
    assert b" END END" not in SHORT + LONG
    assert len(SHORT) > 2 * 4096


@pytest.mark.parametrize("group", GROUPS, ids=["first", "second", "third", "fourth"])
def test_each_fault_is_found_by_the_cases_for_it_and_by_no_other(group, music):
    async def one(kind, free):
        async with free:
            return await checked(kind, music)

    async def all_of_them():
        free = asyncio.Semaphore(AT_ONCE)
        return await asyncio.gather(*(one(kind, free) for kind in group))

    found = dict(zip(group, asyncio.run(all_of_them()), strict=True))
    told = {kind.__name__: (failed(found[kind]), warned(found[kind])) for kind in group}
    for kind, besides in MAY_COME_TOGETHER.items():
        if kind in group:
            lost, doubted = told[kind.__name__]
            told[kind.__name__] = (lost - (besides - FAULTS[kind][0]), doubted)
    assert told == {kind.__name__: FAULTS[kind] for kind in group}


def test_there_are_more_than_fifteen_faults_and_each_is_found():
    assert len(FAULTS) > 45
    assert all(failed or warned for failed, warned in FAULTS.values())
