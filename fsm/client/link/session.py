"""The client's link: the connection, and the song that has to survive its loss.

It knows when to connect again and which bytes of a song that is sent again are here already; it
knows nothing of requests and answers, and keeps no audio but the few bytes that it compares.
"""

from __future__ import annotations

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import timeouts
from fsm.client.link.kept_list import KeptList, title_of
from fsm.client.link.table import LINK

SONG_GONE = "the song is no longer on the server"
"""Why the rest of a song is lost that a fresh list does not have."""


class LinkSession(KeptList):
    """The connection to one server, through all its losses.

    max_retries: attempts for one interrupted song, None for as many as it takes.
    """

    __slots__ = (
        "asked_from", "attempts", "ended_at_bytes", "ended_in_order", "held_bytes",
        "is_loss_told", "lost_because", "max_retries", "plays_from", "skipped_bytes",
        "skipped_tail", "tail",
    )  # fmt: skip
    table = LINK
    says = (
        on.CommandAnswered,
        internal.ListNeeded,
        internal.ListUseful,
        internal.SongsRenumbered,
        internal.SongToRequest,
        internal.SongAudio,
        internal.SongCompleted,
        internal.SongRefused,
        internal.SongLost,
        internal.SongAbandoned,
        internal.SongEndedThere,
    )

    def __init__(self, max_retries: int | None = None) -> None:
        super().__init__()
        self.max_retries = max_retries
        self.attempts = 0
        """Attempts to connect, and to go on with the song, since new audio came."""
        self.is_loss_told = False
        """The person has been told that there is no connection."""
        self.lost_because = ""
        """Why the last connection was lost, in words for a person."""
        self.ended_in_order = False
        """The server has closed the last connection itself, between two messages."""
        self.ended_at_bytes: int | None = None
        """So much of the song was here when it did so."""
        self._reset_list()
        self.plays_from = False
        """The server sends songs from any byte on (protocol.md 10)."""
        self.asked_from = 0
        """The byte from which the song was requested."""
        self.held_bytes = self.skipped_bytes = 0
        self.tail = self.skipped_tail = b""

    # Guards

    def retries_left(self, event: on.Event) -> bool:
        """Another attempt may be made."""
        return self.max_retries is None or self.attempts < self.max_retries

    def ended_there_before(self, event: internal.SongInterrupted) -> bool:
        """The server has closed the connection in order, twice at the same byte of the song."""
        return self.ended_in_order and event.held_bytes == self.ended_at_bytes

    def loss_told(self, event: on.Event) -> bool:
        """The person has been told that there is no connection."""
        return self.is_loss_told

    def can_begin_at(self, event: internal.PlaceWanted) -> bool:
        """The server sends songs from that byte on."""
        return self.plays_from or event.offset == 0

    def nothing_again(self, event: on.Event) -> bool:
        """None of the song that is owed is here, or is to come again."""
        return self.held_bytes == 0 or (self.plays_from and not self.tail)

    def listed_nothing_again(self, event: internal.ListCompleted) -> bool:
        """The song is on the list, and nothing of it comes again."""
        return self.nothing_again(event) and self.listed(event)

    def asked_from_there(self, event: on.Event) -> bool:
        """The song was requested from a byte of it, and not from its start."""
        return self.asked_from > 0

    def nothing_held(self, event: on.Event) -> bool:
        """None of the song that is owed has arrived."""
        return self.held_bytes == 0

    def unsure_nothing_held(self, event: on.Event) -> bool:
        """... and the server may number its songs anew."""
        return self.nothing_held(event) and self.ids_in_doubt(event)

    def server_said_so(self, event: internal.ServerClosedSong) -> bool:
        """The server itself has said that the song ends."""
        return event.said

    def caught_up(self, event: internal.AudioFromServer) -> bool:
        """With this message as much has come again as is here."""
        return self.skipped_bytes + len(event.data) >= self.held_bytes

    def same_song(self, event: internal.AudioFromServer) -> bool:
        """... and its last bytes are the ones that are here."""
        needed = self.held_bytes - self.skipped_bytes
        again = self._compared(self.skipped_tail + event.data[:needed])
        return self.caught_up(event) and again == self.tail

    def same_song_goes_on(self, event: internal.AudioFromServer) -> bool:
        """... and the message holds more than that."""
        return self.same_song(event) and bool(self._rest(event))

    # Effects: the connection

    def connect(self, event: on.Event) -> None:
        """Try to connect."""
        self.record(do.Connect())

    def cancel_retry(self, event: on.Event) -> None:
        """Cancel the attempt that was to come after a pause."""
        self.record(do.CancelTimer(on.RetryDue))

    def schedule_retry(self, event: on.Event) -> None:
        """Wait before the next attempt: 0.5 s, doubling to 30 s, of which a random part."""
        doubled = 2 ** min(self.attempts, 10)
        longest_s = min(timeouts.LONGEST_RETRY_S, timeouts.FIRST_RETRY_S * doubled)
        self.attempts += 1
        self.record(do.ScheduleRetry(longest_s))

    def forget_attempts(self, event: on.Event) -> None:
        """Count attempts from the first again: new audio has come."""
        self.attempts = 0

    def note_end(self, event: internal.ConnectionEnded) -> None:
        """Note how the connection has ended."""
        self.ended_in_order = event.in_order

    def forget_end(self, event: on.Event) -> None:
        """Forget how the connection before this one has ended, and what was told of it."""
        self.ended_in_order = self.is_loss_told = False
        self.lost_because = ""

    def note_from(self, event: on.Event) -> None:
        """Note that songs can be requested from any byte on, over this connection."""
        self.plays_from = True

    def forget_from(self, event: on.Event) -> None:
        """Forget what the server of the connection before this one has accepted."""
        self.plays_from = False

    # Effects: the song that is owed

    def owe_song(self, event: internal.SongWanted) -> None:
        """Note which song is wanted, by the list as it was when it was chosen."""
        self.song_id = event.song_id
        self.title, self.own_title = title_of(event.song_id, self.songs), None
        self.attempts = 0
        self.ended_at_bytes = None
        self._hold(0, b"")

    def owe_place(self, event: internal.PlaceWanted) -> None:
        """Note from which byte on the song is wanted."""
        self.song_id = event.song_id
        self.title, self.own_title = title_of(event.song_id, self.songs), None
        self.attempts = 0
        self.ended_at_bytes = None
        self._hold(event.offset, b"")

    def owe_rest(self, event: internal.SongInterrupted) -> None:
        """Note what of the song is here, and whether the server has ended it there."""
        self._hold(event.held_bytes, event.tail)
        self.ended_at_bytes = event.held_bytes if self.ended_in_order else None

    def request_song(self, event: on.Event) -> None:
        """Have the song requested over the connection that there is, from its start."""
        assert self.song_id is not None, "a song is owed"
        self.record(internal.SongToRequest(self.song_id))

    def request_rest(self, event: on.Event) -> None:
        """Have the song requested from the bytes on that are compared, where that is understood."""
        assert self.song_id is not None, "a song is owed"
        if self.plays_from:
            self.asked_from = self.skipped_bytes = self.held_bytes - len(self.tail)
        self.record(internal.SongToRequest(self.song_id, self.asked_from))

    def need_list(self, event: on.Event) -> None:
        """Have a list requested, which says what the song's ID is now."""
        self.record(internal.ListNeeded())

    def need_titles(self, event: on.Event) -> None:
        """Have a list requested, because none has come."""
        self.record(internal.ListNeeded(for_titles=True))

    def suggest_list(self, event: on.Event) -> None:
        """Have a list requested for which nobody waits, because none has come."""
        self.record(internal.ListUseful())

    # Effects: what comes of it

    def pass_audio(self, event: internal.AudioFromServer) -> None:
        """Hand the audio on."""
        self.record(internal.SongAudio(event.data))

    def skip_audio(self, event: internal.AudioFromServer) -> None:
        """Drop the audio, which is here already, and keep its end for the comparison."""
        self.skipped_bytes += len(event.data)
        self.skipped_tail = self._compared(self.skipped_tail + event.data)

    def pass_rest(self, event: internal.AudioFromServer) -> None:
        """Hand on what is new of the message."""
        self.record(internal.SongAudio(self._rest(event)))

    def say_completed(self, event: internal.ServerClosedSong) -> None:
        """Say that the song is whole."""
        self.record(internal.SongCompleted(event.said))

    def say_refused(self, event: on.Event) -> None:
        """Say that the server refused the song."""
        self.record(internal.SongRefused())

    def say_ended_there(self, event: on.Event) -> None:
        """Say that the server has no more of the song."""
        self.record(internal.SongEndedThere())

    def say_unusable(self, event: internal.ConnectionUnusable) -> None:
        """Say that the rest of the song will not come, and why."""
        self.record(internal.SongLost(event.reason))

    def say_abandoned(self, event: on.Event) -> None:
        """Have the song stopped that arrives."""
        self.record(internal.SongAbandoned())

    def say_changed(self, event: on.Event) -> None:
        """Say that the song is another one now."""
        self.record(internal.SongLost("the song has changed on the server"))

    def say_silent(self, event: on.Event) -> None:
        """Say that a plain server, silent, has not sent as much as is here."""
        self.record(internal.SongLost("the server sends no more of it"))

    def say_gone(self, event: on.Event) -> None:
        """Say that the server has the song no longer."""
        self.record(internal.SongLost(SONG_GONE))

    def say_lost(self, event: on.Event) -> None:
        """Say that the rest of the song will not come."""
        self.record(internal.SongLost("the connection was lost"))

    # Effects: what the person is told

    def tell_connect_failed(self, event: on.ConnectFailed) -> None:
        """Tell that there is no connection, and why."""
        self.is_loss_told = True
        self.record(do.Tell(do.Report.CONNECT_FAILED, detail=event.reason))

    def tell_no_retries_left(self, event: on.Event) -> None:
        """Tell that no further attempt is made, and why the connection was lost."""
        self.record(do.Tell(do.Report.NO_RETRIES_LEFT, self.song_id, self.lost_because))

    def tell_connection_lost(
        self, event: internal.ConnectionEnded | internal.ConnectionUnusable
    ) -> None:
        """Tell that the connection is gone, and why."""
        self.is_loss_told, self.lost_because = True, event.reason
        self.record(do.Tell(do.Report.CONNECTION_LOST, detail=event.reason))

    def tell_retrying(self, event: on.Event) -> None:
        """Tell that another attempt follows."""
        self.record(do.Tell(do.Report.RETRYING, self.song_id))

    def tell_attempt_failed(self, event: on.ConnectFailed) -> None:
        """Tell that an attempt has failed, why, and that another one follows."""
        self.record(do.Tell(do.Report.RETRYING, self.song_id, event.reason))

    def tell_reconnected(self, event: on.Event) -> None:
        """Tell that there is a connection again."""
        self.record(do.Tell(do.Report.RECONNECTED))

    def tell_resumed(self, event: on.Event) -> None:
        """Tell that the song goes on where it was interrupted."""
        self.record(do.Tell(do.Report.SONG_RESUMED, self.song_id))

    def answer_play(self, event: on.Event) -> None:
        """Free the prompt: the person must be able to say stop meanwhile."""
        self.record(on.CommandAnswered(on.Command.PLAY))

    def _compared(self, data: bytes) -> bytes:
        """The end of what has come again: as much as is kept of what is here."""
        return data[max(0, len(data) - len(self.tail)) :]

    def _rest(self, event: internal.AudioFromServer) -> bytes:
        """What of the message is not here yet."""
        return event.data[self.held_bytes - self.skipped_bytes :]

    def _hold(self, held_bytes: int, tail: bytes) -> None:
        self.held_bytes, self.tail = held_bytes, tail
        self.asked_from = self.skipped_bytes = 0
        self.skipped_tail = b""
