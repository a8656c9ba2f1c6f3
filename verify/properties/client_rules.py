"""What the person may be told, and what may reach the buffers and the player.

It is held against what the person typed and what the explored server really sent. It uses none of
the client's own values.
"""

from __future__ import annotations

from fsm.client.effects import (
    AppendAudio,
    Connect,
    Report,
    ScheduleRetry,
    ShowSongs,
    StartPlayer,
    Tell,
)
from fsm.client.events import Command, Fields, Interrupted, ListedSong
from fsm.effects import Effect
from fsm.events import Event
from fsm.words import Request
from verify.bounds import Bounds
from verify.exchange import music
from verify.exchange.messages import NEXT, PRESENT, TAGS
from verify.exchange.world import CONNECTING, HERE, NOT_QUEUED, SILENT, UP, Wanted, World
from verify.properties import expected
from verify.properties.claims import ClientClaims
from verify.rules import Broken, Rule

SONG_ENDS = {
    Report.SONG_PLAYED,
    Report.SONG_PROBABLY_PLAYED,
    Report.SONG_NOT_FOUND,
    Report.SONG_CUT_OFF,
    Report.SONG_UNDECODABLE,
    Report.OUTPUT_FAILED,
}
"""Each of these ends a song; each song that nobody stops ends with one of them."""
LOSSES = {
    Report.CONNECTION_LOST,
    Report.CONNECT_FAILED,
    Report.NO_RETRIES_LEFT,
    Report.RETRYING,
}


def _answers(world: World, effects: tuple[Effect, ...]) -> bool:
    """Tell whether one of the effects answers the command that is awaited."""
    told = {effect.report for effect in effects if isinstance(effect, Tell)}
    match world.awaited:
        case Command.LIST:
            return Report.LIST_FAILED in told or any(isinstance(e, ShowSongs) for e in effects)
        case Command.PLAY:
            began = any(isinstance(effect, AppendAudio | StartPlayer) for effect in effects)
            return began or bool(told & (SONG_ENDS | {Report.RETRYING}))
        case Command.WAIT:
            return world.wanted is None or world.paused
    return True


class ClientRules:
    """The rules that concern the client; each method raises Broken where one does not hold."""

    claims: ClientClaims

    def __init__(self, bounds: Bounds) -> None:
        self._prebuffer = bounds.prebuffer
        # Where silence ends a song, it may also make an empty one of a song that has not begun.
        self._ends_are_said = bounds.closes and bounds.timely
        self._tags_are_sent = bounds.closes
        self._timely, self._told_plain = bounds.timely, bounds.plain
        self._causes_count = Rule.PLAYED_WHOLE not in bounds.ignored

    # States

    def check_states(self, world: World) -> None:
        """Check that every state of the client's machines is true of what it says."""
        false = self.claims.connection(world) or self.claims.song(world)
        if false:
            raise Broken(Rule.STATES, false)

    def answered(self, world: World, event: Event, effects: tuple[Effect, ...]) -> None:
        """Check that the prompt has been unlocked by the answer to the awaited command."""
        if not isinstance(event, Interrupted) and not _answers(world, effects):
            awaited = world.awaited.value if world.awaited is not None else ""
            raise Broken(Rule.PROMPT, f"unlocked, and {awaited} is not answered")
        world.awaited = None

    # The buffer and the player

    def appended(self, world: World, owner: int) -> None:
        """Check audio that was added to the buffer. owner: of the PLAY that it answers."""
        if owner != PRESENT:
            raise Broken(Rule.RIGHT_AUDIO, "what was appended is not of the song wanted now")
        _check_audio(world.buffer, world.wanted, world.base)

    def next_appended(self, world: World, owner: int) -> None:
        """Check audio that was added to the next song's buffer."""
        if owner != NEXT:
            raise Broken(Rule.RIGHT_AUDIO, "what was appended is not of the song that follows")
        _check_audio(world.next.audio, world.ahead)

    def dropped(self, world: World, command: str) -> None:
        """Check that `play` and `stop` have cleared the buffers and silenced the player."""
        if world.buffer or world.next.audio or world.player != SILENT:
            raise Broken(Rule.RIGHT_AUDIO, f"after {command!r} the old song is still in the buffer")

    def check_buffers(self, world: World) -> None:
        """Check that what is here is of the songs that are wanted now."""
        if world.buffer:
            _check_audio(world.buffer, world.wanted, world.base)
        if world.next.audio:
            _check_audio(world.next.audio, world.ahead)

    def next_queued(self, world: World) -> None:
        """Check that the player may be told to go on into the next song."""
        if world.following != NOT_QUEUED:
            raise Broken(Rule.ENOUGH, "the next song is queued a second time")
        if world.next.msgs < self._prebuffer and not world.next.finished:
            raise Broken(Rule.ENOUGH, f"it is to go on into {world.next.msgs} messages")

    def started(self, world: World) -> None:
        """Check that the player may be started."""
        if world.player != SILENT:
            raise Broken(Rule.ENOUGH, "the player is started a second time")
        song = world.wanted
        ends_there = song is not None and song.audio is not None and not song.audio[world.base :]
        if self._ends_are_said and not world.buffer and song is not None and not ends_there:
            raise Broken(Rule.ENOUGH, "the player is started with nothing to play")
        self.refilled(world)

    def refilled(self, world: World) -> None:
        """Check that there is enough for the player to begin, or to go on."""
        if world.msgs_since < self._prebuffer and not world.finished:
            raise Broken(Rule.ENOUGH, f"it is to play when {world.msgs_since} messages are here")

    def completed(self, world: World) -> None:
        """Check that a song which the client takes for whole is whole."""
        song = world.wanted
        if song is None or song.audio is None or song.audio[world.base :] != world.buffer:
            whole = "that never began" if song is None else music.short(song.audio or b"")
            raise Broken(Rule.WHOLE, f"{music.short(world.buffer)} counts as all of a song {whole}")
        expected.ask_ahead(world)

    def supposed(self, world: World) -> None:
        """Check a song that a plain server seems to have sent whole: on a timely link it is."""
        if self._timely:
            self.completed(world)

    def next_completed(self, world: World) -> None:
        """Check that a next song which the client takes for whole is whole."""
        if world.ahead is None or world.ahead.audio != world.next.audio:
            whole = music.short(world.next.audio)
            raise Broken(Rule.WHOLE, f"{whole} counts as all of the next song")

    def played_out(self, world: World) -> None:
        """Note whether the player, at the end of its buffer, has played all of the song."""
        if world.wanted is not None:
            audio = world.wanted.audio
            heard = audio is not None and world.buffer == audio[world.base :]
            world.wanted = world.wanted._replace(heard=heard)

    def sent(self, world: World, word: Request) -> None:
        """Check that a client told to be plain sends nothing of its own."""
        own = word is Request.SETUP or (word is Request.LIST and not world.lists_owed)
        if own and self._told_plain:
            raise Broken(Rule.TOLD_PLAIN, f"{word.value}, which nobody typed")

    # What the person is told

    def shown(
        self, world: World, songs: tuple[ListedSong, ...], fields: tuple[Fields, ...]
    ) -> None:
        """Check a list that is shown, and what is shown of its songs besides."""
        world.lists_owed -= 1
        if world.lists_owed < 0:
            raise Broken(Rule.LISTS_ONCE, "a list is shown that nobody asked for, or shown again")
        if songs != music.entries(world.library):
            raise Broken(Rule.LISTS_ONCE, f"{len(songs)} entries are shown for the whole list")
        if fields != (TAGS,) * len(songs) and (fields or (self._tags_are_sent and world.due.tags)):
            raise Broken(Rule.LISTS_ONCE, f"fields of {len(fields)} songs are shown, not of all")

    def told(self, world: World, report: Report, of_next: bool) -> None:
        """Check what the person is told. of_next: it is told of the next song."""
        if report is Report.LIST_FAILED:
            if world.lists_owed < 1:
                raise Broken(Rule.LISTS_ONCE, "a list is said to have failed that nobody asked for")
            world.lists_owed = 0
        elif report is Report.SONG_ARRIVING and world.msgs_since != 1:
            raise Broken(Rule.PLAYED_WHOLE, "the song is said to begin to arrive when it does not")
        elif report in SONG_ENDS and of_next:
            expected.ask_ahead(world)
            if world.ahead is not None and self._causes_count:
                _check_cause(world, report, world.ahead)
            expected.leave_out_ahead(world)
        elif report in SONG_ENDS:
            self._song_ended(world, report)

    def loss_told(self, world: World, effects: tuple[Effect, ...]) -> None:
        """Check that the person is told of a connection that is lost, or cannot be made.

        Not of one that is made anew at once, nor of one that nobody misses.
        """
        told = {effect.report for effect in effects if isinstance(effect, Tell)}
        missed = world.lists_owed or world.titles_awaited
        missed = missed or (world.wanted is not None and not world.finished)
        renewed = world.connection == CONNECTING
        if world.left is HERE and missed and not renewed and not told & LOSSES:
            raise Broken(Rule.LOSS_TOLD, "nobody is told")
        world.titles_awaited = world.titles_awaited and not told & LOSSES

    def rest_untold(self, effects: tuple[Effect, ...]) -> None:
        """Check that nothing is told of an end that nobody misses (protocol.md 8)."""
        if any(isinstance(effect, Tell) and effect.report in LOSSES for effect in effects):
            raise Broken(Rule.LOSS_TOLD, "nothing is owed, and the end is told as a loss")

    def rest_stays(self, effects: tuple[Effect, ...]) -> None:
        """Check that no other connection is made for a list for which nobody waits."""
        if any(isinstance(effect, Connect | ScheduleRetry) for effect in effects):
            raise Broken(Rule.ONE_CONNECTION, "it is made anew for a list that nobody waits for")

    def left(self, world: World, closing_server: bool) -> None:
        """Check how the client leaves. closing_server: it knew that TEARDOWN is understood."""
        if world.connection == UP:
            raise Broken(Rule.LEAVES, "the connection stays")
        if closing_server and [str(request) for request in world.requests[-2:-1]] != ["TEARDOWN"]:
            raise Broken(Rule.LEAVES, "without TEARDOWN")

    def _song_ended(self, world: World, report: Report) -> None:
        song = world.wanted
        if report is Report.OUTPUT_FAILED:
            expected.stop(world)
        else:
            expected.follow(world)
            if world.finished:
                expected.ask_ahead(world)
        if song is None:
            raise Broken(Rule.PLAYED_WHOLE, f"{report.name} is told, but no song is wanted")
        if report is Report.SONG_PLAYED and not song.heard:
            raise Broken(Rule.WHOLE, "a song is told as played that was not heard whole")
        self.check_buffers(world)
        if self._causes_count:
            _check_cause(world, report, song)


def _check_audio(buffer: bytes, song: Wanted | None, base: int = 0) -> None:
    """Check audio that is here of a song. base: the byte of the song at which it begins."""
    if song is None or song.audio is None:
        raise Broken(Rule.RIGHT_AUDIO, "what is in the buffer is of no song that is wanted")
    if not song.audio.startswith(buffer, base):
        held, whole = music.short(buffer), music.short(song.audio)
        raise Broken(Rule.RIGHT_AUDIO, f"the buffer holds {held} of a song {whole}")


def _check_cause(world: World, report: Report, song: Wanted) -> None:
    # Of a plain server's song that holds nothing, nobody can know that it is whole.
    empty = song.audio == b"" and report is Report.SONG_CUT_OFF
    there = music.is_there(world.library, song.song_id, song.titles) and not empty
    if report in (Report.SONG_NOT_FOUND, Report.SONG_CUT_OFF) and there and not song.may_fail:
        raise Broken(Rule.PLAYED_WHOLE, f"{report.name} is told of a song that is there")
