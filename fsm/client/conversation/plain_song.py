"""What a plain server leaves open, and what its silence means (protocol.md 8).

Such a server closes nothing. Whether its song is whole is asked by LIST once it is silent, and a
LIST is the fence between the audio of two songs.
"""

from __future__ import annotations

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import timeouts
from fsm.client.conversation.table import CLOSING_SERVER
from fsm.client.effects import ClientEffect
from fsm.table import Session
from fsm.words import MAX_PAYLOAD_BYTES, Request


class PlainSong(Session[ClientEffect | on.Event]):
    """The part of a conversation that is about one song of a plain server."""

    __slots__ = (
        "audio_coming", "closing_seen", "plain", "play_open", "short_audio", "shortest_bytes", "supposed", "wanted_open",
    )  # fmt: skip

    plain: bool
    """The user says that the server is plain: nothing is sent but what the user asks for."""

    def _reset_song(self) -> None:
        self.wanted_open = False
        """The song that is wanted has been requested and is not closed."""
        self.audio_coming = False
        """A plain server may still send audio of an earlier song (protocol.md 8)."""
        self.closing_seen = False
        """An empty audio message has come behind the last PLAY: it closes it, if SETUP is accepted."""
        self.play_open = False
        """A plain server may still be sending a song: it has not been told to stop."""
        self.supposed = False
        """The wanted song was taken for whole, which audio that comes later takes back."""
        self.short_audio = False
        """The last audio message was shorter than all before it (protocol.md 8)."""
        self.shortest_bytes = MAX_PAYLOAD_BYTES
        """The shortest audio message of the song so far."""

    # Guards

    def told_plain(self, event: on.Event) -> bool:
        """The user says that the server is plain."""
        return self.plain

    def song_continues(self, event: on.AudioReceived) -> bool:
        """The wanted song is open, and the message is not empty."""
        return self.wanted_open and bool(event.data)

    def ended_short(self, event: on.Event) -> bool:
        """The wanted song is open, and its last message was shorter than all before it."""
        return self.wanted_open and self.short_audio

    def may_be_asked(self, event: on.Event) -> bool:
        """The user has not said that the server is plain: a LIST may be sent."""
        return not self.plain

    def only_anew(self, event: on.Event) -> bool:
        """Audio of an earlier song may come, and without a LIST only a new connection is a fence."""
        return self.plain and self.audio_coming

    def takes_back(self, event: on.AudioReceived) -> bool:
        """There is more of a song that was taken for whole."""
        return self.supposed and bool(event.data)

    def list_written(self, event: on.RequestWritten) -> bool:
        """The LIST that was sent as a fence has left."""
        return event.request is Request.LIST

    def audio_may_come(self, event: on.Event) -> bool:
        """Audio of an earlier song may still be on its way."""
        return self.audio_coming

    def play_may_be_open(self, event: on.Event) -> bool:
        """A plain server may still be sending a song."""
        return self.play_open

    # Effects

    def expect_audio(self, event: on.Event) -> None:
        """Expect audio; after 2 s without any the server is asked."""
        self.audio_coming, self.play_open, self.closing_seen = True, True, False
        self.short_audio, self.shortest_bytes = False, MAX_PAYLOAD_BYTES
        self.record(do.StartTimer(on.SongWentQuiet(), timeouts.AUDIO_QUIET_S))

    def expect_any_audio(self, event: on.Event) -> None:
        """Expect audio; where the server cannot be asked, 10 s without any are no song."""
        self.audio_coming, self.play_open, self.closing_seen = True, True, False
        self.short_audio, self.shortest_bytes = False, MAX_PAYLOAD_BYTES
        self.record(do.StartTimer(on.SongWentQuiet(), timeouts.NO_AUDIO_S))

    def await_silence(self, event: on.AudioReceived) -> None:
        """Expect silence: after 250 ms behind a short message, or 2 s, the server is asked."""
        self._measure(event.data)
        delay_s = timeouts.SHORT_AUDIO_QUIET_S if self.short_audio else timeouts.AUDIO_QUIET_S
        self.record(do.StartTimer(on.SongWentQuiet(), delay_s))

    def note_closing(self, event: on.AudioReceived) -> None:
        """Note that the song may have been closed."""
        self.closing_seen = True

    def measure_message(self, event: on.AudioReceived) -> None:
        """Note whether the message is shorter than all before it."""
        self._measure(event.data)

    def wait_again(self, event: on.Event) -> None:
        """Wait until the list that is being sent is whole, before the server is asked."""
        self.record(do.StartTimer(on.SongWentQuiet(), timeouts.SHORT_AUDIO_QUIET_S))

    def send_question(self, event: on.Event) -> None:
        """Send LIST: a server that answers it has sent all that comes before."""
        self._send(Request.LIST)

    def suppose_whole(self, event: on.Event) -> None:
        """Take the wanted song for whole, until more of it comes."""
        self.wanted_open, self.supposed = False, True

    def reopen_song(self, event: on.Event) -> None:
        """Take back that the song is whole."""
        self.wanted_open, self.supposed = True, False

    def close_play(self, event: on.Event) -> None:
        """Note that the server sends no song any more, but for what is on its way."""
        self.play_open = False

    def reopen_play(self, event: on.Event) -> None:
        """Note that the server still sends the song."""
        self.play_open = True

    def stop_song_timer(self, event: on.Event) -> None:
        """Stop the timer: the song's end need not be waited for."""
        self.record(do.CancelTimer(on.SongWentQuiet))

    def expect_no_audio(self, event: on.Event) -> None:
        """Expect no more audio of an earlier song."""
        self.audio_coming = self.play_open = False

    def send_fence(self, event: on.Event) -> None:
        """Send LIST: by its answer all audio of the old song has come."""
        self._send(Request.LIST)

    def wait_for_fence(self, event: on.Event) -> None:
        """Expect an answer to the LIST that was sent as a fence."""
        self.record(do.StartTimer(on.FenceUnanswered(), timeouts.FENCE_SILENCE_S))

    def fence_answered(self, event: on.Event) -> None:
        """Stop the timer: the answer has begun."""
        self.record(do.CancelTimer(on.FenceUnanswered))

    def _measure(self, data: bytes) -> None:
        self.short_audio = len(data) < self.shortest_bytes
        self.shortest_bytes = min(self.shortest_bytes, len(data))

    def _send(self, request: Request, song_id: int | None = None, offset: int = 0) -> None:
        paced = self.state is not CLOSING_SERVER
        self.record(do.SendRequest(request, song_id, paced, offset))
