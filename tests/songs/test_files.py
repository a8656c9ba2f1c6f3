"""Which files are opened: each case with openat2 and with resolution step by step."""

import errno
import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import songs.folder.files
from songs import MAX_SONG_BYTES, MusicDirError, SongUnavailable
from songs.folder.files import Root, open_beneath, open_song
from tests.songs.making import FRAME, descriptors, open_directory, put, unprivileged


def no_openat2(dir_fd: int, relative: bytes, flags: int, resolve: int) -> int:
    raise OSError(errno.ENOSYS, "no openat2")


@pytest.fixture(autouse=True, params=["openat2", "in steps"])
def resolution(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "in steps":
        monkeypatch.setattr(songs.folder.files, "_openat2", no_openat2)
    return str(request.param)


@pytest.fixture
def root(music: Path) -> Iterator[Root]:
    with Root(os.fsencode(music)) as root:
        yield root


def content_of(root: Root, relative: bytes) -> bytes:
    fd, status = open_song(root, relative)
    with open(fd, "rb") as file:
        assert status.st_size > 0
        assert stat.S_ISREG(os.fstat(fd).st_mode)
        return file.read()


def refusal(root: Root, relative: bytes) -> str:
    before = descriptors()
    with pytest.raises(SongUnavailable) as caught:
        os.close(open_song(root, relative)[0])
    assert descriptors() == before
    return caught.value.reason


LEADS_OUT = "it is a link that leads out of the music directory"
NOT_REGULAR = "it is not a regular file"


def test_a_regular_file(root: Root, music: Path) -> None:
    put(music / "a" / "b" / "x.mp3")
    assert content_of(root, b"a/b/x.mp3") == FRAME


def test_descriptors_are_not_inherited(root: Root, music: Path) -> None:
    put(music / "x.mp3")
    fd, _ = open_song(root, b"x.mp3")
    assert not os.get_inheritable(fd)
    os.close(fd)


@pytest.mark.parametrize("name", [b"a\nb.mp3", b"\x1b[2J.mp3", b" END END .mp3", b"\xff\xfe.mp3"])
def test_hostile_names_are_opened_like_any_other(root: Root, music: Path, name: bytes) -> None:
    put(os.fsencode(music) + b"/" + name)
    assert content_of(root, name) == FRAME


@pytest.mark.parametrize("absolute", [False, True])
def test_links_that_stay_inside(root: Root, music: Path, absolute: bool) -> None:
    put(music / "a" / "x.mp3")
    start = music if absolute else Path("..")
    (music / "b").mkdir()
    (music / "b" / "file.mp3").symlink_to(start / "a" / "x.mp3")
    (music / "b" / "dir").symlink_to(start / "a")
    assert content_of(root, b"b/file.mp3") == content_of(root, b"b/dir/x.mp3") == FRAME


def test_the_music_directory_itself_may_be_a_link(music: Path, tmp_path: Path) -> None:
    put(music / "x.mp3")
    (music / "abs.mp3").symlink_to(tmp_path / "alias" / "x.mp3")
    (tmp_path / "alias").symlink_to(music)
    with Root(os.fsencode(tmp_path / "alias")) as root:
        assert content_of(root, b"x.mp3") == content_of(root, b"abs.mp3") == FRAME


@pytest.mark.parametrize("absolute", [False, True])
def test_links_that_lead_out(root: Root, music: Path, tmp_path: Path, absolute: bool) -> None:
    put(tmp_path / "secret.mp3")
    put(tmp_path / "music2" / "x.mp3")  # its name begins like the music directory's
    start = tmp_path if absolute else Path("..")
    (music / "file.mp3").symlink_to(start / "secret.mp3")
    (music / "dir").symlink_to(start)
    (music / "near").symlink_to(start / "music2")
    (music / "twice.mp3").symlink_to("file.mp3")
    for path in (b"file.mp3", b"dir/secret.mp3", b"near/x.mp3", b"twice.mp3"):
        assert refusal(root, path) == LEADS_OUT


@pytest.mark.parametrize("path", [b"../secret.mp3", b"a/../../secret.mp3", b"{abs}"])
def test_paths_that_lead_out(root: Root, music: Path, tmp_path: Path, path: bytes) -> None:
    put(tmp_path / "secret.mp3")
    (music / "a").mkdir()
    path = path.replace(b"{abs}", os.fsencode(tmp_path / "secret.mp3"))
    assert refusal(root, path) == LEADS_OUT


def test_magic_links(root: Root, music: Path, tmp_path: Path) -> None:
    put(tmp_path / "secret.mp3")
    with open(tmp_path / "secret.mp3", "rb") as file:
        (music / "x.mp3").symlink_to(f"/proc/self/fd/{file.fileno()}")
        assert refusal(root, b"x.mp3") == LEADS_OUT


def test_a_cycle_of_links(root: Root, music: Path) -> None:
    (music / "a.mp3").symlink_to("b.mp3")
    (music / "b.mp3").symlink_to("a.mp3")
    assert refusal(root, b"a.mp3") == "its links lead in a circle"


def test_a_link_to_nothing(root: Root, music: Path) -> None:
    (music / "a.mp3").symlink_to("missing")
    assert refusal(root, b"a.mp3") == refusal(root, b"b.mp3") == "its file has gone"


def test_files_that_are_not_regular(root: Root, music: Path) -> None:
    (music / "dir.mp3").mkdir()
    os.mkfifo(music / "fifo.mp3")
    (music / "link.mp3").symlink_to("fifo.mp3")
    (music / "null.mp3").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as sock, Root(b"/dev") as devices:
        sock.bind(str(music / "sock.mp3"))
        assert refusal(devices, b"null") == NOT_REGULAR
        for name in (b"dir.mp3", b"fifo.mp3", b"link.mp3", b"null.mp3", b"sock.mp3"):
            assert refusal(root, name) == NOT_REGULAR


def test_the_writer_of_a_fifo_is_not_woken(root: Root, music: Path) -> None:
    os.mkfifo(music / "x.mp3")
    assert refusal(root, b"x.mp3") == NOT_REGULAR
    with pytest.raises(OSError, match="No such device"):  # still no reader
        os.open(music / "x.mp3", os.O_WRONLY | os.O_NONBLOCK)


def test_a_fifo_that_replaces_the_file_between_the_two_checks(
    root: Root, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(music / "x.mp3")
    regular = os.stat(music / "x.mp3")
    (music / "x.mp3").unlink()
    os.mkfifo(music / "x.mp3")
    monkeypatch.setattr("os.stat", lambda *args, **kwargs: regular)
    reasons: list[str] = []
    thread = threading.Thread(target=lambda: reasons.append(refusal(root, b"x.mp3")), daemon=True)
    thread.start()
    thread.join(5)
    assert reasons == [NOT_REGULAR]


def test_a_link_that_replaces_a_part_after_the_check_is_not_followed(
    root: Root, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "secret" / "x.mp3")
    (music / "a").symlink_to(tmp_path / "secret")
    (music / "x.mp3").symlink_to(tmp_path / "secret" / "x.mp3")
    real_realpath = os.path.realpath

    def outdated_realpath(path: bytes, *, strict: bool = False) -> bytes:
        return path if path.endswith(b"x.mp3") else real_realpath(path, strict=strict)

    monkeypatch.setattr("os.path.realpath", outdated_realpath)
    assert refusal(root, b"a/x.mp3") == "its file has gone"
    assert refusal(root, b"x.mp3") == "its links lead in a circle"


def test_empty_and_too_large_files(root: Root, music: Path) -> None:
    put(music / "empty.mp3", b"")
    for name, size in (("most.mp3", MAX_SONG_BYTES), ("more.mp3", MAX_SONG_BYTES + 1)):
        put(music / name)
        os.truncate(music / name, size)
    assert refusal(root, b"empty.mp3") == "it is empty"
    assert refusal(root, b"more.mp3") == "it is larger than 1024 MiB; --song-size allows more"
    os.close(open_song(root, b"most.mp3")[0])


def test_unreadable_files(resolution: str) -> None:
    with open_directory() as music:
        put(music / "file.mp3")
        put(music / "dir" / "x.mp3")
        os.chmod(music / "file.mp3", 0)
        os.chmod(music / "dir", 0)
        with unprivileged(), Root(os.fsencode(music)) as root:
            for name in (b"file.mp3", b"dir/x.mp3"):
                assert refusal(root, name) == "no permission to read it"
        os.chmod(music / "dir", 0o700)


@pytest.mark.parametrize("code", [errno.EIO, errno.EMFILE, errno.ENAMETOOLONG])
def test_other_failures_have_a_reason_too(
    root: Root, music: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fail(root: Root, relative: bytes, flags: int) -> int:
        raise OSError(code, "")

    put(music / "x.mp3")
    monkeypatch.setattr(songs.folder.files, "open_allowed", fail)
    assert refusal(root, b"x.mp3")


def test_directories_can_be_opened_too(root: Root, music: Path) -> None:
    (music / "a").mkdir()
    (music / "link").symlink_to("a")
    os.close(open_beneath(root, b".", songs.folder.files.LIST_FLAGS))
    os.close(open_beneath(root, b"a", songs.folder.files.LIST_FLAGS))
    os.close(open_beneath(root, b"link", songs.folder.files.PASS_FLAGS))
    with pytest.raises(NotADirectoryError):
        os.close(open_beneath(root, b"link", songs.folder.files.LIST_FLAGS))


def test_music_directories_that_cannot_be_used(music: Path) -> None:
    put(music / "file")
    for path, words in (
        (music / "missing", "does not exist"),
        (music / "file", "is not a directory"),
        (music / "nul\0", "does not exist"),
        (Path("/" + "x" * 300), "too long"),
    ):
        with pytest.raises(MusicDirError, match=words) as caught:
            Root(os.fsencode(path))
        assert "Give the directory that holds your MP3 files." in str(caught.value)


@pytest.mark.parametrize("mode", [0, 0o444, 0o111])
def test_a_music_directory_that_may_not_be_read(mode: int) -> None:
    with open_directory() as parent:
        (parent / "music").mkdir()
        os.chmod(parent / "music", mode)
        with unprivileged(), pytest.raises(MusicDirError, match=r"may not be read .*chmod"):
            Root(os.fsencode(parent / "music"))
