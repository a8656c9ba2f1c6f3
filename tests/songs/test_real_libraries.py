"""Music folders as people have them: what is listed, under which title, in which order."""

import os
from pathlib import Path

import pytest

from songs import Library, Options
from tests.songs.making import FRAME, put, raw_id3v2, synchsafe

APPLE_DOUBLE = b"\0\5\x16\7\0\2\0\0Mac OS X        " + bytes(40)


def tagged(*, picture_bytes: int = 0, **texts: str) -> bytes:
    """Return a song with an ID3v2.4 tag in UTF-8; a picture stands behind the texts."""
    body = b"".join(
        name.encode() + synchsafe(len(text.encode()) + 1) + b"\0\0\3" + text.encode()
        for name, text in texts.items()
    )
    if picture_bytes:
        body += b"APIC" + synchsafe(picture_bytes) + b"\0\0" + bytes(picture_bytes)
    return raw_id3v2(body, version=4) + FRAME


def listed(music: Path, **options: bool | int | str) -> list[str]:
    """Return the titles of a library that is found for the first time: IDs are 1, 2, 3 …"""
    library = Library(music, options=Options(**options))  # type: ignore[arg-type]
    library.scan()
    assert [song.song_id for song in library.songs] == list(range(1, len(library.songs) + 1))
    return [song.title for song in library.songs]


def test_an_album_whose_files_are_named_by_title(music: Path) -> None:
    for track, title in enumerate(["Zero", "Mellow", "Alpha"], 1):
        tag = tagged(TPE1="Beta Band", TIT2=title, TALB="First LP", TRCK=f"{track}/3")
        put(music / "Beta Band" / "First LP" / f"{title}.mp3", tag)
    assert listed(music) == ["Beta Band - Zero", "Beta Band - Mellow", "Beta Band - Alpha"]


def test_two_discs_in_one_folder(music: Path) -> None:
    for disc in (1, 2):
        for track in (1, 2):
            title = f"D{disc}T{track}"
            tag = tagged(TPE1="Double", TIT2=title, TRCK=str(track), TPOS=str(disc))
            put(music / "Live" / f"{track:02d} {title}.mp3", tag)
    assert listed(music) == [f"Double - {title}" for title in ("D1T1", "D1T2", "D2T1", "D2T2")]


def test_a_folder_for_each_disc(music: Path) -> None:
    for disc in (10, 2, 1):
        for track in (11, 2, 1):
            tag = tagged(TPE1="O", TIT2=f"{disc}.{track}", TRCK=str(track), TPOS=str(disc))
            put(music / f"CD{disc}" / f"{track}.mp3", tag)
    assert listed(music) == [f"O - {disc}.{track}" for disc in (1, 2, 10) for track in (1, 2, 11)]


def test_one_title_on_two_albums_and_an_intro_on_each(music: Path) -> None:
    for album in ("Studio", "Unplugged"):
        put(music / album / "Hit.mp3", tagged(TPE1="Remix", TIT2="Hit", TALB=album, TRCK="2"))
        put(music / album / "01 Intro.mp3", tagged(TIT2="Intro", TALB=album, TRCK="1"))
    assert listed(music) == ["Intro", "Remix - Hit"] * 2


def test_untagged_albums(music: Path) -> None:
    for album in ("Other Album", "Alpha Album"):
        for track in (10, 9):
            put(music / album / f"Track {track}.mp3")
    assert listed(music) == ["Track 9", "Track 10"] * 2


def test_a_compilation(music: Path) -> None:
    for track, artist in enumerate(["Zed", "Abba", "Mid"], 1):
        tag = tagged(TPE1=artist, TPE2="Various Artists", TIT2=f"Song {track}", TRCK=str(track))
        put(music / "Hits" / f"{artist}.mp3", tag)
    assert listed(music) == ["Zed - Song 1", "Abba - Song 2", "Mid - Song 3"]


def test_an_audiobook_without_an_author(music: Path) -> None:
    for chapter in (10, 2, 1):
        tag = tagged(TIT2=f"Chapter the {chapter}", TALB="My Book", TRCK=str(chapter))
        put(music / "Book" / f"Chapter {chapter}.mp3", tag)
    assert listed(music) == ["Chapter the 1", "Chapter the 2", "Chapter the 10"]


@pytest.mark.parametrize(
    "junk",
    [
        "._song.mp3",
        "album/._song.mp3",
        ".AppleDouble/song.mp3",
        "album/.AppleDouble/song.mp3",
        "__MACOSX/album/._song.mp3",
        "__MACOSX/album/song.mp3",
        ".Trash/song.mp3",
        ".Trash-1000/files/song.mp3",
        ".Trashes/501/song.mp3",
        "$RECYCLE.BIN/S-1-5/$R1234.mp3",
        "$Recycle.Bin/S-1-5/$R1234.mp3",
        "@eaDir/song.mp3/SYNOAUDIO_01APIC_01.mp3",
        ".@__thumb/song.mp3",
        ".stversions/album/song~20240101-120000.mp3",
        "lost+found/#1234.mp3",
    ],
)
def test_what_systems_leave_in_a_folder_is_no_song_and_nobody_is_told(
    music: Path, junk: str
) -> None:
    put(music / junk, APPLE_DOUBLE)
    put(music / "song.mp3")
    library = Library(music)
    report = library.scan()
    assert [song.path for song in library.songs] == [b"song.mp3"]
    assert (report.added, report.unusable) == (1, [])


@pytest.mark.parametrize(
    "name",
    [
        "...And Justice for All.mp3",
        "...And Justice for All/01.mp3",
        ".hidden.mp3",
        ".hidden/song.mp3",
        "_song.mp3",
        "._album/song.mp3",
        "Lost+Found/song.mp3",
        "Trash/song.mp3",
        "eaDir/song.mp3",
        ".stfolder/song.mp3",
        "UPPER.MP3",
        "MiXeD.Mp3",
        "-rf.mp3",
        " leading.mp3",
        "trailing .mp3",
        "a;b|c$(x)`y`.mp3",
        "%s%n%d.mp3",
        ".mp3",
        "/".join(["d" * 50] * 60) + "/deep.mp3",
    ],
)
def test_songs_whose_names_are_odd(music: Path, name: str) -> None:
    base = os.open(music, os.O_RDONLY)
    try:
        # Step by step: a whole path may be longer than the system takes.
        *folders, last = name.split("/")
        for folder in folders:
            os.mkdir(folder, dir_fd=base)
            base, parent = os.open(folder, os.O_RDONLY, dir_fd=base), base
            os.close(parent)
        with open(os.open(last, os.O_WRONLY | os.O_CREAT, dir_fd=base), "wb") as file:
            file.write(FRAME)
    finally:
        os.close(base)
    library = Library(music)
    report = library.scan()
    assert [song.path for song in library.songs] == [name.encode()]
    assert report.unusable == []
    library.open(library.songs[0]).close()


@pytest.mark.parametrize(
    "name",
    ["x.mp3.part", "y.mp3.crdownload", "z.mp3~", "w.m4a", "v.flac", "song.mp2", "song.mpga", "mp3"],
)
def test_files_that_are_no_songs_by_their_names(music: Path, name: str) -> None:
    put(music / name)
    assert listed(music) == []


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("new\nline.mp3", "new line"),
        ("تجربة.mp3", "تجربة"),
        ("\u202egnp.mp3", "gnp"),
        ("e\u0301clair.mp3", "e\u0301clair"),
        ("🎵.mp3", "🎵"),
        (" leading.mp3", "leading"),
        (b"latin1-\xe9.mp3", "latin1-\ufffd"),
    ],
)
def test_titles_of_odd_names(music: Path, name: str | bytes, title: str) -> None:
    put(os.fsencode(music) + b"/" + os.fsencode(name))
    assert listed(music) == [title]


@pytest.mark.parametrize(
    ("artist", "title"),
    [
        ("宇多田ヒカル", "桜流し " * 8 + "桜"),
        ("فيروز", "زهرة المدائن"),
        ("👨\u200d👩\u200d👧", "🎸🎸🎸 Emoji"),
        ("Beyonce\u0301", "Cafe\u0301"),
    ],
)
def test_titles_of_many_scripts_are_shown_as_they_are(music: Path, artist: str, title: str) -> None:
    put(music / "1.mp3", tagged(TPE1=artist, TIT2=title))
    assert listed(music) == [f"{artist} - {title}"]


def test_names_that_differ_in_case_only_and_two_names_of_one_file(music: Path) -> None:
    put(music / "Case.mp3", tagged(TPE1="case", TIT2="1"))
    put(music / "case.mp3", tagged(TPE1="case", TIT2="2"))
    os.link(music / "Case.mp3", music / "hard link.mp3")
    assert listed(music) == ["case - 1", "case - 2", "case - 1"]


@pytest.mark.parametrize("size", [3_000_000, 12_000_000])
def test_titles_beside_large_covers(music: Path, size: int) -> None:
    put(music / "1.mp3", tagged(TPE1="Art", TIT2="Cover", picture_bytes=size))
    assert listed(music) == ["Art - Cover"]


def test_forty_hours(music: Path) -> None:
    put(music / "ten hours.mp3", tagged(TPE1="Author", TIT2="Ten Hours"))
    put(music / "too long.mp3", tagged(TPE1="Author", TIT2="Forty Hours"))
    os.truncate(music / "ten hours.mp3", 290 << 20)
    os.truncate(music / "too long.mp3", 1200 << 20)
    assert listed(music) == ["Author - Ten Hours"]
    assert listed(music, max_song_bytes=1200 << 20) == [
        "Author - Ten Hours",
        "Author - Forty Hours",
    ]
