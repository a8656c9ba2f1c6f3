"""The rows of the cases for servers hang together: words, needs, sections, sentences."""

import re
from itertools import groupby
from pathlib import Path

import pytest

from check.case import MUST
from check.sections import SECTIONS, heading
from check.server.cases import CASES
from check.server.facts import LIST, Facts, Options, Song
from check.server.judgements import JUDGEMENTS
from check.server.matching import Matcher
from check.server.messages import message
from check.server.needs import NEEDS, missing
from check.server.steps import Send, steps

ROOT = Path(__file__).parents[2]
SONG, LONG, HARD = Song(1, b"a" * 10), Song(2, b"b" * 100), Song(4, b"c END END" * 3)
LISTED = (b"1. a END 2. b", b"4. c END 5. d")
FULL = Facts(
    list_messages=LISTED,
    entries=((1, "a"), (2, "b"), (4, "c"), (5, "d")),
    message_ids=((1, 2), (4, 5)),
    offers=frozenset({"ends", "tags", "from"}),
    songs=(SONG, LONG, HARD),
    error_request=b"PLAY 999999999 END END",
    options=Options(long_bytes=50, request_s=1.0, music=ROOT),
)


P10 = [case for case in CASES if case.section == "P10"]


def by_number(number):
    return next(case for case in CASES if case.number == number)


def test_there_are_more_than_sixty_and_each_section_counts_from_1():
    assert len(CASES) > 120
    for section, group in groupby(CASES, key=lambda case: case.section):
        numbers = [case.number for case in group]
        assert numbers == [f"{section}-{n}" for n in range(1, len(numbers) + 1)]
        assert heading(section)
    sections = [section for section, _ in groupby(CASES, key=lambda case: case.section)]
    assert len(sections) == len(set(sections))
    assert sections == [section for section in SECTIONS if section in sections], "in order"


def test_no_two_rows_have_the_same_title():
    assert len({case.title for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.number)
def test_a_row_can_be_tried_where_what_it_needs_is_there(case):
    assert set(case.needs.split()) <= set(NEEDS)
    assert missing(case, FULL) == ("the server has songs" if "empty" in case.needs else "")
    assert any(isinstance(step, Send) for step in steps(case.sends, FULL))
    sequences, _, where = case.expects.partition(", where ")
    assert not where or where in JUDGEMENTS
    for sequence in [*sequences.split("||"), case.allows]:
        Matcher(sequence, FULL)
    assert ("<other>" in case.sends) == ("||" in case.expects)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.number)
def test_a_row_needs_all_that_it_names(case):
    """Without what it does not need, a row is understood all the same."""
    needs = set(case.needs.split())
    two, songs = "two" in needs, []
    songs += [SONG] if two or needs & {"songs", "hard"} else []
    songs += [LONG] if two or "long" in needs else []
    songs += [HARD] if "hard" in needs else []
    listed = needs & {"list", "songs", "two", "long", "hard", "long-list", "missing"}
    facts = Facts(
        list_messages=LISTED if listed else (b"",),
        entries=FULL.entries if songs or "missing" in needs else (),
        songs=tuple(songs),
        error_request=b"NOPE END END" if "errors" in needs else None,
        options=Options(long_bytes=50),
    )
    steps(case.sends, facts)
    for sequence in [*case.expects.partition(", where ")[0].split("||"), case.allows]:
        Matcher(sequence, facts)


def test_every_judgement_and_every_need_is_used():
    where = {case.expects.partition(", where ")[2] for case in CASES} - {""}
    assert where == set(JUDGEMENTS)
    assert {need for case in CASES for need in case.needs.split()} == set(NEEDS)


def test_what_only_a_server_with_ends_can_do_needs_ends():
    for case in CASES:
        words = case.expects.split()
        if {"closed", "closed-list", "list-closed"} & set(words):
            assert "ends" in case.needs.split(), case.number


def test_the_sentences_of_the_protocol_are_in_it():
    text = " ".join((ROOT / "docs" / "protocol.md").read_text().split())
    # What the page does not describe yet, no server of this version offers.
    told = {"P7-24": "library=" in text, **{case.number: "## 10. " in text for case in P10}}
    for case in CASES:
        if case.of_protocol and told.get(case.number, True):
            assert " ".join(case.sentence.split()) in text, case.number


def test_what_a_careful_reader_of_the_rfc_may_do_otherwise_is_no_must():
    for number in ("P3-1", "P3-4", "P3-16", "P6-1", "2.3.1-1", "2.3.1-2", "2.4.1-6"):
        assert by_number(number).requires is not MUST


# The words


def follow(expects, *kinds):
    """The matcher behind messages, each given by its bytes."""
    matcher = Matcher(expects, FULL)
    for raw in kinds:
        matcher.feed(message(raw))
    return matcher


def audio(data):
    return b"RESP 200 END " + data + b" END END"


LISTS = [b"RESP 100 END " + payload + b" END END" for payload in LISTED]
CLOSING, NOT_FOUND = audio(b""), b"ERRO 404 END END"


@pytest.mark.parametrize(
    ("expects", "messages"),
    [
        ("", []),
        ("list", LISTS),
        ("closed-list", [*LISTS, b"RESP 100 END  END END"]),
        ("fence mark", [*LISTS, NOT_FOUND]),
        ("song", [audio(b"a" * 4), audio(b"a" * 6)]),
        ("long-part 404", [NOT_FOUND]),
        ("long-part 404", [audio(b"b" * 100), NOT_FOUND]),
        ("long-cut 404", [NOT_FOUND]),
        ("long-begun 404", [audio(b"b"), NOT_FOUND]),
        ("long-cut list long-rest", [audio(b"b" * 40), *LISTS, audio(b"b" * 60)]),
        ("long-part list long-more list long-rest", [*LISTS, *LISTS, audio(b"b" * 100)]),
        ("long-cut song closed", [audio(b"b" * 9), audio(b"a" * 10), CLOSING]),
        ("song-part closed song", [audio(b"a"), CLOSING, audio(b"a" * 10)]),
        ("audio", [audio(b"x")]),
    ],
)
def test_a_sequence_accepts(expects, messages):
    assert follow(expects, *messages).accepted


@pytest.mark.parametrize(
    ("expects", "messages"),
    [
        ("404", [NOT_FOUND, NOT_FOUND]),
        ("list", [LISTS[1]]),
        ("list 404", [LISTS[0], NOT_FOUND]),
        ("closed-list", [*LISTS, NOT_FOUND]),
        ("song", [audio(b"b")]),
        ("song", [audio(b"a" * 11)]),
        ("long-cut 404", [audio(b"b" * 100), NOT_FOUND]),
        ("long-begun 404", [NOT_FOUND]),
        ("long-cut list long-rest", [audio(b"b" * 40), *LISTS, audio(b"b" * 61)]),
        ("long-cut song", [audio(b"b" * 9), audio(b"a" * 9 + b"b")]),
        ("audio", [CLOSING]),
    ],
)
def test_a_sequence_refuses(expects, messages):
    matcher = follow(expects, *messages)
    assert matcher.dead
    assert not matcher.accepted


def test_what_is_awaited_is_told_in_words():
    assert follow("song 404").awaited == ["all of song 1"]
    assert follow("long-part 404").awaited == ["song 2, or some of it", "an error"]
    with pytest.raises(KeyError):
        Matcher("nonsense", FULL)


def test_an_empty_list_is_closed_by_one_message():
    empty = Facts(list_messages=(b"",))
    for expects, raw in {
        "list": b"RESP 100 END END",
        "closed-list": b"RESP 100 END  END END",
    }.items():
        matcher = Matcher(expects, empty)
        matcher.feed(message(raw))
        assert matcher.accepted


def test_what_a_row_sends_is_filled_in():
    def sent(text):
        return [step.data for step in steps(text, FULL) if isinstance(step, Send)]

    assert sent("PLAY {song} END END | PLAY {long} END END") == [
        b"PLAY 1 END END",
        b"PLAY 2 END END",
    ]
    assert sent("{missing}{next}{first}{last}{unknown}") == [b"3615999999999"]
    assert sent("{fence}{mark}") == [LIST + b"PLAY 999999999 END END"]
    assert sent("{5x}\\r\\n\\xff | <gap> |  END") == [b"xxxxx\r\n\xff", b" END"]
    assert re.fullmatch(rb"PLAY 0{300} END END", sent("PLAY {3000} END END")[0])
    with pytest.raises(KeyError):
        steps("{nonsense}", FULL)


def test_a_server_that_answers_no_error_has_lists_for_marks():
    facts = Facts(list_messages=LISTED)
    assert facts.mark == facts.fence == LIST
    assert not facts.mute
    assert Facts().mute
