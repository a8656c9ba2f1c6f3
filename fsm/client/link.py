"""The client's link: the connection, and the song that has to survive its loss.

It knows when to connect again and which bytes of a song that is sent again are here already; it
knows nothing of requests and answers, and keeps no audio but the few bytes that it compares.
"""

from __future__ import annotations

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import timeouts
from fsm.client.link_table import LINK
from fsm.client.playback import TAIL_BYTES
from fsm.table import Session


class LinkSession(Session):
    """The connection to one server, through all its losses.

    max_retries: attempts for one interrupted song, None for as many as it takes.
    """

    __slots__ = (
        "attempts", "held_bytes", "max_retries", "skipped_bytes", "skipped_tail", "song_id",
        "songs", "tail", "title",
    )  # fmt: skip
    table = LINK

    def __init__(self, max_retries: int | None = None) -> None:
        super().__init__()
        self.max_retries = max_retries
        self.attempts = 0
        self.songs: tuple[on.ListedSong, ...] = ()
        self.title: str | None = None
        self.song_id = 0
        self.skipped_tail = b""
        self._hold(0, b"")

    # Guards

    def retries_left(self, event: on.Event) -> bool:
        """Another attempt may be made."""
        return self.max_retries is None or self.attempts < self.max_retries

    def list_known(self, event: on.Event) -> bool:
        """A list has come, over an earlier connection."""
        return bool(self.songs)

    def listed(self, event: internal.ListCompleted) -> bool:
        """The song is on the list, by its title."""
        return self._find(event.songs) is not None

    def listed_and_nothing_held(self, event: internal.ListCompleted) -> bool:
        """The song is on the list, and none of it has arrived yet."""
        return self.held_bytes == 0 and self.listed(event)

    def caught_up(self, event: internal.AudioFromServer) -> bool:
        """With this message as much has come again as is here."""
        return self.skipped_bytes + len(event.data) >= self.held_bytes

    def same_song_caught_up(self, event: internal.AudioFromServer) -> bool:
        """... and its last bytes are the ones that are here."""
        needed = self.held_bytes - self.skipped_bytes
        again = (self.skipped_tail + event.data[:needed])[-TAIL_BYTES:]
        return self.caught_up(event) and again == self.tail

    # Effects

    def connect(self, event: on.Event) -> None:
        """Try to connect."""
        self.record(do.Connect())

    def connect_now(self, event: on.Event) -> None:
        """Try to connect without waiting for the pause to end."""
        self.cancel_retry(event)
        self.connect(event)

    def cancel_retry(self, event: on.Event) -> None:
        """Make no further attempt."""
        self.record(do.CancelTimer(on.RetryDue))

    def ask_for_song(self, event: internal.SongWanted) -> None:
        """Have the song asked for over the connection that there is."""
        self.owe_song(event)
        self.record(internal.SongToRequest(event.song_id))

    def owe_song(self, event: internal.SongWanted) -> None:
        """Note which song is wanted, by the list as it was when it was chosen."""
        self.song_id = event.song_id
        self.title = next((s.title for s in self.songs if s.song_id == event.song_id), None)
        self.attempts = 0
        self._hold(0, b"")

    def owe_song_and_connect(self, event: internal.SongWanted) -> None:
        """Note which song is wanted and connect for it at once."""
        self.owe_song(event)
        self.connect_now(event)

    def owe_song_and_need_list(self, event: internal.SongWanted) -> None:
        """Note which song is wanted and find out what its ID is now."""
        self.owe_song(event)
        self.record(internal.ListNeeded())

    def owe_rest(self, event: internal.SongInterrupted) -> None:
        """Note what of the song is here and try again later."""
        self._hold(event.held_bytes, event.tail)
        self.retry_later(event)

    def retry_later(self, event: on.Event) -> None:
        """Wait before the next attempt: 0.5 s, doubling to 30 s, of which a random part."""
        longest_s = min(
            timeouts.LONGEST_RETRY_S, timeouts.FIRST_RETRY_S * 2 ** min(self.attempts, 10)
        )
        self.attempts += 1
        reason = event.reason if isinstance(event, on.ConnectFailed) else ""
        self.record(do.ScheduleRetry(longest_s), do.Tell(do.Report.RETRYING, self.song_id, reason))
        # The person must be able to say stop meanwhile.
        self.record(on.CommandAnswered(on.Command.PLAY))

    def give_up(self, event: on.Event) -> None:
        """The song will not be whole."""
        reason = event.reason if isinstance(event, on.ConnectFailed) else ""
        self.record(do.Tell(do.Report.CONNECT_FAILED, detail=reason))
        self.record(internal.SongLost("the connection was lost"))

    def need_list(self, event: on.Event) -> None:
        """Find out what the song's ID is now."""
        self.record(do.Tell(do.Report.RECONNECTED), internal.ListNeeded())

    def keep_list(self, event: internal.ListCompleted) -> None:
        """Remember the titles."""
        self.songs = event.songs

    def ask_for_song_found(self, event: internal.ListCompleted) -> None:
        """Ask for the song by the ID that it has now."""
        self.songs = event.songs
        found = self._find(event.songs)
        self.song_id = self.song_id if found is None else found
        self.record(internal.SongToRequest(self.song_id))

    def pass_audio(self, event: internal.AudioFromServer) -> None:
        """Hand it on."""
        self.attempts = 0
        self.record(internal.SongAudio(event.data))

    def complete_song(self, event: internal.ServerClosedSong) -> None:
        """Hand on that the song is whole."""
        self.record(internal.SongCompleted(event.said))

    def refuse_song(self, event: on.Event) -> None:
        """Hand on that the server refused."""
        self.record(internal.SongRefused())

    def skip_audio(self, event: internal.AudioFromServer) -> None:
        """It is here already: remember only its end."""
        self.skipped_bytes += len(event.data)
        self.skipped_tail = (self.skipped_tail + event.data)[-TAIL_BYTES:]

    def pass_rest(self, event: internal.AudioFromServer) -> None:
        """Hand on what is new of it."""
        self.attempts = 0
        self.record(do.Tell(do.Report.SONG_RESUMED, self.song_id))
        if rest := event.data[self.held_bytes - self.skipped_bytes :]:
            self.record(internal.SongAudio(rest))

    def abandon_changed_song(self, event: on.Event) -> None:
        """The song is another now: stop it."""
        self.record(internal.SongAbandoned())
        self.tell_changed(event)

    def tell_changed(self, event: on.Event) -> None:
        """The song is another now."""
        self.record(internal.SongLost("the song has changed on the server"))

    def tell_gone(self, event: on.Event) -> None:
        """The server has the song no longer."""
        if isinstance(event, internal.ListCompleted):
            self.songs = event.songs
        self.record(internal.SongLost("the song is no longer on the server"))

    def tell_connection_lost(self, event: on.ConnectionLost) -> None:
        """There is no connection any more."""
        self.record(do.Tell(do.Report.CONNECTION_LOST, detail=event.reason))

    def tell_connect_failed(self, event: on.ConnectFailed) -> None:
        """There is no connection."""
        self.record(do.Tell(do.Report.CONNECT_FAILED, detail=event.reason))

    def _find(self, songs: tuple[on.ListedSong, ...]) -> int | None:
        """The song's ID on a fresh list: the same ID if its title is, else the first such title."""
        ids = [s.song_id for s in songs if s.song_id and self.title in (None, s.title)]
        if self.song_id in ids:
            return self.song_id
        return ids[0] if ids and self.title is not None else None

    def _hold(self, held_bytes: int, tail: bytes) -> None:
        self.held_bytes, self.tail = held_bytes, tail
        self.skipped_bytes, self.skipped_tail = 0, b""
