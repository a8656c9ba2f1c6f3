"""Who gets a spool, and when one is closed."""

import asyncio
import os
import threading
import time

import pytest

from net.server import spool as spools
from net.server import spool_cache as caches
from net.server.spool_cache import SpoolCache
from songs import Library


@pytest.fixture
def library(tmp_path):
    music = tmp_path / "music"
    music.mkdir()
    for name in "abc":
        (music / f"{name}.mp3").write_bytes(name.encode() * 3_000_000)
    library = Library(music)
    library.scan()
    return library


def run(library, tmp_path, use, cache_bytes=1 << 30):
    async def go():
        cache = SpoolCache(library, tmp_path, cache_bytes, 100)
        try:
            await use(cache)
        finally:
            cache.close()

    asyncio.run(go())


async def get(cache, song):
    """Ask for a song and wait for it: its spool."""
    answered = asyncio.get_running_loop().create_future()
    cache.request(song, lambda spool, reason: answered.set_result((spool, reason)))
    spool, reason = await asyncio.wait_for(answered, 30)
    assert spool is not None, reason
    return spool


async def framed(spool):
    """Wait until no thread works on the spool any more."""
    async with asyncio.timeout(30):
        while spool.filling:
            await asyncio.sleep(0.001)


def test_a_release_at_once_takes_nothing_from_those_who_wait(library, tmp_path):
    """Both requests come before the file is open; the first client has stopped the song since."""

    async def use(cache):
        song = library.get(1)
        kept = asyncio.get_running_loop().create_future()
        cache.request(song, lambda spool, reason: spool.release())
        cache.request(song, lambda spool, reason: kept.set_result(spool))
        spool = await asyncio.wait_for(kept, 30)
        await framed(spool)
        assert (spool.whole, spool.failure, spool.users) == (True, None, 1)
        spool.release()

    run(library, tmp_path, use)


def test_all_share_one_spool_and_it_is_kept(library, tmp_path):
    async def use(cache):
        spools = await asyncio.gather(*(get(cache, library.get(1)) for _ in range(20)))
        assert len(set(spools)) == 1
        await framed(spools[0])
        for spool in spools:
            spool.release()
        assert await get(cache, library.get(1)) is spools[0]
        spools[0].release()

    run(library, tmp_path, use)


def is_closed(spool) -> bool:
    try:
        return spool.fd < 0
    except ValueError:
        return True


def test_a_spool_that_is_released_while_it_is_framed_is_closed(library, tmp_path, monkeypatch):
    """Once the thread writes to it no more, and without the rest of the song."""
    may_read, read = threading.Event(), os.pread

    def pread(fd, count, offset):
        assert may_read.wait(30)
        return read(fd, count, offset)

    monkeypatch.setattr(spools.os, "pread", pread)

    async def use(cache):
        spool = await get(cache, library.get(1))
        spool.release()
        assert not is_closed(spool)
        may_read.set()
        await framed(spool)
        assert is_closed(spool)
        assert not spool.whole
        other = await get(cache, library.get(1))
        assert other is not spool
        await framed(other)
        assert (other.whole, other.failure, is_closed(other)) == (True, None, False)
        other.release()
        assert not is_closed(other), "it is kept for the next client"

    run(library, tmp_path, use)


@pytest.mark.parametrize("in_use", [False, True])
def test_the_spool_of_a_file_that_was_replaced_is_closed(library, tmp_path, monkeypatch, in_use):
    monkeypatch.setattr(caches, "RECHECK_S", 0.0)

    async def use(cache):
        old = await get(cache, library.get(1))
        await framed(old)
        if not in_use:
            old.release()
        path = tmp_path / "music" / "a.mp3"
        path.rename(tmp_path / "old")
        path.write_bytes(b"another song")
        new = await get(cache, library.get(1))
        assert new is not old
        assert is_closed(old) is not in_use
        if in_use:
            old.release()
            assert is_closed(old)
        await framed(new)
        new.release()

    run(library, tmp_path, use)


def test_a_cache_that_is_closed_closes_its_spools(library, tmp_path):
    kept = []

    async def use(cache):
        kept.append(await get(cache, library.get(1)))
        await framed(kept[0])
        kept[0].release()

    run(library, tmp_path, use)
    assert is_closed(kept[0])


def test_beyond_its_size_the_least_recently_used_go_first(library, tmp_path):
    async def use(cache):
        spools = []
        for number in (1, 2, 3):
            spools.append(await get(cache, library.get(number)))
            await framed(spools[-1])
        for spool in spools:
            spool.release()  # 9 MB, of which 7 may stay
        assert [is_closed(spool) for spool in spools] == [True, False, False]

    run(library, tmp_path, use, cache_bytes=7_000_000)


def test_a_loop_that_is_blocked_is_called_only_once_for_a_spool(library, tmp_path):
    """Not for each of its parts: the pipe by which threads wake the loop is soon full."""

    async def use(cache):
        loop = asyncio.get_running_loop()
        calls, call = [], loop.call_soon_threadsafe
        spool = await get(cache, library.get(1))
        loop.call_soon_threadsafe = lambda *values: calls.append(values) or call(*values)
        deadline = time.monotonic() + 30
        while not spool.whole:  # and the loop never has a turn
            assert time.monotonic() < deadline
        await framed(spool)
        assert len(calls) <= 2
        spool.release()

    run(library, tmp_path, use)
