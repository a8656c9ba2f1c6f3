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

NO_LIST = (
    "no answer to LIST: it has no songs, or it is no alfine server; --plain asks nothing by itself"
)
"""Deployed servers answer nothing where their library is empty (protocol.md 9)."""

_ENTRY_BYTES = 96
"""A ListedSong and its ID, as Python keeps them, without the title."""


class ConversationState(Enum):
    """What kind of server it is, and what it owes an answer to."""

    UNCONNECTED = "there is no connection; requests wait"
    OFFERING = "SETUP ends was sent; requests wait until the server has accepted it or not"
    GREETING = "the server seems to be a plain one: LIST was sent; requests wait for its answer"
    CLOSING_SERVER = "the server closes every answer; requests go at once"
    PLAIN = "a plain server; nothing but audio is on its way"
    PLAIN_LISTING = "a plain server sends a list; further LIST and PLAY wait until it is quiet"
    ASKING = "a plain server was silent in a song: LIST was sent, to ask whether more comes"
    ANSWERED = "... and it answers; 250 ms without audio behind the answer end the song"
    STOPPING = "STOP and LIST are being sent to a plain server; audio that arrives is late"
    FENCING = "... and are sent: all audio before the answer is late"
    PASSING = "... and the answer has begun; when it is quiet, what waits goes"
    RENEWING = "the client closes the connection, to make it anew"
    GIVING_UP = "the client closes the connection: the server does not answer"
    BREAKING = "the client closes the connection: the server sends what is no message"
    LEAVING = "the person has gone"


# fmt: off
(
    UNCONNECTED, OFFERING, GREETING, CLOSING_SERVER, PLAIN, PLAIN_LISTING, ASKING, ANSWERED, STOPPING, FENCING,
    PASSING, RENEWING, GIVING_UP, BREAKING, LEAVING,
) = ConversationState
CLOSING = CLOSING_SERVER

_SETTLED = (CLOSING, PLAIN, PLAIN_LISTING, ASKING, ANSWERED, STOPPING, FENCING, PASSING)
_MAY_END_SONG = (GREETING, *_SETTLED[1:])
"""A server that closes its answers says itself when a song has ended: its end is no song's."""
_MAY_OWE_NOTHING = tuple(state for state in _SETTLED if state is not PLAIN_LISTING)
_PLAIN_AWAITED = tuple(state for state in _MAY_END_SONG if state is not PLAIN)
"""In PLAIN no list is awaited: what waits has been taken up."""
_LIST_AWAITED = (CLOSING, *_PLAIN_AWAITED)
_FENCES = (STOPPING, FENCING, PASSING)
_QUESTIONS = (ASKING, ANSWERED)
_PLAIN_STATES = (PLAIN, PLAIN_LISTING)
_ENDED_BY_CLIENT = (RENEWING, GIVING_UP, BREAKING)
_BEFORE_REQUESTS = (UNCONNECTED, OFFERING, GREETING)
TIMERS = (
    on.ListWentQuiet, on.SongWentQuiet, on.GreetingUnanswered, on.SetupUnanswered, on.FenceUnanswered,
)
_RESPONSES = (on.ListReceived, on.AudioReceived, on.NotFoundReceived, on.SetupReceived, on.MessageNotUnderstood)
_STOPS = (on.StopRequested, internal.SongAbandoned)
_CLOSINGS = (on.AudioReceived, on.NotFoundReceived)
_ENDS = (on.ConnectionLost, on.ServerClosed)
_IGNORED_WHEN_LEAVING = (
    *_RESPONSES, *TIMERS, *_ENDS, on.Connected, on.ConnectFailed, on.ServerSilent, on.RequestWritten,
    internal.SongAbandoned, internal.ListNeeded, on.InputEnded,
)

CONVERSATION = Table("conversation", UNCONNECTED, [
    # The connection is made: SETUP ends is offered, unless the server is known to be plain
    Row(UNCONNECTED, on.Connected,     PLAIN,       when="told_plain",        then="take_up_waiting",                  rfc="P7"),
    Row(UNCONNECTED, on.Connected,     GREETING,    when="is_offer_declined", then="send_own_list, wait_for_greeting", rfc="P7"),
    Row(UNCONNECTED, on.Connected,     OFFERING,                              then="send_setup, wait_for_setup",       rfc="P7"),
    Row(UNCONNECTED, on.ConnectFailed, UNCONNECTED, when="list_awaited",      then="tell_list_failed, forget_waiting", rfc="P7"),
    Row(UNCONNECTED, on.ConnectFailed, UNCONNECTED,                                                                    rfc="P7"),
    # ... and accepted, or not: then the server is plain, and LIST says whether it speaks this protocol
    Row(OFFERING,                             on.SetupReceived,                                             CLOSING,       when="ends_accepted",    then="setup_answered, take_up_waiting, say_list_needed",                          rfc="P7"),
    each((OFFERING,),                         (on.SetupReceived, on.NotFoundReceived),                      GREETING,                               then="setup_answered, send_own_list, wait_for_greeting",                          rfc="P7"),
    Row(OFFERING,                             on.SetupUnanswered,                                           GREETING,                               then="send_own_list, wait_for_greeting",                                          rfc="P7"),
    each((OFFERING,),                         (on.ListReceived, on.AudioReceived, on.MessageNotUnderstood), RENEWING,                               then="setup_answered, decline_offer, forget_song, disconnect_anew",               rfc="P8"),
    each((OFFERING,),                         _ENDS,                                                        UNCONNECTED,                            then="setup_answered, decline_offer, forget_song, say_renewed",                   rfc="P7"),
    Row(GREETING,                             on.SetupReceived,                                             CLOSING,       when="ends_accepted",    then="setup_answered, greeting_answered, take_up_waiting",                        rfc="P7"),
    Row(GREETING,                             on.SetupReceived,                                             GREETING,                               then="setup_answered",                                                            rfc="P7"),
    Row(GREETING,                             on.NotFoundReceived,                                          GREETING,      when="setup_unanswered", then="setup_answered",                                                            rfc="P7"),
    Row(GREETING,                             on.NotFoundReceived,                                          PLAIN,                                  then="greeting_answered, complete_list, take_up_waiting",                         rfc="P7"),
    Row(GREETING,                             on.ListReceived,                                              PLAIN_LISTING,                          then="setup_answered, greeting_answered, keep_entries, wait_until_list_is_quiet", rfc="P7"),
    Row(GREETING,                             on.GreetingUnanswered,                                        GIVING_UP,                              then="disconnect_mute",                                                           rfc="P7"),
    Row(GREETING,                             on.MessageNotUnderstood,                                      BREAKING,                               then="stop_timers, disconnect_garbled",                                           rfc="P8"),
    Row(GREETING,                             on.AudioReceived,                                             GREETING,                                                                                                                 rfc="2.6.1"),
    each((OFFERING, GREETING, PLAIN_LISTING), internal.ListNeeded,                                                                                                                                                                    rfc="P7"),
    # LIST
    each((*_BEFORE_REQUESTS, *_ENDED_BY_CLIENT), on.ListRequested,                                       then="keep_waiting",                           rfc="P7, P8"),
    each((PLAIN_LISTING, *_QUESTIONS, *_FENCES), on.ListRequested,                                       then="keep_waiting",                           rfc="P8"),
    Row(CLOSING,                                 on.ListRequested,    CLOSING,                           then="send_list",                              rfc="2.2"),
    Row(CLOSING,                                 internal.ListNeeded, CLOSING,       when="list_owed",                                                  rfc="P7"),
    Row(CLOSING,                                 internal.ListNeeded, CLOSING,                           then="send_own_list",                          rfc="P7"),
    Row(CLOSING,                                 on.ListReceived,     CLOSING,       when="closes_list", then="complete_list",                          rfc="P7"),
    Row(CLOSING,                                 on.ListReceived,     CLOSING,       when="list_grows",  then="keep_entries",                           rfc="2.5.1"),
    Row(CLOSING,                                 on.ListReceived,     BREAKING,      when="list_owed",   then="disconnect_endless",                     rfc="P7"),
    Row(CLOSING,                                 on.ListReceived,     CLOSING,                                                                          rfc="P7"),
    Row(PLAIN,                                   on.ListRequested,    PLAIN_LISTING,                     then="send_list",                              rfc="2.2"),
    Row(PLAIN,                                   internal.ListNeeded, PLAIN_LISTING,                     then="send_own_list",                          rfc="P7"),
    Row(PLAIN_LISTING,                           on.ListReceived,     PLAIN_LISTING, when="list_grows",  then="keep_entries, wait_until_list_is_quiet", rfc="P8"),
    Row(PLAIN_LISTING,                           on.ListReceived,     BREAKING,                          then="stop_timers, disconnect_endless",        rfc="P8"),
    Row(PLAIN_LISTING,                           on.ListWentQuiet,    PLAIN,                             then="complete_list, take_up_waiting",         rfc="P8"),
    Row(PLAIN,                                   on.ListReceived,     PLAIN,                                                                            rfc="P9"),
    # PLAY
    each((OFFERING, GREETING, *_FENCES), internal.SongToRequest,                                    then="forget_song, keep_waiting",                                                     rfc="P7, P8"),
    each((PLAIN_LISTING, ANSWERED),      internal.SongToRequest,                                    then="forget_song, stop_song_timer, keep_waiting",                                    rfc="P8"),
    Row(CLOSING,                         internal.SongToRequest, CLOSING,  when="plays_open",       then="leave_song_open, send_play",                                                    rfc="2.2, P7"),
    Row(CLOSING,                         internal.SongToRequest, CLOSING,                           then="send_play, say_opened",                                                         rfc="2.2, P7"),
    Row(PLAIN,                           internal.SongToRequest, STOPPING, when="play_may_be_open", then="forget_song, stop_song_timer, keep_waiting, close_play, send_stop, send_fence", rfc="P8"),
    Row(PLAIN,                           internal.SongToRequest, STOPPING, when="audio_may_come",   then="keep_waiting, send_fence",                                                      rfc="P8"),
    Row(PLAIN,                           internal.SongToRequest, PLAIN,                             then="send_play, say_opened, expect_audio",                                           rfc="2.2"),
    # A plain server's song may end in the middle of its question: only a new connection is a fence then
    Row(ASKING,            internal.SongToRequest, RENEWING, then="forget_song, disconnect_anew", rfc="P8"),
    each(_ENDED_BY_CLIENT, internal.SongToRequest,                                                rfc="P8"),
    # The fence
    Row(STOPPING,                                            on.RequestWritten,                   FENCING,  when="list_written",  then="wait_for_fence",                              rfc="P8"),
    each((*_SETTLED, OFFERING, GREETING, *_ENDED_BY_CLIENT), on.RequestWritten,                                                                                                       rfc="P8"),
    Row(FENCING,                                             on.ListReceived,                     PASSING,                        then="fence_answered, wait_until_list_is_quiet",    rfc="P8"),
    Row(PASSING,                                             on.ListReceived,                     PASSING,                        then="wait_until_list_is_quiet",                    rfc="P8"),
    Row(PASSING,                                             on.ListWentQuiet,                    PLAIN,                          then="expect_no_audio, take_up_waiting",            rfc="P8"),
    Row(FENCING,                                             on.FenceUnanswered,                  RENEWING,                       then="forget_song, disconnect_anew",                rfc="P8"),
    Row(FENCING,                                             on.AudioReceived,                    FENCING,                        then="wait_for_fence",                              rfc="P8"),
    Row(PASSING,                                             on.AudioReceived,                    RENEWING, when="carries_audio", then="list_answered, forget_song, disconnect_anew", rfc="P8"),
    Row(PASSING,                                             on.AudioReceived,                    PASSING,                                                                            rfc="P8"),
    each((STOPPING,),                                        (on.AudioReceived, on.ListReceived),                                                                                     rfc="P8"),
    each(_FENCES,                                            on.NotFoundReceived,                                                                                                     rfc="P8"),
    # STOP: the user's, or because the song is of no use
    each((UNCONNECTED, *_ENDED_BY_CLIENT), _STOPS,                                                                                      rfc="2.4.3"),
    each((OFFERING, GREETING, *_FENCES),   _STOPS,                          then="forget_song",                                         rfc="2.2"),
    each((CLOSING,),                       _STOPS, when="song_open",        then="leave_song_open, send_stop",                          rfc="2.2, P7"),
    each((CLOSING,),                       _STOPS,                                                                                      rfc="2.4.3, P8"),
    each((*_PLAIN_STATES, *_QUESTIONS),    _STOPS, when="play_may_be_open", then="forget_song, stop_song_timer, close_play, send_stop", rfc="2.2"),
    each((*_PLAIN_STATES, *_QUESTIONS),    _STOPS,                          then="forget_song",                                         rfc="2.4.3, P8"),
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
    each(_PLAIN_STATES, on.AudioReceived,           when="takes_back",     then="reopen_song, pass_audio, await_silence",                     rfc="P8"),
    each(_PLAIN_STATES, on.AudioReceived,                                                                                                     rfc="2.6.1"),
    each(_PLAIN_STATES, on.NotFoundReceived,        when="song_open",      then="forget_song, expect_no_audio, stop_song_timer, say_refused", rfc="2.5.3"),
    each(_PLAIN_STATES, on.NotFoundReceived,        when="audio_may_come", then="expect_no_audio",                                            rfc="P6"),
    Row(PLAIN,          on.NotFoundReceived, PLAIN,                                                                                           rfc="2.5.3"),
    Row(PLAIN_LISTING,  on.NotFoundReceived, PLAIN,                        then="list_answered, complete_list, take_up_waiting",              rfc="2.5.3"),
    # Its silence: a question is asked
    Row(PLAIN,         on.SongWentQuiet,    ASKING,                               then="send_question",                                                     rfc="P8"),
    Row(PLAIN_LISTING, on.SongWentQuiet,    PLAIN_LISTING,                        then="wait_again",                                                        rfc="P8"),
    Row(ASKING,        on.AudioReceived,    ASKING,        when="song_continues", then="pass_audio, measure_message",                                       rfc="P8"),
    Row(ASKING,        on.AudioReceived,    ASKING,                                                                                                         rfc="2.6.1"),
    each(_QUESTIONS,   on.ListReceived,     ANSWERED,                             then="wait_until_list_is_quiet",                                          rfc="P8"),
    Row(ANSWERED,      on.AudioReceived,    PLAIN,         when="song_continues", then="list_answered, pass_audio, await_silence, take_up_waiting",         rfc="P8"),
    Row(ANSWERED,      on.AudioReceived,    ANSWERED,                                                                                                       rfc="2.6.1"),
    Row(ANSWERED,      on.ListWentQuiet,    PLAIN,         when="ended_short",    then="suppose_whole, close_play, say_closed_by_silence, take_up_waiting", rfc="P8"),
    Row(ANSWERED,      on.ListWentQuiet,    PLAIN,         when="song_open",      then="suppose_whole, say_closed_by_silence, take_up_waiting",             rfc="P8"),
    Row(ANSWERED,      on.ListWentQuiet,    PLAIN,                                then="take_up_waiting",                                                   rfc="P8"),
    each(_QUESTIONS,   on.NotFoundReceived,                when="song_open",      then="forget_song, expect_no_audio, say_refused",                         rfc="2.5.3"),
    each(_QUESTIONS,   on.NotFoundReceived,                                                                                                                 rfc="2.5.3"),
    # A SETUP that is answered late, when it no longer matters
    each((CLOSING, *_PLAIN_STATES, *_QUESTIONS, *_FENCES), on.SetupReceived, rfc="P7"),
    # Silence while an answer is owed
    Row(CLOSING,                                                                     on.ServerSilent, GIVING_UP, when="answer_owed", then="disconnect_silent",              rfc="P7"),
    Row(CLOSING,                                                                     on.ServerSilent, CLOSING,                                                              rfc="P7"),
    Row(PLAIN_LISTING,                                                               on.ServerSilent, GIVING_UP,                     then="stop_timers, disconnect_mute",   rfc="P7, P9"),
    each((ASKING, STOPPING),                                                         on.ServerSilent, GIVING_UP,                     then="stop_timers, disconnect_silent", rfc="P7"),
    each((OFFERING, GREETING, PLAIN, ANSWERED, FENCING, PASSING, *_ENDED_BY_CLIENT), on.ServerSilent,                                                                       rfc="P7, P8"),
    # What is no message
    each(_SETTLED,         on.MessageNotUnderstood,                     BREAKING, then="stop_timers, disconnect_garbled", rfc="P8"),
    each(_ENDED_BY_CLIENT, (*_RESPONSES, *TIMERS, internal.ListNeeded),                                                   rfc="P8"),
    # The end of the connection: nobody misses it, or it interrupts what was requested
    each(_MAY_OWE_NOTHING,      on.ServerClosed,   UNCONNECTED, when="nothing_owed", then="forget_all, stop_timers, say_rested",                           rfc="P8"),
    each(_PLAIN_AWAITED,        on.ServerClosed,   UNCONNECTED, when="list_awaited", then="tell_list_failed, say_ended_in_order, forget_all, stop_timers", rfc="P8"),
    each(_MAY_END_SONG,         on.ServerClosed,   UNCONNECTED,                      then="say_ended_in_order, forget_all, stop_timers",                   rfc="P8"),
    Row(CLOSING,                on.ServerClosed,   UNCONNECTED, when="list_awaited", then="tell_list_failed, say_ended, forget_all, stop_timers",          rfc="P7"),
    Row(CLOSING,                on.ServerClosed,   UNCONNECTED,                      then="say_ended, forget_all, stop_timers",                            rfc="P7"),
    each(_LIST_AWAITED,         on.ConnectionLost, UNCONNECTED, when="list_awaited", then="tell_list_failed, say_ended, forget_all, stop_timers",          rfc="P7"),
    each((GREETING, *_SETTLED), on.ConnectionLost, UNCONNECTED,                      then="say_ended, forget_all, stop_timers",                            rfc="P7"),
    each((RENEWING,),           _ENDS,             UNCONNECTED,                      then="expect_no_audio, say_renewed",                                  rfc="P8"),
    each((GIVING_UP,),          _ENDS,             UNCONNECTED, when="list_awaited", then="tell_list_failed, say_ended, forget_all",                       rfc="P7"),
    each((GIVING_UP,),          _ENDS,             UNCONNECTED,                      then="say_ended, forget_all",                                         rfc="P7"),
    each((BREAKING,),           _ENDS,             UNCONNECTED, when="list_awaited", then="tell_list_failed, say_unusable, forget_all",                    rfc="P8"),
    each((BREAKING,),           _ENDS,             UNCONNECTED,                      then="say_unusable, forget_all",                                      rfc="P8"),
    # The person leaves
    Row(CLOSING,                                                 on.InputEnded,         LEAVING, then="send_teardown, disconnect", rfc="P7"),
    Row(UNCONNECTED,                                             on.InputEnded,         LEAVING,                                   rfc="2.7.1"),
    each((OFFERING, GREETING, *_SETTLED[1:], *_ENDED_BY_CLIENT), on.InputEnded,         LEAVING, then="disconnect",                rfc="2.7.1"),
    each((LEAVING,),                                             _IGNORED_WHEN_LEAVING,                                            rfc="2.7.1"),
])
# fmt: on


class ConversationSession(Session[ClientEffect | on.Event]):
    """One connection's requests and answers.

    plain: the user says that the server is plain: nothing is sent but what the user asks for.
    max_list_bytes: what a list may take of the memory.
    """

    __slots__ = (
        "audio_coming", "collected", "collected_bytes", "late_songs", "lists", "max_list_bytes",
        "offer_declined", "plain", "play_open",
        "setup_open", "short_audio", "shortest_bytes", "supposed", "waiting", "wanted_open",
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
        self.offer_declined = False
        """The server has ended the connection, or talked nonsense, when SETUP was offered to it."""
        self.setup_open = False
        """SETUP has been sent and is not answered."""
        self.audio_coming = False
        """A plain server may still send audio of an earlier song (protocol.md 8)."""
        self.play_open = False
        """A plain server may still be sending a song: it has not been told to stop."""
        self.supposed = False
        """The wanted song was taken for whole, which audio that comes later takes back."""
        self.short_audio = False
        """The last audio message was shorter than all before it (protocol.md 8)."""
        self.shortest_bytes = MAX_PAYLOAD_BYTES
        """The shortest audio message of the song so far."""

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

    def song_continues(self, event: on.AudioReceived) -> bool:
        """The wanted song is open, and the message is not empty."""
        return self.wanted_open and bool(event.data)

    def ended_short(self, event: on.Event) -> bool:
        """The wanted song is open, and its last message was shorter than all before it."""
        return self.wanted_open and self.short_audio

    def takes_back(self, event: on.AudioReceived) -> bool:
        """There is more of a song that was taken for whole."""
        return self.supposed and bool(event.data)

    def list_written(self, event: on.RequestWritten) -> bool:
        """The LIST that was sent as a fence has left."""
        return event.request is Request.LIST

    def audio_may_come(self, event: on.Event) -> bool:
        """Audio of an earlier song may still be on its way."""
        return self.audio_coming

    def play_may_be_open(self, event: on.Event) -> bool:
        """A plain server may still be sending a song."""
        return self.play_open

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

    # Effects: a plain server's silence

    def expect_audio(self, event: on.Event) -> None:
        """Expect audio; after 2 s without any the server is asked."""
        self.audio_coming = self.play_open = True
        self.short_audio, self.shortest_bytes = False, MAX_PAYLOAD_BYTES
        self.record(do.StartTimer(on.SongWentQuiet(), timeouts.AUDIO_QUIET_S))

    def await_silence(self, event: on.AudioReceived) -> None:
        """Expect silence: after 250 ms behind a short message, or 2 s, the server is asked."""
        self._measure(event.data)
        delay_s = timeouts.SHORT_AUDIO_QUIET_S if self.short_audio else timeouts.AUDIO_QUIET_S
        self.record(do.StartTimer(on.SongWentQuiet(), delay_s))

    def measure_message(self, event: on.AudioReceived) -> None:
        """Note whether the message is shorter than all before it."""
        self._measure(event.data)

    def wait_again(self, event: on.Event) -> None:
        """Wait until the list that is being sent is whole, before the server is asked."""
        self.record(do.StartTimer(on.SongWentQuiet(), timeouts.SHORT_AUDIO_QUIET_S))

    def send_question(self, event: on.Event) -> None:
        """Send LIST: a server that answers it has sent all that comes before."""
        self._send(Request.LIST)

    def suppose_whole(self, event: on.Event) -> None:
        """Take the wanted song for whole, until more of it comes."""
        self.wanted_open, self.supposed = False, True

    def reopen_song(self, event: on.Event) -> None:
        """Take back that the song is whole."""
        self.wanted_open, self.supposed = True, False

    def close_play(self, event: on.Event) -> None:
        """Note that the server sends no song any more, but for what is on its way."""
        self.play_open = False

    def stop_song_timer(self, event: on.Event) -> None:
        """Stop the timer: the song's end need not be waited for."""
        self.record(do.CancelTimer(on.SongWentQuiet))

    def expect_no_audio(self, event: on.Event) -> None:
        """Expect no more audio of an earlier song."""
        self.audio_coming = self.play_open = False

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

    def _measure(self, data: bytes) -> None:
        self.short_audio = len(data) < self.shortest_bytes
        self.shortest_bytes = min(self.shortest_bytes, len(data))

    def _send(self, request: Request, song_id: int | None = None) -> None:
        paced = self.state is not CLOSING_SERVER
        self.record(do.SendRequest(request, song_id, paced))


def _size(songs: tuple[on.ListedSong, ...]) -> int:
    """The bytes that the entries take of the memory: many times what they are on the wire."""
    return sum(_ENTRY_BYTES + song.title.__sizeof__() for song in songs)
