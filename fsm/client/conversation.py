"""The client's conversation: what has been requested over one connection, and what is unanswered.

It knows where a list ends, where a song ends and whose audio arrives, from a server that closes its
answers and from a plain one (protocol.md 7 and 8). It knows nothing of playing.
"""

from __future__ import annotations

from enum import Enum

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import timeouts
from fsm.client.effects import ClientEffect
from fsm.table import Row, Session, Table, each
from fsm.words import ENDS, MAX_PAYLOAD_BYTES, Request


class ConversationState(Enum):
    """What kind of server it is, and what it owes an answer to."""

    UNCONNECTED = "there is no connection; requests wait"
    GREETING = "LIST was sent on connecting; requests wait for its answer"
    OFFERING = "SETUP ends was sent; requests wait until the server has accepted it or not"
    CLOSING_SERVER = "the server closes every answer; requests go at once"
    PLAIN = "a plain server; nothing but audio is on its way"
    PLAIN_LISTING = "a plain server sends a list; further LIST and PLAY wait until it is quiet"
    FENCING = "STOP and LIST were sent to a plain server: all audio before the answer is late"
    LEAVING = "the person has gone"


# fmt: off
UNCONNECTED, GREETING, OFFERING, CLOSING_SERVER, PLAIN, PLAIN_LISTING, FENCING, LEAVING = ConversationState
CLOSING = CLOSING_SERVER

_CONNECTED = (GREETING, OFFERING, CLOSING, PLAIN, PLAIN_LISTING, FENCING)
_REQUESTS_WAIT = (UNCONNECTED, GREETING, OFFERING, FENCING)
_LISTS_OPEN = (GREETING, OFFERING, CLOSING, PLAIN_LISTING, FENCING)
_PLAIN_STATES = (PLAIN, PLAIN_LISTING)
_SETTLING = (GREETING, OFFERING, FENCING)
TIMERS = (
    on.ListWentQuiet, on.SongWentQuiet, on.GreetingUnanswered, on.SetupUnanswered, on.FenceUnanswered,
)
_STOPS = (on.StopRequested, internal.SongAbandoned)
_PLAIN_ANSWERS = (on.SetupReceived, on.NotFoundReceived, on.SetupUnanswered)
_CLOSINGS = (on.AudioReceived, on.NotFoundReceived)
_FENCE_PASSED = (on.ListWentQuiet, on.FenceUnanswered)
_IGNORED_WHEN_LEAVING = (
    on.ListReceived, on.AudioReceived, on.NotFoundReceived, on.SetupReceived, *TIMERS, on.Connected,
    on.ConnectFailed, on.ConnectionLost, on.ServerSilent, internal.SongAbandoned, internal.ListNeeded,
    on.InputEnded,
)

CONVERSATION = Table("conversation", UNCONNECTED, [
    # Greeting: LIST, then SETUP ends, and what the server makes of it
    Row(UNCONNECTED,  on.Connected,          PLAIN,       when="told_plain",    then="take_up_waiting",                                             rfc="P7"),
    Row(UNCONNECTED,  on.Connected,          GREETING,                          then="send_own_list, wait_for_greeting",                            rfc="P7"),
    Row(UNCONNECTED,  on.ConnectFailed,      UNCONNECTED, when="list_awaited",  then="tell_list_failed, forget_waiting",                            rfc="P7"),
    Row(UNCONNECTED,  on.ConnectFailed,      UNCONNECTED,                                                                                           rfc="P7"),
    Row(GREETING,     on.ListReceived,       OFFERING,                          then="keep_entries, greeting_answered, send_setup, wait_for_setup", rfc="P7"),
    Row(GREETING,     on.NotFoundReceived,   OFFERING,                          then="greeting_answered, send_setup, wait_for_setup",               rfc="P7"),
    Row(GREETING,     on.GreetingUnanswered, GREETING,                          then="disconnect_mute",                                             rfc="P7"),
    Row(OFFERING,     on.ListReceived,       OFFERING,    when="list_grows",    then="keep_entries, wait_for_setup",                                rfc="P7"),
    Row(OFFERING,     on.ListReceived,       OFFERING,                          then="disconnect_endless",                                          rfc="P7"),
    Row(OFFERING,     on.SetupReceived,      CLOSING,     when="ends_accepted", then="setup_answered, complete_list, take_up_waiting",              rfc="P7"),
    each((OFFERING,), _PLAIN_ANSWERS,        PLAIN,                             then="setup_answered, complete_list, take_up_waiting",              rfc="P7"),
    # ... and what it says nothing to
    each((GREETING, OFFERING),                               on.AudioReceived,    rfc="2.6.1"),
    each((GREETING, OFFERING, PLAIN_LISTING),                internal.ListNeeded, rfc="P7"),
    each((GREETING, CLOSING, PLAIN, PLAIN_LISTING, FENCING), on.SetupReceived,    rfc="P7"),
    # LIST
    each(_REQUESTS_WAIT, on.ListRequested,                                       then="keep_waiting",                           rfc="P7, P8"),
    Row(CLOSING,         on.ListRequested,    CLOSING,                           then="send_list",                              rfc="2.2"),
    Row(CLOSING,         on.ListReceived,     CLOSING,       when="closes_list", then="complete_list",                          rfc="P7"),
    Row(CLOSING,         on.ListReceived,     CLOSING,       when="list_grows",  then="keep_entries",                           rfc="2.5.1"),
    Row(CLOSING,         on.ListReceived,     CLOSING,       when="list_owed",   then="disconnect_endless",                     rfc="P7"),
    Row(CLOSING,         on.ListReceived,     CLOSING,                                                                          rfc="P7"),
    Row(PLAIN,           on.ListRequested,    PLAIN_LISTING,                     then="send_list",                              rfc="2.2"),
    Row(PLAIN,           internal.ListNeeded, PLAIN_LISTING,                     then="send_own_list",                          rfc="P7"),
    Row(PLAIN_LISTING,   on.ListRequested,    PLAIN_LISTING,                     then="keep_waiting",                           rfc="P8"),
    Row(PLAIN_LISTING,   on.ListReceived,     PLAIN_LISTING, when="list_grows",  then="keep_entries, wait_until_list_is_quiet", rfc="P8"),
    Row(PLAIN_LISTING,   on.ListReceived,     PLAIN_LISTING,                     then="disconnect_endless",                     rfc="P8"),
    Row(PLAIN_LISTING,   on.ListWentQuiet,    PLAIN,                             then="complete_list, take_up_waiting",         rfc="P8"),
    Row(PLAIN,           on.ListReceived,     PLAIN,                                                                            rfc="P9"),
    # PLAY
    each(_SETTLING,    internal.SongToRequest,                                       then="forget_song, keep_waiting",                                                         rfc="P7, P8"),
    Row(PLAIN_LISTING, internal.SongToRequest, PLAIN_LISTING,                        then="forget_song, stop_song_timer, keep_waiting",                                        rfc="P8"),
    Row(CLOSING,       internal.SongToRequest, CLOSING,       when="plays_open",     then="leave_song_open, send_play",                                                        rfc="2.2, P7"),
    Row(CLOSING,       internal.SongToRequest, CLOSING,                              then="send_play, say_opened",                                                             rfc="2.2, P7"),
    Row(PLAIN,         internal.SongToRequest, FENCING,       when="audio_may_come", then="forget_song, stop_song_timer, send_stop, keep_waiting, send_fence, wait_for_fence", rfc="P8"),
    Row(PLAIN,         internal.SongToRequest, PLAIN,                                then="send_play, say_opened, expect_audio",                                               rfc="2.2"),
    # The fence: once its LIST is answered, all audio of the old song has come
    Row(FENCING,     on.ListReceived,     FENCING,                       then="fence_answered, wait_until_list_is_quiet", rfc="P8"),
    each((FENCING,), _FENCE_PASSED,       PLAIN,                         then="expect_no_audio, take_up_waiting",         rfc="P8"),
    Row(FENCING,     on.AudioReceived,    FENCING, when="carries_audio", then="pass_audio",                               rfc="2.6.1"),
    Row(FENCING,     on.AudioReceived,    FENCING,                                                                        rfc="P8"),
    Row(FENCING,     on.NotFoundReceived, FENCING,                                                                        rfc="P8"),
    # STOP: the user's, or because the song is of no use
    each((UNCONNECTED,), _STOPS,                                                 rfc="2.4.3"),
    each(_SETTLING,      _STOPS, then="forget_song",                             rfc="2.2"),
    each((CLOSING,),     _STOPS, then="leave_song_open, send_stop",              rfc="2.2, P7"),
    each(_PLAIN_STATES,  _STOPS, then="forget_song, stop_song_timer, send_stop", rfc="2.2"),
    # Audio from a server that closes its answers
    Row(CLOSING,     on.AudioReceived,    CLOSING, when="carries_audio",  then="pass_audio",                  rfc="2.5.2"),
    each((CLOSING,), _CLOSINGS,                    when="last_late_song", then="count_late_song, say_opened", rfc="P7"),
    each((CLOSING,), _CLOSINGS,                    when="late_song",      then="count_late_song",             rfc="P7"),
    Row(CLOSING,     on.AudioReceived,    CLOSING, when="song_open",      then="forget_song, say_closed",     rfc="P7"),
    Row(CLOSING,     on.NotFoundReceived, CLOSING, when="song_open",      then="forget_song, say_refused",    rfc="2.5.3"),
    each((CLOSING,), _CLOSINGS,                                                                               rfc="2.5.3"),
    # Audio from a plain server
    each(_PLAIN_STATES, on.AudioReceived,           when="song_continues", then="pass_audio, await_silence",                                  rfc="P8"),
    each(_PLAIN_STATES, on.AudioReceived,           when="song_open",      then="await_silence",                                              rfc="P8"),
    each(_PLAIN_STATES, on.AudioReceived,           when="carries_audio",  then="pass_audio",                                                 rfc="2.6.1"),
    each(_PLAIN_STATES, on.AudioReceived,                                                                                                     rfc="2.6.1"),
    each(_PLAIN_STATES, on.SongWentQuiet,           when="short_message",  then="forget_song, expect_no_audio, say_closed_by_silence",        rfc="P8"),
    each(_PLAIN_STATES, on.SongWentQuiet,                                  then="forget_song, say_closed_by_silence",                         rfc="P8"),
    each(_PLAIN_STATES, on.NotFoundReceived,        when="song_open",      then="forget_song, expect_no_audio, stop_song_timer, say_refused", rfc="2.5.3"),
    each(_PLAIN_STATES, on.NotFoundReceived,        when="audio_may_come", then="expect_no_audio",                                            rfc="P6"),
    Row(PLAIN,          on.NotFoundReceived, PLAIN,                                                                                           rfc="2.5.3"),
    Row(PLAIN_LISTING,  on.NotFoundReceived, PLAIN,                        then="list_answered, complete_list, take_up_waiting",              rfc="2.5.3"),
    # Silence while an answer is owed; of a plain server's song it says nothing
    Row(CLOSING,                     on.ServerSilent, CLOSING, when="answer_owed", then="disconnect_silent", rfc="P7"),
    Row(CLOSING,                     on.ServerSilent, CLOSING,                                               rfc="P7"),
    Row(OFFERING,                    on.ServerSilent, OFFERING,                    then="disconnect_silent", rfc="P7"),
    Row(PLAIN_LISTING,               on.ServerSilent, PLAIN_LISTING,               then="disconnect_mute",   rfc="P7, P9"),
    each((GREETING, PLAIN, FENCING), on.ServerSilent,                                                        rfc="P7, P8"),
    # The end of the connection
    each(_LISTS_OPEN, on.ConnectionLost, UNCONNECTED, when="list_awaited", then="tell_list_failed, forget_all, stop_timers", rfc="P7"),
    each(_CONNECTED,  on.ConnectionLost, UNCONNECTED,                      then="forget_all, stop_timers",                   rfc="P7"),
    # The person leaves
    Row(CLOSING,                                              on.InputEnded,         LEAVING, then="send_teardown, disconnect", rfc="P7"),
    Row(UNCONNECTED,                                          on.InputEnded,         LEAVING,                                   rfc="2.7.1"),
    each((GREETING, OFFERING, PLAIN, PLAIN_LISTING, FENCING), on.InputEnded,         LEAVING, then="disconnect",                rfc="2.7.1"),
    each((LEAVING,),                                          _IGNORED_WHEN_LEAVING,                                            rfc="2.7.1"),
])
# fmt: on


NO_LIST = "no answer to LIST: it has no songs, or it is no alfine server; check the port"
"""Deployed servers answer nothing where their library is empty (protocol.md 9)."""

_ENTRY_BYTES = 96
"""A ListedSong and its ID, as Python keeps them, without the title."""


class ConversationSession(Session[ClientEffect | on.Event]):
    """One connection's requests and answers.

    max_list_bytes: what a list may take of the memory. plain: the user says that the server is plain: nothing is sent but what the user asks for.
    """

    __slots__ = (
        "audio_coming", "collected", "collected_bytes", "late_songs", "lists", "max_list_bytes", "plain",
        "short_audio", "waiting", "wanted_open",
    )  # fmt: skip
    table = CONVERSATION
    says = (
        on.CommandAnswered,
        on.ListRequested,
        internal.SongToRequest,
        internal.ListCompleted,
        internal.SongOpened,
        internal.AudioFromServer,
        internal.ServerClosedSong,
        internal.ServerRefusedSong,
    )

    def __init__(self, plain: bool = False, max_list_bytes: int = timeouts.MAX_LIST_BYTES) -> None:
        super().__init__()
        self.plain = plain
        self.max_list_bytes = max_list_bytes
        self._reset()

    def _reset(self) -> None:
        self.waiting: tuple[on.Event, ...] = ()
        """Requests that wait until the server can take them, in order."""
        self.lists: tuple[bool, ...] = ()
        """Lists that are not whole yet, oldest first: is it the user's, to be shown?"""
        self.collected: tuple[tuple[on.ListedSong, ...], ...] = ()
        self.collected_bytes = 0
        self.late_songs = 0
        """Open PLAYs whose song nobody wants any more (protocol.md 7)."""
        self.wanted_open = False
        """The song that is wanted has been requested and is not closed."""
        self.short_audio = False
        """The last audio message was not full (protocol.md 8)."""
        self.audio_coming = False
        """A plain server may still send audio of an earlier song (protocol.md 8)."""

    # Guards

    def told_plain(self, event: on.Event) -> bool:
        """The user says that the server is plain."""
        return self.plain

    def ends_accepted(self, event: on.SetupReceived) -> bool:
        """The server will close its answers."""
        return ENDS in event.tokens[1:]

    def closes_list(self, event: on.ListReceived) -> bool:
        """A list is owed, and this message is empty."""
        return bool(self.lists) and not event.songs

    def list_grows(self, event: on.ListReceived) -> bool:
        """A list is owed, and with this message it still fits into the memory that it may take."""
        return bool(self.lists) and self.collected_bytes + _size(event.songs) <= self.max_list_bytes

    def list_owed(self, event: on.ListReceived) -> bool:
        """A list has been requested and is not whole."""
        return bool(self.lists)

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

    def song_continues(self, event: on.AudioReceived) -> bool:
        """The wanted song is open, and the message is not empty."""
        return self.wanted_open and bool(event.data)

    def short_message(self, event: on.Event) -> bool:
        """The last audio message was shorter than a full one: behind it nothing more comes."""
        return self.short_audio

    def audio_may_come(self, event: on.Event) -> bool:
        """Audio of an earlier song may still be on its way."""
        return self.audio_coming

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
        """Send SETUP ends. Its answer also says that the list is whole: answers come in order."""
        self.record(do.SendRequest(Request.SETUP, paced=True))

    def wait_for_setup(self, event: on.Event) -> None:
        """Expect an answer to SETUP, counted from the last message that came."""
        self.record(do.StartTimer(on.SetupUnanswered(), timeouts.SETUP_SILENCE_S))

    def setup_answered(self, event: on.Event) -> None:
        """Stop the timer: it is known what kind of server it is."""
        self.record(do.CancelTimer(on.SetupUnanswered))

    def disconnect_mute(self, event: on.Event) -> None:
        """Disconnect from whoever listens there and does not answer LIST."""
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
        self.record(do.Disconnect(f"its list is longer than {size}: --plain plays without a list"))

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
        self.wanted_open = False
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

    # Effects: a plain server's silence

    def expect_audio(self, event: on.Event) -> None:
        """Expect audio; 2 s without any end the song."""
        self.audio_coming, self.short_audio = True, False
        self.record(do.StartTimer(on.SongWentQuiet(), timeouts.AUDIO_QUIET_S))

    def await_silence(self, event: on.AudioReceived) -> None:
        """Expect silence: 250 ms behind a short message, or 2 s, end the song."""
        self.short_audio = len(event.data) < MAX_PAYLOAD_BYTES
        delay_s = timeouts.SHORT_AUDIO_QUIET_S if self.short_audio else timeouts.AUDIO_QUIET_S
        self.record(do.StartTimer(on.SongWentQuiet(), delay_s))

    def stop_song_timer(self, event: on.Event) -> None:
        """Stop the timer: the song's end need not be waited for."""
        self.record(do.CancelTimer(on.SongWentQuiet))

    def expect_no_audio(self, event: on.Event) -> None:
        """Expect no more audio of an earlier song."""
        self.audio_coming = False

    def send_fence(self, event: on.Event) -> None:
        """Send LIST: by its answer all audio of the old song has come."""
        self._send(Request.LIST)

    def wait_for_fence(self, event: on.Event) -> None:
        """Expect an answer to the LIST that was sent as a fence."""
        self.record(do.StartTimer(on.FenceUnanswered(), timeouts.FENCE_SILENCE_S))

    def fence_answered(self, event: on.Event) -> None:
        """Stop the timer: the answer has begun."""
        self.record(do.CancelTimer(on.FenceUnanswered))

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

    def send_teardown(self, event: on.Event) -> None:
        """Send TEARDOWN."""
        self._send(Request.TEARDOWN)

    def disconnect(self, event: on.Event) -> None:
        """Close the connection for good."""
        self.record(do.DisconnectForGood())

    def _send(self, request: Request, song_id: int | None = None) -> None:
        paced = self.state is not CLOSING_SERVER
        self.record(do.SendRequest(request, song_id, paced))


def _size(songs: tuple[on.ListedSong, ...]) -> int:
    """The bytes that the entries take of the memory: many times what they are on the wire."""
    return sum(_ENTRY_BYTES + song.title.__sizeof__() for song in songs)
