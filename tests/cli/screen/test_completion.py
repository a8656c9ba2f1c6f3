"""Tab completes commands and titles, and shows the completions in the place of the status line."""

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from cli.browsing import choosing
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
    passes, candidates = [], choosing._candidates
    monkeypatch.setattr(
        choosing, "_candidates", lambda known: passes.append(1) or candidates(known)
    )
    completer = CommandCompleter(lambda: Library(songs, fields), wait_for_titles=None)
    offers = list(completer.get_completions(Document("play moon"), CompleteEvent()))
    assert len(passes) == 1
    assert len(offers) == 3 * MAX_OFFERS
    assert [offer.text for offer in offers[MAX_OFFERS::MAX_OFFERS]] == ["Moon of 0", "Moons 0"]
