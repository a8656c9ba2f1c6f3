"""Songs in an object store: found, read by ranges of one version, and never two mixed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from songs import CHANGED, Library, MusicDirError, Options, SongUnavailable, StoreAway
from tests.needs import needs_module
from tests.object_store import ObjectStore
from tests.songs.making import id3v1, id3v2, put, raw_id3v2, sound, text_frame

pytestmark = needs_module("obstore", "boto3")

MOST_AWAY = 16  # docs/library.md


@pytest.fixture
def no_descriptor_leaks() -> None:
    """Connections to the store are kept for the next request."""


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("songs.bucket.client.PATIENCE_S", 0.2)
    monkeypatch.setattr("songs.bucket.client.PAUSE_S", 0.01)


def library(
    store: ObjectStore, url: str = "s3://songs/m", catalogue: Path | None = None
) -> Library:
    return Library(url, catalogue, Options(s3_endpoint=store.endpoint))


def ids(library: Library) -> dict[bytes, int]:
    return {song.path: song.song_id for song in library.songs}


def whole(library: Library, song_id: int, count: int = 65536) -> bytes:
    song = library.get(song_id)
    assert song is not None
    file, content = library.open(song), io.BytesIO()
    while piece := file.read(content.tell(), count):
        content.write(piece)
    file.close()
    assert content.tell() == file.size_bytes
    return content.getvalue()


def test_it_lists_what_a_folder_of_the_same_files_lists(
    store: ObjectStore, tmp_path: Path, music: Path
) -> None:
    frames = text_frame(b"TALB", "First") + text_frame(b"TRCK", "2") + text_frame(b"TYER", "1999")
    for path, content in {
        "b/2.mp3": raw_id3v2(frames) + sound("2"),
        "b/10.mp3": id3v2("Ä", "T\n2") + sound("10"),
        "a.MP3": sound("a") + id3v1("Old", "Tag"),
        "c/d/long.mp3": sound("long" * 100_000),
        "c/._x.mp3": b"x",
        "@eaDir/y.mp3": b"y",
        "empty.mp3": b"",
        "cover.jpg": b"j",
    }.items():
        put(music / path, content)
        store.objects[f"m/{path}"] = content
    store.objects["other/z.mp3"] = b"z"
    here, there = Library(music), library(store)
    reports = here.scan(), there.scan()
    assert there.songs == here.songs
    assert reports[0].unusable == reports[1].unusable == [("empty.mp3", "it is empty")]
    assert reports[0].others == reports[1].others
    assert [path for path, _ in reports[1].skipped] == ["@eaDir/y.mp3", "c/._x.mp3"]
    for song in there.songs:
        assert whole(there, song.song_id) == store.objects["m/" + song.path.decode()]


def test_a_whole_bucket(store: ObjectStore) -> None:
    store.objects |= {"a.mp3": sound("a"), "m/b.mp3": sound("b")}
    songs = library(store, "s3://songs")
    songs.scan()
    assert ids(songs) == {b"a.mp3": 1, b"m/b.mp3": 2}


def test_a_second_search_reads_only_what_is_new_or_changed(
    store: ObjectStore, tmp_path: Path
) -> None:
    store.objects |= {f"m/{n}.mp3": sound(str(n)) for n in range(5)}
    songs = library(store, catalogue=tmp_path / "songs.sqlite")
    songs.scan()
    store.gets.clear()
    songs.scan()
    assert library(store, catalogue=tmp_path / "songs.sqlite").scan().added == 5
    assert store.gets == []
    store.objects["m/3.mp3"] = id3v2("New", "Tag") + sound("3")
    store.objects["m/9.mp3"] = sound("9")
    songs.scan()
    assert {key for key, _ in store.gets} == {"m/3.mp3", "m/9.mp3"}
    assert ids(songs)[b"3.mp3"] == 4
    assert songs.get(4).title == "New - Tag"


def test_ids_stay_when_a_folder_is_copied_into_a_bucket(
    store: ObjectStore, tmp_path: Path, music: Path
) -> None:
    for n in range(4):
        put(music / f"{n}.mp3", sound(str(n) * 50_000))
    before = Library(music, tmp_path / "songs.sqlite")
    before.scan()
    (music / "1.mp3").rename(music / "renamed.mp3")
    store.objects |= {f"m/{path.name}": path.read_bytes() for path in music.iterdir()}
    after = library(store, catalogue=tmp_path / "songs.sqlite")
    after.scan()
    assert ids(after) == {b"0.mp3": 1, b"2.mp3": 3, b"3.mp3": 4, b"renamed.mp3": 2}


@pytest.mark.parametrize(
    "key", ["a//b.mp3", "./a.mp3", "../a.mp3", "a\x1b[31m\n.mp3", "a\x9b31m.mp3", "/a.mp3"]
)
def test_a_key_that_cannot_be_asked_for_hides_no_other(store: ObjectStore, key: str) -> None:
    store.objects |= {f"m/{key}": sound("a"), "m/good.mp3": sound("b")}
    songs = library(store)
    report = songs.scan()
    assert list(ids(songs)) == [b"good.mp3"]
    [(path, reason)] = report.unusable
    assert path.isprintable()
    assert "rename it" in reason


@pytest.mark.parametrize("key", ["ä ö.mp3", "a#b%20c~+&?.mp3", '[x]{y}|^"<>`.mp3', "日本/語.mp3"])
def test_a_key_with_special_characters_is_a_song(store: ObjectStore, key: str) -> None:
    store.objects[f"m/{key}"] = sound(key)
    songs = library(store)
    songs.scan()
    assert whole(songs, 1) == store.objects[f"m/{key}"]


@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("東京\u3000駅.mp3", "東京\u3000駅"),
        ("a\u00a0b.mp3", "a\u00a0b"),
        ("a\u00adb.mp3", "a\u00adb"),
        ("👩\u200d🎤.mp3", "👩\u200d🎤"),
        ("a\u202eb\u2028c.mp3", "ab c"),
    ],
)
def test_a_key_that_python_would_not_print_is_a_song(
    store: ObjectStore, key: str, title: str
) -> None:
    store.objects[f"m/{key}"] = sound(key)
    songs = library(store)
    songs.scan()
    assert songs.songs[0].title == title
    assert whole(songs, 1) == store.objects[f"m/{key}"]


def test_what_is_read_is_of_one_version(store: ObjectStore) -> None:
    store.objects["m/a.mp3"] = bytes(1_000_000)
    songs = library(store)
    songs.scan()
    file = songs.open(songs.songs[0])
    assert file.read(0, 65536) == bytes(65536)
    store.objects["m/a.mp3"] = b"\1" * 1_000_000
    with pytest.raises(SongUnavailable, match=CHANGED):
        file.read(65536, 65536)


def test_an_object_that_has_gone(store: ObjectStore) -> None:
    store.objects["m/a.mp3"] = bytes(1_000_000)
    songs = library(store)
    songs.scan()
    file = songs.open(songs.songs[0])
    store.objects.clear()
    with pytest.raises(SongUnavailable, match="gone"):
        file.read(700_000, 100)
    with pytest.raises(SongUnavailable, match="gone"):
        songs.open(songs.songs[0])
    songs.scan()
    assert songs.songs == ()


def test_what_fails_for_a_moment_is_asked_for_again(store: ObjectStore) -> None:
    content = bytes(range(256)) * 4000
    store.objects["m/a.mp3"] = content
    songs = library(store)
    songs.scan()
    troubles = iter([503, "cut", 500, "drop", None, 429, "cut"])

    def fault(request, key: str) -> bool:
        trouble = next(troubles, None)
        if trouble == "cut":
            request.get(key, cut=1000)
        elif trouble == "drop":
            request.drop()
        elif trouble is not None:
            request.answer(trouble, b"<Error><Code>SlowDown</Code></Error>")
        return trouble is not None

    store.faults.append(fault)
    store.gets.clear()
    assert whole(songs, 1) == content
    assert next(troubles, "none left") == "none left"
    ranges = [each for _, each in store.gets]
    assert len(set(ranges)) < len(ranges), "the same range, not the song anew"


@pytest.mark.usefixtures("short_patience")
def test_a_store_that_is_away_is_given_up_in_time(store: ObjectStore) -> None:
    store.objects["m/a.mp3"] = bytes(1000)
    songs = library(store)
    songs.scan()
    store.faults.append(lambda request, key: request.answer(503, b"") is None)
    with pytest.raises(StoreAway):
        songs.open(songs.songs[0])


@pytest.mark.usefixtures("short_patience")
def test_a_store_that_does_not_answer_is_given_up_in_time(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("songs.bucket.client.ANSWER_S", 0.3)
    store.objects["m/a.mp3"] = bytes(1000)
    songs = library(store)
    songs.scan()
    store.faults.append(lambda request, key: store.released.wait(60))
    with pytest.raises(StoreAway):
        songs.open(songs.songs[0])


@pytest.mark.usefixtures("short_patience")
def test_what_is_known_stays_while_the_store_is_away(store: ObjectStore) -> None:
    store.objects |= {"m/a.mp3": sound("a"), "m/b.mp3": sound("b")}
    songs = library(store)
    songs.scan()
    store.objects |= {f"m/c{n}.mp3": sound(f"c{n}") for n in range(MOST_AWAY)}
    store.faults.append(lambda request, key: bool(key) and request.answer(503, b"") is None)
    with pytest.raises(MusicDirError, match="cannot be read"):
        songs.scan()
    store.faults[:] = [lambda request, key: request.answer(403, b"<Error/>") is None]
    with pytest.raises(MusicDirError, match="cannot be listed"):
        songs.scan()
    assert ids(songs) == {b"a.mp3": 1, b"b.mp3": 2}
    store.faults.clear()
    songs.scan()
    assert len(songs.songs) == 2 + MOST_AWAY


@pytest.mark.usefixtures("short_patience")
def test_what_is_known_stays_when_the_list_is_lost_behind_it(store: ObjectStore) -> None:
    store.objects |= {"m/a.mp3": sound("a"), "m/b.mp3": sound("b")}
    songs = library(store)
    songs.scan()
    store.objects["m/b.mp3"] = sound("new")
    read: list[str] = []

    def away(request, key: str) -> bool:
        if key:
            read.append(key)
            request.answer(503, b"")
        elif read:
            request.answer(403, b"")
        return bool(read)

    store.faults.append(away)
    with pytest.raises(MusicDirError, match="cannot be listed"):
        songs.scan()
    assert ids(songs) == {b"a.mp3": 1, b"b.mp3": 2}


@pytest.mark.parametrize("status", [301, 400, 401, 403, 409, 410])
def test_an_object_that_is_always_refused_is_asked_for_once_and_hides_no_other(
    store: ObjectStore, status: int
) -> None:
    store.objects |= {f"m/{n:02}.mp3": sound(str(n)) for n in range(13)}
    store.faults.append(
        lambda request, key: key == "m/04.mp3" and request.answer(status, b"<Error/>") is None
    )
    songs = library(store)
    [(path, reason)] = songs.scan().unusable
    assert path == "04.mp3"
    assert "object store" in reason
    assert len(songs.songs) == 12
    assert [key for key, _ in store.gets].count("m/04.mp3") == 1


@pytest.mark.usefixtures("short_patience")
def test_an_object_that_always_fails_hides_no_other_and_stays_as_it_was_known(
    store: ObjectStore,
) -> None:
    store.objects |= {f"m/{n:02}.mp3": sound(str(n)) for n in range(13)}
    store.objects["m/04.mp3"] = id3v2("Old", "Title") + sound("4")
    songs = library(store)
    songs.scan()
    store.objects["m/04.mp3"] = id3v2("New", "Title") + sound("4")
    store.objects |= {"m/03 new.mp3": sound("3"), "m/05 new.mp3": sound("5")}
    failing = {"m/04.mp3", "m/03 new.mp3"}
    store.faults.append(
        lambda request, key: key in failing and request.answer(500, b"<Error/>") is None
    )
    assert [path for path, _ in songs.scan().unusable] == ["03 new.mp3", "04.mp3"]
    assert len(songs.songs) == 14
    assert songs.get(5).title == "Old - Title"
    store.faults.clear()
    assert songs.scan().unusable == []
    assert songs.get(5).title == "New - Title"
    assert len(songs.songs) == 15


@pytest.mark.usefixtures("short_patience")
def test_those_that_fail_are_counted_from_the_last_answer(store: ObjectStore) -> None:
    store.objects |= {f"m/{n:02}.mp3": sound(str(n)) for n in range(2 * MOST_AWAY)}
    store.faults.append(
        lambda request, key: (
            key[2:4].isdigit()
            and int(key[2:4]) != MOST_AWAY - 1
            and request.answer(500, b"<Error/>") is None
        )
    )
    with pytest.raises(MusicDirError, match="cannot be read"):
        library(store).scan()
    del store.objects[f"m/{2 * MOST_AWAY - 1}.mp3"]
    fewer = library(store)
    assert len(fewer.scan().unusable) == 2 * MOST_AWAY - 2
    assert len(fewer.songs) == 1


def test_an_object_that_may_not_be_read_is_told(store: ObjectStore) -> None:
    store.objects |= {"m/a.mp3": sound("a"), "m/b.mp3": sound("b")}
    store.faults.append(
        lambda request, key: key == "m/a.mp3" and request.answer(403, b"<Error/>") is None
    )
    songs = library(store)
    assert songs.scan().unusable == [("a.mp3", "the object store does not let it be read")]
    assert ids(songs) == {b"b.mp3": 1}
