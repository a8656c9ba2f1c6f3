"""Keeps which songs are meant: each one's ID now, and its title as it was when it was chosen.

A server that is started again may give its songs other IDs. The link finds the song that is owed by
its title; what is told must name that song, and not the one that has its old ID on the new list. It
observes every step of every machine, and changes nothing in them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from cli.words.moment import SongName
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client.effects import Tell
from fsm.client.events import Event, ListedSong
from fsm.client.link.table import SKIPPING
from fsm.client.machines import LINK, NEXT_SONG, SONG
from fsm.client.song.table import UNWANTED
from fsm.table import Step


@dataclass(slots=True)
class Choice:
    """A song that is played or comes next. song_id: its ID now. title: as it was chosen.

    called: what else it is called, while no list has come: as it was left, or by its own tag.
    """

    song_id: int
    title: str | None
    called: str | None = None

    @property
    def name(self) -> SongName:
        """Its name as it is told."""
        return SongName(self.song_id, self.title or self.called)


class Chosen:
    """The present song and the next one, by name, and the names for the reports under way."""

    def __init__(self) -> None:
        self._choices: dict[str, Choice] = {}
        """By the machine that has the song: SONG or NEXT_SONG."""
        self._owed = SONG
        """The machine whose song the link sees to."""
        self._songs: Sequence[ListedSong] = ()
        self._left: Mapping[int, str] = {}
        self._told: deque[SongName | None] = deque()

    def __repr__(self) -> str:
        return f"<Chosen {self._choices}>"

    def observe(self, step: Step) -> None:
        """Observe one step (an `Observer`). Cost: a few comparisons for an audio message."""
        if step.machine in (SONG, NEXT_SONG):
            self._choose(step.machine, step.event, step.after)
        elif step.machine == LINK and isinstance(step.event, internal.ListCompleted):
            self._take_list(step.event.songs, step.outcomes)
        elif step.machine == LINK and "forget_list" in step.row.effects:
            self._forget_list(owed_begun=step.after is SKIPPING)
        elif isinstance(step.event, on.SongNamed) and self._owed in self._choices:
            self._choices[self._owed].called = step.event.title
        for outcome in step.outcomes:
            if isinstance(outcome, internal.SongWanted):
                self._owed = step.machine
            elif isinstance(outcome, Tell):
                self._told.append(self.name_of(outcome.song_id, self._whose(step.machine)))

    def take_told(self, tell: Tell) -> SongName | None:
        """Return the name of the song that a report is about; called for each, in their order."""
        return self._told.popleft() if self._told else self.name_of(tell.song_id)

    def name_of(self, song_id: int | None, machine: str = SONG) -> SongName | None:
        """Return the name of the song that a machine knows by this ID; None for no song."""
        if song_id is None:
            return None
        choice = self._choices.get(machine)
        if choice is not None and song_id == choice.song_id:
            return choice.name
        return SongName(song_id, self._listed_title(song_id))

    def remember(self, titles: Mapping[int, str]) -> None:
        """Call songs as they were when they were left, by their IDs, while no list names them."""
        self._left = titles

    def titled(self, song: SongName) -> SongName:
        """Return the name with the title that the last list gives to it, if it has none."""
        return song if song.title else SongName(song.song_id, self._listed_title(song.song_id))

    def _whose(self, machine: str) -> str:
        """Return the machine of the song that this one speaks of."""
        if machine == LINK:
            return self._owed
        return NEXT_SONG if machine == NEXT_SONG else SONG

    def _choose(self, machine: str, event: Event, state: Enum) -> None:
        match event:
            case on.PlayRequested(song_id) | internal.SongTurnCame(song_id) if machine == SONG:
                self._choices = {SONG: self._choice(song_id)}
            case internal.NextSongKnown(song_id) if machine == NEXT_SONG:
                self._choices[NEXT_SONG] = self._choice(song_id)
            case internal.SongBegan() if state is not UNWANTED and NEXT_SONG in self._choices:
                self._choices = {SONG: self._choices[NEXT_SONG]}
                self._owed = SONG

    def _choice(self, song_id: int) -> Choice:
        return Choice(song_id, self._listed_title(song_id), self._left.get(song_id))

    def _take_list(self, songs: Sequence[ListedSong], outcomes: Sequence[object]) -> None:
        """Take a new list, on which songs may have other IDs."""
        self._songs = songs
        for outcome in outcomes:
            if isinstance(outcome, internal.SongsRenumbered):
                now = outcome.known
                for choice in self._choices.values():
                    choice.song_id = now.get(choice.song_id, choice.song_id)
        for choice in self._choices.values():
            if choice.title is None:
                choice.title = self._listed_title(choice.song_id)

    def _forget_list(self, owed_begun: bool) -> None:
        """Forget the titles; a song that has begun is known by its audio, and keeps its own."""
        self._songs = ()
        owed = self._choices.get(self._owed)
        if owed is not None and not owed_begun:
            owed.title = None

    def _listed_title(self, song_id: int) -> str | None:
        return next((s.title for s in self._songs if s.song_id == song_id), None)
