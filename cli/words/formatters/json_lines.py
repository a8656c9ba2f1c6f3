"""Formats answers and reports for programs: one JSON object a line (docs/json.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from cli.browsing.answer import Answer
from cli.browsing.library import Album, Track
from cli.memory.heard import Heard
from cli.memory.memory import Loading, Saving
from cli.memory.playlists import Summary
from cli.words.commands.table import SPECS, WORDS
from cli.words.formatters.plain import ERRORS, Formatter
from cli.words.formatters.remembered import title_of
from cli.words.formatters.upcoming import QueuedSong, upcoming
from cli.words.moment import DONE, Activity, Outcome, SongName, Status
from cli.words.safe_text import safe
from cli.words.status_parts import status_parts
from fsm.client.effects import Tell
from fsm.client.events import ListedSong

VERSION = 1
"""Rises when a member changes its meaning or goes; a new member does not raise it."""
DECIMALS = 3
"""Of every number: a player counts in frames, and whatever is behind a millisecond is noise."""
_MAY_HOLD_FLOATS = frozenset((float, dict, list, tuple))


class JsonFormatter(Formatter):
    """Formats each answer and report as an object; `text` is the sentence for a person."""

    joins = False

    def report(self, tell: Tell, song: SongName | None, songs: Sequence[ListedSong]) -> str:
        return dump(
            "event",
            event=tell.report.name.lower(),
            song=_song(song),
            detail=tell.detail,
            error=tell.report in ERRORS,
            text=super().report(tell, song, songs),
        )

    def error(self, why: str, line: str = "") -> str:
        return dump("error", line=line, text=super().error(why))

    def listing(self, answer: Answer, status: Status) -> str:
        members: dict[str, Any] = {"words": answer.words}
        match answer.kind:
            case "albums":
                members["albums"] = list(map(_album, answer.albums))
            case "artists":
                members["artists"] = [
                    {"artist": a.name, "albums": a.albums, "songs": _ids(a.tracks)}
                    for a in answer.artists
                ]
            case "album":
                members |= _album(answer.albums[0]) | {"songs": list(map(_track, answer.tracks))}
            case _:
                members["songs"] = list(map(_track, answer.tracks))
        return dump(answer.kind, **members)

    def help(self, word: str = "") -> str:
        commands = [
            {"word": s.word, "letter": s.letter, "takes": s.takes, "does": s.does}
            for s in ([WORDS[word]] if word else SPECS)
        ]
        return dump("help", commands=commands)

    def status(self, status: Status) -> str:
        return dump("status", **status_members(status))

    def queue(self, status: Status, songs: Sequence[ListedSong]) -> str:
        queue = upcoming(status, songs)
        return dump(
            "queue",
            songs=list(map(_queued, queue.songs)),
            duration_s=queue.duration_s,
            ends_in_s=queue.ends_in_s,
            text=super().queue(status, songs),
        )

    def why(self, sentences: Sequence[str]) -> str:
        return dump("why", reasons=list(sentences))

    def saving(self, saving: Saving) -> str:
        return dump("saved", **saving._asdict(), text=super().saving(saving))

    def loading(self, loading: Loading) -> str:
        missing = [title_of(song) for song in loading.missing]
        members = loading._asdict() | {"missing": missing}
        return dump("loaded", **members, text=super().loading(loading))

    def playlists(self, playlists: Sequence[Summary]) -> str:
        return dump("playlists", playlists=[playlist._asdict() for playlist in playlists])

    def history(self, history: Sequence[Heard], wanted: str) -> str:
        return dump("history", words=wanted, heard=list(map(_heard, history)))

    def sleep(self, status: Status) -> str:
        return self.status(status)

    def cover(self, song: SongName | None, path: str, text: str, drawn: str) -> str:
        return dump("cover", song=_song(song), path=path, text=text)

    def relayed(self, json: str, text: str) -> str:
        return json

    def done(
        self, word: str, status: Status, songs: Sequence[ListedSong], outcome: Outcome = DONE
    ) -> str:
        return self.status(status)


def status_members(status: Status, moving: bool = True) -> dict[str, Any]:
    """Return the members of a `status` object but for its version and its kind.

    moving: its text says what changes by itself, as the position does.
    """
    members = asdict(status)
    song = {"id": members.pop("song_id"), "title": members.pop("title")}
    if status.track is not None:
        song |= _known(status.track)
    del members["played"], members["track"]
    members["activity"] = status.activity.value
    stopped = status.activity is Activity.STOPPED
    text = safe("; ".join(status_parts(status, moving)))
    return {"text": text, "song": None if stopped else song} | members


def dump(kind: str, **members: Any) -> str:
    """Return one line of ASCII, so that no title in it can steer a terminal that shows it."""
    return json.dumps({"alfine": VERSION, "kind": kind, **_rounded(members)})


def _rounded(value: Any) -> Any:
    """Return the value with the decimals that are printed. A long list is mostly texts: the call
    for each of them would take as long as the rest."""
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, dict):
        return {k: _rounded(v) if type(v) in _MAY_HOLD_FLOATS else v for k, v in value.items()}
    return [_rounded(v) if type(v) in _MAY_HOLD_FLOATS else v for v in value]


def _album(album: Album) -> dict[str, Any]:
    return {
        "album": album.name,
        "artist": album.artist,
        "year": album.year,
        "duration_s": album.duration_s,
        "songs": _ids(album.tracks),
    }


def _ids(tracks: Sequence[Track]) -> list[int | None]:
    return [track.song_id for track in tracks]


def _track(track: Track) -> dict[str, Any]:
    """Return a song with what is known of it."""
    return {"id": track.song_id, "title": track.title} | _known(track)


def _known(track: Track) -> dict[str, Any]:
    """Return what is known of a song besides its ID and its title."""
    known = {name: value for name, value in track._asdict().items() if value}
    known.pop("song_id", None)
    known.pop("title", None)
    if track.name == track.title:
        known.pop("name", None)
    return known


def _heard(heard: Heard) -> dict[str, Any]:
    song = {"id": heard.song.song_id, "title": safe(heard.song.title) or None}
    return {"at": heard.at, "server": safe(heard.server), "song": song}


def _queued(song: QueuedSong) -> dict[str, Any]:
    """Return a song of the queue; its title is null where no list has it."""
    untitled = {} if song.is_listed else {"title": None}
    place = {"position": song.position, "begins_in_s": song.begins_in_s}
    return _track(song.track) | untitled | place


def _song(song: SongName | None) -> dict[str, Any] | None:
    return None if song is None else {"id": song.song_id, "title": song.title}
