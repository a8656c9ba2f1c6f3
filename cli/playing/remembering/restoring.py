"""Brings back what the last run on the same server has left: queue, place, volume, gain and repeat.

Nothing plays by itself: a line says what `resume` goes on with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cli.memory import files
from cli.memory.kept import Finder, Kept
from cli.memory.memory import LeftOff, Memory
from cli.memory.saved import Broken, NewerVersion, Saved, SavedFile
from cli.playing.program import ClientProgram
from cli.playing.said import Said
from cli.words.formatters.remembered import left_off_line
from fsm.client.queue.edits import Restore
from fsm.client.requests import (
    EditRequested,
    Gain,
    GainRequested,
    Repeat,
    RepeatRequested,
    VolumeRequested,
)

_ANY = "any"
"""Of a list that cannot be had: the IDs are taken as they were."""


class Restored(NamedTuple):
    """What has come of it. keeps: the file may be written. titles: of the songs, by their IDs."""

    keeps: bool
    titles: dict[int, str]


class _There(NamedTuple):
    """What was left behind and is still on the server. missing: what is not."""

    song: Kept | None
    upcoming: tuple[Kept, ...]
    played: tuple[Kept, ...]
    missing: tuple[Kept, ...]


async def restore(
    program: ClientProgram, memory: Memory, file: SavedFile, said: Said, fresh: bool
) -> Restored:
    """Give what was left behind to the machines, and say what that is.

    said: how loud the person has said to begin. fresh: leave it, unless the file is not ours.
    """
    files.remove_abandoned(file.path.parent)
    try:
        saved = file.read()
    except NewerVersion:
        program.remark(
            f"{file.path} is a newer alfine's: it stays as it is, and this run is not kept"
        )
        return Restored(False, {})
    except Broken as error:
        return Restored(_put_aside(program, file, error), {})
    except OSError as error:
        program.remark(f"what was left cannot be read: {file.path}: {error.strerror}")
        return Restored(False, {})
    if saved is None or fresh:
        return Restored(True, {})
    there = _find(saved, await _finder(program, memory, saved))
    _give_back(program, saved, there, said)
    if there.song is not None or there.upcoming:
        memory.left_off = _left_off(there.song, saved.position_s)
    if line := left_off_line(memory.left_off, len(there.upcoming), there.missing):
        program.remark(line)
    titles = {s.song_id: s.title for s in _known(there) if s.song_id is not None}
    return Restored(True, titles)


def _put_aside(program: ClientProgram, file: SavedFile, error: Broken) -> bool:
    """Rename a file that cannot be used; whether another may be written in its place."""
    try:
        aside = files.put_aside(file.path)
    except OSError as failure:
        program.remark(f"what was left cannot be read: {file.path}: {failure.strerror}")
        return False
    program.remark(f"what was left cannot be read ({error}): it is now {aside}")
    return True


async def _finder(program: ClientProgram, memory: Memory, saved: Saved) -> Finder:
    """Return what finds the songs: the list is only asked for where it may be another by now."""
    if saved.library and saved.library == memory.version:
        return Finder((), _ANY)
    await program.wait_for_titles()
    return Finder(program.songs, "") if program.songs else Finder((), _ANY)


def _find(saved: Saved, finder: Finder) -> _There:
    missing: dict[Kept, None] = {}

    def found(songs: Sequence[Kept]) -> tuple[Kept, ...]:
        there = []
        for song in songs:
            song_id = finder.find_one(song._replace(library=_ANY))
            if song_id is None:
                missing[song] = None
            else:
                there.append(song._replace(song_id=song_id))
        return tuple(there)

    song = found([saved.song] if saved.song else [])
    return _There(
        song[0] if song else None, found(saved.upcoming), found(saved.played), tuple(missing)
    )


def _give_back(program: ClientProgram, saved: Saved, there: _There, said: Said) -> None:
    if said.volume is None and saved.volume != program.status().volume:
        program.fire(VolumeRequested(saved.volume))
    if said.gain is None and saved.gain != program.status().gain:
        program.fire(GainRequested(Gain(saved.gain)))
    if saved.repeat != Repeat.OFF.value:
        program.fire(RepeatRequested(Repeat(saved.repeat)))
    if there.upcoming or there.played:
        upcoming, played = (
            tuple(s.song_id for s in songs if s.song_id is not None)
            for songs in (there.upcoming, there.played)
        )
        program.fire(EditRequested(Restore(upcoming, played)))


def _left_off(song: Kept | None, position_s: float) -> LeftOff:
    return LeftOff() if song is None else LeftOff(song.song_id, song.title or None, position_s)


def _known(there: _There) -> tuple[Kept, ...]:
    first = () if there.song is None else (there.song,)
    return tuple(s for s in (*first, *there.upcoming, *there.played) if s.title)
