"""What a client keeps while it runs, and what it says where it cannot."""

import asyncio
import dataclasses

import pytest

from cli.memory.heard import HeardFile
from cli.memory.kept import Kept
from cli.memory.memory import LeftOff, Memory
from cli.memory.playlists import Playlists
from cli.memory.saved import Saved, SavedFile
from cli.playing.changes import Changes
from cli.playing.remembering.keeping import Keeping
from cli.playing.said import Said
from cli.words.moment import Activity, Status
from fsm.client import events as on
from fsm.client.events import ListedSong
from fsm.client.machines import ClientSession
from fsm.client.queue.edits import Restore
from fsm.client.requests import (
    EditRequested,
    Gain,
    GainRequested,
    Repeat,
    RepeatRequested,
    VolumeRequested,
)

SONGS = (ListedSong(1, "one"), ListedSong(2, "two"))
SAVED = Saved(
    Kept("one", 1),
    83.0,
    (Kept("two", 2), Kept("gone", 3)),
    (Kept("two", 2),),
    60,
    "all",
    "ab",
    "album",
)


class Program:
    """A client that does what a test says."""

    def __init__(self, songs):
        self.now = Status()
        self.songs = ()
        self.fired = []
        self.remarks = []
        self.lists_asked = 0
        self._list = songs
        self.changes = Changes()

    def status(self):
        return self.now

    def fire(self, event):
        self.fired.append(event)

    def remark(self, text):
        self.remarks.append(text)

    def remember(self, titles):
        self.remembered = titles

    async def wait_for_titles(self):
        self.lists_asked += 1
        self.songs = self._list

    def becomes(self, **values):
        self.now = dataclasses.replace(self.now, **values)
        self.changes.notify()


class Run:
    """One run of a client with files in a folder."""

    def __init__(self, folder, version="", songs=SONGS, **options):
        self.folder = folder
        self.program = Program(songs)
        self.file = SavedFile("server:1", folder)
        heard = HeardFile(folder / "heard.jsonl")
        self.memory = Memory("server:1", Playlists(folder / "playlists"), heard)
        self.session = ClientSession(observe=lambda step: self.keeping.observe(step))
        self.now_s = 100.0
        self.keeping = Keeping(
            lambda: self.program,
            lambda: self.session,
            self.memory,
            self.file,
            self.program.changes.watch(),
            wall=lambda: 1_790_000_000.0,
            monotonic=lambda: self.now_s,
            **options,
        )
        tokens = ("alfine/1", "ends", *([f"library={version}"] if version else []))
        self.session.handle(on.Connected())
        self.session.handle(on.SetupReceived(tokens))

    def play(self, song_id, title):
        self.session.handle(on.PlayRequested(song_id))
        self.program.becomes(activity=Activity.PLAYING, song_id=song_id, title=title)


def during(run, *acts):
    """Start, do these things, each followed by half a minute, and stop."""

    async def whole():
        await run.keeping.start()
        for act in acts:
            act()
            for job in run.keeping.jobs(run.program.status()):
                job()
            run.now_s += 31.0
        await run.keeping.stop()

    asyncio.run(whole())


@pytest.fixture
def left(tmp_path):
    SavedFile("server:1", tmp_path).write(SAVED)
    return tmp_path


def restored(upcoming, played):
    return [
        VolumeRequested(60),
        GainRequested(Gain.ALBUM),
        RepeatRequested(Repeat.ALL),
        EditRequested(Restore(upcoming, played)),
    ]


def test_in_the_same_version_nothing_is_asked(left):
    run = Run(left, "ab")
    during(run)
    assert run.program.lists_asked == 0
    assert run.program.fired == restored((2, 3), (2,))
    assert run.memory.left_off == LeftOff(1, "one", 83.0)
    assert run.program.remarks == ["resume: one at 1:23, 2 more queued"]
    assert run.program.remembered == {1: "one", 2: "two", 3: "gone"}


@pytest.mark.parametrize("version", ["", "cd"])
def test_in_another_version_the_songs_are_found_by_their_titles(left, version):
    songs = (ListedSong(7, "two"), ListedSong(2, "gone by another name"), ListedSong(1, "one"))
    run = Run(left, version, songs)
    during(run)
    assert run.program.lists_asked == 1
    assert run.program.fired == restored((7,), (7,))
    assert run.program.remarks == [
        "resume: one at 1:23, 1 more queued; not on this server any more: gone"
    ]


def test_where_no_list_can_be_had_the_ids_are_taken_as_they_were(left):
    run = Run(left, songs=())
    during(run)
    assert run.program.fired == restored((2, 3), (2,))


def test_a_song_that_is_gone_is_not_gone_on_with(left):
    run = Run(left, "cd", (ListedSong(2, "two"),))
    during(run)
    assert run.memory.left_off == LeftOff()
    assert run.program.remarks == ["resume: 1 song queued; not on this server any more: one, gone"]


def test_what_a_person_says_goes_before_what_was_left(left):
    run = Run(left, "ab", said=Said(volume=30))
    during(run)
    assert VolumeRequested(60) not in run.program.fired
    assert GainRequested(Gain.ALBUM) in run.program.fired
    run = Run(left, "ab", said=Said(gain="off"))
    during(run)
    assert GainRequested(Gain.ALBUM) not in run.program.fired
    assert VolumeRequested(60) in run.program.fired
    run = Run(left, "ab", fresh=True)
    during(run)
    assert run.program.fired == [] and run.program.remarks == []
    assert run.file.read() == SAVED  # it has done nothing that would take its place


def test_what_plays_takes_the_place_of_what_was_left(left):
    run = Run(left, "ab")
    during(run, lambda: run.play(2, "two"))
    assert run.memory.left_off is None
    assert run.file.read().song == Kept("two", 2)


def test_what_was_heard_is_kept(left):
    run = Run(left, "ab")
    during(run, lambda: run.play(2, None), lambda: run.play(1, "one"), lambda: None)
    heard = run.memory.heard.read()
    assert [(h.at, h.server, h.song) for h in heard] == [
        (1_790_000_000.0, "server:1", Kept("two", 2, "ab")),
        (1_790_000_000.0, "server:1", Kept("one", 1, "ab")),
    ]


def test_that_nothing_can_be_kept_is_said_once(tmp_path):
    (tmp_path / "heard.jsonl").mkdir()
    run = Run(tmp_path, "ab")

    async def whole():
        await run.keeping.start()
        run.file.path.mkdir()  # no file can take its place
        (run.file.path / "x").touch()
        for song_id in (1, 2):
            run.play(song_id, "song")
            while not run.program.remarks:
                await asyncio.sleep(0.01)
        await run.keeping.stop()

    asyncio.run(whole())
    (remark,) = run.program.remarks
    assert remark.startswith("what is played and queued cannot be kept: ")


def test_the_very_place_is_kept_at_the_end(tmp_path):
    run = Run(tmp_path, "ab")

    async def whole():
        await run.keeping.start()
        run.play(1, "song")
        run.program.becomes(position_s=10.0)
        for job in run.keeping.jobs(run.program.status()):
            job()
        run.now_s += 1.0
        run.program.becomes(position_s=11.0)
        await run.keeping.stop()

    asyncio.run(whole())
    assert run.file.read().position_s == 11.0
