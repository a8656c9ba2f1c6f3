"""Formats answers and reports for programs: one JSON object a line (docs/json.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from cli.browsing.answer import Answer
from cli.browsing.library import Album, Track
from cli.words.command_table import SPECS, WORDS
from cli.words.moment import Activity, SongName, Status
from cli.words.plain import ERRORS, Formatter, status_parts
from cli.words.safe_text import safe
from fsm.client.effects import Tell
from fsm.client.events import ListedSong

VERSION = 1
"""Rises when a member changes its meaning or goes; a new member does not raise it."""


class JsonFormatter(Formatter):
    """Formats each answer and report as an object; `text` is the sentence for a person."""

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
        titles = {song.song_id: song.title for song in songs}
        listed = [{"id": song_id, "title": titles.get(song_id)} for song_id in status.queue]
        return dump("queue", songs=listed, text=super().queue(status, songs))

    def why(self, sentences: Sequence[str]) -> str:
        return dump("why", reasons=list(sentences))

    def relayed(self, json: str, text: str) -> str:
        return json

    def done(self, word: str, status: Status, songs: Sequence[ListedSong]) -> str:
        return self.status(status)


def status_members(status: Status, moving: bool = True) -> dict[str, Any]:
    """Return the members of a `status` object but for its version and its kind.

    moving: its text says what changes by itself, as the position does.
    """
    members = asdict(status)
    song = {"id": members.pop("song_id"), "title": members.pop("title")}
    members["activity"] = status.activity.value
    stopped = status.activity is Activity.STOPPED
    text = safe("; ".join(status_parts(status, moving)))
    return {"text": text, "song": None if stopped else song} | members


def dump(kind: str, **members: Any) -> str:
    """Return one line of ASCII, so that no title in it can steer a terminal that shows it."""
    return json.dumps({"alfine": VERSION, "kind": kind, **members})


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
    """Return a song with what is known of it; what is not known is left out."""
    known = {name: value for name, value in track._asdict().items() if value}
    known.pop("song_id", None)
    if track.name == track.title:
        known.pop("name", None)
    return {"id": track.song_id, "title": track.title} | known


def _song(song: SongName | None) -> dict[str, Any] | None:
    return None if song is None else {"id": song.song_id, "title": song.title}
