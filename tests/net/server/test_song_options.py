"""The options of the server that are about songs, and what it says of them at the start."""

from __future__ import annotations

import os

import pytest

from tests.end_to_end.programs import Program, Server, serving
from tests.net.server.conftest import eventually
from tests.peers.plain_client import PlainClient
from tests.songs.making import FRAME, id3v2, raw_id3v2, sound, text_frame


def listed(server) -> str:
    with PlainClient(server.port, seconds=30) as client:
        client.list_songs()
        return client.next().raw.decode()


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    (folder / "1.mp3").write_bytes(FRAME)
    return folder


def test_links_are_followed_only_with_the_option(serve, music, tmp_path):
    outside = tmp_path / "nas" / "album"
    outside.mkdir(parents=True)
    (outside / "x.mp3").write_bytes(FRAME)
    (outside / "back").symlink_to(music)
    (music / "NAS").symlink_to(tmp_path / "nas")
    server = serve(music)
    server.wait_for("cannot use NAS: it is a link that leads out of the music directory")
    assert listed(server) == "RESP 100 END 1. 1 END END"
    for workers in (1, 2):
        server = serve(music, "--follow-links", "--workers", workers)
        server.wait_for(f"following the link NAS to {tmp_path / 'nas'}")
        assert listed(server) == "RESP 100 END 1. 1 END 2. x END END"
        with PlainClient(server.port, seconds=30) as client:
            client.play(2)
            assert client.next().data == FRAME


def test_a_song_above_the_size_is_not_listed_and_that_is_said(serve, music):
    for name, size in (("most", 2 << 20), ("more", (2 << 20) + 1)):
        with open(music / f"{name}.mp3", "wb") as file:
            file.truncate(size)
    server = serve(music, "--song-size", 2)
    server.wait_for("cannot use more.mp3: it is larger than 2 MiB; --song-size allows more")
    assert listed(server) == "RESP 100 END 1. 1 END 2. most END END"
    assert listed(serve(music, "--song-size", 3)).count(". ") == 3


def test_songs_of_more_than_a_gigabyte_may_be_allowed(serve, music):
    with open(music / "40 hours.mp3", "wb") as file:
        file.truncate(1200 << 20)
    serve(music).wait_for("cannot use 40 hours.mp3: it is larger than 1024 MiB")
    assert "2. 40 hours" in listed(serve(music, "--song-size", 1200))


def test_the_encoding_of_old_tags(serve, music):
    raw = "Кино".encode("cp1251").decode("latin-1")
    tag = raw_id3v2(text_frame(b"TPE1", raw) + text_frame(b"TIT2", raw))
    (music / "1.mp3").write_bytes(tag + FRAME)
    assert listed(serve(music)) == "RESP 100 END 1. Êèíî - Êèíî END END"
    # The titles that the first server has kept are read again.
    assert listed(serve(music, "--tag-encoding", "cp1251")) == "RESP 100 END 1. Кино - Кино END END"


@pytest.mark.parametrize("name", ["klingon", "hex", "", "a\nb"])
def test_an_encoding_that_there_is_not(music, name):
    program = Program("-m", "cli.server", music, 0, "--tag-encoding", name)
    assert program.end() == 2
    program.close()
    [said] = program.err.splitlines()
    assert said == (
        f"alfine server: there is no text encoding {name!a}; Python's names are meant, such as "
        "cp1251, shift_jis or gbk"
    )


def many_artists(frames: int) -> bytes:
    return raw_id3v2(
        text_frame(b"TIT2", "T")
        + b"".join(
            text_frame(b"TPE1", "\0".join(f"{frame:x}.{n:x}" for n in range(9000)))
            for frame in range(frames)
        )
    )


def test_a_tag_of_many_artists_neither_keeps_the_server_from_listening_nor_from_ending(
    serve, music
):
    (music / "2.mp3").write_bytes(many_artists(40) + FRAME)
    server = serve(music)
    (music / "3.mp3").write_bytes(many_artists(41) + FRAME)
    assert eventually(lambda: " 3. 0.0, 0.1," in listed(server))
    server.process.terminate()
    assert server.end() == 0


def test_tags_that_are_not_read_are_told_once(serve, music):
    bad = raw_id3v2(b"", claimed=(64 << 20) + 1) + FRAME
    (music / "2.mp3").write_bytes(bad)
    server = serve(music)
    said = "{}.mp3 is shown by its file's name: its ID3 tag claims to be larger than 64 MiB"
    server.wait_for(said.format(2))
    (music / "3.mp3").write_bytes(bad)
    assert eventually(lambda: "3. 3" in listed(server))
    server.wait_for(said.format(3))
    (music / "4.mp3").write_bytes(FRAME)
    assert eventually(lambda: "4. 4" in listed(server))
    assert server.out.count("is shown by its file's name") == 2


def test_a_song_that_has_gone_is_not_listed_and_comes_back(serve, music):
    (music / "2.mp3").write_bytes(FRAME)
    server = serve(music)
    (music / "1.mp3").rename(music / "away")
    assert eventually(lambda: listed(server) == "RESP 100 END 2. 2 END END")
    with PlainClient(server.port, seconds=30) as client:
        client.play(1)
        assert client.next().raw == b"ERRO 404 END END"
    server.wait_for("song 1 cannot be sent: its file has gone")
    (music / "away").rename(music / "1.mp3")
    assert eventually(lambda: listed(server) == "RESP 100 END 1. 1 END 2. 2 END END")


# Where IDs are kept


@pytest.fixture
def shared(tmp_path):
    """A directory that others may write to."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    folder.chmod(0o1777)
    return folder


def test_ids_are_kept_in_a_private_directory(music, shared):
    (music / "1.mp3").write_bytes(id3v2("A", "T") + FRAME)
    with serving(music, 0, "--state-dir", shared) as server:
        assert listed(server) == "RESP 100 END 1. A - T END END"
    [own] = shared.iterdir()
    assert own.name == f"alfine-{os.geteuid()}"
    assert own.stat().st_mode & 0o777 == 0o700
    assert [path.suffix for path in own.iterdir()] == [".sqlite"]


def test_ids_stay_over_a_restart(music, tmp_path):
    (music / "1.mp3").write_bytes(sound("1"))
    (music / "2.mp3").write_bytes(sound("2"))
    with serving(music, 0, "--state-dir", tmp_path / "state") as server:
        assert listed(server) == "RESP 100 END 1. 1 END 2. 2 END END"
        assert "the catalogue is new" in server.out
    (music / "1.mp3").rename(music / "3.mp3")
    (music / "0.mp3").write_bytes(sound("0"))
    with serving(music, 0, "--state-dir", tmp_path / "state") as server:
        assert listed(server) == "RESP 100 END 3. 0 END 2. 2 END 1. 3 END END"
        assert "the catalogue is new" not in server.out


def test_a_planted_link_is_not_followed(music, shared, tmp_path):
    target = tmp_path / "target"
    target.mkdir()
    (shared / f"alfine-{os.geteuid()}").symlink_to(target)
    with pytest.raises(AssertionError, match=r"the state directory .* cannot be used"):
        Server(music, 0, ("--state-dir", shared))
    assert list(target.iterdir()) == []


def test_without_a_home_ids_are_not_kept_and_that_is_said(music):
    prefix = ("env", "-u", "XDG_STATE_HOME", "HOME=/dev/null")
    with serving(music, 0, prefix=prefix) as server:
        assert listed(server) == "RESP 100 END 1. 1 END END"
        assert server.out.count("Songs may have other IDs at the next start") == 1
