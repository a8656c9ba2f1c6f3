"""What a person wants: the song that is played, and those that are to follow it.

Playback, queue and the song ahead are held against this; it uses none of their values.
"""

from __future__ import annotations

from verify import music
from verify.messages import NEXT, NOBODY, PRESENT, handed_on
from verify.world import Wanted, World


def choose(world: World, song_id: int) -> None:
    """This song, now; what is queued stays queued."""
    stop(world)
    world.wanted = _meant(world, song_id)


def stop(world: World) -> None:
    """No song; what is queued stays queued."""
    outdate(world, PRESENT, NEXT)
    world.wanted = world.ahead = None


def queue(world: World, song_id: int) -> None:
    """This song after all that is queued; with nothing played the first of it at once."""
    world.upcoming += (song_id,)
    if world.wanted is None:
        _take_first(world)
    elif world.finished:
        ask_ahead(world)


def skip(world: World) -> None:
    """The first that is queued, now."""
    if not world.upcoming:
        return
    outdate(world, PRESENT)
    if world.ahead is None:
        _take_first(world)
        return
    follow(world)
    if world.next.finished:
        ask_ahead(world)


def clear(world: World) -> None:
    """Nothing is to follow."""
    outdate(world, NEXT)
    world.upcoming, world.ahead = (), None


def ask_ahead(world: World) -> None:
    """What follows can be asked for: all of the present song is here."""
    if world.ahead is None and world.upcoming:
        world.ahead = _meant(world, world.upcoming[0])


def give_up_ahead(world: World) -> None:
    """The song after this one is not to be had: the one after it follows."""
    outdate(world, NEXT)
    world.ahead, world.upcoming = None, world.upcoming[1:]


def follow(world: World) -> None:
    """The present song is over: the first that is queued takes its place."""
    outdate(world, PRESENT)
    if world.ahead is None:
        world.wanted = None
        if world.upcoming:
            _take_first(world)
        return
    world.wanted, world.ahead, world.upcoming = world.ahead, None, world.upcoming[1:]
    _hand_on(world, {NEXT: PRESENT})


def outdate(world: World, *owners: int) -> None:
    """Whatever is on its way of these belongs to a song that is not wanted any more."""
    _hand_on(world, dict.fromkeys(owners, NOBODY))


def _hand_on(world: World, to: dict[int, int]) -> None:
    world.requests = handed_on(world.requests, to)
    world.responses = handed_on(world.responses, to)
    stream = world.stream
    if stream is not None and stream.owner in to:
        world.stream = stream._replace(owner=to[stream.owner])


def _take_first(world: World) -> None:
    song_id, *rest = world.upcoming
    outdate(world, PRESENT, NEXT)
    world.wanted, world.ahead, world.upcoming = _meant(world, song_id), None, tuple(rest)


def _meant(world: World, song_id: int) -> Wanted:
    """The song that a person means by an ID: by the lists that have come."""
    numberings = [music.NUMBERINGS[library] for library in world.known]
    titles = {numbering[song_id] for numbering in numberings if song_id in numbering}
    return Wanted(song_id, tuple(sorted(titles)))
