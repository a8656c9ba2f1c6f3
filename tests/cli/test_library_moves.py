"""`alfine library copy` and `migrate` take a library to where servers can share it."""

from __future__ import annotations

import sys

import pytest

from cli.app import main
from songs import Library, catalogue_at
from tests.needs import needs_module
from tests.object_store import CREDENTIALS, running_object_store
from tests.postgres import needs_postgres
from tests.songs.making import put, sound


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    for name in ("a.mp3", "b/ä.mp3", "b/c.mp3"):
        put(folder / name, sound(name))
    put(folder / "cover.jpg")
    return folder


@pytest.fixture
def run(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["alfine", "library", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def store(monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    with running_object_store() as running:
        yield running


BUCKET = "s3://songs/m"
with_bucket = needs_module("obstore", "boto3")


@with_bucket
def test_songs_are_copied_once(run, music, store):
    there = ("--s3-endpoint", store.endpoint)
    assert run("copy", music, BUCKET, *there) == (
        0,
        "3 copied, 0 there already, 0 not copied\n",
        "",
    )
    assert store.objects == {
        f"m/{name}": (music / name).read_bytes() for name in ("a.mp3", "b/ä.mp3", "b/c.mp3")
    }
    put(music / "a.mp3", sound("new"))
    assert run("copy", music, BUCKET, *there) == (
        0,
        "1 copied, 2 there already, 0 not copied\n",
        "",
    )
    assert store.objects["m/a.mp3"] == (music / "a.mp3").read_bytes()


@with_bucket
def test_it_goes_on_where_it_was_ended(run, music, store):
    there, allowed = ("--s3-endpoint", store.endpoint), ["b/ä.mp3"]

    def away(request, key):
        return bool(key) and key[2:] not in allowed and request.answer(403, b"<Error/>") is None

    store.faults.append(away)
    code, _, err = run("copy", music, BUCKET, *there)
    assert (code, "begin again" in err) == (1, True)
    assert set(store.objects) <= {"m/b/ä.mp3"}
    store.faults.clear()
    assert run("copy", music, BUCKET, *there)[0] == 0
    assert len(store.objects) == 3


@with_bucket
def test_a_name_that_no_bucket_has_is_told(run, music, store):
    put(music / "bad\x1b[31m.mp3", sound("x"))
    (music / "\udcff.mp3").write_bytes(sound("y"))
    code, out, err = run("copy", music, BUCKET, "--s3-endpoint", store.endpoint)
    assert (code, out) == (1, "3 copied, 0 there already, 2 not copied\n")
    assert err.count("rename it") == 2
    assert "\x1b" not in err


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("copy", "MUSIC", "here"), "no bucket"),
        (("copy", "/nowhere", BUCKET), "does not exist"),
        (("migrate", "MUSIC", "postgresql://alfine@127.0.0.1/x"), "has no catalogue"),
        (("migrate", "FILE", "mysql://x"), "postgresql://USER"),
    ],
)
def test_what_cannot_be_is_refused(run, music, tmp_path, monkeypatch, arguments, why):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    file = tmp_path / "songs.sqlite"
    Library(music, file).scan()
    places = {"MUSIC": music, "FILE": file}
    code, out, err = run(*(places.get(each, each) for each in arguments))
    assert (code, out) == (2, "")
    assert why in err


class TestPostgres:
    pytestmark = needs_postgres()

    def test_a_catalogue_is_taken_into_a_database(self, run, music, tmp_path, postgres):
        url, state = postgres.database(), tmp_path / "state"
        assert run(music, "--state-dir", state)[0] == 0
        moved = run("migrate", music, url, "--state-dir", state)
        assert moved == (0, "3 songs, with the same IDs\n", "")
        again = run("migrate", music, url, "--state-dir", state)
        assert again == (0, "3 songs, already there, with the same IDs\n", "")
        here, there = run(music, "--state-dir", state), run(music, "--catalogue", url)
        assert here == there

    def test_a_database_that_has_other_songs_is_refused(self, run, music, tmp_path, postgres):
        url, state = postgres.database(), tmp_path / "state"
        assert run(music, "--state-dir", state)[0] == 0
        assert run("migrate", music, url, "--state-dir", state)[0] == 0
        put(music / "d.mp3", sound("d"))
        assert run(music, "--state-dir", state)[0] == 0
        code, out, err = run("migrate", music, url, "--state-dir", state)
        assert (code, out, "has other songs already (3)" in err) == (2, "", True)

    def test_a_user_who_may_not_make_the_table_is_told_what_to_do(
        self, run, music, tmp_path, postgres
    ):
        import psycopg

        url, file = postgres.database(), tmp_path / "songs.sqlite"
        Library(music, file).scan()
        with psycopg.connect(url, autocommit=True) as database:
            database.execute("CREATE ROLE guest LOGIN")
        code, out, err = run("migrate", file, url.replace("alfine@", "guest@"))
        assert (code, out) == (2, "")
        assert "permission denied for schema public" in err
        assert "ALTER DATABASE" in err

    def test_the_file_of_a_catalogue_will_do(self, run, music, tmp_path, postgres):
        url, file = postgres.database(), tmp_path / "songs.sqlite"
        Library(music, file).scan()
        assert run("migrate", file, url)[0] == 0
        catalogue = catalogue_at(url)
        catalogue.open()
        assert [row.song_id for row in catalogue.news()] == [1, 2, 3]
        catalogue.close()
