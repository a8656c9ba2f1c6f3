"""The cases for clients are rows that can be carried out, and say what protocol.md really says."""

import re
import time
from itertools import pairwise
from pathlib import Path

import pytest

from audio import AudioBuffer
from audio.decoder import Decoder
from check.case import MUST
from check.client.answers import ANYTHING, Answer, list_answer, play_answer
from check.client.cases import CASES
from check.client.judgements import JUDGEMENTS
from check.client.requests import Fault, Kind, RequestReader
from check.client.songs import song
from check.client.trial import STEPS, TYPED, Script
from check.sections import SECTIONS
from net.framing import EOM
from tests.check import page

PROTOCOL = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text()
SETUP_ANSWERS = {"101", "slow", "facts", "none", "late", "404", "unknown", "close", "nothing"}
MANNERS = {"", "bytes", "joined", "half-close", "half-reset", "close", "after"}


def words(text):
    return " ".join(re.sub(r"[|`*]", " ", text).split())


def test_there_are_enough():
    assert len(CASES) >= 30
    assert len([case for case in CASES if case.requires is MUST]) >= 30


def test_numbers_count_up_within_their_sections_and_sections_within_the_documents():
    order = list(SECTIONS)
    places = [(order.index(c.section), int(c.number.rpartition("-")[2])) for c in CASES]
    for one, other in pairwise(places):
        assert other in ((one[0], one[1] + 1), (other[0], 1))
        assert other > one


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.number)
def test_its_words_are_known(case):
    assert set(case.expects.split("; ")) <= JUDGEMENTS.keys()
    assert set(case.needs.split()) <= {"setup", "ends", "tty"}
    script = Script.of(case)
    for step in script.steps:
        assert step in STEPS or step.partition(":")[0] in TYPED or step.startswith("send="), step
        if step.startswith("send=") and step != "send=audio":
            assert list_answer(step.removeprefix("send="), "q1").messages
    for request, word in script.answers.items():
        if request == "SETUP":
            assert word in SETUP_ANSWERS
        else:
            make = play_answer if request == "PLAY" else list_answer
            answer = make(word, 1 if request == "PLAY" else "q1")
            assert isinstance(answer, Answer)
            assert answer.manner in MANNERS


@pytest.mark.parametrize("case", [c for c in CASES if c.of_protocol], ids=lambda c: c.number)
def test_what_it_quotes_of_protocol_md_stands_there(case):
    assert words(case.sentence) in words(PROTOCOL)


@pytest.mark.parametrize("name", ["list", "gaps", "several", "many", "full", "empty"])
def test_lists_that_are_well_formed_are(name):
    answer = list_answer(name, "q1")
    for message in answer.messages:
        assert message.startswith(b"RESP 100 END ")
        assert message.find(EOM) == len(message) - len(EOM)
        assert len(message) <= 4117
    assert len(answer.marks) == len(answer.ids)
    assert all(mark in b"".join(answer.messages) for mark in list(answer.marks)[:20])
    assert name != "full" or [len(message) for message in answer.messages] == [4117]


@pytest.mark.parametrize("name", ["song", "long", "over-500", "slow", "tokens", "no-mp3"])
def test_songs_that_are_cleanly_cut_are(name):
    messages = play_answer(name, 3).messages
    for message in set(messages):
        assert message.startswith(b"RESP 200 END ")
        assert message.find(EOM) == len(message) - len(EOM)
        assert len(message) <= 4117
    assert name != "over-500" or len(messages) > 500


def test_a_dirty_song_has_an_end_inside_its_messages():
    assert any(message.count(EOM) > 1 for message in play_answer("dirty", 1).messages)


@pytest.mark.parametrize("ancillary", [b"", b"x END END y"])
def test_songs_are_silent_mp3s(ancillary):
    buffer = AudioBuffer()
    buffer.append(song(1, 40, ancillary))
    buffer.finish()
    decoder, samples = Decoder(buffer), b""
    while block := decoder.next_block():
        samples += block[1]
    assert len(samples) == 40 * 1152 * 4
    assert not any(samples)


def test_what_is_no_answer_is_none():
    assert not any(EOM in message for message in ANYTHING["huge"].messages)
    assert not ANYTHING["nothing"].messages
    with pytest.raises(KeyError):
        list_answer("no such list", "q1")


@pytest.mark.parametrize(
    ("sent", "kind", "faults"),
    [
        (b"LIST END END", Kind.LIST, set()),
        (b"PLAY 12 END END", Kind.PLAY, set()),
        (b"PLAY 0 END END", Kind.PLAY, set()),
        (b"STOP END END", Kind.STOP, set()),
        (b"SETUP ends tags END END", Kind.SETUP, set()),
        (b"TEARDOWN END END", Kind.TEARDOWN, set()),
        (b"LIST 1 END END", Kind.LIST, {Fault.LIST_PARAMETER}),
        (b"STOP None END END", Kind.STOP, {Fault.STOP_PARAMETER}),
        (b"PLAY END END", Kind.PLAY, {Fault.NO_ID}),
        (b"PLAY x END END", Kind.PLAY, {Fault.NO_ID}),
        (b"PLAY 1 2 END END", Kind.PLAY, {Fault.NO_ID}),
        (b"PLAY 007 END END", Kind.PLAY, {Fault.ZEROS}),
        (b"PLAY  7 END END", Kind.PLAY, {Fault.SPACES}),
        (b"PLAY 7  END END", Kind.PLAY, {Fault.SPACES}),
        (b"PLAY 7 END  END", Kind.PLAY, {Fault.SPACES}),
        (b"list end end", Kind.LIST, {Fault.LETTERS}),
        (b"List END END", Kind.LIST, {Fault.LETTERS}),
        (b"LIST end end", Kind.LIST, {Fault.LETTERS}),
        (b"\n\0LIST END END", Kind.LIST, {Fault.BETWEEN}),
        (b"PAUSE END END", Kind.UNKNOWN, {Fault.UNKNOWN}),
        (b"\xff\x1b[2J END END", Kind.UNKNOWN, {Fault.UNKNOWN}),
    ],
)
@pytest.mark.parametrize("bytewise", [False, True])
def test_requests_are_understood_with_their_faults(sent, kind, faults, bytewise):
    reader = RequestReader()
    pieces = [bytes((byte,)) for byte in sent] if bytewise else [sent]
    found = [request for piece in pieces for request in reader.feed(piece, 1.0)]
    assert [(r.kind, r.faults, r.at) for r in found] == [(kind, faults, 1.0)]
    assert not reader.unfinished


@pytest.mark.parametrize(
    ("sent", "kind", "faults"),
    [
        (b"LIST END", Kind.LIST, {Fault.NO_END}),
        (b"LIST\r\n", Kind.LIST, {Fault.NO_END}),
        (b"play 3 end", Kind.PLAY, {Fault.NO_END, Fault.LETTERS}),
        (b"\r\n", Kind.UNKNOWN, {Fault.BETWEEN}),
        (b"", None, None),
    ],
)
def test_what_has_no_end_is_understood_when_nothing_follows(sent, kind, faults):
    reader = RequestReader()
    assert reader.feed(sent, 0.0) == []
    found = reader.give_up(2.0)
    assert [(r.kind, set(r.faults)) for r in found] == ([(kind, faults)] if kind else [])


def test_bytes_without_end_are_not_kept_for_ever():
    reader = RequestReader()
    found = [request for _ in range(40) for request in reader.feed(b"x" * 5000, 0.0)]
    assert found
    assert all(request.kind is Kind.UNKNOWN for request in found)


@pytest.mark.parametrize("space", [b" ", b"\n", b" END"])
def test_however_much_space_a_client_sends_it_is_soon_understood(space):
    reader, began = RequestReader(), time.process_time()
    sent = (b"X" + space * (65536 // len(space)))[:65536]
    found = [*reader.feed(sent, 0.0), *reader.feed(b"X", 0.0), *reader.give_up(0.0)]
    assert {request.kind for request in found} == {Kind.UNKNOWN}
    # Each of them takes a few ms; looked at from each space again, more than 10 s.
    assert time.process_time() - began < 3


def test_requests_in_one_segment_are_two():
    found = RequestReader().feed(b"STOP END ENDPLAY 3 END END", 0.0)
    assert [(request.kind, request.song_id) for request in found] == [
        (Kind.STOP, None),
        (Kind.PLAY, 3),
    ]
    assert not any(request.faults for request in found)


@pytest.mark.parametrize("bytewise", [False, True])
def test_one_end_is_an_end_where_the_next_request_stands_right_behind_it(bytewise):
    sent = b"PLAY 3 ENDSTOP END ENDSETUP ends ENDLIST END"
    reader = RequestReader()
    pieces = [bytes((byte,)) for byte in sent] if bytewise else [sent]
    found = [request for piece in pieces for request in reader.feed(piece, 0.0)]
    found += reader.give_up(1.0)
    assert [(request.words, set(request.faults)) for request in found] == [
        (("PLAY", "3"), {Fault.NO_END}),
        (("STOP",), set()),
        (("SETUP", "ends"), {Fault.NO_END}),
        (("LIST",), {Fault.NO_END}),
    ]


def test_the_page_explains_every_word():
    text = page.PAGE.read_text().partition("### The words of the cases for clients")[2]
    text = text.partition("### The cases for clients")[0]
    for word in {word for case in CASES for word in case.sends.split()}:
        name, _, answer = word.partition("=")
        name = "play:3" if name.startswith("play") else name
        assert f"`{name}=…`" in text if answer else f"`{name}`" in text, word
        answer, _, manner = answer.partition("/")
        assert not answer or f"`{answer}`" in text or answer == "audio", word
        assert not manner or f"`/{manner}`" in text, word


def test_the_page_lists_them():
    text = page.PAGE.read_text().partition("### The cases for clients")[2]
    for case in CASES:
        assert f"| {case.number} | {case.requires.value} | {case.title} |" in text
