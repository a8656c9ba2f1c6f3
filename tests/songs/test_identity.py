"""An ID never changes its song: over moves, tags, copies, restarts, and two servers at once."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from songs import Library
from songs.catalogue import Entry, Row
from songs.scan.identity import File, Identities
from songs.scan.prints import BEGIN_BYTES, WHOLE_BYTES
from tests.needs import needs_program
from tests.songs.making import apev2, frame, id3v1, id3v2, put, sound, xing

BIG = random.Random(1).randbytes(200_000)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state" / "songs.sqlite"


def ids(music: Path, state: Path | None) -> dict[str, int]:
    """Return the ID of each path, as a server that starts now gives it."""
    library = Library(music, state)
    report = library.scan()
    assert report.warnings == []
    return {song.path.decode(): song.song_id for song in library.songs}


def test_a_new_library_is_numbered_in_the_order_of_the_list(music: Path, state: Path) -> None:
    for name in ("b/2.mp3", "b/10.mp3", "a/x.mp3", "a/b/1.mp3", "z.mp3"):
        put(music / name, sound(name))
    assert list(ids(music, state).items()) == [
        ("z.mp3", 1), ("a/x.mp3", 2), ("a/b/1.mp3", 3), ("b/2.mp3", 4), ("b/10.mp3", 5),
    ]  # fmt: skip


def test_later_files_get_later_ids_and_stand_where_their_paths_put_them(
    music: Path, state: Path
) -> None:
    for name in ("a", "c"):
        put(music / f"{name}.mp3", sound(name))
    ids(music, state)
    put(music / "b.mp3", sound("b"))
    assert list(ids(music, state).items()) == [("a.mp3", 1), ("b.mp3", 3), ("c.mp3", 2)]


def test_moved_renamed_and_tagged_anew(music: Path, state: Path) -> None:
    for name in ("a", "b", "c"):
        put(music / f"{name}.mp3", id3v2("A", name) + sound(name))
    ids(music, state)
    (music / "new").mkdir()
    (music / "a.mp3").rename(music / "new" / "z.mp3")
    put(
        music / "b.mp3", id3v2("Another", "Name", picture_bytes=5000) + sound("b") + id3v1("x", "y")
    )
    os.remove(music / "c.mp3")
    put(music / "new" / "c2.mp3", sound("c") + apev2("A", "C"))
    assert ids(music, state) == {"new/z.mp3": 1, "b.mp3": 2, "new/c2.mp3": 3}


@pytest.mark.parametrize("first", [xing(b"Info", 40), xing(b"Xing", 40, lame=(576, 99)), b""])
def test_tagged_anew_by_a_program_that_writes_the_first_frame_anew(
    music: Path, state: Path, first: bytes
) -> None:
    sounding = {name: frame() * 40 + sound(name) for name in ("a", "b", "c", "d")}
    for name in sounding:
        put(music / f"{name}.mp3", id3v2("A", name) + first + sounding[name])
    before = ids(music, state)
    anew = xing(b"Info", 41, lame=(1, 2))
    for name in ("a", "b", "c"):
        put(music / f"{name}.new", id3v2("Another", name) + anew + sounding[name])
        (music / f"{name}.new").replace(music / f"{name}.mp3")
    (music / "b.mp3").rename(music / "z.mp3")
    put(music / "c.mp3", id3v2("A", "c") + anew + sounding["a"])
    now = ids(music, state)
    assert now == {"a.mp3": 1, "z.mp3": 2, "c.mp3": 5, "d.mp3": 4}, before


@needs_program("ffmpeg")
@pytest.mark.parametrize("xing_first", ["1", "0"])
def test_tagged_anew_by_ffmpeg(music: Path, state: Path, xing_first: str) -> None:
    def ffmpeg(*arguments: object) -> None:
        command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)]
        subprocess.run(command, check=True, timeout=120)

    tones = [f"sine=frequency={hz}:duration=9" for hz in (300, 400)]
    for name, tone in zip("ab", tones, strict=True):
        ffmpeg("-f", "lavfi", "-i", tone, "-write_xing", xing_first, music / f"{name}.mp3")
    assert ids(music, state) == {"a.mp3": 1, "b.mp3": 2}
    for name in "ab":
        path, new = music / f"{name}.mp3", music / "new.tmp.mp3"
        ffmpeg("-i", path, "-c", "copy", "-metadata", "title=X", new)
        assert new.read_bytes()[-70_000:] == path.read_bytes()[-70_000:]
        new.rename(path)
    (music / "b.mp3").rename(music / "c.mp3")
    assert ids(music, state) == {"a.mp3": 1, "c.mp3": 2}


def test_a_catalogue_whose_prints_have_the_first_part_alone(music: Path, state: Path) -> None:
    """Its IDs stay, whatever has been done to a file that an older alfine knew as well."""
    for name in ("a", "b", "c"):
        put(music / f"{name}.mp3", xing(b"Info", 40) + frame() * 40 + sound(name))
    ids(music, state)
    with closing(sqlite3.connect(state)) as database, database:
        database.execute(f"UPDATE songs SET print = substr(print, 1, {WHOLE_BYTES}), stamp = 'old'")
    (music / "b.mp3").rename(music / "0.mp3")
    put(music / "c.mp3", id3v2("A", "c") + (music / "c.mp3").read_bytes())
    assert ids(music, state) == {"0.mp3": 2, "a.mp3": 1, "c.mp3": 3}
    put(music / "a.mp3", xing(b"Info", 41) + frame() * 40 + sound("a"))
    assert ids(music, state) == {"0.mp3": 2, "a.mp3": 1, "c.mp3": 3}


def test_two_songs_that_change_places(music: Path, state: Path) -> None:
    for name in ("a", "b"):
        put(music / f"{name}.mp3", sound(name))
    ids(music, state)
    (music / "a.mp3").rename(music / "t")
    (music / "b.mp3").rename(music / "a.mp3")
    (music / "t").rename(music / "b.mp3")
    assert ids(music, state) == {"a.mp3": 2, "b.mp3": 1}


def test_a_song_that_goes_and_returns_elsewhere(music: Path, state: Path) -> None:
    for name in ("a", "b"):
        put(music / f"{name}.mp3", sound(name))
    ids(music, state)
    (music / "a.mp3").unlink()
    assert ids(music, state) == {"b.mp3": 2}
    put(music / "c.mp3", sound("c"))
    assert ids(music, state) == {"b.mp3": 2, "c.mp3": 3}
    put(music / "again" / "x.mp3", id3v2("New", "Tags") + sound("a"))
    assert ids(music, state) == {"b.mp3": 2, "c.mp3": 3, "again/x.mp3": 1}


def test_another_song_at_the_path_of_one_is_another(music: Path, state: Path) -> None:
    put(music / "a.mp3", sound("a"))
    ids(music, state)
    put(music / "a.mp3", sound("other"))
    assert ids(music, state) == {"a.mp3": 2}
    put(music / "a.mp3", sound("a"))
    assert ids(music, state) == {"a.mp3": 1}


def test_copies_are_songs_of_their_own(music: Path, state: Path) -> None:
    for name in ("a/x.mp3", "b/x.mp3", "c/x.mp3", "c/y.mp3"):
        put(music / name, sound("same"))
    before = ids(music, state)
    assert before == {"a/x.mp3": 1, "b/x.mp3": 2, "c/x.mp3": 3, "c/y.mp3": 4}
    put(music / "0" / "x.mp3", sound("same"))
    (music / "c").rename(music / "d")
    now = ids(music, state)
    assert now == {"0/x.mp3": 5, "a/x.mp3": 1, "b/x.mp3": 2, "d/x.mp3": 3, "d/y.mp3": 4}


def test_a_copy_that_is_moved_to_another_disk_is_known_by_its_name(
    music: Path, state: Path
) -> None:
    for name in ("a/x.mp3", "a/y.mp3"):
        put(music / name, sound("same"))
    ids(music, state)
    shutil.copytree(music / "a", music / "0")
    shutil.rmtree(music / "a")
    assert ids(music, state) == {"0/x.mp3": 1, "0/y.mp3": 2}


def test_a_song_that_is_still_being_copied_is_one_song(music: Path, state: Path) -> None:
    for length in (BEGIN_BYTES, 100_000, 200_000):
        put(music / "a.mp3", id3v2("A", "T") + BIG[:length])
        assert ids(music, state) == {"a.mp3": 1}
    put(music / "b.mp3", BIG)
    (music / "a.mp3").unlink()
    assert ids(music, state) == {"b.mp3": 1}


def test_a_longer_version_does_not_take_the_id_of_one_that_was_moved(
    music: Path, state: Path
) -> None:
    put(music / "a.mp3", BIG[:100_000])
    ids(music, state)
    (music / "a.mp3").rename(music / "b.mp3")
    put(music / "a.mp3", BIG)
    assert ids(music, state) == {"a.mp3": 2, "b.mp3": 1}


@pytest.mark.parametrize("place", [0, 70_000, 190_000])
def test_a_song_that_differs_in_its_begin_its_middle_or_its_end_is_another(
    music: Path, state: Path, place: int
) -> None:
    put(music / "a.mp3", BIG[:200_000])
    ids(music, state)
    (music / "a.mp3").rename(music / "b.mp3")
    changed = bytearray(BIG)
    changed[place : place + 5] = b"other"
    put(music / "b.mp3", bytes(changed))
    put(music / "c.mp3", BIG)
    found = ids(music, state)
    assert (found["c.mp3"], found["b.mp3"]) == (1, 2)


def test_never_all_of_a_large_file_is_read(music: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(music / "a.mp3", "wb") as file:
        file.write(id3v2("A", "T") + BIG)
        file.truncate(200 << 20)
    read: list[int] = []

    class Counting:
        def __init__(self, fd: int, *_: object, **__: object) -> None:
            self.fd = fd

        def __enter__(self) -> Counting:
            return self

        def __exit__(self, *_: object) -> None:
            os.close(self.fd)

        def seek(self, offset: int) -> None:
            os.lseek(self.fd, offset, os.SEEK_SET)

        def read(self, count: int) -> bytes:
            read.append(count)
            return os.read(self.fd, count)

    monkeypatch.setattr("builtins.open", Counting)
    library = Library(music)
    library.scan()
    assert len(library.songs) == 1
    assert 0 < sum(read) <= 5 * 65536


def test_two_servers_on_one_directory_give_the_same_ids(music: Path, state: Path) -> None:
    put(music / "a.mp3", sound("a"))
    first, second = Library(music, state), Library(music, state)
    first.scan()
    second.scan()
    for round_, (one, other) in enumerate([(first, second), (second, first)] * 2):
        put(music / f"{round_}.mp3", sound(str(round_)))
        one.scan()
        other.scan()
        assert one.songs == other.songs
    assert len({song.song_id for song in first.songs}) == 5


class Moves(RuleBasedStateMachine):
    """Songs are added, moved, renamed, tagged, deleted, brought back and copied; servers restart.

    Each song has a sound of its own; of copies, which cannot be told apart, there are as many IDs.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.music = self.folder / "music"
        self.music.mkdir()
        self.state = self.folder / "songs.sqlite"
        self.library = Library(self.music, self.state)
        self.files: dict[str, tuple[int, int]] = {}
        """The song at each path, and which copy of it."""
        self.ids: dict[tuple[int, int], int] = {}
        self.away: list[tuple[int, int]] = []
        self.count = 0
        self.names = 0

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def write(self, path: str, song: int, tag: bytes = b"") -> None:
        put(self.music / path, tag + sound(f"song {song}"))

    def free_path(self, folder: str) -> str:
        self.names += 1
        return f"{folder}/{self.names}.mp3"

    @rule(folder=st.sampled_from("abc"))
    def add(self, folder: str) -> None:
        self.count += 1
        path = self.free_path(folder)
        self.write(path, self.count)
        self.files[path] = self.count, 0

    @precondition(lambda self: self.files)
    @rule(data=st.data(), folder=st.sampled_from("abc"))
    def move(self, data: st.DataObject, folder: str) -> None:
        path, new = data.draw(st.sampled_from(sorted(self.files))), self.free_path(folder)
        (self.music / folder).mkdir(exist_ok=True)
        (self.music / path).rename(self.music / new)
        self.files[new] = self.files.pop(path)

    @precondition(lambda self: len(self.files) > 1)
    @rule(data=st.data())
    def swap(self, data: st.DataObject) -> None:
        one, other = data.draw(
            st.lists(st.sampled_from(sorted(self.files)), min_size=2, max_size=2, unique=True)
        )
        songs = [song for song, _ in self.files.values()]
        have_copies = any(songs.count(self.files[path][0]) > 1 for path in (one, other))
        if self.files[one][0] == self.files[other][0]:  # copies: the path decides
            return
        if have_copies:  # so it does where one comes to a path that another has had
            self.scan()
        (self.music / one).rename(self.music / "t")
        (self.music / other).rename(self.music / one)
        (self.music / "t").rename(self.music / other)
        self.files[one], self.files[other] = self.files[other], self.files[one]
        if have_copies:
            self.scan()

    @precondition(lambda self: self.files)
    @rule(data=st.data(), title=st.text("abc", min_size=1, max_size=3))
    def tag(self, data: st.DataObject, title: str) -> None:
        path = data.draw(st.sampled_from(sorted(self.files)))
        self.write(path, self.files[path][0], id3v2("A", title))

    @precondition(lambda self: self.files)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        path = data.draw(st.sampled_from(sorted(self.files)))
        (self.music / path).unlink()
        self.away.append(self.files.pop(path))

    @precondition(lambda self: self.away)
    @rule(folder=st.sampled_from("abc"))
    def bring_back(self, folder: str) -> None:
        song, _ = back = self.away[-1]
        if any(other == song for other, _ in self.files.values()) or (
            sum(other == song for other, _ in self.away) > 1
        ):
            return  # which of the copies it is nobody can tell
        self.away.pop()
        path = self.free_path(folder)
        self.write(path, song)
        self.files[path] = back

    @precondition(lambda self: self.files)
    @rule(data=st.data(), folder=st.sampled_from("abc"))
    def copy(self, data: st.DataObject, folder: str) -> None:
        self.scan()
        path = data.draw(st.sampled_from(sorted(self.files)))
        song = self.files[path][0]
        if any(other == song for other, _ in self.away):
            return
        new = self.free_path(folder)
        (self.music / folder).mkdir(exist_ok=True)
        shutil.copy(self.music / path, self.music / new)
        self.files[new] = song, 1 + max(n for s, n in self.files.values() if s == song)
        self.scan()

    @rule()
    def restart(self) -> None:
        self.library = Library(self.music, self.state)
        self.scan()

    @rule()
    def scan(self) -> None:
        assert self.library.scan().warnings == []
        listed = {song.path.decode(): song.song_id for song in self.library.songs}
        assert listed.keys() == self.files.keys()
        for path, song in self.files.items():
            assert self.ids.setdefault(song, listed[path]) == listed[path]
        assert len(set(self.ids.values())) == len(self.ids)

    @invariant()
    def no_id_is_skipped(self) -> None:
        assert sorted(self.ids.values()) == list(range(1, len(self.ids) + 1))


TestMoves = Moves.TestCase
# Without shrinking, which would take minutes: each step writes to the disk.
TestMoves.settings = settings(
    max_examples=30, stateful_step_count=25, deadline=None,
    suppress_health_check=list(HealthCheck), phases=[Phase.generate],
)  # fmt: skip


# The rules alone


def entry(print_: bytes, inode: int = 0) -> Entry:
    return Entry(f"1:1:1:{inode}" if inode else "", print_, "x")


def looked_up(identities: Identities, *files: File) -> dict[bytes, int]:
    identities.begin()
    found = {file.path: identities.find(file) for file in files}
    left = [file for file in files if found[file.path] is None]
    found.update(zip((file.path for file in left), identities.settle(left), strict=True))
    identities.end()
    return {path: song_id for path, song_id in found.items() if song_id is not None}


@pytest.fixture
def three() -> Identities:
    identities = Identities(clock=lambda: 100.0)
    identities.learn(Row(n, b"f/%d.mp3" % n, entry(b"same", inode=n)) for n in (1, 2, 3))
    return identities


def test_of_copies_the_path_decides_then_the_file_then_the_name_then_the_folder(
    three: Identities,
) -> None:
    files = [
        File(b"f/1.mp3", entry(b"same")),
        File(b"g/0.mp3", entry(b"same", inode=3)),
        File(b"g/2.mp3", entry(b"same")),
        File(b"g/3.mp3", entry(b"same")),
    ]
    assert looked_up(three, *files) == {b"f/1.mp3": 1, b"g/0.mp3": 3, b"g/2.mp3": 2, b"g/3.mp3": 4}
    assert {row.song_id for row in three.take_changes()} == {1, 2, 3, 4}
    assert looked_up(three, *files[1:]) == {b"g/0.mp3": 3, b"g/2.mp3": 2, b"g/3.mp3": 4}
    assert three.take_changes() == [Row(1, *files[0], 100.0)]


def test_of_songs_with_the_same_music_the_same_first_frame_decides(three: Identities) -> None:
    prints = [bytes([n]) * WHOLE_BYTES + b"the same music.." for n in range(4)]
    three.learn(Row(n, b"f/%d.mp3" % n, entry(prints[n], inode=n)) for n in (1, 2, 3))
    files = [
        File(b"g/1.mp3", entry(prints[3])),
        File(b"g/2.mp3", entry(prints[0])),
        File(b"g/3.mp3", entry(prints[1])),
    ]
    assert looked_up(three, *files) == {b"g/1.mp3": 3, b"g/2.mp3": 2, b"g/3.mp3": 1}


def test_a_song_is_known_by_its_sound_whenever_it_was_learned(three: Identities) -> None:
    looked_up(three, *(File(b"f/%d.mp3" % n, entry(b"same", inode=n)) for n in (1, 2, 3)))
    assert looked_up(three, File(b"new.mp3", entry(b"new"))) == {b"new.mp3": 4}
    three.learn([Row(9, b"h/9.mp3", entry(b"late"))])
    assert looked_up(three, File(b"moved.mp3", entry(b"late"))) == {b"moved.mp3": 9}
    three.learn([Row(9, b"h/9.mp3", entry(b"other"))])
    assert looked_up(three, File(b"late.mp3", entry(b"late"))) == {b"late.mp3": 10}
    assert looked_up(three, File(b"i/9.mp3", entry(b"other"))) == {b"i/9.mp3": 9}


def test_a_song_whose_print_is_not_known_is_known_by_its_path(three: Identities) -> None:
    files = [File(b"f/1.mp3", entry(b"")), File(b"f/2.mp3", entry(b"")), File(b"n", entry(b""))]
    assert looked_up(three, *files) == {b"f/1.mp3": 1, b"f/2.mp3": 2, b"n": 4}
    assert looked_up(three, File(b"f/1.mp3", entry(b"late"))) == {b"f/1.mp3": 1}


def test_what_has_not_changed_is_not_written_again(three: Identities) -> None:
    files = [File(b"f/%d.mp3" % n, entry(b"same", inode=n)) for n in (1, 2, 3)]
    looked_up(three, *files)
    assert three.take_changes() == []
