"""The grammar: every split gives the same events, and what is encoded is what is decoded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.client.effects import SendRequest
from fsm.events import (
    ListRequested,
    PlayFromRequested,
    PlayRequested,
    RequestNotUnderstood,
    RequestTooLong,
    SetupRequested,
    StopRequested,
    TeardownRequested,
)
from fsm.words import Request
from net.responses import ResponseDecoder
from net.wire import (
    LIST_CLOSING,
    MAX_REQUEST_BYTES,
    RequestDecoder,
    encode_request,
    list_entry,
    list_messages,
    setup_message,
)
from tests.net.decoding import cpu_s, decode, pieces

EOM = b" END END"


# Requests


@pytest.mark.parametrize(
    ("request_", "event"),
    [
        (b"LIST", ListRequested()),
        (b"LIST of everything", ListRequested()),
        (b"PLAY 1", PlayRequested(1)),
        (b"PLAY 9999999999", PlayRequested(9_999_999_999)),
        (b"PLAY 3 0", PlayFromRequested(3, 0)),
        (b"PLAY  3  0042", PlayFromRequested(3, 42)),
        (b"PLAY 3 9999999999", PlayFromRequested(3, 9_999_999_999)),
        (b"STOP", StopRequested()),
        (b"STOP 3", StopRequested()),
        (b"STOP None", StopRequested()),
        (b"SETUP ends", SetupRequested(("ends",))),
        (b"SETUP", SetupRequested(())),
        (b"SETUP a  ends", SetupRequested(("a", "ends"))),
        (b"TEARDOWN", TeardownRequested()),
        (b" LIST", ListRequested()),
        (b"PLAY  1", PlayRequested(1)),
        (b"PLAY     1 ", PlayRequested(1)),
        (b"TEARDOWN ", TeardownRequested()),
    ],
)
def test_requests_are_understood(request_, event):
    assert decode(RequestDecoder(), request_ + EOM) == [event]


@pytest.mark.parametrize(
    "request_",
    [
        b"", b" ", b"HELO", b"list", b"LISTS", b"PLAY", b"PLAY ", b"PLAY 0", b"PLAY 01", b"PLAY x",
        b"PLAY -1", b"PLAY 1 2 3", b"PLAY 1 -2", b"PLAY 1 12345678901", b"PLAY 1 x",
        b"PLAY 1\t", b"PLAY\t1", b"PLAY 10000000000", b"PLAY \xd9\xa3",
        b"PLAY 1\n", b"TEARDOWN now", b"\xff\xfe", b"LIST\0", b"SETUP \xe9", b"GET / HTTP/1.1",
    ],
)  # fmt: skip
def test_anything_else_is_not_understood_and_the_next_request_is(request_):
    first, second = decode(RequestDecoder(), request_ + EOM + b"LIST" + EOM)
    assert isinstance(first, RequestNotUnderstood)
    assert first.shown.isprintable()
    assert second == ListRequested()


@pytest.mark.parametrize("gap", [b"\r\n", b"\n", b"\0", b" ", b"\t", b" \t\0\r\n \0"])
def test_what_stands_before_a_request_is_skipped_and_begins_none(gap):
    """A person ends each line with Enter; a client in C sends its string with the NUL behind it."""
    decoder = RequestDecoder()
    assert decode(decoder, gap * 3) == []
    assert decoder.pending_bytes == 0
    sent = b"LIST END END" + gap + b"PLAY 3 END END" + gap * 9 + b"STOP END END" + gap
    assert decode(decoder, sent) == [ListRequested(), PlayRequested(3), StopRequested()]
    assert decoder.pending_bytes == 0


@pytest.mark.parametrize("step", [1, 3, 8192])
def test_several_spaces_are_one_wherever_they_are_split(step):
    sent = b"PLAY" + b" " * 6000 + b"3" + b"  END" * 2 + b"LIST END    END"
    decoder = RequestDecoder()
    parts = [sent[i : i + step] for i in range(0, len(sent), step)]
    assert decode(decoder, *parts) == [PlayRequested(3), ListRequested()]


def test_a_request_that_has_begun_is_pending():
    decoder = RequestDecoder()
    assert decode(decoder, b"\r\nLIST END END\0PLAY") == [ListRequested()]
    assert decoder.pending_bytes == len(b"PLAY")


@pytest.mark.parametrize("step", [1, 3, 1024, 1 << 20])
@pytest.mark.parametrize(
    ("unit", "requests"), [(b" END", 1), (b"\r\n\r\n", 0), (b"\0\0\0\0", 0), (b" \t \t", 0)]
)
def test_floods_hold_no_memory(unit, requests, step):
    """Each pair of END ends a request of no words, however the flood is split."""
    flood = unit * (1 << 14)
    decoder = RequestDecoder()
    events = decode(decoder, *(flood[i : i + step] for i in range(0, len(flood), step)))
    assert events == [RequestNotUnderstood("")] * (requests << 13)
    assert decoder.pending_bytes == 0


@pytest.mark.parametrize("unit", [b" END", b"\r\n\r\n", b"LIST END END\r\n"])
def test_one_large_feed_costs_linear_time(unit):
    """16 times as much may take 64 times as long here; searched anew each time, it takes 256."""
    small, large = unit * (1 << 13), unit * (1 << 17)
    assert cpu_s(lambda: RequestDecoder().feed(large)) < 64 * cpu_s(
        lambda: RequestDecoder().feed(small)
    )


def test_every_split_of_a_recorded_session_gives_the_same_requests():
    session = (
        b"LIST END ENDPLAY 3 END ENDPLAY 2 END END\r\nPLAY 99 END ENDSTOP None END ENDBAD END END"
    )
    whole = decode(RequestDecoder(), session)
    assert len(whole) == 6
    for split in range(len(session) + 1):
        assert decode(RequestDecoder(), session[:split], session[split:]) == whole
    assert decode(RequestDecoder(), *(bytes([b]) for b in session)) == whole


@given(st.binary(max_size=200), st.lists(st.integers(0, 200)))
def test_no_bytes_raise_and_no_split_matters(garbage, splits):
    stream = garbage.replace(b"|", EOM) + b"LIST" + EOM
    assert decode(RequestDecoder(), *pieces(stream, splits)) == decode(RequestDecoder(), stream)


@pytest.mark.parametrize("step", [1, 7, 4096, 10_000])
def test_4096_bytes_without_eom_are_one_too_long_request(step):
    def feed(size):
        decoder = RequestDecoder()
        flood = b"A" * size
        return decode(decoder, *(flood[i : i + step] for i in range(0, size, step))), decoder

    assert feed(MAX_REQUEST_BYTES)[0] == []
    events, decoder = feed(MAX_REQUEST_BYTES + 1)
    assert events == [RequestTooLong()]
    assert decode(decoder, b"LIST END END") == []
    assert decoder.pending_bytes == 0


@pytest.mark.parametrize("split", [1, 4088, 4090, 4095, 4096, 4097])
def test_a_request_that_ends_beyond_the_limit_is_too_long_however_it_is_split(split):
    stream = b"LIST " + b"x" * 4085 + EOM + b"LIST" + EOM
    assert decode(RequestDecoder(), stream[:split], stream[split:]) == [RequestTooLong()]


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (SendRequest(Request.LIST), b"LIST END END"),
        (SendRequest(Request.PLAY, 3), b"PLAY 3 END END"),
        (SendRequest(Request.STOP), b"STOP END END"),
        (SendRequest(Request.SETUP), b"SETUP ends tags from END END"),
        (SendRequest(Request.TEARDOWN), b"TEARDOWN END END"),
    ],
)
def test_requests_are_encoded_as_the_rfc_shows_them(request_, line):
    assert encode_request(request_) == line


# Lists


def listed(songs):
    events = decode(ResponseDecoder(), b"".join(list_messages(songs)))
    return [song for event in events for song in event.songs]


def test_a_list_fits_as_many_whole_entries_as_it_can():
    songs = [(n, f"song {n:05}") for n in range(1, 1001)]
    messages = list(list_messages(songs))
    assert all(len(message) <= 4117 for message in messages)
    assert all(len(message) > 4117 - 40 for message in messages[:-1])
    assert listed(songs) == songs


def test_a_list_whose_entries_fill_a_message_to_the_byte():
    entry = "x" * (4096 - len("1. "))
    assert [len(m) for m in list_messages([(1, entry)])] == [4117]
    first = "x" * 100
    second = "y" * (4096 - 103 - 5 - 3)
    assert len(list(list_messages([(1, first), (2, second)]))) == 1
    assert len(list(list_messages([(1, first), (2, second + "y")]))) == 2


def test_an_empty_library_is_one_empty_message():
    assert list(list_messages([])) == [LIST_CLOSING] == [b"RESP 100 END  END END"]


def test_an_entry_that_is_too_long_is_cut_at_a_character():
    entry = list_entry(1, "é" * 3000)
    assert len(entry) <= 4096
    assert entry.decode().endswith("é…")


@given(st.lists(st.text(max_size=60), max_size=60))
def test_any_titles_can_be_listed(titles):
    songs = list(enumerate(titles, 1))
    received = listed(songs)
    assert [song_id for song_id, _ in received] == [song_id for song_id, _ in songs]
    assert all(not any(ord(c) < 32 for c in title) for _, title in received)


@pytest.mark.parametrize(
    "title", ["THE END END", "THE END", "END", "a END b", "ENDING END", "END END END END"]
)
def test_titles_with_the_word_end(title):
    assert listed([(1, title), (2, "next")]) == [(1, title), (2, "next")]
    assert "\u00a0" in list_entry(1, title).decode()


def test_escape_codes_in_titles_are_removed():
    assert listed([(1, "\x1b[31mred\x07\u202e\n")]) == [(1, "[31mred")]
    hostile = b"RESP 100 END 1. \x1b]0;title\x07\x9b31m END END"
    (event,) = decode(ResponseDecoder(), hostile)
    assert event.songs[0].title.isprintable()


def test_setup_reply():
    assert setup_message(("alfine/1", "ends")) == b"RESP 101 END alfine/1 ends END END"
