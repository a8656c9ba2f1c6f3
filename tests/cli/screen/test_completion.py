"""Tab completes commands and titles, and shows the completions in the place of the status line."""

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from cli.browsing import choosing, filters, query
from cli.browsing.library import Library
from cli.screen.completion import MAX_OFFERS, CommandCompleter
from fsm.client.events import ListedSong
from tests.cli.prompt import at_prompt, client, has_typed, status_line


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_tab_completes_commands_and_titles(large_server, columns):
    with client(large_server.port, columns) as terminal:
        terminal.wait_until(at_prompt)
        above = terminal.screen.cursor.y
        terminal.type("pla\t")
        terminal.wait_until(has_typed("play"))
        terminal.type("jog\t")
        terminal.wait_until(has_typed("play Somebody - Jóga"))
        terminal.type("\x03")
        terminal.wait_until(at_prompt)
        terminal.type("s\t")
        terminal.wait_until(lambda t: has_typed("stop")(t) and "stop  seek" in status_line(t))
        terminal.type("\t")
        terminal.wait_until(has_typed("seek"))
        assert terminal.screen.cursor.y == above + 1, "only the cancelled line stands above"


def test_tab_and_enter_typed_at_once_run_in_order(large_terminal):
    large_terminal.wait_until(at_prompt)
    large_terminal.type("play cafe\t\r")
    large_terminal.wait_for("playing 3. Somebody - café noir")


def test_in_a_large_library_what_is_offered_takes_one_pass_and_is_not_without_end(monkeypatch):
    songs = tuple(ListedSong(n, f"Moons {n} - Moon {n}") for n in range(1000))
    fields = tuple(
        (("ar", f"Moons {n}"), ("al", f"Moon of {n}"), ("ti", f"Moon {n}")) for n in range(1000)
    )
    passes, candidates = [], choosing.candidates
    monkeypatch.setattr(choosing, "candidates", lambda known: passes.append(1) or candidates(known))
    completer = CommandCompleter(lambda: Library(songs, fields), wait_for_titles=None)
    offers = list(completer.get_completions(Document("play moon"), CompleteEvent()))
    assert len(passes) == 1
    assert len(offers) == 3 * MAX_OFFERS
    assert [offer.text for offer in offers[MAX_OFFERS::MAX_OFFERS]] == ["Moon of 0", "Moons 0"]


@pytest.fixture
def offers():
    """Return what is offered behind a text, in a library of 40 artists, albums and songs."""
    songs = tuple(ListedSong(n, f"Artist {n} - Title {n}") for n in range(1, 41))
    fields = tuple(
        (
            ("ar", f"Artist {n}"),
            ("al", f"Álbum {n}"),
            ("ti", f"Title {n}"),
            ("ge", "Jazz" if n % 2 else "Folk"),
            ("yr", str(1970 + n % 3)),
            ("fo", f"Top/Folder {n}"),
        )
        for n in range(1, 41)
    )
    library = Library(songs, fields)
    completer = CommandCompleter(lambda: library, wait_for_titles=None)

    def offered(typed):
        found = completer.get_completions(Document(typed), CompleteEvent())
        return [typed[: len(typed) + offer.start_position] + offer.text for offer in found]

    return offered


@pytest.mark.parametrize(
    ("typed", "first", "count"),
    [
        ("album ", "album Álbum 1", MAX_OFFERS),
        ("albums ", "albums Álbum 1", MAX_OFFERS),
        ("artists ", "artists Artist 1", MAX_OFFERS),
        ("find artist:", 'find artist:"Artist 1"', MAX_OFFERS),
        ("play album:", 'play album:"Álbum 1"', MAX_OFFERS),
        ("queue folder:", 'queue folder:"Top/Folder 1"', MAX_OFFERS),
        ("list genre:", 'list genre:"Jazz"', 2),
        ("list year:", "list year:1970", 3),
    ],
)
def test_with_nothing_typed_the_first_ones_are_offered(offers, typed, first, count):
    assert first in offers(typed)[:2]
    assert len(offers(typed)) == count


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("find artist:art", 'find artist:"Artist 1"'),
        ('find artist:"artist 40', 'find artist:"Artist 40"'),
        ('play artist:"Artist 7" alb', None),
        ('play artist:"Artist 7" album:alb', 'play artist:"Artist 7" album:"Álbum 1"'),
        ('queue folder:"folder 3', 'queue folder:"Top/Folder 3"'),
        ("albums genre:fo", 'albums genre:"Folk"'),
        ("find year:1972", "find year:1972"),
        ("play album álbum 1", 'play album:"Álbum 1"'),
        ('queue album "alb', 'queue album:"Álbum 1"'),
        ("insert artist 7", 'insert artist:"Artist 7"'),
        ("play folder top", 'play folder:"Top/Folder 1"'),
        ("find album álb", None),
        ('find artist:"Artist 7"', None),
        ("seek artist:", None),
        ("find art", None),
        ("play tt1", None),
    ],
)
def test_what_is_begun_of_a_filter_is_completed(offers, typed, completed):
    assert (offers(typed) or [None])[0] == completed


def test_of_albums_with_one_name_each_is_completed_alone():
    named = (("ABBA", "A"), ("ABBA", "A"), ("Queen", "Q"), ("Queen", "live/Q"), ("Queen", "Other"))
    songs = tuple(ListedSong(n, f"Song {n}") for n in range(1, len(named) + 1))
    fields = tuple(
        (("ar", artist), ("al", "Jazz" if folder == "Other" else "Hits"), ("fo", folder))
        for artist, folder in named
    )
    library = Library(songs, fields)
    completer = CommandCompleter(lambda: library, wait_for_titles=None)

    def chosen(typed):
        found = completer.get_completions(Document(f"play {typed}"), CompleteEvent())
        return [(offer.text, choosing.choose(library, offer.text)) for offer in found]

    assert [ids for _, ids in chosen("album hi")] == [(1, 2), (3,), (4,)]
    assert chosen("album ja") == [('album:"Jazz"', (5,))]


def test_each_field_that_is_sought_is_completed():
    assert tuple(filters._VALUES) == query.KEYS
