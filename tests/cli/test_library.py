"""`alfine library` says what is served, what is not, and why."""

import json
import sys
from pathlib import Path

import jsonschema
import pytest

from cli.app import main
from tests.songs.making import id3v2, put, raw_id3v2, sound, text_frame

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schema/client-1.json").read_text())


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    put(folder / "b" / "1.mp3", id3v2("A", "\x1b[2JT\u202e") + sound("1"))
    frames = text_frame(b"TALB", "First") + text_frame(b"TRCK", "2") + text_frame(b"TYER", "1999")
    put(folder / "b" / "2.mp3", raw_id3v2(frames) + sound("2"))
    put(folder / "b" / "empty\x1b[31m.mp3", b"")
    put(folder / "b" / "._1.mp3")
    put(folder / "@eaDir" / "1.mp3")
    put(folder / "cover.JPG")
    return folder


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    def run(folder, *options):
        argv = ["alfine", "library", str(folder), "--state-dir", str(tmp_path / "state"), *options]
        monkeypatch.setattr(sys, "argv", argv)
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code, *capsys.readouterr()

    return run


def test_for_people(run, music):
    code, out, err = run(music)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "1  A - [2JT  (b/1.mp3)",
        "2  2  (b/2.mp3)",
        "",
        "not served:",
        "  b/empty[31m.mp3: it is empty",
        "",
        "no songs:",
        "  @eaDir: a folder in which programs keep what is no song",
        "  b/._1.mp3: macOS keeps in it what is no part of the file",
        "",
        "2 songs; 1 not served; 1 file that is no MP3 (1 .jpg)",
    ]


def test_ids_are_those_of_the_catalogue_and_what_has_gone_is_told(run, music):
    run(music)
    (music / "b" / "1.mp3").unlink()
    put(music / "b" / "0.mp3", sound("0"))
    _, out, _ = run(music)
    assert out.splitlines()[:2] == ["3  0  (b/0.mp3)", "2  2  (b/2.mp3)"]
    assert "  1  b/1.mp3: since 20" in out
    assert "2 songs; 1 not served; 1 gone;" in out


def test_for_programs(run, music):
    code, out, _ = run(music, "--json")
    said = json.loads(out)
    jsonschema.validate(said, SCHEMA)
    assert code == 0
    assert out.isascii()
    assert said["counts"] == {
        "served": 2, "not_served": 1, "no_songs": 2, "gone": 0, "others": {".jpg": 1},
    }  # fmt: skip
    assert said["songs"][1] == {
        "id": 2, "title": "2", "path": "b/2.mp3",
        "album": "First", "track": 2, "year": 1999, "duration_s": 0.026,
    }  # fmt: skip
    assert said["not_served"] == [{"path": "b/empty[31m.mp3", "reason": "it is empty"}]
    (music / "b" / "1.mp3").unlink()
    said = json.loads(run(music, "--json")[1])
    jsonschema.validate(said, SCHEMA)
    assert [(song["id"], song["path"]) for song in said["gone"]] == [(1, "b/1.mp3")]


def test_an_empty_folder(run, tmp_path):
    (tmp_path / "none").mkdir()
    assert run(tmp_path / "none") == (0, "0 songs; 0 not served\n", "")


def test_what_is_wrong_is_one_line(run, music, tmp_path):
    code, out, err = run(tmp_path / "nowhere")
    assert (code, out) == (2, "")
    assert "does not exist" in err
    assert len(err.splitlines()) == 1
    assert run(music, "--tag-encoding", "klingon")[0] == 2
    put(tmp_path / "file")
    code, _, err = run(music, "--state-dir", str(tmp_path / "file" / "x"))
    assert code == 2
    assert "the state directory cannot be used" in err


def test_a_catalogue_that_is_made_anew_is_said(run, music, tmp_path):
    run(music)
    [file] = (tmp_path / "state").glob("*.sqlite")
    file.write_bytes(b"junk" * 1000)
    code, out, err = run(music)
    assert code == 0
    assert out.startswith("1  A - [2JT")
    assert "is made anew: songs have other IDs than before" in err
