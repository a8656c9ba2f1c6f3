"""Songs in an object store: found, read by ranges of one version, and never two mixed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from songs import CHANGED, Library, MusicDirError, Options, SongUnavailable, StoreAway
from tests.needs import needs_module
from tests.object_store import CREDENTIALS, ObjectStore, running_object_store
from tests.songs.making import id3v1, id3v2, put, raw_id3v2, sound, text_frame

pytestmark = needs_module("obstore", "boto3")


@pytest.fixture
def no_descriptor_leaks() -> None:
    """Connections to the store are kept for the next request."""


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with running_object_store() as running:
        yield running


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


@pytest.mark.parametrize("key", ["a//b.mp3", "./a.mp3", "../a.mp3", "a\x1b[31m\n.mp3", "/a.mp3"])
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
    store.objects["m/c.mp3"] = sound("c")
    store.faults.append(lambda request, key: bool(key) and request.answer(503, b"") is None)
    with pytest.raises(MusicDirError, match="cannot be read"):
        songs.scan()
    store.faults[:] = [lambda request, key: request.answer(403, b"<Error/>") is None]
    with pytest.raises(MusicDirError, match="cannot be listed"):
        songs.scan()
    assert ids(songs) == {b"a.mp3": 1, b"b.mp3": 2}
    store.faults.clear()
    songs.scan()
    assert ids(songs) == {b"a.mp3": 1, b"b.mp3": 2, b"c.mp3": 3}


def test_an_object_that_may_not_be_read_is_told(store: ObjectStore) -> None:
    store.objects |= {"m/a.mp3": sound("a"), "m/b.mp3": sound("b")}
    store.faults.append(
        lambda request, key: key == "m/a.mp3" and request.answer(403, b"<Error/>") is None
    )
    songs = library(store)
    assert songs.scan().unusable == [("a.mp3", "the object store does not let it be read")]
    assert ids(songs) == {b"b.mp3": 1}


@pytest.mark.parametrize("url", ["s3://", "s3:///x", "s3://songs/m?x=1"])
def test_what_is_no_bucket_is_refused(store: ObjectStore, url: str) -> None:
    with pytest.raises(MusicDirError):
        library(store, url)


def test_without_credentials_it_is_said_where_they_are_looked_for(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(MusicDirError, match="AWS_PROFILE"):
        library(store)


def test_credentials_are_found_where_the_aws_command_finds_them(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in CREDENTIALS:
        monkeypatch.delenv(name)
    file = tmp_path / "credentials"
    file.write_text("[music]\naws_access_key_id = k\naws_secret_access_key = s\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "music")
    store.objects["m/a.mp3"] = sound("a")
    songs = library(store)
    songs.scan()
    assert whole(songs, 1) == sound("a")
