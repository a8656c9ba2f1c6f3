"""What is explored: the songs, the kinds of server and client, and how much may happen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from fsm.words import LIBRARY, OFFERED
from verify.rules import Rule


class ServerKind(Enum):
    """What the client is connected to."""

    CLOSING = "closes every answer (protocol.md 7)"
    REFUSING = "plain: answers SETUP with ERRO 404 (protocol.md 8)"
    DECLINING = "plain: answers SETUP with RESP 101, and accepts nothing (protocol.md 7)"
    IGNORING = "plain: does not answer SETUP at all (protocol.md 9)"
    REPEATING = "plain: does not answer SETUP, sends a list a second time after a song"
    ACCEPTING_LATE = "plain at first: accepts SETUP at any later time, or never"
    HANGING_UP = "plain: closes the connection when SETUP comes"
    ONE_SONG = "plain: closes the connection after each song"
    MUTE = "takes the connection and never answers"


class Trouble(Enum):
    """What else can go wrong; each kind costs one of `Bounds.troubles`."""

    FILE_FAILS = "a song cannot be read on"
    FALLS_SILENT = "the server says nothing more, and does not close"
    FILE_CHANGES = "a song's file is another from now on"
    RENUMBERED = "the server restarts and numbers its songs anew"
    SONG_GONE = "the server restarts without the first song"
    UNDECODABLE = "the player cannot decode what arrived"
    OUTPUT_FAILS = "the audio output is gone"
    CONNECT_FAILS = "an attempt to connect fails"
    SERVER_ENDS = "the server is told to end: a song may end first"
    DEVICE_GOES = "the sound device goes away"
    BUFFER_FULL = "there is no room for more of the present song"
    NEXT_BUFFER_FULL = "there is no room for more of the next song"


class Peers(Enum):
    """Which sides there are, and which of them runs no machine of ours."""

    BOTH = "client and server"
    ANY_SERVER = "the client, and a server that may send any message at any time"
    ANY_CLIENT = "the server, and a client that may send any request at any time"
    ANY_HANDSHAKE = "the server over TLS, and the handshake of a client that may be anyone"


@dataclass(frozen=True, slots=True)
class Bounds:
    """One exploration.

    server: its kind. after_loss: its kind after the last of the losses, None for the same. chunks:
    audio messages of song 1 and of song 2, 0 to 3 each. full: audio messages carry 4096 bytes,
    except the last; otherwise one byte. requests: how many of a person's requests may be unanswered
    at once. losses: of the connection, None for any number. messages: how many a channel holds,
    each way. person: what may be typed (`verify.model.person`), `interrupt` and `leave`. flow: how
    fast audio arrives may be measured, once. timely: time runs out only when nothing is in flight.
    changed: the bytes of song 1 after FILE_CHANGES. ignored: rules that may be broken; the exchange
    is not followed from there. header: how many bytes more than it has a song says that it has,
    None where it says nothing. listed: the client asks for the list first, and the person waits for
    it; otherwise it comes when it is needed, and a first song may be asked for before. changes: so
    many changes of the queue can be taken back. knows: what a server that closes its answers
    understands of SETUP, and whether it names its library. tail_bytes: by so many of its last bytes
    a song is recognised. own_titles: songs have tags that say what they are called.
    """

    name: str
    peers: Peers = Peers.BOTH
    server: ServerKind = ServerKind.CLOSING
    after_loss: ServerKind | None = None
    chunks: tuple[int, int] = (2, 1)
    full: bool = False
    requests: int = 2
    losses: int | None = 1
    messages: int = 8
    prebuffer: int = 1
    plain: bool = False
    max_retries: int | None = None
    library: int = 0
    person: tuple[str, ...] = ("list", "play 1", "play 9", "stop", "interrupt")
    dry: bool = False
    troubles: int = 0
    trouble: tuple[Trouble, ...] = ()
    changed: bytes = b"pqr"
    list_messages: int = 1
    flow: bool = False
    timely: bool = True
    ignored: tuple[Rule, ...] = ()
    header: int | None = None
    listed: bool = False
    changes: int = 0
    knows: tuple[str, ...] = (*OFFERED, LIBRARY)
    tail_bytes: int = 1
    own_titles: bool = False

    @property
    def closes(self) -> bool:
        """The server closes every answer, over each connection."""
        return {self.server, self.after_loss} <= {ServerKind.CLOSING, None}

    def named(self, library: int) -> int | None:
        """Return what RESP 101 names of a server with this library."""
        return library if LIBRARY in self.knows else None
