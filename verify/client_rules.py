"""What a person may be told, and what may reach the buffer: every claim is held against the truth.

The truth is what the person typed and what the explored server really sent; of the client's own
values it uses none.
"""

from __future__ import annotations

from fsm.client.effects import AppendAudio, Report, ShowSongs, StartPlayer, Tell
from fsm.client.events import Command, Interrupted, ListedSong
from fsm.effects import Effect
from fsm.events import Event
from verify import expected, music
from verify.bounds import Bounds, ServerKind
from verify.claims import ClientClaims
from verify.messages import NEXT, PRESENT
from verify.rules import Broken, Rule
from verify.world import HERE, NOT_QUEUED, SILENT, UP, Wanted, World

VERDICTS = {
    Report.SONG_PLAYED,
    Report.SONG_NOT_FOUND,
    Report.SONG_CUT_OFF,
    Report.SONG_UNDECODABLE,
    Report.OUTPUT_FAILED,
}
"""Each of these ends a PLAY of the person's, and there is one for each that nobody stopped."""
LOSSES = {Report.CONNECTION_LOST, Report.CONNECT_FAILED, Report.RETRYING}


def _answers(world: World, effects: tuple[Effect, ...]) -> bool:
    """Whether one of the effects answers the command that is awaited."""
    told = {effect.report for effect in effects if isinstance(effect, Tell)}
    match world.awaited:
        case Command.LIST:
            return Report.LIST_FAILED in told or any(isinstance(e, ShowSongs) for e in effects)
        case Command.PLAY:
            began = any(isinstance(effect, AppendAudio | StartPlayer) for effect in effects)
            return began or bool(told & (VERDICTS | {Report.RETRYING}))
        case Command.WAIT:
            return world.wanted is None or world.paused
    return True


class Judge:
    """The rules that concern the client."""

    claims: ClientClaims

    def __init__(self, bounds: Bounds) -> None:
        self._prebuffer = bounds.prebuffer
        # Where silence is taken for the end of a song, it may also be taken for an empty one.
        self._says_ends = bounds.server is ServerKind.CLOSING and bounds.timely

    # States

    def claimed(self, world: World) -> None:
        """The client's machines are in the states that they are in."""
        false = self.claims.connection(world) or self.claims.song(world)
        if false:
            raise Broken(Rule.STATES, false)

    def answered(self, world: World, event: Event, effects: tuple[Effect, ...]) -> None:
        """A command was awaited, and the prompt has been unlocked."""
        if not isinstance(event, Interrupted) and not _answers(world, effects):
            awaited = world.awaited.value if world.awaited is not None else ""
            raise Broken(Rule.PROMPT, f"unlocked, and {awaited} is not answered")
        world.awaited = None

    # The buffer and the player

    def appended(self, world: World, owner: int) -> None:
        """Audio was added to the buffer. owner: whose PLAY it came in answer to."""
        if owner != PRESENT:
            raise Broken(Rule.RIGHT_AUDIO, "what was appended is not of the song wanted now")
        _holds(world.buffer, world.wanted)

    def appended_ahead(self, world: World, owner: int) -> None:
        """Audio was added to the next song's buffer."""
        if owner != NEXT:
            raise Broken(Rule.RIGHT_AUDIO, "what was appended is not of the song that follows")
        _holds(world.next.audio, world.ahead)

    def silenced(self, world: World, by: str) -> None:
        """The person has said PLAY or STOP, and the client has heard it."""
        if world.buffer or world.next.audio or world.player != SILENT:
            raise Broken(Rule.RIGHT_AUDIO, f"after {by!r} the old song is still in the buffer")

    def switched(self, world: World) -> None:
        """What is here is of the songs that are wanted now."""
        if world.buffer:
            _holds(world.buffer, world.wanted)
        if world.next.audio:
            _holds(world.next.audio, world.ahead)

    def queued(self, world: World) -> None:
        """The player is to go on into the next song."""
        if world.following != NOT_QUEUED:
            raise Broken(Rule.ENOUGH, "the next song is queued a second time")
        if world.next.msgs < self._prebuffer and not world.next.finished:
            raise Broken(Rule.ENOUGH, f"it is to go on into {world.next.msgs} messages")

    def started(self, world: World) -> None:
        """The player is to begin."""
        if world.player != SILENT:
            raise Broken(Rule.ENOUGH, "the player is started a second time")
        song = world.wanted
        if self._says_ends and not world.buffer and song is not None and song.audio != b"":
            raise Broken(Rule.ENOUGH, "the player is started with nothing to play")
        self.refilled(world)

    def refilled(self, world: World) -> None:
        """The player is to begin, or to go on."""
        if world.fresh < self._prebuffer and not world.finished:
            raise Broken(Rule.ENOUGH, f"it is to play when {world.fresh} messages are here")

    def completed(self, world: World) -> None:
        """The client takes the song for whole."""
        song = world.wanted
        if song is None or song.audio is None or song.audio != world.buffer:
            whole = "that never began" if song is None else music.short(song.audio or b"")
            raise Broken(Rule.WHOLE, f"{music.short(world.buffer)} counts as all of a song {whole}")
        expected.ask_ahead(world)

    def completed_ahead(self, world: World) -> None:
        """The client takes the next song for whole."""
        if world.ahead is None or world.ahead.audio != world.next.audio:
            whole = music.short(world.next.audio)
            raise Broken(Rule.WHOLE, f"{whole} counts as all of the next song")

    def played_out(self, world: World) -> None:
        """The player has played the buffer to its end."""
        if world.wanted is not None:
            world.wanted = world.wanted._replace(heard=world.buffer == world.wanted.audio)

    # What the person is told

    def shown(self, world: World, songs: tuple[ListedSong, ...]) -> None:
        """A list is shown."""
        world.lists_owed -= 1
        if world.lists_owed < 0:
            raise Broken(Rule.LISTS_ONCE, "a list is shown that nobody asked for, or shown again")
        if songs != music.entries(world.library):
            raise Broken(Rule.LISTS_ONCE, f"{len(songs)} entries are shown for the whole list")

    def told(self, world: World, report: Report, ahead: bool) -> None:
        """Something is reported. ahead: the next song has been thrown away because of it."""
        if report is Report.LIST_FAILED:
            if world.lists_owed < 1:
                raise Broken(Rule.LISTS_ONCE, "a list is said to have failed that nobody asked for")
            world.lists_owed = 0
        elif report is Report.SONG_ARRIVING and world.fresh != 1:
            raise Broken(Rule.HONEST, "the song is said to begin to arrive when it does not")
        elif report in VERDICTS and ahead:
            expected.ask_ahead(world)
            if world.ahead is not None:
                _fair(world, report, world.ahead)
            expected.give_up_ahead(world)
        elif report in VERDICTS:
            self._verdict(world, report)

    def loss_told(self, world: World, effects: tuple[Effect, ...]) -> None:
        """A connection was lost, or could not be made."""
        told = {effect.report for effect in effects if isinstance(effect, Tell)}
        if world.left is HERE and not told & LOSSES:
            raise Broken(Rule.LOSS_TOLD, "nobody is told")

    def left(self, world: World, closing_server: bool) -> None:
        """The person has left. closing_server: the client knew that TEARDOWN is understood."""
        if world.connection == UP:
            raise Broken(Rule.LEAVES, "the connection stays")
        if closing_server and str(world.requests[-2:][0]) != "TEARDOWN":
            raise Broken(Rule.LEAVES, "without TEARDOWN")

    def _verdict(self, world: World, report: Report) -> None:
        song = world.wanted
        if report is Report.OUTPUT_FAILED:
            expected.stop(world)
        else:
            expected.follow(world)
            if world.finished:
                expected.ask_ahead(world)
        if song is None:
            raise Broken(Rule.HONEST, f"{report.name} is told, but no song is wanted")
        if report is Report.SONG_PLAYED and not song.heard:
            raise Broken(Rule.WHOLE, "a song is told as played that was not heard whole")
        self.switched(world)
        _fair(world, report, song)


def _holds(buffer: bytes, song: Wanted | None) -> None:
    if song is None or song.audio is None:
        raise Broken(Rule.RIGHT_AUDIO, "what is in the buffer is of no song that is wanted")
    if not song.audio.startswith(buffer):
        held, whole = music.short(buffer), music.short(song.audio)
        raise Broken(Rule.RIGHT_AUDIO, f"the buffer holds {held} of a song {whole}")


def _fair(world: World, report: Report, song: Wanted) -> None:
    there = music.is_there(world.library, song.song_id, song.titles)
    if report in (Report.SONG_NOT_FOUND, Report.SONG_CUT_OFF) and there and not song.excused:
        raise Broken(Rule.HONEST, f"{report.name} is told of a song that is there")
