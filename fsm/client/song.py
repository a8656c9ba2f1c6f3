"""A song on its way to the player: how much of it is here, and whether that is enough (RFC 2.5.2).

The table runs twice: for the present song, and for the next one, which is requested while the
present one plays out. It counts audio messages (NUM_AUDIO_MSGS_RECV); it knows nothing of
connections, and of the player only what the player reports.
"""

from __future__ import annotations

from enum import Enum

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.client.effects import Buffer, ClientEffect, Report
from fsm.client.prebuffer import Prebuffer
from fsm.table import Row, Session, Table, each
from fsm.words import MAX_PAYLOAD_BYTES, PREBUFFER_MSGS

TAIL_BYTES = 4096
"""The last bytes that are here: by them an interrupted song is recognised."""


class SongState(Enum):
    """How far the song has come (RFC 2.6.1: IS_PLAYING is off in the first two states)."""

    UNWANTED = "no song is wanted: audio that arrives is late"
    REQUESTED = "the song is requested; audio that arrives still belongs to an earlier one"
    OPENED = "audio that arrives from here on is this song's; none has come yet"
    COLLECTING = "it arrives, and there is not enough of it to play, or to play on"
    AWAITING = "it arrives, and the place in it that the player seeks is not here yet"
    ENOUGH = "it arrives, and there is enough of it to play"
    WHOLE = "all of it is here"
    SUPPOSED = "all of it seems to be here: a plain server sends nothing more"
    BROKEN = "the rest of it will not come"


# fmt: off
UNWANTED, REQUESTED, OPENED, COLLECTING, AWAITING, ENOUGH, WHOLE, SUPPOSED, BROKEN = SongState

ALL = tuple(SongState)
WANTED = (REQUESTED, OPENED, COLLECTING, AWAITING, ENOUGH, WHOLE, SUPPOSED, BROKEN)
NOTHING_YET = (REQUESTED, OPENED)
ARRIVING = (COLLECTING, AWAITING, ENOUGH)
SHORT = (COLLECTING, AWAITING)
HERE = (WHOLE, SUPPOSED, BROKEN)
"""All that will come is here, as far as is known."""
KNOWN = (WHOLE, BROKEN)
OWED = (*NOTHING_YET, *ARRIVING)
"""The song is requested and not all of it is here."""
_CHOSEN = (on.PlayRequested, internal.SongTurnCame)

SONG = Table("song", UNWANTED, [
    # A song is chosen, or none
    each(ALL, _CHOSEN,          UNWANTED,  when="is_next", then="forget",                            rfc="2.2"),
    each(ALL, _CHOSEN,          REQUESTED,                 then="want, drop_buffers, say_wanted",    rfc="2.2"),
    each(ALL, on.StopRequested, UNWANTED,  when="is_next", then="forget",                            rfc="2.2"),
    each(ALL, on.StopRequested, UNWANTED,                  then="forget, drop_buffers, answer_play", rfc="2.2"),
    # The next song is requested ahead, and no longer wanted
    Row(UNWANTED, internal.NextSongKnown,   REQUESTED, then="want, say_wanted",                        rfc="playing 5"),
    each(OWED,    internal.NextSongDropped, UNWANTED,  then="forget, drop_next_buffer, say_abandoned", rfc="playing 5, 2.4.3"),
    each(HERE,    internal.NextSongDropped, UNWANTED,  then="forget, drop_next_buffer",                rfc="playing 5"),
    # It arrives
    Row(REQUESTED,                             internal.SongOpened, OPENED,                                                                                  rfc="2.5.2, P8"),
    each((UNWANTED, OPENED, *ARRIVING, *HERE), internal.SongOpened,                                                                                          rfc="P7"),
    each((UNWANTED, REQUESTED, *KNOWN),        internal.SongAudio,                                                                                           rfc="2.6.1"),
    Row(SUPPOSED,                              internal.SongAudio,  BROKEN,     when="is_next",        then="say_abandoned, note_reopened",                  rfc="P8, playing 5"),
    Row(SUPPOSED,                              internal.SongAudio,  ENOUGH,                            then="reopen, append",                                rfc="P8"),
    Row(OPENED,                                internal.SongAudio,  ENOUGH,     when="enough_of_next", then="append, say_next_ready",                        rfc="2.5.2, playing 5"),
    Row(OPENED,                                internal.SongAudio,  COLLECTING, when="is_next",        then="append",                                        rfc="2.5.2, playing 5"),
    Row(OPENED,                                internal.SongAudio,  ENOUGH,     when="enough",         then="append, tell_arriving, say_ready, answer_play", rfc="2.5.2"),
    Row(OPENED,                                internal.SongAudio,  COLLECTING,                        then="append, tell_arriving, answer_play",            rfc="2.5.2"),
    Row(COLLECTING,                            internal.SongAudio,  ENOUGH,     when="enough_of_next", then="append, say_next_ready",                        rfc="2.5.2, playing 5"),
    Row(COLLECTING,                            internal.SongAudio,  ENOUGH,     when="enough",         then="append, say_ready",                             rfc="2.5.2"),
    Row(AWAITING,                              internal.SongAudio,  COLLECTING, when="place_reached",  then="append, count_again",                           rfc="playing 7"),
    each(ARRIVING,                             internal.SongAudio,                                     then="append",                                        rfc="2.5.2"),
    each(ALL,                                  on.FlowMeasured,                                        then="note_flow",                                     rfc="playing 1"),
    each(OWED,                                 on.SongMeasured,                                        then="note_measure",                                  rfc="playing 1, P8"),
    each((UNWANTED, *HERE),                    on.SongMeasured,                                                                                              rfc="playing 1"),
    # The player has come to the end of what is here, or seeks a place that is not here
    Row(ENOUGH,           on.BufferRanDry,      COLLECTING, then="count_again, tell_underrun, say_short", rfc="playing 1"),
    each(HERE,            on.BufferRanDry,                                                                rfc="playing 1"),
    each(ARRIVING,        on.PlaceNotHere,      AWAITING,   then="await_place, say_short",                rfc="playing 7"),
    each(HERE,            on.PlaceNotHere,                                                                rfc="playing 7"),
    each(SHORT,           internal.PlayerMoved, ENOUGH,                                                   rfc="playing 7"),
    each((ENOUGH, *HERE), internal.PlayerMoved,                                                           rfc="playing 7"),
    Row(UNWANTED,         ask.SeekRequested,    UNWANTED,   then="tell_nothing_plays",                    rfc="playing 7"),
    each(WANTED,          ask.SeekRequested,                then="pass_seek",                             rfc="playing 7"),
    # All of it is here: the server says so, or its own header does, or a plain server is silent
    each((OPENED, *SHORT),  internal.SongCompleted, WHOLE,    when="next_said_whole",           then="finish, say_next_ready",                                       rfc="P7, playing 5"),
    each(SHORT,             internal.SongCompleted, WHOLE,    when="next_as_long_as_it_says",   then="finish, say_next_ready",                                       rfc="P8, playing 5"),
    each(SHORT,             internal.SongCompleted, BROKEN,   when="next_shorter_than_it_says", then="note_too_short, finish, say_next_ready",                       rfc="P8, playing 5"),
    Row(OPENED,             internal.SongCompleted, UNWANTED, when="is_next",                   then="drop_next_buffer, tell_nothing_came, say_next_failed, forget", rfc="P8, playing 5"),
    each(SHORT,             internal.SongCompleted, SUPPOSED, when="is_next",                   then="finish, say_next_ready",                                       rfc="P8, playing 5"),
    each((OPENED, *SHORT),  internal.SongCompleted, WHOLE,    when="server_said_so",            then="finish, say_finished, answer_play, say_whole",                 rfc="P1, P7"),
    each(SHORT,             internal.SongCompleted, WHOLE,    when="as_long_as_it_says",        then="finish, say_finished, answer_play, say_whole",                 rfc="P1, P8"),
    each(SHORT,             internal.SongCompleted, BROKEN,   when="shorter_than_it_says",      then="note_too_short, finish, say_finished, answer_play",            rfc="P8"),
    Row(OPENED,             internal.SongCompleted, UNWANTED,                                   then="leave, tell_nothing_came, answer_play, say_unplayable",        rfc="P8"),
    each(SHORT,             internal.SongCompleted, SUPPOSED,                                   then="finish, say_finished, answer_play",                            rfc="P1, P8"),
    Row(ENOUGH,             internal.SongCompleted, WHOLE,    when="next_said_whole",           then="finish",                                                       rfc="P7, playing 5"),
    Row(ENOUGH,             internal.SongCompleted, WHOLE,    when="next_as_long_as_it_says",   then="finish",                                                       rfc="P8, playing 5"),
    Row(ENOUGH,             internal.SongCompleted, WHOLE,    when="server_said_so",            then="finish, say_whole",                                            rfc="P7"),
    Row(ENOUGH,             internal.SongCompleted, WHOLE,    when="as_long_as_it_says",        then="finish, say_whole",                                            rfc="P8"),
    Row(ENOUGH,             internal.SongCompleted, BROKEN,   when="shorter_than_it_says",      then="note_too_short, finish",                                       rfc="P8"),
    Row(ENOUGH,             internal.SongCompleted, SUPPOSED,                                   then="finish",                                                       rfc="P8"),
    each((UNWANTED, *HERE), internal.SongCompleted,                                                                                                                  rfc="P7"),
    # A plain server has closed the connection twice at the same byte
    each(SHORT,             internal.SongEndedThere, WHOLE,    when="next_as_long_as_it_says", then="finish, say_next_ready",                                       rfc="P8, playing 5"),
    each(SHORT,             internal.SongEndedThere, SUPPOSED, when="next_may_end_there",      then="finish, say_next_ready",                                       rfc="P8, playing 5"),
    each(SHORT,             internal.SongEndedThere, BROKEN,   when="is_next",                 then="note_too_short, finish, say_next_ready",                       rfc="P8, playing 5"),
    Row(ENOUGH,             internal.SongEndedThere, WHOLE,    when="next_as_long_as_it_says", then="finish",                                                       rfc="P8, playing 5"),
    each(SHORT,             internal.SongEndedThere, WHOLE,    when="as_long_as_it_says",      then="finish, say_finished, answer_play, say_whole",                 rfc="P8"),
    each(SHORT,             internal.SongEndedThere, SUPPOSED, when="may_end_there",           then="finish, say_finished, answer_play",                            rfc="P8"),
    each(SHORT,             internal.SongEndedThere, BROKEN,                                   then="note_too_short, finish, say_finished, answer_play",            rfc="P8"),
    Row(ENOUGH,             internal.SongEndedThere, WHOLE,    when="as_long_as_it_says",      then="finish, say_whole",                                            rfc="P8"),
    Row(ENOUGH,             internal.SongEndedThere, SUPPOSED, when="may_end_there",           then="finish",                                                       rfc="P8"),
    Row(ENOUGH,             internal.SongEndedThere, BROKEN,                                   then="note_too_short, finish",                                       rfc="P8"),
    each((UNWANTED, *HERE), internal.SongEndedThere,                                                                                                                rfc="P8"),
    each(NOTHING_YET,       internal.SongEndedThere, UNWANTED, when="is_next",                 then="drop_next_buffer, tell_nothing_came, say_next_failed, forget", rfc="P8"),
    each(NOTHING_YET,       internal.SongEndedThere, UNWANTED,                                 then="leave, tell_nothing_came, answer_play, say_unplayable",        rfc="P8"),
    # The rest of it will not come: nothing is here
    each(NOTHING_YET, internal.SongRefused, UNWANTED, when="is_next", then="drop_next_buffer, tell_not_found, say_next_failed, forget", rfc="2.5.3, playing 5"),
    each(NOTHING_YET, internal.SongRefused, UNWANTED,                 then="leave, tell_not_found, answer_play, say_unplayable",        rfc="2.5.3"),
    each(NOTHING_YET, internal.SongLost,    UNWANTED, when="is_next", then="drop_next_buffer, tell_lost, say_next_failed, forget",      rfc="P7, playing 5"),
    each(NOTHING_YET, internal.SongLost,    UNWANTED,                 then="leave, tell_lost, answer_play, say_unplayable",             rfc="P7"),
    # ... or some of it is, and is played out
    each(SHORT,             internal.SongRefused,                      BROKEN, when="is_next", then="finish, say_next_ready",                       rfc="P7"),
    each(SHORT,             internal.SongLost,                         BROKEN, when="is_next", then="note_loss, finish, say_next_ready",            rfc="P7"),
    each(SHORT,             internal.SongRefused,                      BROKEN,                 then="finish, say_finished, answer_play",            rfc="P7"),
    each(SHORT,             internal.SongLost,                         BROKEN,                 then="note_loss, finish, say_finished, answer_play", rfc="P7"),
    Row(ENOUGH,             internal.SongRefused,                      BROKEN,                 then="finish",                                       rfc="P7"),
    Row(ENOUGH,             internal.SongLost,                         BROKEN,                 then="note_loss, finish",                            rfc="P7"),
    each((UNWANTED, *HERE), (internal.SongRefused, internal.SongLost),                                                                              rfc="P7"),
    # There is no room for more of the next song
    Row(COLLECTING, on.NextBufferFull, BROKEN, then="say_abandoned, note_loss, finish, say_next_ready", rfc="playing 10"),
    Row(ENOUGH,     on.NextBufferFull, BROKEN, then="say_abandoned, note_loss, finish",                 rfc="playing 10"),
    each(HERE,      on.NextBufferFull, BROKEN, then="note_loss",                                        rfc="playing 10"),
    # The connection has gone: the buffer plays on, the link sees to the rest
    each(OWED,              (internal.ConnectionEnded, internal.ConnectionRenewed), then="say_interrupted", rfc="P7, playing 9"),
    each((UNWANTED, *HERE), (internal.ConnectionEnded, internal.ConnectionRenewed),                         rfc="P7"),
    # It is over
    Row(WHOLE,     on.PlayedOut,         UNWANTED, then="leave, tell_played, answer_play, say_over",                                rfc="playing 10"),
    Row(SUPPOSED,  on.PlayedOut,         UNWANTED, then="leave, tell_probably_played, answer_play, say_over",                       rfc="P8, playing 10"),
    each(ARRIVING, on.PlayedOut,         UNWANTED, then="note_reopened, say_abandoned, leave, tell_cut_off, answer_play, say_over", rfc="P8"),
    Row(BROKEN,    on.PlayedOut,         UNWANTED, then="leave, tell_cut_off, answer_play, say_over",                               rfc="P7, playing 10"),
    each(ARRIVING, on.Undecodable,       UNWANTED, then="say_abandoned, leave, tell_undecodable, answer_play, say_unplayable",      rfc="playing 10"),
    each(HERE,     on.Undecodable,       UNWANTED, then="leave, tell_undecodable, answer_play, say_unplayable",                     rfc="playing 10"),
    Row(WHOLE,     internal.SongSkipped, UNWANTED, then="skip",                                                                     rfc="playing 3"),
    # The output is gone
    Row(UNWANTED, on.OutputFailed, UNWANTED,                                                                                      rfc="playing 10"),
    each(OWED,    on.OutputFailed, UNWANTED, when="is_next", then="forget, drop_next_buffer, say_abandoned",                      rfc="playing 10, 2.4.3"),
    each(HERE,    on.OutputFailed, UNWANTED, when="is_next", then="forget",                                                       rfc="playing 10"),
    each(OWED,    on.OutputFailed, UNWANTED,                 then="say_abandoned, drop_buffers, tell_output_failed, answer_play", rfc="playing 10, 2.4.3"),
    each(HERE,    on.OutputFailed, UNWANTED,                 then="drop_buffers, tell_output_failed, answer_play",                rfc="playing 10"),
    # The song before it is over: it is the present one now
    each((UNWANTED, *NOTHING_YET, *SHORT), internal.SongBegan,                                        rfc="playing 5"),
    each((ENOUGH, SUPPOSED, BROKEN),       internal.SongBegan,        then="tell_playing",            rfc="playing 5"),
    Row(WHOLE,                             internal.SongBegan, WHOLE, then="tell_playing, say_whole", rfc="playing 5"),
])
# fmt: on


class SongSession(Session[ClientEffect | on.Event]):
    """The present song, or the next one.

    prebuffer_msgs: how many audio messages make enough to begin (RFC 2.5.2: 500); None for as many
    as the flow needs (`fsm.client.prebuffer`). buffer: whose song it is.
    """

    __slots__ = (
        "buffer", "counted_from_bytes", "counted_from_msgs", "flow", "held_bytes", "last_bytes",
        "lost_because", "measure", "needed_bytes", "num_audio_msgs_recv", "prebuffer",
        "shortest_bytes", "song_id", "tail",
    )  # fmt: skip
    table = SONG
    says = (
        on.CommandAnswered,
        internal.SongWanted,
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
        self, prebuffer_msgs: int | None = PREBUFFER_MSGS, buffer: Buffer = Buffer.PRESENT
    ) -> None:
        super().__init__()
        self.prebuffer = Prebuffer(prebuffer_msgs)
        self.buffer = buffer
        self.flow: on.FlowMeasured | None = None
        self._forget()

    def _forget(self) -> None:
        self.song_id: int | None = None
        self.num_audio_msgs_recv = 0
        """Audio messages of this song that are here (RFC 2.6.1)."""
        self.held_bytes = 0
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
        for name in self.__slots__:
            if name not in ("buffer", "flow", "prebuffer"):
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

    def append(self, event: internal.SongAudio) -> None:
        """Add the audio to the buffer and count the message."""
        self.num_audio_msgs_recv += 1
        if self.last_bytes:
            self.shortest_bytes = min(self.shortest_bytes, self.last_bytes)
        self.last_bytes = len(event.data)
        self.held_bytes += len(event.data)
        self.tail = (self.tail + event.data)[-TAIL_BYTES:]
        self.record(do.AppendAudio(self.buffer, event.data))

    def count_again(self, event: on.Event) -> None:
        """Count towards `enough` from here."""
        self.counted_from_msgs = self.num_audio_msgs_recv
        self.counted_from_bytes = self.held_bytes

    def await_place(self, event: on.PlaceNotHere) -> None:
        """Note how much of the song has to be here."""
        self.needed_bytes = event.needed_bytes

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

    def note_loss(self, event: internal.SongLost | on.NextBufferFull) -> None:
        """Keep why the rest will not come."""
        self.lost_because = event.reason

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

    def leave(self, event: on.Event) -> None:
        """Give up the buffer: the next song's takes its place."""
        self.record(do.LeaveSong())

    def skip(self, event: on.Event) -> None:
        """Leave the song in the middle for the next."""
        self.record(do.SkipSong())

    # Effects: what the other machines are told

    def say_wanted(self, event: on.Event) -> None:
        """Have the song requested."""
        assert self.song_id is not None, "a song is wanted"
        self.record(internal.SongWanted(self.song_id))

    def say_abandoned(self, event: on.Event) -> None:
        """Have the song stopped that arrives."""
        self.record(internal.SongAbandoned())

    def say_ready(self, event: on.Event) -> None:
        """Say that there is enough to play."""
        assert self.song_id is not None, "a song is wanted"
        self.record(internal.SongReady(self.song_id))

    def say_finished(self, event: on.Event) -> None:
        """Say that all that will come can be played."""
        assert self.song_id is not None, "a song is wanted"
        self.record(internal.SongReady(self.song_id, finished=True))

    def say_next_ready(self, event: on.Event) -> None:
        """Say that the player may go on into this song."""
        self.record(internal.NextSongReady())

    def say_short(self, event: on.Event) -> None:
        """Say that the player has to wait."""
        self.record(internal.SongShort())

    def pass_seek(self, event: ask.SeekRequested) -> None:
        """Let the player seek."""
        self.record(internal.SeekWanted(event.amount, event.measure))

    def say_whole(self, event: on.Event) -> None:
        """Say that the next song can be requested."""
        self.record(internal.SongWhole())

    def say_interrupted(self, event: on.Event) -> None:
        """Say by what the song can be gone on with."""
        assert self.song_id is not None, "a song is wanted"
        self.record(internal.SongInterrupted(self.song_id, self.held_bytes, self.tail))

    def say_over(self, event: on.Event) -> None:
        """Say that the song was heard."""
        self.record(internal.SongOver())

    def say_unplayable(self, event: on.Event) -> None:
        """Say that the song is over without having been heard."""
        self.record(internal.SongUnplayable())

    def say_next_failed(self, event: on.Event) -> None:
        """Say that the next song will not come."""
        self.record(internal.NextSongFailed())

    # Effects: what the person is told

    def answer_play(self, event: on.Event) -> None:
        """Free the prompt: PLAY has had its answer."""
        self.record(on.CommandAnswered(on.Command.PLAY))

    def tell_arriving(self, event: on.Event) -> None:
        """Tell that the first audio of the song is here."""
        self._tell(Report.SONG_ARRIVING)

    def tell_playing(self, event: on.Event) -> None:
        """Tell that the song is played."""
        self._tell(Report.SONG_PLAYING)

    def tell_underrun(self, event: on.Event) -> None:
        """Tell that the buffer ran dry."""
        self._tell(Report.UNDERRUN)

    def tell_nothing_plays(self, event: on.Event) -> None:
        """Tell that there is no song to seek in."""
        self.record(do.Tell(Report.NOTHING_PLAYS))

    def tell_not_found(self, event: on.Event) -> None:
        """Tell that the server has no such song (RFC 2.5.3)."""
        self._tell(Report.SONG_NOT_FOUND)

    def tell_lost(self, event: internal.SongLost) -> None:
        """Tell that nothing of the song has come, and why."""
        self._tell(Report.SONG_CUT_OFF, event.reason)

    def tell_nothing_came(self, event: on.Event) -> None:
        """Tell that no audio came."""
        self._tell(Report.SONG_CUT_OFF, "no audio came")

    def tell_probably_played(self, event: on.Event) -> None:
        """Tell that the song has been heard, as far as a plain server says."""
        self._tell(Report.SONG_PROBABLY_PLAYED)

    def tell_played(self, event: on.Event) -> None:
        """Tell that the whole song has been heard."""
        self._tell(Report.SONG_PLAYED)

    def tell_cut_off(self, event: on.Event) -> None:
        """Tell that the song was heard as far as it came."""
        self._tell(Report.SONG_CUT_OFF, self.lost_because)

    def tell_undecodable(self, event: on.Undecodable) -> None:
        """Tell that it is no song that can be decoded."""
        self._tell(Report.SONG_UNDECODABLE, event.reason)

    def tell_output_failed(self, event: on.OutputFailed) -> None:
        """Tell that there is nothing to play on."""
        self._tell(Report.OUTPUT_FAILED, event.reason)

    def _said_bytes(self) -> int | None:
        """How long the song is by its own header; None where that does not say."""
        return self.measure.song_bytes if self.measure is not None else None

    def _tell(self, report: Report, detail: str = "") -> None:
        self.record(do.Tell(report, self.song_id, detail))
