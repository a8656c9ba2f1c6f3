"""The client's conversation: what has been asked over one connection, and what is unanswered.

It knows where a list ends, where a song ends and whose audio arrives, from a server that closes its
answers and from a plain one (protocol.md 7 and 8). It knows nothing of playing.
"""

from __future__ import annotations

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import timeouts
from fsm.client.conversation_table import CLOSING_SERVER, CONVERSATION, TIMERS
from fsm.table import Session
from fsm.words import ENDS, MAX_PAYLOAD_BYTES, Request


class ConversationSession(Session):
    """One connection's questions and answers.

    plain: the user says that the server is plain: nothing is sent but what the user asks for.
    """

    __slots__ = (
        "audio_coming",
        "collected",
        "late_songs",
        "lists",
        "plain",
        "short_audio",
        "waiting",
        "wanted_open",
    )  # fmt: skip
    table = CONVERSATION

    def __init__(self, plain: bool = False) -> None:
        super().__init__()
        self.plain = plain
        self.waiting: tuple[on.Event, ...] = ()
        """Requests that wait for the conversation to be ready, in order."""
        self._reset()

    def _reset(self) -> None:
        self.lists: tuple[bool, ...] = ()
        """Lists that are not whole yet, oldest first: is it the user's, to be shown?"""
        self.collected: tuple[tuple[on.ListedSong, ...], ...] = ()
        self.late_songs = 0
        """Open PLAYs whose song nobody wants any more (protocol.md 7)."""
        self.wanted_open = False
        """The song that is wanted has been asked for and is not closed."""
        self.short_audio = self.audio_coming = False
        """A plain server may still send audio of an earlier song (protocol.md 8)."""

    # Guards

    def told_plain(self, event: on.Event) -> bool:
        """The user says that the server is plain."""
        return self.plain

    def ends_accepted(self, event: on.SetupReceived) -> bool:
        """The server will close its answers."""
        return ENDS in event.tokens[1:]

    def closes_list(self, event: on.ListReceived) -> bool:
        """It is empty."""
        return not event.songs

    def closes_late_song(self, event: on.AudioReceived) -> bool:
        """It is empty, and the oldest open PLAY is of a song that is not wanted any more."""
        return not event.data and self.late_songs > 0

    def closes_song(self, event: on.AudioReceived) -> bool:
        """It is empty, and the oldest open PLAY is the wanted song's."""
        return not event.data and self.wanted_open

    def late_song_open(self, event: on.Event) -> bool:
        """The oldest open PLAY is of a song that is not wanted any more."""
        return self.late_songs > 0

    def song_open(self, event: on.Event) -> bool:
        """The wanted song has been asked for and is not closed."""
        return self.wanted_open

    def audio_may_come(self, event: on.Event) -> bool:
        """Audio of an earlier song may still be on its way."""
        return self.audio_coming

    # Effects: greeting

    def greet(self, event: on.Event) -> None:
        """Send LIST, which every server answers."""
        self.send_own_list(event)
        self.record(do.StartTimer(on.GreetingUnanswered(), timeouts.GREETING_TIMEOUT_S))

    def offer(self, event: on.Event) -> None:
        """Send SETUP ends. Its answer also says that the list is whole: answers come in order."""
        self.record(
            do.CancelTimer(on.GreetingUnanswered), do.SendRequest(Request.SETUP, paced=True)
        )
        self._wait_for_setup()

    def collect_and_offer(self, event: on.ListReceived) -> None:
        """Keep the entries and send SETUP ends."""
        self.collect(event)
        self.offer(event)

    def collect_and_wait_for_setup(self, event: on.ListReceived) -> None:
        """Keep the entries; the server is not silent."""
        if self.collect(event):
            self._wait_for_setup()

    def settle(self, event: on.Event) -> None:
        """The list is whole and the kind of server is known: begin."""
        self.record(do.CancelTimer(on.SetupUnanswered))
        self.complete_list(event)
        self.take_up_waiting(event)

    def hang_up(self, event: on.Event) -> None:
        """Whoever listens there does not answer."""
        self.record(do.HangUp("no answer to LIST: is it an alfine server? Check the port"))

    # Effects: lists

    def send_list(self, event: on.Event) -> None:
        """Send LIST for the user."""
        self._send_list(shown=True)

    def send_own_list(self, event: on.Event) -> None:
        """Send LIST for the client's own use."""
        self._send_list(shown=False)

    def collect(self, event: on.ListReceived) -> bool:
        """Keep the entries until the list is whole; False for a list without an end."""
        within_limit = len(self.collected) < timeouts.MAX_LIST_MESSAGES
        self.collected += (event.songs,) if self.lists and within_limit else ()
        return within_limit

    def collect_until_quiet(self, event: on.ListReceived) -> None:
        """Keep the entries; 250 ms without more make the list whole."""
        if self.collect(event):
            self.wait_until_quiet(event)

    def wait_until_quiet(self, event: on.Event) -> None:
        """250 ms without more make the list whole."""
        self.record(
            do.CancelTimer(on.FenceUnanswered),
            do.StartTimer(on.ListWentQuiet(), timeouts.LIST_QUIET_S),
        )

    def complete_list(self, event: on.Event) -> None:
        """The oldest list is whole: show it, if the user asked for it."""
        if not self.lists:
            return
        shown, self.lists = self.lists[0], self.lists[1:]
        # Deployed servers may have sent it twice (protocol.md 9).
        songs = tuple(dict.fromkeys(song for songs in self.collected for song in songs))
        self.collected = ()
        answer = (do.ShowSongs(songs), on.CommandAnswered(on.Command.LIST)) if shown else ()
        self.record(internal.ListCompleted(songs), *answer)

    def complete_list_and_take_up_waiting(self, event: on.Event) -> None:
        """The list is whole; what waited for it goes now."""
        self.record(do.CancelTimer(on.ListWentQuiet))
        self.complete_list(event)
        self.take_up_waiting(event)

    # Effects: songs

    def send_play(self, event: internal.SongToRequest) -> None:
        """Send PLAY; a song that is still open is late from now on."""
        self.late_songs += self.wanted_open
        self.wanted_open = True
        self.record(do.SendRequest(Request.PLAY, event.song_id))
        self._open_song()

    def send_play_to_plain(self, event: internal.SongToRequest) -> None:
        """Send PLAY; nothing else is on its way, so what comes is this song."""
        self.wanted_open = self.audio_coming = True
        self.short_audio = False
        self.record(do.SendRequest(Request.PLAY, event.song_id, paced=True))
        self.record(
            internal.SongOpened(), do.StartTimer(on.SongWentQuiet(), timeouts.AUDIO_QUIET_S)
        )

    def fence(self, event: internal.SongToRequest) -> None:
        """Send STOP, then LIST: by its answer the old song's audio is through."""
        self.send_stop_to_plain(event)
        self.keep_waiting(event)
        self.record(do.SendRequest(Request.LIST, paced=True))
        self.record(do.StartTimer(on.FenceUnanswered(), timeouts.FENCE_SILENCE_S))

    def pass_fence(self, event: on.Event) -> None:
        """What comes from here on was asked for after the fence."""
        self.audio_coming = False
        self.record(do.CancelTimer(on.FenceUnanswered))
        self.take_up_waiting(event)

    def pass_audio(self, event: on.AudioReceived) -> None:
        """Hand it on: playback knows whether it is late."""
        if event.data:
            self.record(internal.AudioFromServer(event.data))

    def pass_audio_and_listen(self, event: on.AudioReceived) -> None:
        """Hand it on; 250 ms of silence after a short message, or 2 s, end the song."""
        self.pass_audio(event)
        self.short_audio = len(event.data) < MAX_PAYLOAD_BYTES
        delay_s = timeouts.SHORT_AUDIO_QUIET_S if self.short_audio else timeouts.AUDIO_QUIET_S
        self.record(do.StartTimer(on.SongWentQuiet(), delay_s))

    def close_quiet_song(self, event: on.Event) -> None:
        """The song is taken to be whole; after a full message there may be more all the same."""
        self.wanted_open = False
        self.audio_coming = not self.short_audio
        self.record(internal.ServerClosedSong(said=False))

    def close_song(self, event: on.Event) -> None:
        """The wanted song is whole."""
        self.wanted_open = False
        self.record(internal.ServerClosedSong())

    def count_late_song(self, event: on.Event) -> None:
        """One song less that nobody wants; after the last the wanted one begins."""
        self.late_songs -= 1
        self._open_song()

    def deny_song(self, event: on.Event) -> None:
        """The wanted song will not come."""
        self.wanted_open = self.audio_coming = False
        self.record(do.CancelTimer(on.SongWentQuiet), internal.ServerRefusedSong())

    def forget_late_song(self, event: on.Event) -> None:
        """It was the song that was stopped: answers come in order, so nothing more comes of it."""
        self.audio_coming = False

    def send_stop(self, event: on.Event) -> None:
        """Send STOP; a song that is open is late from now on."""
        self.late_songs += self.wanted_open
        self.wanted_open = False
        self.record(do.SendRequest(Request.STOP))

    def send_stop_to_plain(self, event: on.Event) -> None:
        """Send STOP, and forget a song that waits."""
        self.wanted_open = False
        self.forget_song(event)
        self.record(do.CancelTimer(on.SongWentQuiet), do.SendRequest(Request.STOP, paced=True))

    # Effects: waiting

    def keep_waiting(self, event: on.Event) -> None:
        """Let the request wait; a song takes the place of an earlier one."""
        if isinstance(event, internal.SongToRequest):
            self.forget_song(event)
        self.waiting = (*self.waiting, event)

    def keep_song_waiting(self, event: internal.SongToRequest) -> None:
        """Let the song wait; the one that is still arriving is late from now on."""
        self.wanted_open = False
        self.record(do.CancelTimer(on.SongWentQuiet))
        self.keep_waiting(event)

    def forget_song(self, event: on.Event) -> None:
        """A song that waits is not wanted any more."""
        self.waiting = tuple(e for e in self.waiting if not isinstance(e, internal.SongToRequest))

    def take_up_waiting(self, event: on.Event) -> None:
        """Let the requests that wait happen now, in their order."""
        self.record(*self.waiting)
        self.waiting = ()

    def fail_lists(self, event: on.Event) -> None:
        """Lists that wait, or were being sent, will not come."""
        failed = sum(self.lists) + sum(isinstance(e, on.ListRequested) for e in self.waiting)
        self.waiting = ()
        if failed:
            self.record(do.Tell(do.Report.LIST_FAILED), on.CommandAnswered(on.Command.LIST))

    def lose_everything(self, event: on.Event) -> None:
        """Nothing that was asked for will be answered."""
        self.fail_lists(event)
        self._reset()
        self.record(*(do.CancelTimer(timer) for timer in TIMERS))

    # Effects: leaving

    def send_teardown(self, event: on.Event) -> None:
        """Send TEARDOWN and close."""
        self.record(do.SendRequest(Request.TEARDOWN), do.HangUp())

    def hang_up_to_leave(self, event: on.Event) -> None:
        """Close."""
        self.record(do.HangUp())

    def _send_list(self, shown: bool) -> None:
        self.lists += (shown,)
        self.record(do.SendRequest(Request.LIST, paced=self.state is not CLOSING_SERVER))

    def _wait_for_setup(self) -> None:
        self.record(do.StartTimer(on.SetupUnanswered(), timeouts.SETUP_SILENCE_S))

    def _open_song(self) -> None:
        if self.wanted_open and not self.late_songs:
            self.record(internal.SongOpened())
