"""Completes what is typed at the prompt: commands, titles by any part of them, albums, artists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Container, Iterator, Sequence
from itertools import islice

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from cli.browsing import title_search
from cli.browsing.candidates import Choice, told_apart
from cli.browsing.choosing import clear_names
from cli.browsing.filters import Begun, begun_filter, begun_name, typed_as, values_of
from cli.browsing.folding import fold
from cli.browsing.library import Album, Artist, Library, library_of
from cli.words.commands.parser import CHOICES
from cli.words.commands.table import SPECS, WORDS, CommandError, Spec, full_word
from cli.words.safe_text import safe
from fsm.client.events import ListedSong

MAX_OFFERS = 30
_TAKE_FILTERS = ("songs", "albums", "artists", "filters")


class CommandCompleter(Completer):
    """Completes commands, their choices and titles.

    songs: returns the last list. wait_for_titles: waits until there is one, if it can be had.
    playlist_names: returns the names of the playlists.
    """

    def __init__(
        self,
        songs: Callable[[], Sequence[ListedSong]],
        wait_for_titles: Callable[[], Awaitable[None]],
        playlist_names: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._songs, self._wait_for_titles = songs, wait_for_titles
        self._playlist_names = playlist_names

    async def titles_wanted(self, document: Document) -> bool:
        """Wait for the titles that the line needs and that have not come; False: it needs none."""
        if self._songs() or not _takes_title(document):
            return False
        await self._wait_for_titles()
        return bool(self._songs())

    def get_completions(self, document: Document, event: CompleteEvent) -> Iterator[Completion]:
        """Yield what the text before the cursor may become, the best first."""
        word, space, rest = _typed(document)
        if not space:
            yield from _commands(word)
            return
        spec = _spec(word)
        if spec is None:
            return
        typed = rest.lstrip()
        if spec.completes in _TAKE_FILTERS and (begun := begun_filter(typed)):
            yield from self._filters(begun)
            return
        match spec.completes:
            case "songs":
                named = begun_name(typed)
                offers = list(self._of_kind(named)) if named else []
                yield from offers or self._songs_and_groups(typed)
            case "albums":
                yield from self._groups(typed, "album")
            case "artists":
                yield from self._groups(typed, "artist")
            case "playlists":
                yield from self._playlists(typed)
            case "commands":
                yield from _commands(typed, alone=True)
        if spec.word in CHOICES:
            for choice in CHOICES[spec.word][0]:
                if choice.value.startswith(rest.lower()):
                    yield Completion(choice.value, -len(rest))

    def _songs_and_groups(self, typed: str) -> Iterator[Completion]:
        """Yield songs whose own names have a word that begins so, then albums and artists, then
        other songs. What is completed names that one alone."""
        library = library_of(self._songs())
        songs = title_search.suggest(library.songs, typed, MAX_OFFERS)
        groups = list(_named_as(library, typed)) if typed else []
        titles = {safe(song.title) for song in songs}
        clear = clear_names(library, {*titles, *(group.name for _, group in groups)})
        named = _named_so(library, songs, typed)
        songs.sort(key=lambda song: song.song_id not in named)
        offers = [_song_offer(song, typed, clear) for song in songs]
        yield from offers[: len(named)]
        for kind, group in groups:
            alone = Choice(kind, group.name, group.tracks, _by(group)).typed
            text = safe(group.name if group.name in clear else alone)
            yield Completion(text, -len(typed), display=f"{kind} {safe(group.name)}")
        yield from offers[len(named) :]

    def _filters(self, begun: Begun) -> Iterator[Completion]:
        """Yield what a filter may become of which the last part is typed."""
        for value in islice(values_of(library_of(self._songs()), begun), MAX_OFFERS):
            yield Completion(safe(typed_as(begun, value)), -len(begun.text), display=safe(value))

    def _of_kind(self, named: Begun) -> Iterator[Completion]:
        """Yield what a name behind the word for its kind may become; of albums, one alone each."""
        if named.key != "album":
            yield from self._filters(named)
            return
        library = library_of(self._songs())
        known = [Choice("album", a.name, a.tracks, a.artist) for a in library.albums]
        times = Counter(fold(choice.name) for choice in known)
        begun = (c for c in told_apart(known) if _begins_a_word(fold(named.value), c.name))
        for choice in islice(begun, MAX_OFFERS):
            alone = times[fold(choice.name)] == 1
            text = typed_as(named, choice.name) if alone else choice.typed
            shown = choice.name if alone else choice.named
            yield Completion(safe(text), -len(named.text), display=safe(shown))

    def _playlists(self, typed: str) -> Iterator[Completion]:
        folded = fold(typed)
        for name in self._playlist_names():
            if fold(name).startswith(folded):
                yield Completion(safe(name), -len(typed), display=safe(name))

    def _groups(self, typed: str, kind: str) -> Iterator[Completion]:
        for other, group in _named_as(library_of(self._songs()), typed):
            if kind == other:
                yield Completion(safe(group.name), -len(typed), display=safe(group.name))


def _song_offer(song: ListedSong, typed: str, clear: Container[str]) -> Completion:
    title = safe(song.title)
    text = title if title in clear else str(song.song_id)
    return Completion(text, -len(typed), display=f"{song.song_id}. {title}")


def _named_so(library: Library, songs: Sequence[ListedSong], typed: str) -> set[int | None]:
    """Return the IDs of those songs of which a word, not of their artists, begins as is typed."""
    offered, folded = {song.song_id for song in songs}, fold(typed)
    return {
        track.song_id
        for track in library.tracks
        if track.song_id in offered and _begins_a_word(folded, track.name)
    }


def _begins_a_word(folded: str, name: str) -> bool:
    return f" {folded}" in f" {fold(name)}"


def _named_as(library: Library, typed: str) -> Iterator[tuple[str, Album | Artist]]:
    """Yield the albums, then the artists, of which a word begins as is typed; not too many.

    With nothing typed they are the first ones.
    """
    folded = fold(typed)
    groups: tuple[tuple[str, Sequence[Album | Artist]], ...] = (
        ("album", library.albums),
        ("artist", library.artists),
    )
    for kind, named in groups:
        found = (g for g in named if _begins_a_word(folded, g.name))
        for group in islice(found, MAX_OFFERS):
            yield kind, group


def _by(group: Album | Artist) -> str:
    """Return whose album it is; "" where it is none."""
    return group.artist if isinstance(group, Album) else ""


def _typed(document: Document) -> tuple[str, str, str]:
    """Return the word of the command, the space behind it if there is one, and the rest."""
    return document.text_before_cursor.lstrip().partition(" ")


def _spec(word: str) -> Spec | None:
    try:
        return WORDS[full_word(word)]
    except CommandError:
        return None


def _takes_title(document: Document) -> bool:
    word, space, _ = _typed(document)
    spec = _spec(word) if space else None
    return spec is not None and spec.completes in _TAKE_FILTERS


def _commands(typed: str, alone: bool = False) -> Iterator[Completion]:
    """Yield the commands that begin so. alone: nothing is to be typed behind them."""
    lowered = typed.lower()
    for spec in SPECS:
        if spec.word.startswith(lowered):
            space = " " if spec.takes and not alone else ""
            yield Completion(spec.word + space, -len(typed), spec.word)
