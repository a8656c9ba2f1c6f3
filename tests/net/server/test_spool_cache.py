"""Who gets a spool, when one is closed, and what all of them take."""

import asyncio
import os
import tempfile
import threading
import time

import pytest

from net.framing import audio_message, chunks
from net.server.songs import framer
from net.server.songs import spool as spools
from net.server.songs import spool_cache as caches
from net.server.songs.spool import LEAST_SLICE_BYTES, SLICE_BYTES, Spool
from net.server.songs.spool_cache import SpoolCache
from songs import Library
from songs.folder import Folder

SONG_BYTES = 3_000_000


def song(name: str) -> bytes:
    return name.encode() * SONG_BYTES


@pytest.fixture
def library(tmp_path):
    music = tmp_path / "music"
    music.mkdir()
    for name in "abc":
        (music / f"{name}.mp3").write_bytes(song(name))
    library = Library(music)
    library.scan()
    return library


def run(library, tmp_path, use, cache_bytes=1 << 30, descriptors=100):
    async def go():
        cache = SpoolCache(library, tmp_path, cache_bytes, descriptors)
        try:
            await use(cache)
        finally:
            cache.close()

    asyncio.run(go())


async def ask(cache, song):
    """Ask for a song and wait for the answer: a spool or None, and the reason."""
    answered = asyncio.get_running_loop().create_future()
    cache.request(song, lambda spool, reason, start: answered.set_result((spool, reason)))
    return await asyncio.wait_for(answered, 30)


async def get(cache, song):
    """Ask for a song and wait for it: its spool."""
    spool, reason = await ask(cache, song)
    assert spool is not None, reason
    return spool


async def until(condition):
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.001)


async def framed(spool):
    """Take all of a spool, as a client does."""
    while not spool.complete and spool.kept:
        grown = asyncio.Event()
        spool.wait(grown.set)
        spool.sent(spool.length_bytes)
        await asyncio.wait_for(grown.wait(), 30)


async def taken(spool) -> bytes:
    """Take a song from its first byte to its last, wherever it is; return it as framed."""
    got, offset = b"", 0
    while True:
        while offset < spool.length_bytes:
            if isinstance(spool, Spool):
                got += os.pread(spool.fd, spool.length_bytes - offset, offset)
            else:
                got += spool._messages
            offset = spool.length_bytes
            spool.sent(offset)
        if spool.complete:
            assert spool.whole, spool.failure
            spool.release()
            return got
        if (rest := spool.continuation()) is not None:
            spool.release()
            spool = rest
        grown = asyncio.Event()
        spool.wait(grown.set)
        await asyncio.wait_for(grown.wait(), 30)


def wire(name: str) -> bytes:
    return b"".join(audio_message(chunk) for chunk in chunks(song(name)))


def test_a_release_at_once_takes_nothing_from_those_who_wait(library, tmp_path):
    """Both requests come before the file is open; the first client has stopped the song since."""

    async def use(cache):
        song = library.get(1)
        kept = asyncio.get_running_loop().create_future()
        cache.request(song, lambda spool, reason, start: spool.release())
        cache.request(song, lambda spool, reason, start: kept.set_result(spool))
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

    monkeypatch.setattr("songs.folder.folder.os.pread", pread)

    async def use(cache):
        spool = await get(cache, library.get(1))
        assert spool.busy
        spool.release()
        assert not is_closed(spool)
        may_read.set()
        await until(lambda: is_closed(spool))
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
    monkeypatch.setattr("songs.folder.Folder.recheck_s", 0.0)

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


def test_an_edit_in_place_that_keeps_size_and_time_is_not_sent_from_the_cache(
    library, tmp_path, monkeypatch
):
    monkeypatch.setattr("songs.folder.Folder.recheck_s", 0.0)

    async def use(cache):
        assert await taken(await get(cache, library.get(1))) == wire("a")
        path = tmp_path / "music" / "a.mp3"
        status = path.stat()
        with path.open("r+b") as file:
            file.write(song("z"))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert await taken(await get(cache, library.get(1))) == wire("z")

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
            spools[-1].release()  # 9 MB in the end, of which 7 may stay
        assert [is_closed(spool) for spool in spools] == [True, False, False]

    run(library, tmp_path, use, cache_bytes=7 << 20)


@pytest.mark.parametrize("cache_bytes", [0, 1 << 20, 5 << 20])
def test_the_cache_holds_its_size_while_songs_are_sent(library, tmp_path, monkeypatch, cache_bytes):
    """What does not fit is framed as it is sent."""
    most, files = 0, []
    pwrite = os.pwrite

    def counted(fd, data, offset):
        nonlocal most
        written = pwrite(fd, data, offset)
        most = max(most, sum(os.fstat(file.fileno()).st_size for file in files if not file.closed))
        return written

    temporary = tempfile.TemporaryFile

    def noted(*args, **options):
        files.append(temporary(*args, **options))
        return files[-1]

    monkeypatch.setattr(spools.os, "pwrite", counted)
    monkeypatch.setattr(caches.tempfile, "TemporaryFile", noted)

    async def use(cache):
        opened = await asyncio.gather(*(get(cache, library.get(n)) for n in (1, 2, 3)))
        assert await asyncio.gather(*(taken(spool) for spool in opened)) == list(map(wire, "abc"))
        again = await asyncio.gather(*(get(cache, library.get(n)) for n in (1, 2, 3, 3)))
        assert await asyncio.gather(*map(taken, again)) == list(map(wire, "abcc"))

    run(library, tmp_path, use, cache_bytes=cache_bytes)
    assert most <= cache_bytes + Folder.threads * SLICE_BYTES // 50, "more than the headers"


def test_songs_that_wait_for_a_thread_have_their_room(tmp_path, monkeypatch):
    """Many begin at once: those for whose first slice there is no room are not kept."""
    songs, cache_bytes = 40, 20 * (LEAST_SLICE_BYTES + framer.READ_BYTES)
    music, may_read, read = tmp_path / "music", threading.Event(), os.pread
    music.mkdir()
    for number in range(songs):
        (music / f"{number:02}.mp3").write_bytes(b"%03d" % number * 500_000)
    library = Library(music)
    library.scan()

    def pread(fd, count, offset):
        assert may_read.wait(30)
        return read(fd, count, offset)

    monkeypatch.setattr("songs.folder.folder.os.pread", pread)

    async def use(cache):
        # The files are opened first, in their order; then every song waits for the same threads.
        opened = await asyncio.gather(*(get(cache, song) for song in library.songs))
        assert sum(spool.busy for spool in opened) == 20
        may_read.set()
        sizes = [len(got) for got in await asyncio.gather(*map(taken, opened))]
        assert min(sizes) == max(sizes) > 1_500_000
        assert cache._reserved_bytes == 0

    run(library, tmp_path, use, cache_bytes=cache_bytes, descriptors=200)


def test_a_directory_that_cannot_be_written_costs_no_song(library, tmp_path, monkeypatch, caplog):
    def refuse(*args, **options):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(caches.tempfile, "TemporaryFile", refuse)

    async def use(cache):
        for number, name in ((1, "a"), (2, "b"), (1, "a")):
            assert await taken(await get(cache, library.get(number))) == wire(name)

    run(library, tmp_path, use)
    assert [r.getMessage().partition(";")[0] for r in caplog.records] == [
        "the cache directory: Read-only file system"
    ]


def test_without_descriptors_a_song_is_refused_and_none_is_lost(library, tmp_path):
    async def use(cache):
        first = await get(cache, library.get(1))
        assert await ask(cache, library.get(2)) == (None, "too many different songs are being sent")
        assert await get(cache, library.get(1)) is first
        first.release()
        assert await taken(first) == wire("a")
        second = await get(cache, library.get(2))  # the first is closed for it
        assert is_closed(first)
        second.release()

    run(library, tmp_path, use, descriptors=2)


def test_a_song_waits_for_a_slice_of_each_other_song_not_for_all_of_them(tmp_path):
    """Framed in turns: the last of many songs begins long before the others are framed."""
    music = tmp_path / "music"
    music.mkdir()
    for number in range(12):
        (music / f"{number:02}.mp3").write_bytes(bytes(20_000_000))
    library = Library(music)
    library.scan()

    async def use(cache):
        greedy = [await get(cache, library.get(number)) for number in range(1, 12)]
        tasks = [asyncio.create_task(framed(spool)) for spool in greedy]
        last = await get(cache, library.get(12))
        grown = asyncio.Event()
        last.wait(grown.set)
        await grown.wait()
        assert last.length_bytes
        assert sum(spool.length_bytes for spool in greedy) < 11 * 8_000_000
        await asyncio.gather(*tasks)
        for spool in (*greedy, last):
            spool.release()

    run(library, tmp_path, use)


def test_who_takes_nothing_has_little_framed(library, tmp_path):
    async def use(cache):
        spool = await get(cache, library.get(1))
        await until(lambda: not (spool.busy or spool.wants_work))
        assert spool.length_bytes <= spools.LEAST_AHEAD_BYTES + 2 * SLICE_BYTES
        spool.release()

    run(library, tmp_path, use)


def test_threads_are_not_waited_for_at_the_end(library, tmp_path, monkeypatch):
    """A disk that answers no more does not keep the server from ending."""
    may_read, read = threading.Event(), os.pread
    monkeypatch.setattr(
        "songs.folder.folder.os.pread", lambda *values: may_read.wait(30) and read(*values)
    )

    async def use(cache):
        spool = await get(cache, library.get(1))
        spool.release()

    began = time.monotonic()
    run(library, tmp_path, use)
    assert time.monotonic() - began < 10
    may_read.set()
