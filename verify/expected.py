"""What the person expects to be played: the present song, and those that are to follow it.

The machines of song, player and queue are held against this; it uses none of their values.
"""

from __future__ import annotations

from fsm.client.events import ListedSong
from fsm.client.queue import GONE
from verify import music
from verify.messages import NEXT, NOBODY, PRESENT, reassigned
from verify.world import Wanted, World

Songs = tuple[ListedSong, ...]


def choose(world: World, song_id: int) -> None:
    """Expect this song now; what is queued stays queued."""
    stop(world)
    world.wanted = _wanted(world, song_id)


def stop(world: World) -> None:
    """Expect no song; what is queued stays queued."""
    mark_late(world, PRESENT, NEXT)
    world.wanted = world.ahead = None


def queue(world: World, song_id: int) -> None:
    """Expect this song after all that is queued; if nothing is played, the first of it at once."""
    world.upcoming += (_wanted(world, song_id),)
    if world.wanted is None:
        _take_first(world)
    elif world.finished:
        ask_ahead(world)


def skip(world: World) -> None:
    """Expect the first that is queued now."""
    if not world.upcoming:
        return
    mark_late(world, PRESENT)
    if world.ahead is None:
        _take_first(world)
        return
    follow(world)
    if world.next.finished:
        ask_ahead(world)


def clear(world: World) -> None:
    """Expect nothing after the present song."""
    mark_late(world, NEXT)
    world.upcoming, world.ahead = (), None


def forget_titles(world: World) -> None:
    """Expect of an ID what the server has under it; a song that has begun goes on, or fails."""
    world.known = (music.EMPTY,)
    if world.wanted is not None:
        world.wanted = _untitled(world.wanted, bool(world.buffer))
    if world.ahead is not None:
        world.ahead = _untitled(world.ahead, bool(world.next.audio))
    world.upcoming = tuple([_untitled(song, begun=False) for song in world.upcoming])


def renumber(world: World, before: Songs, after: Songs) -> None:
    """Expect the same songs under the IDs that a new list gives them; those that are gone are not.

    The song that has been requested ahead may be here already, and is played then.
    """
    ids = {title: song_id for song_id, title in after if song_id is not None}
    titles = dict(before)
    renumbered = []
    for place, song in enumerate(world.upcoming):
        gone = song.song_id in titles and titles[song.song_id] not in ids
        if not gone:
            song_id = ids.get(titles.get(song.song_id, ""), song.song_id)
            renumbered.append(song._replace(song_id=song_id))
        elif place == 0 and world.ahead is not None:
            renumbered.append(song._replace(song_id=GONE))
    world.upcoming = tuple(renumbered)


def _untitled(song: Wanted, begun: bool) -> Wanted:
    titles, audio = (song.titles, song.audio) if begun else ((), None)
    return song._replace(titles=titles, audio=audio, unlisted=True, may_fail=True)


def ask_ahead(world: World) -> None:
    """Expect the next song to be requested: all of the present one is here."""
    if world.ahead is None and world.upcoming:
        world.ahead = world.upcoming[0]


def leave_out_ahead(world: World) -> None:
    """Expect the song after the next one in its place: the next one will not come."""
    mark_late(world, NEXT)
    world.ahead, world.upcoming = None, world.upcoming[1:]


def follow(world: World) -> None:
    """Expect the first that is queued: the present song is over."""
    mark_late(world, PRESENT)
    if world.ahead is None:
        world.wanted = None
        if world.upcoming:
            _take_first(world)
        return
    world.wanted, world.ahead, world.upcoming = world.ahead, None, world.upcoming[1:]
    _reassign(world, {NEXT: PRESENT})


def mark_late(world: World, *owners: int) -> None:
    """Note that what is in flight of these songs belongs to no song that is still wanted."""
    _reassign(world, dict.fromkeys(owners, NOBODY))


def _reassign(world: World, to: dict[int, int]) -> None:
    world.requests = reassigned(world.requests, to)
    world.responses = reassigned(world.responses, to)
    stream = world.stream
    if stream is not None and stream.owner in to:
        world.stream = stream._replace(owner=to[stream.owner])


def _take_first(world: World) -> None:
    first, *rest = world.upcoming
    mark_late(world, PRESENT, NEXT)
    world.wanted, world.ahead, world.upcoming = first, None, tuple(rest)


def _wanted(world: World, song_id: int) -> Wanted:
    """Return the song that a person means by an ID, by the lists that have been shown."""
    numberings = [music.NUMBERINGS[library] for library in world.known]
    titles = {numbering[song_id] for numbering in numberings if song_id in numbering}
    return Wanted(song_id, tuple(sorted(titles)), unlisted=not titles)
