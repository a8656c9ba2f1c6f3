"""The fields of a list's entries: what a server sends is what a client that asked for it reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsm.client.events import ListedSong, ListReceived, SetupReceived
from net.entries import CONTROL, FIELD_KEYS, MAX_SHARED_FIELDS, EntryDecoder
from net.responses import ResponseDecoder
from net.wire import list_entry, list_messages, setup_message

EOM = b" END END"
TEXT = st.text(max_size=40) | st.sampled_from(["END", "THE END END", "END END", "a END b", "=", ""])
FIELDS = st.lists(st.tuples(st.sampled_from(sorted(FIELD_KEYS)), TEXT), max_size=10)


def decoder(*tokens: str) -> ResponseDecoder:
    """Return a decoder that has been told that the server accepts these."""
    responses = ResponseDecoder()
    assert responses.feed(setup_message(("alfine/1", *tokens))) == [
        SetupReceived(("alfine/1", *tokens))
    ]
    return responses


def clean(text: str) -> str:
    return CONTROL.sub("", text.replace("\u00a0", " ").encode(errors="replace").decode()).strip()


def test_an_entry_on_the_wire():
    fields = (("ar", "NIN"), ("tr", "3"), ("fo", "NIN/Ghosts"))
    assert list_entry(3, "NIN - 34", fields) == b"3. NIN - 34\x1far=NIN\x1ftr=3\x1ffo=NIN/Ghosts"
    assert list_entry(3, "NIN - 34") == b"3. NIN - 34"


@pytest.mark.parametrize(
    ("title", "fields", "entry"),
    [
        ("THE END", (("al", "x"),), "1. THE\u00a0END\x1fal=x"),
        ("x", (("al", "THE END END"),), "1. x\x1fal=THE\u00a0END\u00a0END"),
        ("x", (("al", "END"),), "1. x\x1fal=END"),
        ("x", (("al", "THE END"), ("ti", "END END")), "1. x\x1fal=THE\u00a0END\x1fti=END\u00a0END"),
        ("a\x1far=b", (("al", "a\x1fti=b"),), "1. aar=b\x1fal=ati=b"),
    ],
)
def test_no_entry_holds_what_ends_one(title, fields, entry):
    assert list_entry(1, title, fields).decode() == entry


def test_of_an_entry_that_is_too_long_the_last_fields_are_left_out_then_the_title_is_cut():
    fields = (("ar", "a" * 2000), ("al", "b" * 2000), ("fo", "c" * 2000))
    assert list_entry(1, "t", fields) == b"1. t\x1far=" + b"a" * 2000 + b"\x1fal=" + b"b" * 2000
    assert list_entry(1, "t" * 3000, fields) == b"1. " + b"t" * 3000
    entry = list_entry(1, "t" * 5000, fields)
    assert len(entry) == 4096
    assert entry.endswith("…".encode())


@given(st.lists(st.tuples(st.integers(1, 10**10 - 1), TEXT, FIELDS), max_size=30))
def test_what_is_sent_is_what_is_read(songs):
    messages = list(list_messages(songs))
    for message in messages:
        assert message.find(EOM, 0) == len(message) - len(EOM)
        assert len(message) <= 4117
    events = [event for m in messages for event in decoder("ends", "tags").feed(m)]
    assert [song for event in events for song in event.songs] == [
        ListedSong(song_id, clean(title)) for song_id, title, _ in songs
    ]
    assert [fields for event in events for fields in event.fields] == [
        tuple((key, clean(value)) for key, value in fields) for _, _, fields in songs
    ]


def test_only_who_has_asked_reads_fields():
    message = b"RESP 100 END 1. a\x1far=b END 2. c END END"
    songs = (ListedSong(1, "a"), ListedSong(2, "c"))
    asked = decoder("ends", "tags", "library=x").feed(message)
    assert asked == [ListReceived(songs, ((("ar", "b"),), ()))]
    assert decoder("ends").feed(message) == [ListReceived((ListedSong(1, "aar=b"), songs[1]))]
    assert ResponseDecoder().feed(message)[0].fields == ()


def test_an_empty_list_has_no_fields():
    assert decoder("ends", "tags").feed(b"RESP 100 END " + EOM) == [ListReceived()]


def test_what_is_no_field_is_left_out():
    payload = b"1. a\x1far=\x1fzz=unknown\x1fnothing\x1f=\x1fAR=b\x1fal=a=b\x1b[2J END x\x1far=y"
    assert EntryDecoder().decode_tagged(payload) == (
        (ListedSong(1, "a"), ListedSong(None, "x")),
        ((("ar", ""), ("al", "a=b[2J")), (("ar", "y"),)),
    )


@given(st.binary(max_size=200))
def test_nothing_that_comes_raises(payload):
    songs, fields = EntryDecoder().decode_tagged(payload)
    assert len(songs) == len(fields)


def test_fields_that_songs_share_are_kept_once():
    decoder = EntryDecoder()
    first, second = (
        decoder.decode_tagged(f"{n}. t\x1fal=an album of many songs\x1fti=t".encode())[1][0]
        for n in (1, 2)
    )
    assert first[0] is second[0]


def test_a_server_that_sends_new_fields_for_ever_has_no_more_of_them_kept():
    decoder = EntryDecoder()
    for begin in range(0, MAX_SHARED_FIELDS + 1000, 1000):
        entries = (f"{n}. t\x1fal={n}" for n in range(begin, begin + 1000))
        decoder.decode_tagged(" END ".join(entries).encode())
        assert len(decoder._shared) <= MAX_SHARED_FIELDS
    assert len(decoder._shared) < MAX_SHARED_FIELDS


def test_a_list_that_comes_once_more_is_neither_read_nor_kept_twice():
    decoder = EntryDecoder()
    payload = b"1. a\x1fti=a\x1fdu=3.5 END 2. b\x1fti=b"
    first, second = decoder.decode_tagged(payload), decoder.decode_tagged(payload)
    assert first == second
    assert all(
        one is other
        for kept in (0, 1)
        for one, other in zip(first[kept], second[kept], strict=True)
    )


def test_a_server_that_sends_new_entries_for_ever_has_no_more_of_them_kept(monkeypatch):
    monkeypatch.setattr("net.entries.MAX_KEPT_BYTES", 1000)
    decoder = EntryDecoder()
    for n in range(500):
        songs, _ = decoder.decode_tagged(f"{n}. {n:0100}".encode())
        assert songs == (ListedSong(n, f"{n:0100}"),)
        assert sum(len(song.title) for songs, _ in decoder._kept.values() for song in songs) <= 1000
