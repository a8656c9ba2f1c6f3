"""A song on its way to the player: how much of it is here, and whether that is enough (RFC 2.5.2).

The table runs twice: for the present song, and for the next one, which is requested while the
present one plays out. It counts audio messages (NUM_AUDIO_MSGS_RECV); it knows nothing of
connections, and of the player only what the player reports.
"""

from __future__ import annotations

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client.effects import Buffer
from fsm.client.song.prebuffer import Prebuffer
from fsm.client.song.reports import SongReports
from fsm.client.song.table import SONG, UNWANTED
from fsm.words import MAX_PAYLOAD_BYTES, PREBUFFER_MSGS

TAIL_BYTES = 4096
"""The last bytes that are here: by them an interrupted song is recognised."""

_OF_EITHER = ("buffer", "flow", "plays_from", "prebuffer", "tail_bytes")
"""What is not the song's own."""


class SongSession(SongReports):
    """The present song, or the next one.

    prebuffer_msgs: how many audio messages make enough to begin (RFC 2.5.2: 500); None for as many
    as the flow needs (`fsm.client.song.prebuffer`). buffer: whose song it is. tail_bytes: by so many of
    its last bytes that are here an interrupted song is recognised.
    """

    __slots__ = (
        "back_bytes", "base_bytes", "buffer", "counted_from_bytes", "counted_from_msgs", "flow", "held_bytes",
        "last_bytes", "measure", "needed_bytes", "num_audio_msgs_recv", "plays_from", "prebuffer",
        "reached_bytes", "shortest_bytes", "tail", "tail_bytes",
    )  # fmt: skip
    table = SONG
    says = (
        on.CommandAnswered,
        internal.SongWanted,
        internal.PlaceWanted,
        internal.SongAbandoned,
        internal.SongReady,
        internal.NextSongReady,
        internal.SongShort,
        internal.SeekWanted,
        internal.SongWhole,
        internal.SongInterrupted,
        internal.SongOver,
        internal.SongUnplayable,
        internal.NextSongFailed,
    )

    def __init__(
        self,
        prebuffer_msgs: int | None = PREBUFFER_MSGS,
        buffer: Buffer = Buffer.PRESENT,
        tail_bytes: int = TAIL_BYTES,
    ) -> None:
        super().__init__()
        self.prebuffer = Prebuffer(prebuffer_msgs)
        self.buffer = buffer
        self.tail_bytes = tail_bytes
        self.plays_from = False
        """The server sends songs from any byte on (protocol.md 10); kept while there is none."""
        self.flow: on.FlowMeasured | None = None
        self._forget()

    def _forget(self) -> None:
        self.song_id: int | None = None
        self.num_audio_msgs_recv = 0
        """Audio messages of this song that are here (RFC 2.6.1)."""
        self.held_bytes = 0
        """The byte of the song behind the last one that is here."""
        self.base_bytes = 0
        """The first byte of it that is here, or is to come."""
        self.reached_bytes = 0
        """The song has so many bytes at least: they have come."""
        self.back_bytes: int | None = None
        """From which byte on to go back to what was heard, if nothing comes from a place."""
        self.counted_from_msgs = 0
        """What was here when counting towards `enough` began."""
        self.counted_from_bytes = 0
        self.needed_bytes = 0
        """Up to here the song has to come before the place that is sought can be played."""
        self.tail = b""
        self.last_bytes = 0
        """The length of the last audio message."""
        self.shortest_bytes = MAX_PAYLOAD_BYTES
        """The shortest of those before it."""
        self.measure: on.SongMeasured | None = None
        """What the song's own frames and header say of it."""
        self.lost_because = ""

    def take_over(self, next_song: SongSession) -> None:
        """Be what the next song is, which is then no song; keep one's own buffer."""
        for name in (*self.__slots__, *SongReports.__slots__):
            if name not in _OF_EITHER:
                setattr(self, name, getattr(next_song, name))
        self.state = next_song.state
        next_song._forget()
        next_song.state = UNWANTED

    # Guards

    def is_next(self, event: on.Event) -> bool:
        """It is the next song, not the present one."""
        return self.buffer is Buffer.NEXT

    def enough(self, event: internal.SongAudio) -> bool:
        """With this message there is enough since counting began (RFC 2.5.2), and it can be heard."""
        if self.measure is not None and not self.measure.playable:
            return False
        held_bytes = self.held_bytes + len(event.data)
        return self.prebuffer.reached(
            self.num_audio_msgs_recv + 1 - self.counted_from_msgs,
            held_bytes - self.counted_from_bytes,
            held_bytes,
            self.flow,
        )

    def enough_of_next(self, event: internal.SongAudio) -> bool:
        """... of the next song."""
        return self.is_next(event) and self.enough(event)

    def place_reached(self, event: internal.SongAudio) -> bool:
        """With this message the place that is sought is here."""
        return self.held_bytes + len(event.data) >= self.needed_bytes

    def begins_there(self, event: on.PlaceNotHere) -> bool:
        """What is here, or is to come, begins at that place."""
        return event.from_bytes == self.base_bytes

    def begins_before(self, event: on.PlaceNotHere) -> bool:
        """That place is before what is here, and before what is to come."""
        return event.from_bytes < self.base_bytes

    def can_begin_there(self, event: on.PlaceNotHere) -> bool:
        """It can be asked for from there on, or will not come there otherwise."""
        ahead = self.plays_from and not self.begins_there(event)
        return ahead or self.begins_before(event)

    def can_go_back(self, event: internal.SongRefused) -> bool:
        """None has come from a place behind all that had come before: it was heard elsewhere."""
        return self.back_bytes is not None

    def as_long_as_it_says(self, event: on.Event) -> bool:
        """The song's header says how long it is, and so much is here."""
        said_bytes = self._said_bytes()
        return said_bytes is not None and self.held_bytes >= said_bytes

    def shorter_than_it_says(self, event: on.Event) -> bool:
        """The song's header says that it is longer than what is here."""
        said_bytes = self._said_bytes()
        return said_bytes is not None and self.held_bytes < said_bytes

    def may_end_there(self, event: on.Event) -> bool:
        """Its last message was short, and its header does not say that it is longer."""
        return self.last_bytes < self.shortest_bytes and not self.shorter_than_it_says(event)

    def next_said_whole(self, event: internal.SongCompleted) -> bool:
        """The server itself has said that the next song is whole."""
        return self.is_next(event) and self.server_said_so(event)

    def next_as_long_as_it_says(self, event: on.Event) -> bool:
        """It is the next song; its header says how long it is, and so much is here."""
        return self.is_next(event) and self.as_long_as_it_says(event)

    def next_shorter_than_it_says(self, event: on.Event) -> bool:
        """It is the next song, and its header says that it is longer than what is here."""
        return self.is_next(event) and self.shorter_than_it_says(event)

    def next_may_end_there(self, event: on.Event) -> bool:
        """It is the next song, and may end behind its last message."""
        return self.is_next(event) and self.may_end_there(event)

    def server_said_so(self, event: internal.SongCompleted) -> bool:
        """The server itself has said that the song is whole."""
        return event.said

    # Effects: what is here of the song

    def want(
        self, event: on.PlayRequested | internal.SongTurnCame | internal.NextSongKnown
    ) -> None:
        """Want this song, of which nothing is here."""
        self._forget()
        self.song_id = event.song_id

    def forget(self, event: on.Event) -> None:
        """Want no song."""
        self._forget()

    def take_new_id(self, event: internal.SongsRenumbered) -> None:
        """Take the ID that the song has now; one that is gone keeps the ID that it had."""
        if self.song_id is not None:
            self.song_id = event.known.get(self.song_id, self.song_id)

    def append(self, event: internal.SongAudio) -> None:
        """Add the audio to the buffer and count the message."""
        self.num_audio_msgs_recv += 1
        self.back_bytes = None
        if self.last_bytes:
            self.shortest_bytes = min(self.shortest_bytes, self.last_bytes)
        self.last_bytes = len(event.data)
        self.held_bytes += len(event.data)
        self.reached_bytes = max(self.reached_bytes, self.held_bytes)
        self.tail = (self.tail + event.data)[-self.tail_bytes :]
        self.record(do.AppendAudio(self.buffer, event.data))

    def count_again(self, event: on.Event) -> None:
        """Count towards `enough` from here."""
        self.counted_from_msgs = self.num_audio_msgs_recv
        self.counted_from_bytes = self.held_bytes

    def await_place(self, event: on.PlaceNotHere) -> None:
        """Note how much of the song has to be here."""
        self.needed_bytes = event.needed_bytes

    def want_place(self, event: on.PlaceNotHere) -> None:
        """Want the song from there on."""
        self.base_bytes = event.from_bytes
        ahead = event.from_bytes > self.reached_bytes
        self.back_bytes = event.back_bytes if ahead else None

    def want_place_before(self, event: on.Event) -> None:
        """Want the song from where it was heard before: so much of it has come once."""
        assert self.back_bytes is not None, "there is such a place"
        self.base_bytes = self.back_bytes
        self.back_bytes = None

    def count_anew(self, event: on.Event) -> None:
        """Count from the byte on that is wanted: nothing is here from there on."""
        self.held_bytes = self.counted_from_bytes = self.base_bytes
        self.num_audio_msgs_recv = self.counted_from_msgs = 0
        self.tail = b""

    def note_from(self, event: on.Event) -> None:
        """Note that the server sends songs from any byte on."""
        self.plays_from = True

    def forget_from(self, event: on.Event) -> None:
        """Forget what the server of the connection before this one understood."""
        self.plays_from = False

    def note_flow(self, event: on.FlowMeasured) -> None:
        """Keep what was measured."""
        self.flow = event

    def note_measure(self, event: on.SongMeasured) -> None:
        """Keep what the song's own frames and header say."""
        self.measure = event

    def note_too_short(self, event: on.Event) -> None:
        """Keep that the server sent less than the song should have."""
        self.lost_because = "the server sent no more of it"

    def note_reopened(self, event: on.Event) -> None:
        """Keep that more came after the player had come to its end."""
        self.lost_because = "more of it came after the server had been silent"

    def note_loss(self, event: internal.SongLost) -> None:
        """Keep why the rest will not come."""
        self.lost_because = event.reason

    def note_no_room(self, event: on.BufferFull | on.NextBufferFull) -> None:
        """Keep that there was no room for the rest, and why."""
        self.lost_because = f"there is no room for the rest of the song: {event.reason}"

    # Effects: the buffers

    def drop_buffers(self, event: on.Event) -> None:
        """Clear the MAD buffer, and the next song's (RFC 2.2)."""
        self.record(do.DropBuffers())

    def drop_next_buffer(self, event: on.Event) -> None:
        """Clear the next song's buffer."""
        self.record(do.DropNextBuffer())

    def finish(self, event: on.Event) -> None:
        """Let the player run to the end of the buffer."""
        self.record(do.FinishBuffer(self.buffer))

    def reopen(self, event: on.Event) -> None:
        """Let the player wait for more of the song: it is not whole after all."""
        self.record(do.ReopenBuffer())

    def move_buffer(self, event: on.PlaceNotHere) -> None:
        """Clear the buffer: what comes next is from that place on."""
        self.record(do.MoveBuffer(event.from_bytes))

    def move_buffer_back(self, event: on.Event) -> None:
        """Clear the buffer: what comes next is from where the song was heard before."""
        self.record(do.MoveBufferBack(self.base_bytes))

    def leave(self, event: on.Event) -> None:
        """Give up the buffer: the next song's takes its place."""
        self.record(do.LeaveSong())

    def skip(self, event: on.Event) -> None:
        """Leave the song in the middle for the next."""
        self.record(do.SkipSong())

    def _said_bytes(self) -> int | None:
        """How long the song is by its own header; None where that does not say."""
        return self.measure.song_bytes if self.measure is not None else None
