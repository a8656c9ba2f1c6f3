"""What was chosen by who checks a client, and what is found out about it before its cases."""

from __future__ import annotations

from dataclasses import dataclass, field
from ssl import SSLContext


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person types into this client; {id} in `play` stands for the song's ID."""

    list: str = "list"
    play: str = "play {id}"
    stop: str = "stop"
    quit: str = "quit"

    def line(self, word: str) -> str:
        """Return the line for a word of a row: list, stop, quit, or play:3."""
        name, _, song_id = word.partition(":")
        text: str = getattr(self, name)
        return text.replace("{id}", song_id)


@dataclass(frozen=True, slots=True)
class Options:
    """How a client is checked.

    command: the program and its arguments, with {host} and {port} in them. timeout_s: how long the
    client may take for what it owes. at_once: cases, and so clients, that are under way together.
    plain: the check plays a server that knows only the RFC. tty: the client gets a terminal, or a
    pipe; None: a terminal, if it connects, lists songs and prints them only there.
    watch_s: how long what comes unasked is counted. rate_hz: more requests, or more connections, in
    a second are a flood. hurry_s: requests that follow each other
    faster than this are not apart, where 100 ms are meant. tls: the server that is played speaks
    TLS.
    """

    command: tuple[str, ...]
    timeout_s: float = 5.0
    at_once: int = 4
    plain: bool = False
    tty: bool | None = None
    typed: Typed = field(default_factory=Typed)
    watch_s: float = 1.5
    rate_hz: float = 10.0
    hurry_s: float = 0.06
    tls: SSLContext | None = None

    @property
    def start_s(self) -> float:
        """How long a client may take from its start to its connection."""
        return max(20.0, 4 * self.timeout_s)

    @property
    def unanswered_s(self) -> float:
        """How long a client may wait for an answer before it leaves (protocol.md 7: 10 s)."""
        return 12.0 + self.timeout_s

    @property
    def case_s(self) -> float:
        """How long one case may take."""
        return self.start_s + self.unanswered_s + 12 * self.timeout_s + 10.0

    def filled(self, host: str, port: int) -> list[str]:
        """Return the command for a server at this address."""
        return [w.replace("{host}", host).replace("{port}", str(port)) for w in self.command]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the survey has found.

    offers: the tokens of the client's SETUP; None if it sends none. connects: to where it is told.
    lists: it sends LIST when that is typed. shows: it prints the list.
    """

    offers: tuple[str, ...] | None = None
    connects: bool = False
    lists: bool = False
    shows: bool = False

    @property
    def merit(self) -> int:
        """How far it has come."""
        return self.connects + self.lists + self.shows
