"""The client's playback: one song at a time, from the first audio that arrives to the last sample.

It counts audio messages and knows when the player may run; it knows nothing of connections, and of
the player only what the player reports.
"""

from __future__ import annotations

from fsm import effects as do
from fsm import events as on
from fsm import neighbours as told
from fsm.playback_table import PLAYBACK, REQUESTED, STOPPED
from fsm.table import Session

PREBUFFER_MSGS = 500
"""Audio messages that are to be here before playing begins (RFC 2.5.2)."""

TAIL_BYTES = 4096


class PlaybackSession(Session):
    """The song that the user asked for last.

    prebuffer_msgs: how many audio messages make enough to begin (RFC 2.5.2: 500).
    """

    __slots__ = (
        "counted_from",
        "held_bytes",
        "lost_because",
        "num_audio_msgs_recv",
        "prebuffer_msgs",
        "song_id",
        "tail",
    )
    table = PLAYBACK

    def __init__(self, prebuffer_msgs: int = PREBUFFER_MSGS) -> None:
        super().__init__()
        self.prebuffer_msgs = prebuffer_msgs
        self.lost_because = ""
        self.tail = b""
        self._forget(0)

    @property
    def is_playing(self) -> bool:
        """The RFC's IS_PLAYING (2.6.1)."""
        return self.state not in (STOPPED, REQUESTED)

    # Guards

    def enough(self, event: on.Event) -> bool:
        """With this message there are prebuffer_msgs since counting began (RFC 2.5.2)."""
        return self.num_audio_msgs_recv + 1 - self.counted_from >= self.prebuffer_msgs

    def first_audio(self, event: on.Event) -> bool:
        """This is the first message of the song."""
        return self.num_audio_msgs_recv == 0

    def nothing_received(self, event: on.Event) -> bool:
        """No audio of the song has arrived."""
        return self.num_audio_msgs_recv == 0

    # Effects

    def choose_song(self, event: on.PlayRequested) -> None:
        """Clear the buffer, then have the song asked for (RFC 2.2)."""
        self._forget(event.song_id)
        self.record(do.DropBuffer(), told.SongChosen(event.song_id))

    def drop_song(self, event: on.Event) -> None:
        """Clear the buffer (RFC 2.2)."""
        self._forget(0)
        self.record(do.DropBuffer())
        self._settle()

    def drop_late_audio(self, event: on.Event) -> None:
        """Throw the audio away: it belongs to a song that nobody wants any more."""

    def append_audio(self, event: told.AudioArrived) -> None:
        """Add to the buffer and count the message."""
        self.num_audio_msgs_recv += 1
        self.held_bytes += len(event.data)
        self.tail = (self.tail + event.data)[-TAIL_BYTES:]
        self.record(do.AppendAudio(event.data))

    def append_first_audio(self, event: told.AudioArrived) -> None:
        """Add to the buffer; PLAY has had its answer."""
        self.append_audio(event)
        self._tell(do.Report.SONG_ARRIVING)
        self.record(on.CommandAnswered(on.Command.PLAY))

    def append_and_play(self, event: told.AudioArrived) -> None:
        """Add to the buffer and start the player."""
        if self.num_audio_msgs_recv == 0:
            self.append_first_audio(event)
        else:
            self.append_audio(event)
        self._play()

    def append_and_refill(self, event: told.AudioArrived) -> None:
        """Add to the buffer and let the player go on."""
        self.append_audio(event)
        self.record(do.RefillPlayer())
        self._tell(do.Report.PLAYING_AGAIN)

    def start_counting_again(self, event: on.Event) -> None:
        """Count messages from here until there is enough again."""
        self.counted_from = self.num_audio_msgs_recv
        self._tell(do.Report.UNDERRUN)

    def finish(self, event: on.Event) -> None:
        """Let the player run to the end of the buffer."""
        self.record(do.FinishBuffer())

    def finish_and_play(self, event: on.Event) -> None:
        """The song is shorter than the count: play it."""
        self.finish(event)
        self._play()
        self.record(on.CommandAnswered(on.Command.PLAY))

    def finish_and_refill(self, event: on.Event) -> None:
        """Let the player that ran dry run to the end."""
        self.finish(event)
        self.record(do.RefillPlayer())

    def break_off(self, event: on.Event) -> None:
        """Let the player run to the end of what is here."""
        self.lost_because = event.reason if isinstance(event, told.SongLost) else ""
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
        self.record(told.SongInterrupted(self.song_id, self.held_bytes, self.tail))

    def tell_not_found(self, event: on.Event) -> None:
        """The song ID was not valid (RFC 2.5.3)."""
        self._end(do.Report.SONG_NOT_FOUND)

    def tell_lost(self, event: told.SongLost) -> None:
        """Nothing of the song is here, and nothing will come."""
        self._end(do.Report.SONG_CUT_OFF, event.reason)

    def tell_played(self, event: on.Event) -> None:
        """The whole song has been heard."""
        self._end(do.Report.SONG_PLAYED)

    def tell_cut_off(self, event: on.Event) -> None:
        """What there was of the song has been heard."""
        self._end(do.Report.SONG_CUT_OFF, self.lost_because)

    def tell_undecodable(self, event: on.Undecodable) -> None:
        """It is no song that can be decoded."""
        self._end(do.Report.SONG_UNDECODABLE, event.reason)

    def give_up_decoding(self, event: on.Undecodable) -> None:
        """It is no song that can be decoded: the rest need not come."""
        self.record(told.SongAbandoned())
        self.tell_undecodable(event)

    def tell_output_failed(self, event: on.OutputFailed) -> None:
        """There is nothing to play on."""
        self._end(do.Report.OUTPUT_FAILED, event.reason)

    def give_up_output(self, event: on.OutputFailed) -> None:
        """There is nothing to play on: the rest need not come."""
        self.record(told.SongAbandoned())
        self.tell_output_failed(event)

    def end_wait(self, event: on.Event) -> None:
        """There is nothing to wait for."""
        self.record(on.CommandAnswered(on.Command.WAIT))

    def _play(self) -> None:
        self.record(do.StartPlayer())
        self._tell(do.Report.SONG_PLAYING)

    def _end(self, report: do.Report, detail: str = "") -> None:
        self.record(do.DropBuffer())
        self._tell(report, detail)
        self._settle()

    def _settle(self) -> None:
        """Whoever waited for the song, or for its first audio, waits no longer."""
        self.record(on.CommandAnswered(on.Command.PLAY), on.CommandAnswered(on.Command.WAIT))

    def _tell(self, report: do.Report, detail: str = "") -> None:
        self.record(do.Tell(report, self.song_id, detail))

    def _forget(self, song_id: int) -> None:
        self.song_id = song_id
        self.num_audio_msgs_recv = 0
        self.counted_from = 0
        self.held_bytes = 0
        self.tail = b""
        self.lost_because = ""
