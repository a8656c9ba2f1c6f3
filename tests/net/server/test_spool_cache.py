"""Who gets a spool, and when one is given up."""

import asyncio
import contextlib
import time

import pytest

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
    cache.request(song, lambda spool, why: answered.set_result((spool, why)))
    spool, why = await asyncio.wait_for(answered, 30)
    assert spool is not None, why
    return spool


async def whole(spool):
    async with asyncio.timeout(30):
        while spool.filling and not spool.whole:
            await asyncio.sleep(0.001)
        while spool.filling:
            await asyncio.sleep(0.001)


def test_who_changes_his_mind_takes_nothing_from_who_waits(library, tmp_path):
    """Both asked before the file was open; the first gives it back at once."""

    async def use(cache):
        song = library.get(1)
        kept = asyncio.get_running_loop().create_future()
        cache.request(song, lambda spool, why: spool.release())
        cache.request(song, lambda spool, why: kept.set_result(spool))
        spool = await asyncio.wait_for(kept, 30)
        await whole(spool)
        assert (spool.whole, spool.failure, spool.users) == (True, None, 1)
        spool.release()

    run(library, tmp_path, use)


def test_all_share_one_spool_and_it_is_kept(library, tmp_path):
    async def use(cache):
        spools = await asyncio.gather(*(get(cache, library.get(1)) for _ in range(20)))
        assert len(set(spools)) == 1
        await whole(spools[0])
        for spool in spools:
            spool.release()
        assert await get(cache, library.get(1)) is spools[0]
        spools[0].release()

    run(library, tmp_path, use)


def test_what_nobody_wants_is_closed(library, tmp_path):
    async def use(cache):
        spool = await get(cache, library.get(1))
        spool.release()
        async with asyncio.timeout(30):
            while spool.filling:
                await asyncio.sleep(0.001)
        other = await get(cache, library.get(1))
        assert other.failure is None
        await whole(other)
        assert other.whole
        other.release()

    run(library, tmp_path, use)


def test_beyond_its_size_the_least_recently_used_go_first(library, tmp_path):
    async def use(cache):
        spools = []
        for number in (1, 2, 3):
            spools.append(await get(cache, library.get(number)))
            await whole(spools[-1])
        for spool in spools:
            spool.release()  # 9 MB, of which 7 may stay
        for spool, stays in zip(spools, (False, True, True), strict=True):
            with contextlib.nullcontext() if stays else pytest.raises(ValueError, match="closed"):
                assert spool.fd > 0

    run(library, tmp_path, use, cache_bytes=7_000_000)


def test_a_loop_that_is_held_up_is_told_of_a_song_only_once(library, tmp_path):
    """Not for each of its parts: the pipe by which threads wake the loop holds few words."""

    async def use(cache):
        loop = asyncio.get_running_loop()
        told, tell = [], loop.call_soon_threadsafe
        spool = await get(cache, library.get(1))
        loop.call_soon_threadsafe = lambda *words: told.append(words) or tell(*words)
        deadline = time.monotonic() + 30
        while not spool.whole:  # without ever giving way to the loop
            assert time.monotonic() < deadline
        await whole(spool)
        assert len(told) <= 2
        spool.release()

    run(library, tmp_path, use)
