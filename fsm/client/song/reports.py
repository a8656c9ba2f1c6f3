"""What is told of a song: to the person (RFC 2.5), and to the other machines."""

from __future__ import annotations

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.client.effects import ClientEffect, Report
from fsm.table import Session


class SongReports(Session[ClientEffect | on.Event]):
    """The part of a song's machine that speaks to the person, to the prompt and to the others."""

    __slots__ = ("lost_because", "song_id")

    lost_because: str
    """Why the rest of it will not come, in words for a person."""
    song_id: int | None
    base_bytes: int
    held_bytes: int
    tail: bytes

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

    def tell_ends_before(self, event: on.Event) -> None:
        """Tell that the song ends before the place that was sought."""
        self._tell(Report.SONG_ENDS_BEFORE)

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

    # Effects: what the other machines are told

    def say_wanted(self, event: on.Event) -> None:
        """Have the song requested."""
        assert self.song_id is not None, "a song is wanted"
        self.record(internal.SongWanted(self.song_id))

    def say_place_wanted(self, event: on.PlaceNotHere) -> None:
        """Have the song requested from there on."""
        assert self.song_id is not None, "a song is wanted"
        self.record(internal.PlaceWanted(self.song_id, event.from_bytes))

    def say_place_before_wanted(self, event: on.Event) -> None:
        """Have the song requested from where it was heard before."""
        assert self.song_id is not None, "a song is wanted"
        self.record(internal.PlaceWanted(self.song_id, self.base_bytes, back=True))

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

    def _tell(self, report: Report, detail: str = "") -> None:
        self.record(do.Tell(report, self.song_id, detail))
