"""`alfine verify --show`: an ordinary exchange, from what a person types."""

from dataclasses import replace

import pytest

from cli.protocol import verify as command
from fsm.server import ServerSession
from verify import ladder
from verify.bounds import ServerKind
from verify.mutation.mutants import Fault, mutants
from verify.show import BOUNDS, WORDS, CannotShow, ordinary


def shown(text, bounds=BOUNDS):
    model, moves = ordinary(bounds, command._typed(text))
    rungs, broken = ladder.rungs(model, moves)
    assert broken is None
    return [rung.left.strip() or rung.middle or rung.right.strip() for rung in rungs]


def in_order(found, *wanted):
    rest = iter(found)
    return all(each in rest for each in wanted)


def test_a_song_is_played_to_its_end():
    lines = shown("play 1; wait")
    assert in_order(
        lines,
        "SETUP ends tags from",
        "person: play 1",
        "PLAY 1",
        "RESP 200 A 1/3",
        "prompt -> OPEN",
        "person: wait",
        "RESP 200 A 3/3",
        "RESP 200 (closing)",
        "player: PlayedOut",
        "song -> UNWANTED",
    )


def test_words_are_typed_as_soon_as_they_can_be():
    lines = shown("play 1; list; stop")
    assert in_order(lines, "person: play 1", "person: list", "-> LISTING_WHILE_STREAMING")
    assert in_order(lines, "person: list", "RESP 100 (closing)", "person: stop", "STOP")
    assert "RESP 200 A 3/3" not in lines


def test_what_a_person_may_type_is_understood():
    assert command._typed("play B; P 2 ;; volume 50; seek 0; quit") == [
        *("play 2", "play 2", "volume", "seek start", "leave"),
    ]
    assert command._typed("help; queue 1; seek 1:00; play 9") == [
        *("help", "queue 1", "seek far", "play 9"),
    ]


@pytest.mark.parametrize("text", ["play 7", "play 1 2", "dance", "volume 10", "play", "\x1b[2J"])
def test_what_is_not_part_of_the_model_is_told_in_one_line(text):
    with pytest.raises(CannotShow) as told:
        command._typed(text)
    assert str(told.value).isprintable()


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_the_model_can_be_shown(word):
    assert f"person: {word}" in shown(word)


@pytest.mark.parametrize("kind", [ServerKind.REFUSING, ServerKind.IGNORING, ServerKind.HANGING_UP])
def test_plain_servers_can_be_shown(kind):
    lines = shown("list; play 2; wait; quit", replace(BOUNDS, server=kind, full=True))
    assert in_order(lines, "person: list", "PLAY 2", "player: PlayedOut", "person: leave")


def test_a_fault_is_shown_up_to_the_rule_that_it_breaks():
    (mutant,) = (
        mutant
        for mutant in mutants()
        if mutant.session is ServerSession and mutant.fault is Fault.DROPPED
        if str(mutant.row) == "IDLE --PlayRequested [song_known] / start_song--> STREAMING"
    )
    with mutant.installed():
        model, moves = ordinary(BOUNDS, ["list", "play 1", "wait"])
        rungs, broken = ladder.rungs(model, moves)
    assert broken is not None
    assert rungs
