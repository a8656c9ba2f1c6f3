"""Covers are drawn by a program that is bounded, else opened, else named."""

import asyncio
import os
import struct
import zlib
from pathlib import Path

import mutagen.id3
import pytest

from cli.outside import cover_view
from cli.outside.cover_view import CoverView
from cli.playing.covers import NoCover
from tests.needs import needs_program


def png(width, height):
    """A white picture; of a large one only the head."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    rows = zlib.compress(b"".join(b"\0" + b"\xff" * 3 * width for _ in range(min(height, 100))))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def song(picture, tmp_path):
    tags = mutagen.id3.ID3()
    if picture is not None:
        tags.add(mutagen.id3.APIC(encoding=3, mime="image/png", type=3, data=picture))
    tags.add(mutagen.id3.TIT2(encoding=3, text=["x"]))
    tags.save(tmp_path / "song.mp3")
    return (tmp_path / "song.mp3").read_bytes()


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """A directory of programs, the only one of the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)

    def add(name, script):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)

    return add


def show(data, draws=True):
    """Show the cover of a song; return what was shown, and whether its file was there meanwhile."""

    async def run():
        view = CoverView(lambda count: data[:count], draws)
        try:
            shown = await view.show()
            return shown, Path(shown.path).read_bytes()
        finally:
            view.close()

    shown, content = asyncio.run(run())
    assert not os.path.exists(shown.path)
    return shown, content


def test_it_is_drawn(programs, tmp_path):
    programs("chafa", 'echo "$@"; echo drawn')
    shown, content = show(song(png(2, 2), tmp_path))
    assert content == png(2, 2)
    assert shown.drawn.splitlines()[1] == "drawn"
    arguments = shown.drawn.splitlines()[0].split()
    assert arguments[-1] == shown.path and "--size" in arguments


def test_the_file_is_private_and_in_the_runtime_directory(programs, tmp_path, monkeypatch):
    seen = []
    original = cover_view._drawn

    async def look(path):
        seen.append((Path(path).parent, os.stat(path).st_mode & 0o777))
        return await original(path)

    monkeypatch.setattr(cover_view, "_drawn", look)
    show(song(png(2, 2), tmp_path))
    assert seen == [(Path(os.environ["XDG_RUNTIME_DIR"]) / "alfine", 0o600)]


@pytest.mark.parametrize(
    "script",
    [
        "echo half; exit 1",
        "exec sleep 1000",
        "exec tr '\\0' x </dev/zero",
        "kill -9 $$",
        "true",
    ],
)
def test_a_program_that_fails_hangs_or_never_ends_draws_nothing(
    programs, tmp_path, monkeypatch, script
):
    monkeypatch.setattr(cover_view, "TIME_LIMIT_S", 0.5)
    programs("chafa", f"PATH=/usr/bin:/bin; {script}")
    shown, _ = show(song(png(2, 2), tmp_path))
    assert shown.drawn == ""
    assert shown.text.startswith(f"the cover is in {shown.path}")


def test_without_a_program_that_draws_the_desktop_opens_it(programs, tmp_path, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    os.mkfifo(tmp_path / "opened")
    programs("xdg-open", f'echo "$1" >{tmp_path}/opened')
    data = song(png(2, 2), tmp_path)

    async def run():
        view = CoverView(lambda count: data[:count], draws=True)
        shown = await view.show()
        opened = await asyncio.to_thread((tmp_path / "opened").read_text)
        view.close()
        return shown, opened

    shown, opened = asyncio.run(run())
    assert shown.text == f"opened {shown.path}"
    assert opened == f"{shown.path}\n"


def test_without_a_desktop_no_program_takes_the_terminal(programs, tmp_path):
    programs("xdg-open", "exit 0")
    shown, _ = show(song(png(2, 2), tmp_path))
    assert shown.text == f"the cover is in {shown.path}; chafa, once it is installed, draws it here"


def test_a_script_is_told_the_file_alone(programs, tmp_path, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    programs("chafa", "echo drawn")
    programs("xdg-open", "echo no >&2")
    shown, _ = show(song(png(2, 2), tmp_path), draws=False)
    assert shown == (shown.path, f"the cover is in {shown.path}", "")


@pytest.mark.parametrize("data", [b"GIF89a" + b"x" * 50, b"RIFF1234WEBP" + b"x" * 50])
def test_other_kinds_are_not_given_to_it(programs, tmp_path, data):
    programs("chafa", "echo drawn")
    shown, _ = show(song(data, tmp_path))
    assert shown.drawn == ""


@pytest.mark.parametrize("data", [None, b"\x1b[2J" + b"x" * 50, b""])
def test_what_is_no_picture_is_none(programs, tmp_path, data):
    with pytest.raises(NoCover):
        show(song(data, tmp_path))


@needs_program("chafa")
@pytest.mark.parametrize("size", [(8, 8), (1, 100)])
def test_chafa_draws_a_picture(tmp_path, size, monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    shown, _ = show(song(png(*size), tmp_path))
    assert shown.drawn and shown.drawn.count("\n") < 40


@needs_program("chafa")
def test_a_picture_that_claims_to_be_endless_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr(cover_view, "TIME_LIMIT_S", 5.0)
    shown, _ = show(song(png(200_000, 200_000), tmp_path))
    assert "\x1b" not in shown.text
