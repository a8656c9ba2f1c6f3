"""The server listens while it reads a large library for the first time, and lists what it has."""

from __future__ import annotations

import math
import threading

import pytest

from net.server.processes import first_scan
from net.server.processes.first_scan import FirstScan
from net.server.songs.rescan import Rescan
from songs import Library, MusicDirError, Progress, ScanReport
from songs.folder.folder import FolderSearch
from songs.scan import full as full_scan
from tests.end_to_end.programs import serving
from tests.net.server.conftest import TIMEOUT_S, eventually
from tests.net.server.test_song_options import listed
from tests.songs.making import put, raw_id3v2, sound, text_frame


@pytest.fixture
def music(tmp_path):
    """Ten folders of ten songs."""
    for number in range(100):
        put(tmp_path / "music" / f"{number // 10}" / f"{number % 10}.mp3", sound(str(number)))
    return tmp_path / "music"


class Held:
    """A scan that reads up to a number of files, and waits there until it is let go."""

    def __init__(self, monkeypatch, files):
        self.reached, self.go_on = threading.Event(), threading.Event()
        original, count = FolderSearch.folder, iter(range(1_000_000))

        def folder(reader, *arguments):
            for found in original(reader, *arguments):
                if next(count) == files:
                    self.reached.set()
                    assert self.go_on.wait(TIMEOUT_S)
                yield found

        monkeypatch.setattr(FolderSearch, "folder", folder)
        monkeypatch.setattr(full_scan, "FIRST_PUBLISH_S", 0.0)
        monkeypatch.setattr(full_scan, "PUBLISH_S", 0.0)
        monkeypatch.setattr(full_scan, "PUBLISH_PER_COST", 0)
        monkeypatch.setattr(full_scan, "REPORT_S", 0.0)
        monkeypatch.setattr(full_scan, "CHECK_FILES", 1)


def test_what_is_read_is_listed_with_the_ids_that_it_keeps(music, tmp_path, monkeypatch):
    held = Held(monkeypatch, files=55)
    library = Library(music, tmp_path / "state" / "songs")
    thread = threading.Thread(target=library.scan)
    thread.start()
    assert held.reached.wait(TIMEOUT_S)
    early = library.songs
    # These have no track numbers, so that the order is certain as far as they are read.
    assert [song.song_id for song in early] == list(range(1, 56))
    versions = library.versions
    held.go_on.set()
    thread.join(TIMEOUT_S)
    assert library.songs[:55] == early
    assert [song.song_id for song in library.songs] == list(range(1, 101))
    assert library.versions != versions


def test_where_tracks_decide_a_folder_is_listed_when_it_is_read(tmp_path, monkeypatch):
    for number in range(20):
        tag = raw_id3v2(text_frame(b"TRCK", str(10 - number % 10)))
        put(tmp_path / f"{number // 10}" / f"{number % 10}.mp3", tag + sound(str(number)))
    held = Held(monkeypatch, files=15)
    library = Library(tmp_path)
    thread = threading.Thread(target=library.scan)
    thread.start()
    assert held.reached.wait(TIMEOUT_S)
    assert [(s.song_id, s.title) for s in library.songs] == [(n + 1, str(9 - n)) for n in range(10)]
    held.go_on.set()
    thread.join(TIMEOUT_S)
    assert [song.song_id for song in library.songs] == list(range(1, 21))


def test_a_scan_that_takes_long_is_not_waited_for(music, monkeypatch):
    monkeypatch.setattr(first_scan, "AWAITED_FILES", 10)
    held = Held(monkeypatch, files=55)
    library, over = Library(music), list[ScanReport | None]()
    rescan = Rescan(library)

    def is_over(report, seconds):
        over.append(report)
        rescan.first_is_over(seconds)

    first = FirstScan(library, lambda progress: None, is_over)
    first.start()
    first.wait()
    assert first.running
    assert library.songs
    assert not rescan.due(rescan._ended_at + 1e9), "the first scan is not over"
    held.go_on.set()
    assert eventually(lambda: not first.running)
    [report] = over
    assert (report.added, len(library.songs)) == (100, 100)
    assert rescan.due(rescan._ended_at + 1000)


def test_songs_of_last_time_are_served_before_any_file_is_looked_at(music, tmp_path, monkeypatch):
    catalogue = tmp_path / "state" / "songs"
    Library(music, catalogue).scan()
    monkeypatch.setattr(first_scan, "AWAITED_FILES", 10)
    monkeypatch.setattr(first_scan, "MOST_AWAITED_S", math.inf)
    go_on, original = threading.Event(), FolderSearch.walk

    def walk(*arguments):
        assert go_on.wait(TIMEOUT_S)
        return original(*arguments)

    monkeypatch.setattr(FolderSearch, "walk", walk)
    library = Library(music, catalogue)
    first = FirstScan(library, lambda progress: None, lambda report, seconds: None)
    first.start()
    first.wait()
    assert first.running
    assert len(library.songs) == 100
    go_on.set()
    assert eventually(lambda: not first.running)


def test_a_small_library_is_waited_for_however_long_it_takes(music, monkeypatch):
    monkeypatch.setattr(first_scan, "AWAITED_S", 0.0)
    held = Held(monkeypatch, files=55)
    first = FirstScan(Library(music), lambda progress: None, lambda report, seconds: None)
    first.start()
    threading.Thread(target=lambda: held.reached.wait(TIMEOUT_S) and held.go_on.set()).start()
    first.wait()
    assert not first.running


def test_a_scan_is_ended_with_the_server(music, monkeypatch):
    held = Held(monkeypatch, files=64)
    over: list[object] = []
    first = FirstScan(Library(music), lambda progress: None, lambda *result: over.append(result))
    first.start()
    assert held.reached.wait(TIMEOUT_S)
    first._library.stop_scanning()
    held.go_on.set()
    first.end()
    assert not first.running
    assert over == []


def test_nothing_is_read_while_a_scan_is_paused(music, monkeypatch):
    library, progress = Library(music), list[Progress]()
    monkeypatch.setattr(full_scan, "REPORT_S", 0.0)
    with library.scanning_paused():
        first = FirstScan(library, progress.append, lambda report, seconds: None)
        first.start()
        first._thread.join(0.2)
        assert progress == []
        assert first.running
    first._thread.join(TIMEOUT_S)
    assert progress[-1][:2] == (100, 100)


def test_a_folder_that_cannot_be_read_is_told(music, monkeypatch, caplog):
    class Gone(Library):
        def scan(self, report=None):
            raise MusicDirError("it has gone")

    over: list[ScanReport | None] = []
    first = FirstScan(Gone(music), lambda progress: None, lambda report, s: over.append(report))
    first.start()
    first.wait()
    assert over == [None]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_server_lists_all_in_the_end(music, tmp_path, workers):
    with serving(music, 0, "--state-dir", tmp_path / "state", "--workers", workers) as server:
        server.wait_for("100 songs")
        assert listed(server).count(" END ") == 101
