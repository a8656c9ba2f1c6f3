"""The song asked for ahead: it arrives in a buffer of its own while the present one plays out.

It counts that song's audio messages and says when the player may go on into it. When its turn has
come it hands all it knows to the playback and is free for the next.
"""

from __future__ import annotations

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client.ahead_table import AHEAD
from fsm.client.internal_events import Stage
from fsm.client.playback import TAIL_BYTES
from fsm.client.prebuffer import Prebuffer
from fsm.table import Session
from fsm.words import PREBUFFER_MSGS


class AheadSession(Session):
    """The song after this one. prebuffer_msgs: as for the playback."""

    __slots__ = (
        "flow", "held_bytes", "lost_because", "msgs", "prebuffer", "song_id", "tail",
    )  # fmt: skip
    table = AHEAD

    def __init__(self, prebuffer_msgs: int | None = PREBUFFER_MSGS) -> None:
        super().__init__()
        self.prebuffer = Prebuffer(prebuffer_msgs)
        self.flow: on.FlowMeasured | None = None
        self.tail = b""
        self._forget(0)

    # Guards

    def enough(self, event: internal.SongAudio) -> bool:
        """With this message there is enough to play (RFC 2.5.2)."""
        held_bytes = self.held_bytes + len(event.data)
        return self.prebuffer.reached(self.msgs + 1, held_bytes, held_bytes, self.flow)

    def nothing_received(self, event: on.Event) -> bool:
        """No audio of the song has arrived."""
        return self.msgs == 0

    # Effects

    def ask(self, event: internal.NextSongKnown) -> None:
        """Have the song asked for; the one that plays stays as it is."""
        self._forget(event.song_id)
        self.record(internal.SongWanted(event.song_id))

    def forget(self, event: on.Event) -> None:
        """The whole buffer is dropped, by the playback: there is nothing ahead any more."""
        self._forget(0)

    def abandon(self, event: on.Event) -> None:
        """Throw away what is here, and stop the rest."""
        self.drop(event)
        self.record(internal.SongAbandoned())

    def drop(self, event: on.Event) -> None:
        """Throw the song away."""
        self._forget(0)
        self.record(do.DropNextBuffer())

    def begin_requested(self, event: on.Event) -> None:
        """It is the present song now, and nothing of it is here."""
        self._begin(Stage.REQUESTED)

    def begin_collected(self, event: on.Event) -> None:
        """It is the present song now, and there is too little of it to play."""
        self._begin(Stage.COLLECTED)

    def begin_ready(self, event: on.Event) -> None:
        """It is the present song now, and the player has gone on into it."""
        self._begin(Stage.READY)

    def begin_whole(self, event: on.Event) -> None:
        """It is the present song now, and all of it is here."""
        self._begin(Stage.WHOLE)

    def begin_broken(self, event: on.Event) -> None:
        """It is the present song now, and the rest will not come."""
        self._begin(Stage.BROKEN)

    def drop_late_audio(self, event: on.Event) -> None:
        """Throw the audio away: it belongs to a song that nobody wants any more."""

    def append(self, event: internal.SongAudio) -> None:
        """Add to the song's buffer and count the message."""
        self.msgs += 1
        self.held_bytes += len(event.data)
        self.tail = (self.tail + event.data)[-TAIL_BYTES:]
        self.record(do.AppendNextAudio(event.data))

    def append_and_queue(self, event: internal.SongAudio) -> None:
        """Add to the song's buffer; the player may go on into it."""
        self.append(event)
        self.record(do.QueueNextSong())

    def note_flow(self, event: on.FlowMeasured) -> None:
        """Keep what was measured."""
        self.flow = event

    def finish(self, event: on.Event) -> None:
        """All that there is of the song is here."""
        self.record(do.FinishNextBuffer())

    def finish_and_queue(self, event: on.Event) -> None:
        """All of it is here; the player may go on into it."""
        self.finish(event)
        self.record(do.QueueNextSong())

    def fail(self, event: on.Event) -> None:
        """Nothing of it is here, and nothing will come."""
        lost = isinstance(event, internal.SongLost)
        report = do.Report.SONG_CUT_OFF if lost else do.Report.SONG_NOT_FOUND
        reason = event.reason if isinstance(event, internal.SongLost) else ""
        self.record(do.DropNextBuffer(), do.Tell(report, self.song_id, reason))
        self._forget(0)
        self.record(internal.AheadFailed())

    def break_off(self, event: on.Event) -> None:
        """What is here will be played."""
        self.lost_because = event.reason if isinstance(event, internal.SongLost) else ""
        self.finish(event)

    def break_off_and_queue(self, event: on.Event) -> None:
        """What is here will be played; the player may go on into it."""
        self.break_off(event)
        self.record(do.QueueNextSong())

    def tell_what_is_held(self, event: on.Event) -> None:
        """Say by what the song can be gone on with."""
        self.record(internal.SongInterrupted(self.song_id, self.held_bytes, self.tail))

    def _begin(self, stage: Stage) -> None:
        self.record(
            internal.AheadBegan(
                self.song_id, stage, self.msgs, self.held_bytes, self.tail, self.lost_because
            )
        )
        self._forget(0)

    def _forget(self, song_id: int) -> None:
        self.song_id = song_id
        self.msgs = self.held_bytes = 0
        self.tail = b""
        self.lost_because = ""
