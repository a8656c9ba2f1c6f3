"""What a server has to send, written a second time without a machine (RFC 2.4, protocol.md 6, 7).

Every explored server is held against it, message by message. It shares nothing with the tables.
"""

from __future__ import annotations

from typing import NamedTuple

from fsm import events as on
from fsm.client import events as client_on
from fsm.events import Event
from verify.bounds import Bounds
from verify.exchange import music
from verify.exchange.messages import (
    AUDIO_CLOSING,
    END,
    ERRO,
    TOKENS,
    Message,
    audio,
    list_messages,
    setup_reply,
)
from verify.rules import Broken, Rule


class Song(NamedTuple):
    """A song that is due, chunk after chunk. closes: it was requested after SETUP ends.

    beyond: it was requested from an offset that it does not have.
    """

    title: str
    chunks: tuple[bytes, ...]
    closes: bool
    sent: int = 0
    beyond: bool = False


class Due(NamedTuple):
    """What is owed over one connection: answers in their order, and when none is left, the song.

    ends, tags, plays_from: a SETUP with these tokens has been received. ignores_requests: no
    request is answered any more. last_song: the connection is closed after the song. ending: the
    server has been told to end.
    """

    answers: tuple[Message, ...] = ()
    song: Song | None = None
    ends: bool = False
    tags: bool = False
    plays_from: bool = False
    ignores_requests: bool = False
    last_song: bool = False
    ending: bool = False

    @property
    def nothing(self) -> bool:
        """All that was requested has been sent."""
        return not self.answers and self.song is None


NOTHING = Due()


class Reference:
    """The rules of one library's server."""

    def __init__(self, bounds: Bounds, library: int) -> None:
        self._bounds = bounds
        self._numbering = music.NUMBERINGS[library]
        self._library = library

    def requested(self, due: Due, event: Event, changed: bool) -> Due:
        """Return what is owed after a request. changed: song A has another file now."""
        if due.ignores_requests:
            return due
        match event:
            case on.ListRequested():
                parts = self._bounds.list_messages
                return _also(due, *list_messages(self._library, parts, due.ends, due.tags))
            case on.PlayRequested(song_id):
                return self._played(due, song_id, 0, changed)
            case on.PlayFromRequested(song_id, offset) if due.plays_from:
                return self._played(due, song_id, offset, changed)
            case on.PlayFromRequested():
                return _also(due, ERRO)
            case on.StopRequested():
                return _the_last(_without_song(due)) if due.ending else _without_song(due)
            case on.SetupRequested(tokens):
                accepted = [token for token in TOKENS if token in tokens and "ends" in tokens]
                due = due._replace(
                    ends=due.ends or "ends" in accepted,
                    tags=due.tags or "tags" in accepted,
                    plays_from=due.plays_from or "from" in accepted,
                )
                named = self._bounds.named(self._library)
                return _also(due, setup_reply(*accepted, library=named))
        return self._at_the_end(due, event)

    def _played(self, due: Due, song_id: int, offset: int, changed: bool) -> Due:
        ending, due = due.ending, _without_song(due)
        if song_id not in self._numbering:
            return _the_last(due, ERRO) if ending else _also(due, ERRO)
        if ending:  # whoever asks the next server finds it there
            return _the_last(due)
        title = self._numbering[song_id]
        chunks = music.chunks(self._bounds, title, changed, self._library)
        beyond = offset > len(b"".join(chunks))
        song = Song(title, music.chunks_from(chunks, offset), due.ends, beyond=beyond)
        return due._replace(song=song)

    def _at_the_end(self, due: Due, event: Event) -> Due:
        match event:
            case on.RequestNotUnderstood():
                return _also(due, ERRO)
            case on.RequestTooLong() | on.RequestTimedOut():
                return _the_last(_without_song(due), ERRO)
            case on.TeardownRequested():
                return due._replace(answers=(END,), song=None, ignores_requests=True)
            case on.RequestsEnded() if due.song is not None:
                return due._replace(ignores_requests=True, last_song=True)
            case on.RequestsEnded():
                return _the_last(due)
        return due

    def ends(self, due: Due) -> Due:
        """Return what is owed when the server is to end: songs may end, nothing new begins."""
        due = due._replace(ending=True)
        return due if due.ignores_requests or due.song is not None else _the_last(due)

    def expires(self, due: Due) -> Due:
        """Return what is owed when the time that songs had to end is over: no closing message."""
        gone = due.ignores_requests and due.nothing
        return due if gone else due._replace(answers=(END,), song=None, ignores_requests=True)

    def sent(self, due: Due, message: Message) -> Due:
        """Return what is still owed after a message. Raises Broken if another one was owed."""
        owed: Message | None = None
        if due.answers:
            owed, due = due.answers[0], due._replace(answers=due.answers[1:])
        elif (song := due.song) is not None and song.sent < len(song.chunks):
            owed = audio(song.title, song.sent, song.chunks, message.owner)
            due = due._replace(song=song._replace(sent=song.sent + 1))
        if message is not owed:
            a_list = isinstance(message.event, client_on.ListReceived)
            rule = Rule.LISTS_ONCE if a_list else Rule.PLAYS_ONCE
            raise Broken(rule, f"the server sends {message.shown} and owes {owed or 'nothing'}")
        return due

    def song_over(self, due: Due, failed: bool) -> Due:
        """Return what is owed when a song's file is at its end, or cannot be read on."""
        if due.song is None:
            raise Broken(Rule.PLAYS_ONCE, "a song ends that is not owed")
        if due.song.beyond and not failed:
            raise Broken(Rule.PLAYS_ONCE, "a song is closed as if it had been sent from there")
        closing = (ERRO,) if failed else (AUDIO_CLOSING,) if due.song.closes else ()
        due = _also(due, *closing)._replace(song=None)
        return _the_last(due) if due.last_song or due.ending else due


def _also(due: Due, *messages: Message) -> Due:
    return due._replace(answers=(*due.answers, *messages))


def _the_last(due: Due, *messages: Message) -> Due:
    """Owe these messages, then the end of the connection, and nothing else."""
    return _also(due, *messages, END)._replace(ignores_requests=True)


def _without_song(due: Due) -> Due:
    if due.song is not None and due.song.closes:
        due = _also(due, AUDIO_CLOSING)
    return due._replace(song=None)
