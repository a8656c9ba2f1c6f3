"""Songs of an object store are kept for the wire like others, and outlast a store that is away."""

from __future__ import annotations

import pytest

from net.server.songs.framing_turns import FramingTurns
from songs import CHANGED, Library, Options
from tests.needs import needs_module
from tests.net.server.test_spool_cache import framed, get, run, taken, until, wire
from tests.net.server.test_spool_cache import song as content
from tests.object_store import CREDENTIALS, running_object_store

pytestmark = needs_module("obstore", "boto3")


@pytest.fixture
def store(monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("songs.bucket.client.PATIENCE_S", 0.2)
    monkeypatch.setattr("songs.bucket.Bucket.recheck_s", 0.0)
    with running_object_store() as running:
        running.objects |= {"a.mp3": content("a"), "b.mp3": content("b")}
        yield running


@pytest.fixture
def library(store):
    library = Library("s3://songs", None, Options(s3_endpoint=store.endpoint))
    library.scan()
    return library


def test_it_is_framed_as_a_file_is(library, tmp_path):
    async def use(cache):
        assert await taken(await get(cache, library.get(1))) == wire("a")

    run(library, tmp_path, use)


@pytest.mark.parametrize("status", [400, 401, 403, 503])
def test_what_is_kept_is_sent_while_the_store_does_not_give_it(
    library, store, tmp_path, monkeypatch, status
):
    looked = []
    submit = FramingTurns.submit
    monkeypatch.setattr(
        FramingTurns,
        "submit",
        lambda self, work: submit(self, lambda: (work(), looked.append(1))),
    )

    async def use(cache):
        assert await taken(await get(cache, library.get(1))) == wire("a")
        store.faults.append(lambda request, key: request.answer(status, b"") is None)
        looked.clear()
        kept = await get(cache, library.get(1))
        await until(lambda: looked)  # in vain
        assert await taken(kept) == wire("a")
        assert await taken(await get(cache, library.get(1))) == wire("a")

    run(library, tmp_path, use)


@pytest.mark.parametrize("content", [b"", None])
def test_a_song_that_has_gone_or_is_empty_is_not_kept(library, store, tmp_path, content):
    async def use(cache):
        old = await get(cache, library.get(1))
        await framed(old)
        if content is None:
            del store.objects["a.mp3"]
        else:
            store.objects["a.mp3"] = content
        (await get(cache, library.get(1))).release()
        await until(lambda: cache.count == 0)
        old.release()

    run(library, tmp_path, use)


def test_a_song_that_was_replaced_is_made_anew_for_the_next(library, store, tmp_path):
    async def use(cache):
        old = await get(cache, library.get(1))
        await framed(old)
        store.objects["a.mp3"] = content("z")
        again = await get(cache, library.get(1))
        assert again is old
        await until(lambda: cache.count == 0)
        assert await taken(await get(cache, library.get(1))) == wire("z")
        old.release()
        again.release()

    run(library, tmp_path, use)


def test_a_song_that_is_replaced_under_its_client_fails_and_is_never_mixed(
    library, store, tmp_path
):
    async def use(cache):
        spool = await get(cache, library.get(1))
        store.objects["a.mp3"] = content("z")
        await framed(spool)
        assert spool.failure == CHANGED
        assert spool.length_bytes < len(wire("a"))
        spool.release()

    run(library, tmp_path, use)


def test_those_that_wait_for_the_store_delay_no_other(store, tmp_path, monkeypatch):
    """One fewer than may be read at a time (docs/library.md), each with two clients."""
    monkeypatch.setattr("songs.bucket.client.ANSWER_S", 60)
    many = [f"held {n}.mp3" for n in range(63)]
    store.objects |= dict.fromkeys(many, bytes(1000))
    library = Library("s3://songs", None, Options(s3_endpoint=store.endpoint))
    library.scan()
    store.gets.clear()
    held = {song.song_id for song in library.songs if song.path.startswith(b"held")}
    assert len(held) == len(many)

    def hold(request, key):
        if key.startswith("held"):
            store.released.wait(60)
        return False

    async def use(cache):
        store.faults.append(hold)
        waiting = []
        for song_id in [*held, *held]:
            cache.request(library.get(song_id), lambda *values: waiting.append(values))
        await until(lambda: len(store.gets) == len(held))
        assert await taken(await get(cache, library.get(2))) == wire("b")
        assert not waiting
        store.released.set()
        await until(lambda: len(waiting) == 2 * len(held))
        for spool, _, _ in waiting:
            spool.release()

    run(library, tmp_path, use, descriptors=1000)
