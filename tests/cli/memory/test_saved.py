"""What a client leaves behind comes back; what is no such thing is told apart."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.memory import saved as module
from cli.memory.kept import Kept
from cli.memory.saved import (
    VERSION,
    Broken,
    NewerVersion,
    Saved,
    SavedFile,
    decode,
    encode,
    file_name,
)
from tests.cli.memory.strategies import kept_songs

SAVED = Saved(
    Kept("Lanterns", 5),
    83.2,
    (Kept("a", 1), Kept("b", 2)),
    (Kept("c", 3),),
    60,
    "all",
    "ab",
    "album",
)


@pytest.fixture
def file(tmp_path):
    return SavedFile("server:12345", tmp_path / "clients")


def test_what_is_written_is_read(file):
    assert file.read() is None
    file.write(SAVED)
    assert file.read() == SAVED
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_a_later_place_is_appended(file):
    file.write(SAVED)
    before = file.path.read_bytes()
    assert file.add_place(90.0) and file.add_place(95.5)
    assert file.path.read_bytes().startswith(before)
    assert file.read() == SAVED._replace(position_s=95.5)


def test_a_place_that_a_crash_has_cut_off_is_left_out(file):
    file.write(SAVED)
    file.add_place(90.0)
    file.add_place(95.0)
    os.truncate(file.path, file.path.stat().st_size - 4)
    assert file.read() == SAVED._replace(position_s=90.0)


def test_the_place_in_another_clients_song_is_none_in_this_one(file):
    other = SavedFile("server:12345", file.path.parent)
    file.write(SAVED)
    other.write(SAVED._replace(song=Kept("another", 9), position_s=1.0))
    assert file.add_place(200.0)
    assert file.read().position_s == 1.0


def test_places_do_not_add_up_without_end(file, monkeypatch):
    monkeypatch.setattr(module, "MAX_PLACES", 3)
    assert not file.add_place(1.0)  # nothing has been written of which it could be a place
    file.write(SAVED)
    assert [file.add_place(1.0) for _ in range(5)] == [True] * 3 + [False] * 2
    file.path.unlink()
    file.write(SAVED)
    file.path.unlink()
    assert not file.add_place(1.0)


def test_each_server_has_its_own(tmp_path):
    names = {file_name(server) for server in ("a:1", "a:2", "b:1", "[::1]:1", "[::1%eth0]:1")}
    assert len(names) == 5
    assert file_name("A:1") == file_name("a:1")


@given(st.text(max_size=300))
def test_every_server_has_a_name_for_a_file(server):
    name = file_name(server)
    assert os.path.basename(name) == name and len(name) < 120 and not name.startswith(".")


SAVED_BY_CHANCE = st.builds(
    Saved,
    st.none() | kept_songs(),
    st.floats(0, 1e6).map(lambda place: round(place, 3)),
    st.lists(kept_songs(), max_size=4).map(tuple),
    st.lists(kept_songs(), max_size=4).map(tuple),
    st.integers(0, 100),
    st.sampled_from(["off", "one", "all"]),
    st.text("ab01-", max_size=8),
    st.sampled_from(["off", "track", "album"]),
)


@given(SAVED_BY_CHANCE)
def test_all_of_it_comes_back(saved):
    assert decode(encode(saved, "s:1", "w")) == saved


@given(st.binary(max_size=200))
def test_no_content_makes_it_raise_anything_else(content):
    with pytest.raises(Broken):
        decode(content)


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3)
VALUES = st.recursive(
    LEAVES, lambda v: st.lists(v, max_size=2) | st.dictionaries(st.text(max_size=3), v, max_size=2)
)


@given(st.sampled_from(sorted(json.loads(encode(SAVED, "s", "w")))), VALUES)
def test_a_member_of_any_other_kind_is_broken_or_is_taken(name, value):
    members = json.loads(encode(SAVED, "s", "w")) | {name: value}
    try:
        decode(json.dumps(members).encode())
    except (Broken, NewerVersion):
        assert name not in ("server", "writer")


def test_a_file_that_says_nothing_of_the_gain_has_none():
    members = json.loads(encode(SAVED, "s", "w"))
    del members["gain"]
    assert decode(json.dumps(members).encode()) == SAVED._replace(gain="off")


def test_a_newer_version_is_none_of_our_business():
    with pytest.raises(NewerVersion):
        decode(json.dumps({"alfine_state": VERSION + 1, "anything": "else"}).encode())
