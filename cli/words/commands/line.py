"""A parsed line, and what is known at the moment when it is carried out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cli.memory.memory import Memory
from cli.words.moment import Status
from fsm.client.events import Command, Event, ListedSong
from fsm.frozen import dataclass

_NOTHING = Status()
_NO_MEMORY = Memory()


@dataclass(frozen=True, slots=True)
class Context:
    """What the client knows at the moment when it runs a command.

    songs: the last list. answer: the songs that the client has shown last, for `play *`. memory:
    what it remembers of other runs.
    """

    songs: Sequence[ListedSong] = ()
    status: Status = _NOTHING
    answer: Sequence[ListedSong] = ()
    memory: Memory = _NO_MEMORY


_STARTS = ("play", "queue", "insert", "load")
_SHOWS = ("status", "why", "queue", "sleep")
_OWN = ("help", "quit", "playlists", "history", "cover")
"""They mean the client that they are given to, whatever plays in another."""

MakeRequest = Callable[[Context], Event | None]


@dataclass(frozen=True, slots=True)
class Line:
    """One parsed line.

    word: the command's full name. rest: the text after it, stripped. request: makes the request
    for the machines, or None where the client answers by itself; it raises CommandError.
    needs_list: it names songs otherwise than by their IDs; unless_queued: but only where nothing is
    queued; if_queued: only where something is. also: makes a request that follows the first one at
    once.
    """

    word: str
    rest: str = ""
    command: Command = Command.LOCAL
    request: MakeRequest = lambda context: None
    needs_list: bool = False
    unless_queued: bool = False
    if_queued: bool = False
    also: MakeRequest = lambda context: None

    def waits_for_list(self, status: Status) -> bool:
        """Tell whether its request can be made only when there is a list."""
        needless = self.unless_queued if status.queue else self.if_queued
        return self.needs_list and not needless

    @property
    def starts_song(self) -> bool:
        """It names songs that are to be played."""
        return (self.word in _STARTS and bool(self.rest)) or self.word == "again"

    @property
    def shows(self) -> bool:
        """It asks for what is known, and changes nothing."""
        return self.word in _SHOWS and not self.rest

    @property
    def for_running_song(self) -> bool:
        """It means what plays already: in a script that plays nothing, another client's song."""
        return self.from_outside and not self.starts_song

    @property
    def from_outside(self) -> bool:
        """Another program may send it: it is answered at once, and is not about the prompt."""
        return self.command is Command.LOCAL and self.word not in _OWN
