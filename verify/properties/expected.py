"""What the person expects to be played: the present song, and those that are to follow it.

The machines of song, player and queue are held against this; it uses none of their values.
"""

from __future__ import annotations

from fsm.client.events import ListedSong
from fsm.client.queue.gone import GONE
from verify.exchange import music
from verify.exchange.messages import NEXT, NOBODY, PRESENT, reassigned
from verify.exchange.world import Wanted, World

Songs = tuple[ListedSong, ...]


def choose(world: World, song_id: int) -> None:
    """Expect this song now; what is queued stays queued, and that nothing is to follow it."""
    last = world.last
    stop(world)
    world.wanted, world.last = _wanted(world, song_id), last


def stop(world: World) -> None:
    """Expect no song; what is queued stays queued."""
    mark_late(world, PRESENT, NEXT)
    world.wanted = world.ahead = None
    world.last = False


def sleep_after_song(world: World) -> None:
    """Expect nothing after the present song, if there is one, until the person wants it again."""
    if world.wanted is None:
        return
    world.last = True
    if world.ahead is not None:
        mark_late(world, NEXT)
        world.ahead, world.upcoming = None, _requestable(world.upcoming)


def stay_awake(world: World) -> None:
    """Expect what is queued after the present song again."""
    world.last = False
    if world.wanted is not None and world.finished:
        ask_ahead(world)


def queue(world: World, song_id: int, changes: int) -> None:
    """Expect this song after all that is queued; if nothing is played, the first of it at once."""
    edit(world, (*world.upcoming, _wanted(world, song_id)), changes)
    if world.wanted is None:
        _take_first(world)


def insert(world: World, song_id: int, changes: int) -> None:
    """Expect this song before all that is queued; if nothing is played, at once."""
    edit(world, (_wanted(world, song_id), *world.upcoming), changes)
    if world.wanted is None:
        _take_first(world)


def move(world: World, place: int, to: int, changes: int) -> None:
    """Expect the song at this place at the other one; the first is 1."""
    gone, songs = _gone_first(world)
    if max(place, to) <= len(songs):
        songs.insert(to - 1, songs.pop(place - 1))
        edit(world, (*gone, *songs), changes)


def remove(world: World, place: int, changes: int) -> None:
    """Expect the queue without the song at this place; the first is 1."""
    gone, songs = _gone_first(world)
    edit(world, (*gone, *songs[: place - 1], *songs[place:]), changes)


def clear(world: World, changes: int) -> None:
    """Expect nothing after the present song."""
    edit(world, (), changes)


def edit(world: World, upcoming: tuple[Wanted, ...], changes: int) -> None:
    """Expect these songs after the present one, and that the change can be taken back."""
    if changes and _ids(upcoming) != _ids(world.upcoming):
        world.changes = (*world.changes, _requestable(world.upcoming))[-changes:]
    _expect(world, upcoming)


def undo(world: World) -> None:
    """Expect what was queued before the last change that makes a difference."""
    while world.changes:
        *changes, upcoming = world.changes
        world.changes = tuple(changes)
        gone, songs = _gone_first(world)
        if _ids(upcoming) != _ids(tuple(songs)):
            _expect(world, (*gone, *upcoming))
            return


def _expect(world: World, upcoming: tuple[Wanted, ...]) -> None:
    """Expect these songs after the present one; the one that is ahead stays, if it is the first."""
    first, world.upcoming = _ids(world.upcoming)[:1], upcoming
    if world.ahead is not None and _ids(upcoming)[:1] != first:
        mark_late(world, NEXT)
        world.ahead, world.upcoming = None, _requestable(upcoming)
    if world.wanted is not None and world.finished:
        ask_ahead(world)


def _gone_first(world: World) -> tuple[tuple[Wanted, ...], list[Wanted]]:
    """Return a song that is ahead and on no list any more, and the songs that have a position."""
    gone = int(_ids(world.upcoming)[:1] == (GONE,))
    return world.upcoming[:gone], list(world.upcoming[gone:])


def _ids(songs: tuple[Wanted, ...]) -> tuple[int, ...]:
    return tuple([song.song_id for song in songs])


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


def go_on(world: World) -> None:
    """Expect the first that is queued, if nothing is played."""
    if world.wanted is None and world.upcoming:
        _take_first(world)


def forget_titles(world: World) -> None:
    """Expect of an ID what the server has under it; a song that has begun goes on, or fails."""
    world.known = (music.EMPTY,)
    if world.wanted is not None:
        world.wanted = _untitled(world.wanted, bool(world.buffer))
    if world.ahead is not None:
        world.ahead = _untitled(world.ahead, bool(world.next.audio))
    *changes, upcoming = (
        tuple([_untitled(song, begun=False) for song in songs])
        for songs in (*world.changes, world.upcoming)
    )
    world.changes, world.upcoming = tuple(changes), upcoming


def renumber(world: World, before: Songs, after: Songs) -> None:
    """Expect the same songs under the IDs that a new list gives them; those that are gone are not.

    The song that has been requested ahead may be here already, and is played then.
    """
    ids = {title: song_id for song_id, title in after if song_id is not None}
    new_ids = {song_id: ids.get(title, GONE) for song_id, title in before}
    *changes, upcoming = (
        tuple([song._replace(song_id=new_ids.get(song.song_id, song.song_id)) for song in songs])
        for songs in (*world.changes, world.upcoming)
    )
    kept = int(world.ahead is not None)
    world.upcoming = upcoming[:kept] + _requestable(upcoming[kept:])
    world.changes = tuple(map(_requestable, changes))


def _requestable(songs: tuple[Wanted, ...]) -> tuple[Wanted, ...]:
    return tuple([song for song in songs if song.song_id != GONE])


def _untitled(song: Wanted, begun: bool) -> Wanted:
    titles, audio = (song.titles, song.audio) if begun else ((), None)
    return song._replace(titles=titles, audio=audio, unlisted=True, may_fail=True)


def ask_ahead(world: World) -> None:
    """Expect the next song to be requested: all of the present one is here."""
    if world.ahead is None and world.upcoming and not world.last:
        world.ahead = world.upcoming[0]


def leave_out_ahead(world: World) -> None:
    """Expect the song after the next one in its place: the next one will not come."""
    mark_late(world, NEXT)
    world.ahead = None
    _leave_out_first(world)


def follow(world: World) -> None:
    """Expect the first that is queued: the present song is over."""
    mark_late(world, PRESENT)
    if world.ahead is None:
        world.wanted = None
        if world.upcoming and not world.last:
            _take_first(world)
        world.last = world.last and world.wanted is not None
        return
    world.wanted, world.ahead = world.ahead, None
    _leave_out_first(world)
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
    mark_late(world, PRESENT, NEXT)
    world.wanted, world.ahead = world.upcoming[0], None
    _leave_out_first(world)


def _leave_out_first(world: World) -> None:
    """Expect the first song no more, whatever is taken back later."""
    first, *rest = world.upcoming
    world.upcoming = tuple(rest)
    if world.changes:
        world.changes = tuple([_without(change, first.song_id) for change in world.changes])


def _without(songs: tuple[Wanted, ...], song_id: int) -> tuple[Wanted, ...]:
    """Return the songs without the first that has this ID."""
    place = next((n for n, song in enumerate(songs) if song.song_id == song_id), len(songs))
    return songs[:place] + songs[place + 1 :]


def _wanted(world: World, song_id: int) -> Wanted:
    """Return the song that a person means by an ID, by the lists that have been shown."""
    numberings = [music.NUMBERINGS[library] for library in world.known]
    titles = {numbering[song_id] for numbering in numberings if song_id in numbering}
    return Wanted(song_id, tuple(sorted(titles)), unlisted=not titles)
