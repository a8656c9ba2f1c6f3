"""The client's conversation: what has been requested over one connection, and what is unanswered.

It knows where a list ends, where a song ends and whose audio arrives, from a server that closes its
answers and from a plain one (protocol.md 7 and 8). It knows nothing of playing.
"""

from __future__ import annotations

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import timeouts
from fsm.client.conversation.owed_lists import PLAIN_HELPS, ListKind, OwedLists
from fsm.client.conversation.table import CONVERSATION, TIMERS
from fsm.words import ENDS, FROM, LIBRARY, Request

NO_LIST = "no answer to LIST: it has no songs, or it is no alfine server"
"""Deployed servers answer nothing where their library is empty (protocol.md 9)."""


class ConversationSession(OwedLists):
    """One connection's requests and answers.

    plain: the user says that the server is plain: nothing is sent but what the user asks for.
    max_list_bytes: what a list may take of the memory.
    """

    __slots__ = ("late_songs", "offer_declined", "setup_open")
    table = CONVERSATION
    says = (
        on.CommandAnswered,
        on.ListRequested,
        internal.SetupAccepted,
        internal.FromAccepted,
        internal.ListUnchanged,
        internal.SongToRequest,
        internal.ListNeeded,
        internal.ListCompleted,
        internal.ListWithheld,
        internal.SongOpened,
        internal.AudioFromServer,
        internal.ServerClosedSong,
        internal.ServerRefusedSong,
        internal.ConnectionEnded,
        internal.ConnectionRenewed,
        internal.ConnectionRested,
        internal.ConnectionUnusable,
    )

    def __init__(self, plain: bool = False, max_list_bytes: int = timeouts.MAX_LIST_BYTES) -> None:
        super().__init__()
        self.plain = plain
        self.max_list_bytes = max_list_bytes
        self.known_library = None
        self._reset()

    def _reset(self) -> None:
        self._reset_song()
        self._reset_lists()
        self.late_songs = 0
        """Open PLAYs whose song nobody wants any more (protocol.md 7)."""
        self.offer_declined = False
        """The server has ended the connection, or talked nonsense, when SETUP was offered to it."""
        self.setup_open = False
        """SETUP has been sent and is not answered."""

    # Guards

    def is_offer_declined(self, event: on.Event) -> bool:
        """The server has not borne that SETUP was offered to it."""
        return self.offer_declined

    def ends_accepted(self, event: on.SetupReceived) -> bool:
        """The server will close its answers."""
        return ENDS in event.tokens[1:]

    def same_list(self, event: on.SetupReceived) -> bool:
        """The server will close its answers, and has the list that IDs are of (protocol.md 7)."""
        library = _library_in(event.tokens)
        return bool(library) and library == self.known_library and self.ends_accepted(event)

    def setup_unanswered(self, event: on.Event) -> bool:
        """SETUP has been sent and is not answered."""
        return self.setup_open

    def accepts_late(self, event: on.SetupReceived) -> bool:
        """The server, which seemed to be plain, will close its answers."""
        known = any(isinstance(e, on.SetupReceived) for e in self.waiting)
        return self.setup_open and self.ends_accepted(event) and not known

    def song_supposed(self, event: on.Event) -> bool:
        """Silence has ended the wanted song."""
        return self.supposed

    def song_was_closed(self, event: on.Event) -> bool:
        """The server has closed the wanted song already."""
        return (self.wanted_open or self.supposed) and self.closing_seen

    def closes_early(self, event: on.AudioReceived) -> bool:
        """The message is empty: it closes the song, if SETUP is accepted."""
        return self.setup_open and self.audio_coming and not event.data

    def plays_open(self, event: on.Event) -> bool:
        """Some PLAY is not closed: the next audio belongs to it."""
        return self.wanted_open or self.late_songs > 0

    def song_open(self, event: on.Event) -> bool:
        """The wanted song has been requested and is not closed."""
        return self.wanted_open

    def late_song(self, event: on.Event) -> bool:
        """The oldest open PLAY is of a song that is not wanted any more."""
        return self.late_songs > 0

    def last_late_song(self, event: on.Event) -> bool:
        """... and the next one is the wanted song's."""
        return self.late_songs == 1 and self.wanted_open

    def carries_audio(self, event: on.AudioReceived) -> bool:
        """The message is not empty."""
        return bool(event.data)

    def carries_late_audio(self, event: on.AudioReceived) -> bool:
        """The message is not empty, and of a song that is not wanted any more."""
        return bool(event.data) and self.late_songs > 0

    def nothing_owed(self, event: on.Event) -> bool:
        """Nothing that somebody waits for is unanswered."""
        return not (self._list_missed() or self.waiting or self.wanted_open or self.late_songs)

    def spare_list_owed(self, event: on.Event) -> bool:
        """A list for which nobody waits is unanswered, and nothing else."""
        return ListKind.SPARE in self.lists and self.nothing_owed(event)

    def answer_owed(self, event: on.Event) -> bool:
        """The server has not answered all that somebody waits for."""
        return self._list_missed() or self.wanted_open or self.late_songs > 0

    # Effects: greeting

    def wait_for_greeting(self, event: on.Event) -> None:
        """Expect an answer to LIST, which every server gives."""
        self.record(do.StartTimer(on.GreetingUnanswered(), timeouts.GREETING_TIMEOUT_S))

    def greeting_answered(self, event: on.Event) -> None:
        """Stop the timer: the server has answered."""
        self.record(do.CancelTimer(on.GreetingUnanswered))

    def send_setup(self, event: on.Event) -> None:
        """Send SETUP ends tags from."""
        self.setup_open = True
        self.record(do.SendRequest(Request.SETUP, paced=True))

    def wait_for_setup(self, event: on.Event) -> None:
        """Expect an answer to SETUP, counted from the last message that came."""
        self.record(do.StartTimer(on.SetupUnanswered(), timeouts.SETUP_SILENCE_S))

    def setup_answered(self, event: on.Event) -> None:
        """Stop the timer; no later answer is one to SETUP."""
        self.setup_open = False
        self.record(do.CancelTimer(on.SetupUnanswered))

    def note_library(self, event: on.SetupReceived) -> None:
        """Note which version of the list the server has; IDs are of the first, until a list comes."""
        self.library = _library_in(event.tokens)
        if self.known_library is None:
            self.known_library = self.library

    def say_from(self, event: on.SetupReceived) -> None:
        """Say whether the server sends songs from any byte on."""
        if FROM in event.tokens[1:]:
            self.record(internal.FromAccepted())

    def say_list_unchanged(self, event: on.Event) -> None:
        """Say that the IDs that are known are still the server's."""
        self.record(internal.ListUnchanged())

    def decline_offer(self, event: on.Event) -> None:
        """Offer nothing over the next connection."""
        self.offer_declined = True

    def disconnect_mute(self, event: on.Event) -> None:
        """Disconnect from whoever listens there and does not answer."""
        self.record(do.Disconnect(NO_LIST if self.plain else f"{NO_LIST}; {PLAIN_HELPS}"))

    # Effects: songs

    def send_play(self, event: internal.SongToRequest) -> None:
        """Send PLAY."""
        self.wanted_open, self.supposed = True, False
        self._send(Request.PLAY, event.song_id, event.offset)

    def send_stop(self, event: on.Event) -> None:
        """Send STOP."""
        self._send(Request.STOP)

    def leave_song_open(self, event: on.Event) -> None:
        """Count the wanted song, if it is open, among the songs that nobody wants any more."""
        self.late_songs += self.wanted_open
        self.wanted_open = False

    def forget_song(self, event: on.Event) -> None:
        """Want no song: neither the one that is open nor one that waits."""
        self.wanted_open = self.supposed = False
        self.waiting = tuple(e for e in self.waiting if not isinstance(e, internal.SongToRequest))

    def reopen_late_song(self, event: on.Event) -> None:
        """Count the last song, unless it is the wanted one or has been closed, among the late ones."""
        late = self.audio_coming and not self.wanted_open and not self.closing_seen
        self.late_songs = int(late)

    def count_late_song(self, event: on.Event) -> None:
        """Count one song less that nobody wants."""
        self.late_songs -= 1

    def say_list_withheld(self, event: on.Event) -> None:
        """Say that no list is asked for: the user has not."""
        self.record(internal.ListWithheld())

    def say_opened(self, event: on.Event) -> None:
        """Say that what comes from here on is the wanted song's."""
        self.record(internal.SongOpened())

    def say_closed(self, event: on.Event) -> None:
        """Say that the server has sent the wanted song whole."""
        self.record(internal.ServerClosedSong())

    def say_closed_by_silence(self, event: on.Event) -> None:
        """Say that the wanted song is taken for whole."""
        self.record(internal.ServerClosedSong(said=False))

    def say_refused(self, event: on.Event) -> None:
        """Say that the wanted song will not come."""
        self.record(internal.ServerRefusedSong())

    def pass_audio(self, event: on.AudioReceived) -> None:
        """Hand the audio on; the song machine knows whether it is late."""
        self.record(internal.AudioFromServer(event.data))

    # Effects: waiting, and the end

    def keep_waiting(self, event: on.Event) -> None:
        """Let the request wait."""
        self.waiting = (*self.waiting, event)

    def say_accepted(self, event: on.Event) -> None:
        """Take it that the server closes its answers."""
        self.record(internal.SetupAccepted())

    def take_up_waiting(self, event: on.Event) -> None:
        """Let what waits happen now: the server's word first, a list for titles behind PLAY."""
        self.record(*map(_taken_up, sorted(self.waiting, key=_turn)))
        self.waiting = ()

    def forget_waiting(self, event: on.Event) -> None:
        """Forget the requests that wait."""
        self.waiting = ()

    def forget_acceptance(self, event: on.Event) -> None:
        """Forget that SETUP was accepted: it was over the connection that has ended."""
        self.waiting = tuple(e for e in self.waiting if not isinstance(e, on.SetupReceived))

    def forget_all(self, event: on.Event) -> None:
        """Forget all that was requested: nothing of it will be answered."""
        self._reset()

    def stop_timers(self, event: on.Event) -> None:
        """Stop all timers of this connection."""
        self.record(*(do.CancelTimer(timer) for timer in TIMERS))

    def disconnect_silent(self, event: on.ServerSilent) -> None:
        """Disconnect from a server that owes an answer and is silent."""
        self.record(do.Disconnect(f"nothing came for {event.seconds:.0f} s"))

    def disconnect_garbled(self, event: on.MessageNotUnderstood) -> None:
        """Disconnect from a server that sends what is no message."""
        self.record(do.Disconnect(event.reason))

    def disconnect_anew(self, event: on.Event) -> None:
        """Disconnect, to connect again at once."""
        self.record(do.Disconnect("it is made anew"))

    def say_ended(self, event: on.ConnectionLost | on.ServerClosed) -> None:
        """Say that the connection is lost, and why."""
        self.record(internal.ConnectionEnded(event.reason))

    def say_ended_in_order(self, event: on.ServerClosed) -> None:
        """Say that the server has closed the connection."""
        self.record(internal.ConnectionEnded(event.reason, in_order=True))

    def say_rested(self, event: on.Event) -> None:
        """Say that the connection has ended, and that nobody misses it."""
        self.record(internal.ConnectionRested())

    def say_renewed(self, event: on.Event) -> None:
        """Say that the connection is to be made anew."""
        self.record(internal.ConnectionRenewed())

    def say_unusable(self, event: on.ConnectionLost | on.ServerClosed) -> None:
        """Say that the server sends what is no message."""
        self.record(internal.ConnectionUnusable(event.reason))

    def send_teardown(self, event: on.Event) -> None:
        """Send TEARDOWN."""
        self._send(Request.TEARDOWN)

    def disconnect(self, event: on.Event) -> None:
        """Close the connection for good."""
        self.record(do.DisconnectForGood())


def _library_in(tokens: tuple[str, ...]) -> str | None:
    """The version of the list that RESP 101 names; None if it names none."""
    named = (token.removeprefix(LIBRARY) for token in tokens[1:] if token.startswith(LIBRARY))
    return next(named, None)


def _turn(event: on.Event) -> int:
    """When it is the turn of something that waits."""
    return {on.SetupReceived: 0, internal.ListNeeded: 2}.get(type(event), 1)


def _taken_up(event: on.Event) -> on.Event:
    """What becomes of something that has waited."""
    return internal.SetupAccepted() if isinstance(event, on.SetupReceived) else event
