"""The client's playback: one song at a time, from the first audio that arrives to the last sample.

It counts audio messages and knows when the player may run; it knows nothing of connections, and of
the player only what the player reports.
"""

from __future__ import annotations

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.client.internal_events import Stage
from fsm.client.playback_table import PLAYBACK, REQUESTED, STOPPED
from fsm.client.prebuffer import Prebuffer
from fsm.table import Session
from fsm.words import PREBUFFER_MSGS

TAIL_BYTES = 4096


class PlaybackSession(Session):
    """The song that the user asked for last.

    prebuffer_msgs: how many audio messages make enough to begin (RFC 2.5.2: 500); None for as many
    as the flow needs (`fsm.client.prebuffer`).
    """

    __slots__ = (
        "counted_from",
        "counted_from_bytes",
        "flow",
        "held_bytes",
        "lost_because",
        "needed_bytes",
        "num_audio_msgs_recv",
        "prebuffer",
        "song_id",
        "sought",
        "tail",
    )
    table = PLAYBACK

    def __init__(self, prebuffer_msgs: int | None = PREBUFFER_MSGS) -> None:
        super().__init__()
        self.prebuffer = Prebuffer(prebuffer_msgs)
        self.flow: on.FlowMeasured | None = None
        self.sought: ask.SeekRequested | internal.RestartRequested | None = None
        """Where to begin, once there is enough to play."""
        self.tail = b""
        self._forget(0)

    @property
    def is_playing(self) -> bool:
        """The RFC's IS_PLAYING (2.6.1)."""
        return self.state not in (STOPPED, REQUESTED)

    @property
    def prebuffer_msgs(self) -> int | None:
        """The count that playing begins with, None where the flow decides."""
        return self.prebuffer.msgs

    # Guards

    def enough(self, event: internal.SongAudio) -> bool:
        """With this message there is enough since counting began (RFC 2.5.2)."""
        msgs = self.num_audio_msgs_recv + 1 - self.counted_from
        held_bytes = self.held_bytes + len(event.data)
        buffered_bytes = held_bytes - self.counted_from_bytes
        return self.prebuffer.reached(msgs, buffered_bytes, held_bytes, self.flow)

    def place_reached(self, event: internal.SongAudio) -> bool:
        """With this message the place that is sought is here."""
        return self.held_bytes + len(event.data) >= self.needed_bytes

    def first_audio(self, event: on.Event) -> bool:
        """This is the first message of the song."""
        return self.num_audio_msgs_recv == 0

    def nothing_received(self, event: on.Event) -> bool:
        """No audio of the song has arrived."""
        return self.num_audio_msgs_recv == 0

    def only_requested(self, event: internal.AheadBegan) -> bool:
        """Audio that arrives still belongs to an earlier song."""
        return event.stage is Stage.REQUESTED

    def too_little(self, event: internal.AheadBegan) -> bool:
        """There is too little of it to play."""
        return event.stage is Stage.COLLECTED

    def still_arriving(self, event: internal.AheadBegan) -> bool:
        """The player has gone on into it, and the rest of it is on its way."""
        return event.stage is Stage.READY

    def all_here(self, event: internal.AheadBegan) -> bool:
        """The player has gone on into it, and it is whole."""
        return event.stage is Stage.WHOLE

    # Effects

    def choose_song(self, event: on.PlayRequested | internal.SongTurnCame) -> None:
        """Clear the buffer, then have the song asked for (RFC 2.2)."""
        self._forget(event.song_id)
        self.record(do.DropBuffer(), internal.SongWanted(event.song_id))

    def drop_song(self, event: on.Event) -> None:
        """Clear the buffer (RFC 2.2)."""
        self._forget(0)
        self.record(do.DropBuffer())
        self._settle()

    def drop_late_audio(self, event: on.Event) -> None:
        """Throw the audio away: it belongs to a song that nobody wants any more."""

    def append_audio(self, event: internal.SongAudio) -> None:
        """Add to the buffer and count the message."""
        self.num_audio_msgs_recv += 1
        self.held_bytes += len(event.data)
        self.tail = (self.tail + event.data)[-TAIL_BYTES:]
        self.record(do.AppendAudio(event.data))

    def append_first_audio(self, event: internal.SongAudio) -> None:
        """Add to the buffer; PLAY has had its answer."""
        self.append_audio(event)
        self._tell(do.Report.SONG_ARRIVING)
        self.record(on.CommandAnswered(on.Command.PLAY))

    def append_and_play(self, event: internal.SongAudio) -> None:
        """Add to the buffer and start the player."""
        if self.num_audio_msgs_recv == 0:
            self.append_first_audio(event)
        else:
            self.append_audio(event)
        self._play()

    def append_and_refill(self, event: internal.SongAudio) -> None:
        """Add to the buffer and let the player go on."""
        self.append_audio(event)
        self.record(do.RefillPlayer())
        self._tell(do.Report.PLAYING_AGAIN)

    def start_counting_again(self, event: on.Event) -> None:
        """Count messages from here until there is enough again."""
        self._count_again()
        self._tell(do.Report.UNDERRUN)

    def note_flow(self, event: on.FlowMeasured) -> None:
        """Keep what was measured."""
        self.flow = event

    def seek(self, event: ask.SeekRequested | internal.RestartRequested) -> None:
        """Let the player go on at another place."""
        self.record(do.SeekPlayer(event.amount, event.measure))

    def seek_later(self, event: ask.SeekRequested | internal.RestartRequested) -> None:
        """Begin at that place, when there is enough."""
        self.sought = event

    def tell_nothing_plays(self, event: on.Event) -> None:
        """There is no song to seek in."""
        self.record(do.Tell(do.Report.NOTHING_PLAYS))

    def await_place(self, event: on.PlaceNotHere) -> None:
        """Note how much of the song has to be here."""
        self.needed_bytes = event.needed_bytes

    def append_and_count_again(self, event: internal.SongAudio) -> None:
        """Add to the buffer; what comes from here on counts."""
        self.append_audio(event)
        self._count_again()

    def finish(self, event: internal.SongCompleted) -> None:
        """Let the player run to the end of the buffer."""
        self.record(do.FinishBuffer())
        if event.said:
            self.record(internal.SongWhole())

    def finish_and_play(self, event: internal.SongCompleted) -> None:
        """The song is shorter than the count: play it."""
        self.finish(event)
        self._play()
        self.record(on.CommandAnswered(on.Command.PLAY))

    def finish_and_refill(self, event: internal.SongCompleted) -> None:
        """Let the player that ran dry run to the end."""
        self.finish(event)
        self.record(do.RefillPlayer())

    def break_off(self, event: on.Event) -> None:
        """Let the player run to the end of what is here."""
        self.lost_because = event.reason if isinstance(event, internal.SongLost) else ""
        self.record(do.FinishBuffer())

    def break_off_and_play(self, event: on.Event) -> None:
        """Play what is here."""
        self.break_off(event)
        self._play()
        self.record(on.CommandAnswered(on.Command.PLAY))

    def break_off_and_refill(self, event: on.Event) -> None:
        """Let the player that ran dry run to the end of what is here."""
        self.break_off(event)
        self.record(do.RefillPlayer())

    def tell_what_is_held(self, event: on.Event) -> None:
        """Say by what the song can be gone on with."""
        self.record(internal.SongInterrupted(self.song_id, self.held_bytes, self.tail))

    def take_over(self, event: internal.AheadBegan) -> None:
        """The song that was asked for ahead is the present one; it is not played yet."""
        self._forget(event.song_id)
        self.num_audio_msgs_recv, self.held_bytes = event.msgs, event.held_bytes
        self.tail, self.lost_because = event.tail, event.lost_because

    def take_over_playing(self, event: internal.AheadBegan) -> None:
        """The song that was asked for ahead is the present one, and is played."""
        self.take_over(event)
        self._tell(do.Report.SONG_PLAYING)

    def take_over_whole(self, event: internal.AheadBegan) -> None:
        """... and the one after it can be asked for."""
        self.take_over_playing(event)
        self.record(internal.SongWhole())

    def skip_song(self, event: on.Event) -> None:
        """Leave the song for the next."""
        self.record(do.SkipSong())

    def tell_not_found(self, event: on.Event) -> None:
        """The song ID was not valid (RFC 2.5.3)."""
        self._end(do.Report.SONG_NOT_FOUND)

    def tell_lost(self, event: internal.SongLost) -> None:
        """Nothing of the song is here, and nothing will come."""
        self._end(do.Report.SONG_CUT_OFF, event.reason)

    def tell_played(self, event: on.Event) -> None:
        """The whole song has been heard."""
        self._end(do.Report.SONG_PLAYED, heard=True)

    def tell_cut_off(self, event: on.Event) -> None:
        """What there was of the song has been heard."""
        self._end(do.Report.SONG_CUT_OFF, self.lost_because, heard=True)

    def tell_undecodable(self, event: on.Undecodable) -> None:
        """It is no song that can be decoded."""
        self._end(do.Report.SONG_UNDECODABLE, event.reason)

    def give_up_decoding(self, event: on.Undecodable) -> None:
        """It is no song that can be decoded: the rest need not come."""
        self.record(internal.SongAbandoned())
        self.tell_undecodable(event)

    def tell_output_failed(self, event: on.OutputFailed) -> None:
        """There is nothing to play on, for this song or any other."""
        self.record(do.DropBuffer())
        self._tell(do.Report.OUTPUT_FAILED, event.reason)
        self._settle()

    def give_up_output(self, event: on.OutputFailed) -> None:
        """There is nothing to play on: the rest need not come."""
        self.record(internal.SongAbandoned())
        self.tell_output_failed(event)

    def _play(self) -> None:
        self.record(do.StartPlayer())
        if self.sought:
            self.record(do.SeekPlayer(self.sought.amount, self.sought.measure))
        self._tell(do.Report.SONG_PLAYING)

    def _end(self, report: do.Report, detail: str = "", heard: bool = False) -> None:
        self.record(do.LeaveSong())
        self._tell(report, detail)
        self._settle()
        self.record(internal.SongOver(heard))

    def _settle(self) -> None:
        """Whoever waited for the song's first audio waits no longer."""
        self.record(on.CommandAnswered(on.Command.PLAY))

    def _count_again(self) -> None:
        self.counted_from, self.counted_from_bytes = self.num_audio_msgs_recv, self.held_bytes

    def _tell(self, report: do.Report, detail: str = "") -> None:
        self.record(do.Tell(report, self.song_id, detail))

    def _forget(self, song_id: int) -> None:
        self.song_id = song_id
        self.num_audio_msgs_recv = self.held_bytes = 0
        self.needed_bytes = 0
        self._count_again()
        self.sought = None
        self.tail = b""
        self.lost_because = ""
