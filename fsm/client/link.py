"""The client's link: the connection, and the song that has to survive its loss.

It knows when to connect again and which bytes of a song that is sent again are here already; it
knows nothing of requests and answers, and keeps no audio but the few bytes that it compares.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import timeouts
from fsm.client.effects import ClientEffect
from fsm.client.song import TAIL_BYTES
from fsm.table import Row, Session, Table, each


class LinkState(Enum):
    """Whether there is a connection, and whether a song is owed over it."""

    CONNECTING = "an attempt to connect is under way, no song is owed"
    ONLINE = "there is a connection; audio that comes goes on to the song"
    UNLISTED = "connected anew: until a list comes, IDs may be other than the person saw them"
    OFFLINE = "the connection is lost, and nothing needs one"
    RESTING = "the server has closed the connection, and nobody misses it"
    WAITING = "no connection, a song is owed: the next attempt comes after a pause"
    RECONNECTING = "an attempt to connect is under way, for a song that is owed"
    FINDING = "connected again: a fresh list is to say which ID the song has now"
    SKIPPING = "the song comes again from its start: what is here is compared and skipped"


# fmt: off
CONNECTING, ONLINE, UNLISTED, OFFLINE, RESTING, WAITING, RECONNECTING, FINDING, SKIPPING = LinkState

CONNECTED = (ONLINE, UNLISTED, FINDING, SKIPPING)
"""There is a connection."""
_STOPS = (on.StopRequested, internal.SongAbandoned)

LINK = Table("link", CONNECTING, [
    # The connection
    Row(CONNECTING,                              on.Connected,                UNLISTED,     when="list_known", then="forget_end",                                    rfc="P7"),
    Row(CONNECTING,                              on.Connected,                ONLINE,                          then="forget_end",                                    rfc="1"),
    Row(CONNECTING,                              on.ConnectFailed,            OFFLINE,                         then="doubt_ids, tell_connect_failed",                rfc="1"),
    each((ONLINE, SKIPPING),                     internal.ConnectionEnded,    OFFLINE,                         then="note_end, doubt_ids, tell_connection_lost",     rfc="P7"),
    each((UNLISTED, FINDING),                    internal.ConnectionEnded,    OFFLINE,                         then="doubt_ids, tell_connection_lost",               rfc="P7"),
    each(CONNECTED,                              internal.ConnectionUnusable, OFFLINE,                         then="doubt_ids, tell_connection_lost, say_unusable", rfc="P8"),
    each(CONNECTED,                              internal.ConnectionRested,   RESTING,                         then="doubt_ids",                                     rfc="P8"),
    each(CONNECTED,                              internal.ConnectionRenewed,  CONNECTING,                      then="connect",                                       rfc="P8"),
    each((OFFLINE, RESTING),                     on.ListRequested,            CONNECTING,                      then="connect",                                       rfc="2.2"),
    each((CONNECTING, *CONNECTED, RECONNECTING), on.ListRequested,                                                                                                   rfc="2.2"),
    Row(WAITING,                                 on.ListRequested,            RECONNECTING,                    then="cancel_retry, connect",                         rfc="playing 9"),
    # A title is to be found: the list is asked for when it is needed
    each((CONNECTING, ONLINE, RECONNECTING), on.TitlesNeeded,               when="titles_unknown", then="need_list",                        rfc="P7"),
    each((OFFLINE, RESTING),                 on.TitlesNeeded, CONNECTING,   when="titles_unknown", then="connect, need_list",               rfc="P7"),
    Row(WAITING,                             on.TitlesNeeded, RECONNECTING, when="titles_unknown", then="cancel_retry, connect, need_list", rfc="P7"),
    each(LinkState,                          on.TitlesNeeded,                                                                               rfc="P7"),
    # A song is wanted
    Row(ONLINE,                      internal.SongWanted, ONLINE,       when="titles_unknown", then="owe_song, request_song, need_list", rfc="P7"),
    each((ONLINE, SKIPPING),         internal.SongWanted, ONLINE,                              then="owe_song, request_song",            rfc="2.2"),
    Row(UNLISTED,                    internal.SongWanted, FINDING,                             then="owe_song, need_list",               rfc="playing 9"),
    Row(FINDING,                     internal.SongWanted, FINDING,                             then="owe_song",                          rfc="2.2"),
    each((OFFLINE, RESTING),         internal.SongWanted, RECONNECTING,                        then="owe_song, connect",                 rfc="2.2"),
    Row(WAITING,                     internal.SongWanted, RECONNECTING,                        then="owe_song, cancel_retry, connect",   rfc="2.2"),
    each((CONNECTING, RECONNECTING), internal.SongWanted, RECONNECTING,                        then="owe_song",                          rfc="2.2"),
    # ... and no longer wanted
    each((CONNECTING, UNLISTED, OFFLINE, RESTING), on.StopRequested,                                  rfc="2.4.3"),
    each((ONLINE, SKIPPING),                       _STOPS,           ONLINE,                          rfc="2.4.3"),
    each((WAITING,),                               _STOPS,           OFFLINE,    then="cancel_retry", rfc="2.4.3"),
    each((RECONNECTING,),                          _STOPS,           CONNECTING,                      rfc="2.4.3"),
    each((FINDING,),                               _STOPS,           UNLISTED,                        rfc="2.4.3"),
    # The song arrives
    Row(ONLINE,   internal.AudioFromServer,   ONLINE,   then="forget_attempts, pass_audio", rfc="2.5.2"),
    Row(ONLINE,   internal.ServerClosedSong,  ONLINE,   then="say_completed",               rfc="P7, P8"),
    Row(ONLINE,   internal.ServerRefusedSong, ONLINE,   then="say_refused",                 rfc="2.5.3"),
    Row(ONLINE,   internal.ListCompleted,     ONLINE,   then="keep_list, note_title",       rfc="2.5.1"),
    Row(UNLISTED, internal.ListCompleted,     ONLINE,   then="say_renumbered, keep_list",   rfc="2.5.1"),
    Row(SKIPPING, internal.ListCompleted,     SKIPPING, then="keep_list",                   rfc="2.5.1"),
    # It is interrupted
    Row(CONNECTING,   internal.SongInterrupted, RECONNECTING,                            then="owe_rest",                                                    rfc="P8"),
    Row(OFFLINE,      internal.SongInterrupted, RESTING,      when="ended_there_before", then="say_ended_there",                                             rfc="P8"),
    Row(OFFLINE,      internal.SongInterrupted, WAITING,      when="retries_left",       then="owe_rest, schedule_retry, tell_retrying, answer_play",        rfc="P7, playing 9"),
    Row(OFFLINE,      internal.SongInterrupted, OFFLINE,                                 then="tell_no_retries_left, say_lost",                              rfc="P7, playing 9"),
    Row(WAITING,      on.RetryDue,              RECONNECTING,                            then="connect",                                                     rfc="playing 9"),
    Row(RECONNECTING, on.ConnectFailed,         WAITING,      when="retries_left",       then="doubt_ids, schedule_retry, tell_attempt_failed, answer_play", rfc="playing 9"),
    Row(RECONNECTING, on.ConnectFailed,         OFFLINE,                                 then="doubt_ids, tell_connect_failed, say_lost",                    rfc="playing 9"),
    Row(RECONNECTING, on.Connected,             FINDING,      when="loss_told",          then="tell_reconnected, forget_end, need_list",                     rfc="playing 9"),
    Row(RECONNECTING, on.Connected,             FINDING,                                 then="need_list",                                                   rfc="playing 9"),
    # Its ID is found again
    Row(FINDING,              internal.ListCompleted,   ONLINE,   when="listed_nothing_held", then="say_renumbered, keep_list, find_song, request_song", rfc="playing 9"),
    Row(FINDING,              internal.ListCompleted,   SKIPPING, when="listed",              then="say_renumbered, keep_list, find_song, request_song", rfc="playing 9"),
    Row(FINDING,              internal.ListCompleted,   ONLINE,                               then="say_renumbered, keep_list, say_gone",                rfc="playing 9"),
    each((UNLISTED, FINDING), internal.AudioFromServer,                                                                                                  rfc="2.6.1"),
    # ... or asked for by the same one: the user has said that no list is to be asked for
    Row(ONLINE,   internal.ListWithheld, ONLINE,                                                                 rfc="P7"),
    Row(UNLISTED, internal.ListWithheld, ONLINE,   when="ids_in_doubt",        then="forget_list",               rfc="P7"),
    Row(UNLISTED, internal.ListWithheld, ONLINE,                                                                 rfc="P7"),
    Row(FINDING,  internal.ListWithheld, ONLINE,   when="unsure_nothing_held", then="forget_list, request_song", rfc="P7"),
    Row(FINDING,  internal.ListWithheld, ONLINE,   when="nothing_held",        then="request_song",              rfc="P7"),
    Row(FINDING,  internal.ListWithheld, SKIPPING,                             then="forget_list, request_song", rfc="P7"),
    # It comes again
    Row(SKIPPING, internal.AudioFromServer,   ONLINE,   when="same_song_goes_on", then="forget_attempts, tell_resumed, pass_rest", rfc="playing 9"),
    Row(SKIPPING, internal.AudioFromServer,   ONLINE,   when="same_song",         then="tell_resumed",                             rfc="playing 9"),
    Row(SKIPPING, internal.AudioFromServer,   ONLINE,   when="caught_up",         then="say_abandoned, say_changed",               rfc="playing 9"),
    Row(SKIPPING, internal.AudioFromServer,   SKIPPING,                           then="skip_audio",                               rfc="playing 9"),
    Row(SKIPPING, internal.ServerClosedSong,  ONLINE,   when="server_said_so",    then="say_changed",                              rfc="playing 9"),
    Row(SKIPPING, internal.ServerClosedSong,  ONLINE,                             then="say_silent",                               rfc="playing 9"),
    Row(SKIPPING, internal.ServerRefusedSong, ONLINE,                             then="say_gone",                                 rfc="playing 9"),
])
# fmt: on


class LinkSession(Session[ClientEffect | on.Event]):
    """The connection to one server, through all its losses.

    max_retries: attempts for one interrupted song, None for as many as it takes.
    """

    __slots__ = (
        "are_ids_doubted", "attempts", "ended_at_bytes", "ended_in_order", "fields", "held_bytes", "is_listed", "is_loss_told", "lost_because",
        "max_retries",
        "skipped_bytes", "skipped_tail", "song_id", "songs", "tail", "title",
    )  # fmt: skip
    table = LINK
    says = (
        on.CommandAnswered,
        internal.ListNeeded,
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
        self.songs: tuple[on.ListedSong, ...] = ()
        self.fields: tuple[on.Fields, ...] = ()
        """Of each song, if the server has sent any."""
        self.are_ids_doubted = False
        """A connection has ended since the list came, and not because the client made it anew."""
        self.is_listed = False
        """A list has come, be it an empty one."""
        self.title: str | None = None
        self.song_id: int | None = None
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

    def titles_unknown(self, event: on.Event) -> bool:
        """No list has come."""
        return not self.is_listed

    def list_known(self, event: on.Event) -> bool:
        """A list has come, over an earlier connection."""
        return bool(self.songs)

    def listed(self, event: internal.ListCompleted) -> bool:
        """The song is on the list, by its title."""
        return self._find(event.songs) is not None

    def listed_nothing_held(self, event: internal.ListCompleted) -> bool:
        """The song is on the list, and none of it has arrived yet."""
        return self.held_bytes == 0 and self.listed(event)

    def ids_in_doubt(self, event: on.Event) -> bool:
        """The server may have been started again since its list came, and number its songs anew."""
        return self.are_ids_doubted

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
        again = (self.skipped_tail + event.data[:needed])[-TAIL_BYTES:]
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

    # Effects: the song that is owed

    def owe_song(self, event: internal.SongWanted) -> None:
        """Note which song is wanted, by the list as it was when it was chosen."""
        self.song_id = event.song_id
        self.title = _title(event.song_id, self.songs)
        self.attempts = 0
        self.ended_at_bytes = None
        self._hold(0, b"")

    def owe_rest(self, event: internal.SongInterrupted) -> None:
        """Note what of the song is here, and whether the server has ended it there."""
        self._hold(event.held_bytes, event.tail)
        self.ended_at_bytes = event.held_bytes if self.ended_in_order else None

    def request_song(self, event: on.Event) -> None:
        """Have the song requested over the connection that there is."""
        assert self.song_id is not None, "a song is owed"
        self.record(internal.SongToRequest(self.song_id))

    def need_list(self, event: on.Event) -> None:
        """Have a list requested, which says what the song's ID is now."""
        self.record(internal.ListNeeded())

    def keep_list(self, event: internal.ListCompleted) -> None:
        """Keep the titles, and what else is known of the songs."""
        self.songs, self.fields = event.songs, event.fields
        self.is_listed, self.are_ids_doubted = True, False

    def forget_list(self, event: on.Event) -> None:
        """Forget the titles: what they belong to now is not known."""
        self.songs, self.fields = (), ()
        self.is_listed = self.are_ids_doubted = False
        self.title = None

    def doubt_ids(self, event: on.Event) -> None:
        """Note that the server may be started again before there is another connection."""
        self.are_ids_doubted = True

    def say_renumbered(self, event: internal.ListCompleted) -> None:
        """Say which songs have other IDs on this list than before, if any have."""
        if new_ids := self._new_ids(event.songs):
            self.record(internal.SongsRenumbered(new_ids))

    def note_title(self, event: internal.ListCompleted) -> None:
        """Note the title of a song that was wanted before any list had come."""
        if self.title is None:
            self.title = _title(self.song_id, event.songs)

    def find_song(self, event: internal.ListCompleted) -> None:
        """Take the ID that the song has on this list."""
        self.song_id = self._find(event.songs)

    # Effects: what comes of it

    def pass_audio(self, event: internal.AudioFromServer) -> None:
        """Hand the audio on."""
        self.record(internal.SongAudio(event.data))

    def skip_audio(self, event: internal.AudioFromServer) -> None:
        """Drop the audio, which is here already, and keep its end for the comparison."""
        self.skipped_bytes += len(event.data)
        self.skipped_tail = (self.skipped_tail + event.data)[-TAIL_BYTES:]

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
        self.record(internal.SongLost("the song is no longer on the server"))

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

    def _rest(self, event: internal.AudioFromServer) -> bytes:
        """What of the message is not here yet."""
        return event.data[self.held_bytes - self.skipped_bytes :]

    def _find(self, songs: tuple[on.ListedSong, ...]) -> int | None:
        """The song's ID on a fresh list: the same ID if its title is, else the first such title."""
        listed = [s for s in songs if self.title in (None, s.title)]
        ids = [s.song_id for s in listed if s.song_id is not None]
        if self.song_id in ids:
            return self.song_id
        return ids[0] if ids and self.title is not None else None

    def _new_ids(self, songs: tuple[on.ListedSong, ...]) -> tuple[internal.NewId, ...]:
        """Which songs have other IDs on a fresh list: by their titles, where both lists have one."""
        old, new = Counter(s.title for s in self.songs), Counter(s.title for s in songs)
        ids = {s.title: s.song_id for s in songs if new[s.title] == old[s.title] == 1}
        if self.state is FINDING and (found := self._find(songs)) is not None:
            ids |= {s.title: found for s in self.songs if s.song_id == self.song_id}
        same = set(songs)
        moved = (s for s in self.songs if s not in same and s.song_id is not None)
        return tuple(internal.NewId(s.song_id or 0, s.title, ids.get(s.title)) for s in moved)

    def _hold(self, held_bytes: int, tail: bytes) -> None:
        self.held_bytes, self.tail = held_bytes, tail
        self.skipped_bytes, self.skipped_tail = 0, b""


def _title(song_id: int | None, songs: tuple[on.ListedSong, ...]) -> str | None:
    """The title that a list gives to an ID."""
    return next((s.title for s in songs if s.song_id == song_id), None)
