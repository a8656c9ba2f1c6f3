"""Completes what is typed at the prompt: commands, and titles of songs by any part of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from cli.words import title_search
from cli.words.commands import CHOICES, SPECS, WORDS, CommandError, Spec, full_word
from cli.words.safe_text import safe
from fsm.client.events import ListedSong

MAX_OFFERS = 30


class CommandCompleter(Completer):
    """Completes commands, their choices and titles.

    songs: returns the last list. wait_for_titles: waits until there is one, if it can be had.
    """

    def __init__(
        self,
        songs: Callable[[], Sequence[ListedSong]],
        wait_for_titles: Callable[[], Awaitable[None]],
    ) -> None:
        self._songs, self._wait_for_titles = songs, wait_for_titles

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
        if spec.titles:
            yield from self._titles(rest.lstrip())
        elif spec.word in CHOICES:
            for choice in CHOICES[spec.word][0]:
                if choice.value.startswith(rest.lower()):
                    yield Completion(choice.value, -len(rest))

    def _titles(self, typed: str) -> Iterator[Completion]:
        songs = self._songs()
        count_by_title = Counter(title_search.fold(s.title) for s in songs)
        for song in title_search.suggest(songs, typed, MAX_OFFERS):
            title = safe(song.title)
            # The completed command must name this song and no other.
            unique = count_by_title[title_search.fold(title)] == 1 and not title.isdigit() and title
            text = title if unique else str(song.song_id)
            yield Completion(text, -len(typed), display=f"{song.song_id}. {title}")


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
    return spec is not None and spec.titles


def _commands(typed: str) -> Iterator[Completion]:
    lowered = typed.lower()
    for spec in SPECS:
        if spec.word.startswith(lowered):
            yield Completion(spec.word + (" " if spec.takes else ""), -len(typed), spec.word)
