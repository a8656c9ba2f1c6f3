"""The client's conversation: what has been requested over one connection, and what is unanswered.

It knows where a list ends, where a song ends and whose audio arrives, from a server that closes its
answers and from a plain one (protocol.md 7 and 8). It knows nothing of playing.
"""

from __future__ import annotations

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import timeouts
from fsm.client.conversation_table import CONVERSATION, TIMERS
from fsm.client.plain_song import PlainSong
from fsm.words import ENDS, Request

NO_LIST = (
    "no answer to LIST: it has no songs, or it is no alfine server; --plain plays without a list"
)
"""Deployed servers answer nothing where their library is empty (protocol.md 9)."""

_ENTRY_BYTES = 96
"""A ListedSong and its ID, as Python keeps them, without the title."""


class ConversationSession(PlainSong):
    """One connection's requests and answers.

    plain: the user says that the server is plain: nothing is sent but what the user asks for.
    max_list_bytes: what a list may take of the memory.
    """

    __slots__ = (
        "collected", "collected_bytes", "late_songs", "lists", "max_list_bytes", "offer_declined",
        "plain", "setup_open", "waiting",
    )  # fmt: skip
    table = CONVERSATION
    says = (
        on.CommandAnswered,
        on.ListRequested,
        internal.SongToRequest,
        internal.ListNeeded,
        internal.ListCompleted,
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
        self._reset()

    def _reset(self) -> None:
        self._reset_song()
        self.waiting: tuple[on.Event, ...] = ()
        """Requests that wait until the server can take them, in order."""
        self.lists: tuple[bool, ...] = ()
        """Lists that are not whole yet, oldest first: is it the user's, to be shown?"""
        self.collected: tuple[tuple[on.ListedSong, ...], ...] = ()
        self.collected_bytes = 0
        self.late_songs = 0
        """Open PLAYs whose song nobody wants any more (protocol.md 7)."""
        self.offer_declined = False
        """The server has ended the connection, or talked nonsense, when SETUP was offered to it."""
        self.setup_open = False
        """SETUP has been sent and is not answered."""

    # Guards

    def told_plain(self, event: on.Event) -> bool:
        """The user says that the server is plain."""
        return self.plain

    def is_offer_declined(self, event: on.Event) -> bool:
        """The server has not borne that SETUP was offered to it."""
        return self.offer_declined

    def ends_accepted(self, event: on.SetupReceived) -> bool:
        """The server will close its answers."""
        return ENDS in event.tokens[1:]

    def setup_unanswered(self, event: on.Event) -> bool:
        """SETUP has been sent and is not answered."""
        return self.setup_open

    def list_owed(self, event: on.Event) -> bool:
        """A list has been requested and is not whole."""
        return bool(self.lists)

    def closes_list(self, event: on.ListReceived) -> bool:
        """A list is owed, and this message is empty."""
        return bool(self.lists) and not event.songs

    def list_grows(self, event: on.ListReceived) -> bool:
        """A list is owed, and with this message it still fits into the memory that it may take."""
        return bool(self.lists) and self.collected_bytes + _size(event.songs) <= self.max_list_bytes

    def list_awaited(self, event: on.Event) -> bool:
        """The user waits for a list."""
        return any(self.lists) or any(isinstance(e, on.ListRequested) for e in self.waiting)

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

    def nothing_owed(self, event: on.Event) -> bool:
        """Nothing that was requested is unanswered."""
        return not (self.lists or self.waiting or self.wanted_open or self.late_songs)

    def answer_owed(self, event: on.Event) -> bool:
        """The server has not answered all that it was asked."""
        return bool(self.lists) or self.wanted_open or self.late_songs > 0

    # Effects: greeting

    def wait_for_greeting(self, event: on.Event) -> None:
        """Expect an answer to LIST, which every server gives."""
        self.record(do.StartTimer(on.GreetingUnanswered(), timeouts.GREETING_TIMEOUT_S))

    def greeting_answered(self, event: on.Event) -> None:
        """Stop the timer: the server has answered."""
        self.record(do.CancelTimer(on.GreetingUnanswered))

    def send_setup(self, event: on.Event) -> None:
        """Send SETUP ends."""
        self.setup_open = True
        self.record(do.SendRequest(Request.SETUP, paced=True))

    def wait_for_setup(self, event: on.Event) -> None:
        """Expect an answer to SETUP, counted from the last message that came."""
        self.record(do.StartTimer(on.SetupUnanswered(), timeouts.SETUP_SILENCE_S))

    def setup_answered(self, event: on.Event) -> None:
        """Stop the timer; no later answer is one to SETUP."""
        self.setup_open = False
        self.record(do.CancelTimer(on.SetupUnanswered))

    def decline_offer(self, event: on.Event) -> None:
        """Offer nothing over the next connection."""
        self.offer_declined = True

    def disconnect_mute(self, event: on.Event) -> None:
        """Disconnect from whoever listens there and does not answer."""
        self.record(do.Disconnect(NO_LIST))

    # Effects: lists

    def send_list(self, event: on.Event) -> None:
        """Send LIST for the user."""
        self.lists += (True,)
        self._send(Request.LIST)

    def send_own_list(self, event: on.Event) -> None:
        """Send LIST for the client's own use."""
        self.lists += (False,)
        self._send(Request.LIST)

    def keep_entries(self, event: on.ListReceived) -> None:
        """Keep the entries until the list is whole."""
        self.collected += (event.songs,)
        self.collected_bytes += _size(event.songs)

    def wait_until_list_is_quiet(self, event: on.Event) -> None:
        """Expect silence: 250 ms without a further message make the list whole."""
        self.record(do.StartTimer(on.ListWentQuiet(), timeouts.LIST_QUIET_S))

    def list_answered(self, event: on.Event) -> None:
        """Stop the timer: the list's end need not be waited for."""
        self.record(do.CancelTimer(on.ListWentQuiet))

    def complete_list(self, event: on.Event) -> None:
        """Hand on the oldest list, which is whole; show it, if it is the user's."""
        shown, self.lists = self.lists[0], self.lists[1:]
        # Deployed servers may have sent it twice (protocol.md 9).
        songs = tuple(dict.fromkeys(song for songs in self.collected for song in songs))
        self.collected, self.collected_bytes = (), 0
        self.record(internal.ListCompleted(songs))
        if shown:
            self.record(do.ShowSongs(songs), on.CommandAnswered(on.Command.LIST))

    def disconnect_endless(self, event: on.ListReceived) -> None:
        """Disconnect from a server whose list has no end: it may go on for as long as it likes."""
        size = f"{self.max_list_bytes // 2**20} MiB"
        reason = f"its list is longer than {size}: --plain plays without a list"
        self.record(do.Disconnect(reason, answer_awaited=False))

    def tell_list_failed(self, event: on.Event) -> None:
        """Tell the user that the list will not come."""
        self.record(do.Tell(do.Report.LIST_FAILED), on.CommandAnswered(on.Command.LIST))

    # Effects: songs

    def send_play(self, event: internal.SongToRequest) -> None:
        """Send PLAY."""
        self.wanted_open = True
        self._send(Request.PLAY, event.song_id)

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

    def count_late_song(self, event: on.Event) -> None:
        """Count one song less that nobody wants."""
        self.late_songs -= 1

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

    def take_up_waiting(self, event: on.Event) -> None:
        """Let the requests that wait happen now, in their order."""
        self.record(*self.waiting)
        self.waiting = ()

    def forget_waiting(self, event: on.Event) -> None:
        """Forget the requests that wait."""
        self.waiting = ()

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

    def say_list_needed(self, event: on.Event) -> None:
        """Have a list requested, after what waits."""
        self.record(internal.ListNeeded())

    def send_teardown(self, event: on.Event) -> None:
        """Send TEARDOWN."""
        self._send(Request.TEARDOWN)

    def disconnect(self, event: on.Event) -> None:
        """Close the connection for good."""
        self.record(do.DisconnectForGood())


def _size(songs: tuple[on.ListedSong, ...]) -> int:
    """The bytes that the entries take of the memory: many times what they are on the wire."""
    return sum(_ENTRY_BYTES + song.title.__sizeof__() for song in songs)
