"""Formats answers and reports for programs: one JSON object a line (docs/json.md)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from cli.words import title_search
from cli.words.commands import SPECS
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

    def songs(self, songs: Sequence[ListedSong], words: str, status: Status) -> str:
        return dump("songs", words=words, songs=_songs(title_search.find(songs, words)))

    def help(self) -> str:
        commands = [
            {"word": s.word, "letter": s.letter, "takes": s.takes, "does": s.does} for s in SPECS
        ]
        return dump("help", commands=commands)

    def status(self, status: Status) -> str:
        return dump("status", **status_members(status))

    def queue(self, status: Status, songs: Sequence[ListedSong]) -> str:
        listed = [_listed(song_id, songs) for song_id in status.queue]
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


def _songs(songs: Sequence[ListedSong]) -> list[dict[str, Any]]:
    return [{"id": s.song_id, "title": s.title} for s in songs]


def _listed(song_id: int, songs: Sequence[ListedSong]) -> dict[str, Any] | None:
    return _song(SongName(song_id, next((s.title for s in songs if s.song_id == song_id), None)))


def _song(song: SongName | None) -> dict[str, Any] | None:
    return None if song is None else {"id": song.song_id, "title": song.title}
