"""What a client receives: no split matters, and what only differs in form is understood."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fsm.client.events import (
    AudioReceived,
    ListedSong,
    ListReceived,
    NotFoundReceived,
    SetupReceived,
)
from net.dialects import WireError
from net.framing import audio_message, chunks
from net.responses import MAX_RESPONSE_BYTES, ResponseDecoder
from net.wire import NOT_FOUND
from tests.net.decoding import cpu_s, decode, pieces
from tests.net.test_framing import salted

EOM = b" END END"
SONGS = (ListedSong(1, "NIN - 34 Ghosts IV"), ListedSong(2, "cinematrik (live)"))
FRAME = b"\xff\xfb\x90\x64" + bytes(range(200)) * 2


def together(events):
    """The same, however many events tell one song or one list."""
    joined = []
    for event in events:
        match joined[-1:], event:
            case [AudioReceived(before)], AudioReceived(data) if before and data:
                joined[-1] = AudioReceived(before + data)
            case [ListReceived(before)], ListReceived(songs) if before and songs:
                joined[-1] = ListReceived(before + songs)
            case _:
                joined.append(event)
    return joined


def splits(stream: bytes):
    """The stream whole, in two pieces in every way, and byte by byte."""
    yield (stream,)
    for split in range(1, len(stream)):
        yield stream[:split], stream[split:]
    yield tuple(bytes([byte]) for byte in stream)


def until_refused(decoder, *parts):
    """The events up to the fault, and the fault, or None if there is none."""
    events = []
    for part in parts:
        try:
            events += decoder.feed(part)
        except WireError as error:
            return [*events, *error.events], error
    return events, None


def listed(*messages: bytes):
    """The songs of some list messages, which may be split in every way."""
    stream = b"".join(messages)
    found = {
        tuple(song for event in decode(ResponseDecoder(), *parts) for song in event.songs)
        for parts in splits(stream)
    }
    (songs,) = found
    return songs


# Where a message ends

RECORDED = (
    b"RESP 100 END 1. NIN - 34 Ghosts IV END 2. cinematrik (live) END END"
    b"RESP 200 END \xff\xfb\x90\x64 song END ENDERRO 404 END END"
    b"RESP 101 END alfine/1 ends END ENDRESP 200 END  END ENDRESP 100 END  END END"
)
EVENTS = [
    ListReceived(SONGS),
    AudioReceived(b"\xff\xfb\x90\x64 song"),
    NotFoundReceived(),
    SetupReceived(("alfine/1", "ends")),
    AudioReceived(b""),
    ListReceived(()),
]


def test_every_split_of_a_recorded_session_gives_the_same_responses():
    for parts in splits(RECORDED):
        assert decode(ResponseDecoder(), *parts) == EVENTS


@given(salted, st.lists(st.integers(0, 30_000), max_size=20))
def test_what_is_sent_is_what_arrives(audio, places):
    """Clean messages end once, in whatever pieces they come: no event but one for each."""
    messages = [audio_message(chunk) for chunk in chunks(audio)]
    events = decode(ResponseDecoder(), *pieces(b"".join(messages) + NOT_FOUND, places))
    assert len(events) == len(messages) + 1
    assert b"".join(event.data for event in events[:-1]) == audio
    assert events[-1] == NotFoundReceived()


@given(salted, st.lists(st.integers(0, 30_000), max_size=20), st.sampled_from([4096, 1000, 7]))
def test_what_is_not_cut_cleanly_arrives_as_well(audio, places, size):
    """Bytes behind an EOM that begin no message: the EOM was audio."""
    parts = [audio[i : i + size] for i in range(0, len(audio), size)]
    # The space before the data belongs to an EOM as well as to what stands before the data.
    assume(not any(part.startswith((b"END ENDERRO", b"END ENDRESP")) for part in parts))
    stream = b"".join(map(audio_message, parts)) + NOT_FOUND
    *events, last = decode(ResponseDecoder(), *pieces(stream, places))
    assert b"".join(event.data for event in events) == audio
    assert last == NotFoundReceived()


@pytest.mark.parametrize(
    "song",
    [
        b"THE END END of it",
        b"THE END END\0\0\0\0\xff\xfb",
        b"THE END END\0\0\0\0",
        b"THE END END\r\n END END\t END END",
        b"END ENDless",
        b"THE END END ERR, and END ENDRES, and END ENDRESPONSE",
        b" END" * 40 + b"x" + b" END" * 41,
    ],
)
def test_a_song_with_an_eom_in_it_is_whole_however_it_is_split(song):
    stream = b"RESP 200 END \xff\xfb" + song + EOM + b"RESP 200 END next" + EOM
    for parts in splits(stream):
        events = decode(ResponseDecoder(), *parts)
        assert together(events) == [AudioReceived(b"\xff\xfb" + song + b"next")]
        assert events[-1] == AudioReceived(b"next")


def test_an_eom_at_the_end_of_what_has_arrived_is_an_end_until_more_comes():
    decoder = ResponseDecoder()
    assert decode(decoder, b"RESP 200 END THE END END") == [AudioReceived(b"THE")]
    assert decode(decoder, b" of it END", b" END") == [AudioReceived(b" END END of it")]
    assert decode(decoder, b"RESP 200 END next END END") == [AudioReceived(b"next")]


@pytest.mark.parametrize("song", [b"ENDing", b"END of", b"END", b"END END x"])
def test_a_song_that_begins_with_the_word_end_is_whole(song):
    """It makes an EOM of the header: what is taken for a code alone goes on with the song."""
    for parts in splits(b"RESP 200 END " + song + EOM + NOT_FOUND):
        *events, last = decode(ResponseDecoder(), *parts)
        assert b"".join(event.data for event in events) == song
        assert last == NotFoundReceived()


def test_a_separator_that_comes_late_is_no_empty_list():
    """An empty list would say that a list is whole (protocol.md 7)."""
    decoder = ResponseDecoder()
    assert decode(decoder, b"RESP 100 END 1. a END END") == [ListReceived((ListedSong(1, "a"),))]
    assert decode(decoder, b" END", NOT_FOUND) == [NotFoundReceived()]


def test_a_title_with_an_eom_in_it_is_in_pieces_but_its_list_is_whole():
    stream = b"RESP 100 END 1. THE END END. END 2. b END END"
    assert listed(stream) == (ListedSong(1, "THE"), ListedSong(None, "END."), ListedSong(2, "b"))


@pytest.mark.parametrize("gap", [b"\r\n", b"\n", b"\0", b" ", b"\t", b" \r\n\0\t" * 5])
def test_what_stands_between_messages_is_skipped(gap):
    stream = gap + gap.join(
        [b"RESP 100 END 1. a" + EOM, NOT_FOUND, b"RESP 200 END \xff\xfb" + EOM, NOT_FOUND, b""]
    )
    events = [
        ListReceived((ListedSong(1, "a"),)),
        NotFoundReceived(),
        AudioReceived(b"\xff\xfb"),
        NotFoundReceived(),
    ]
    for parts in splits(stream):
        assert decode(ResponseDecoder(), *parts) == events


# Floods


@pytest.mark.parametrize("step", [1000, 65_536, 262_144, 1 << 21])
def test_a_flood_of_end_is_no_message(step):
    """However it is split, it is refused as soon as it is longer than any message."""
    stream = b"RESP 200 END x" + b" END" * (1 << 19)
    decoder = ResponseDecoder()
    parts = [stream[i : i + step] for i in range(0, len(stream), step)]
    events, error = until_refused(decoder, *parts)
    assert "without END END" in str(error)
    assert sum(len(event.data) for event in events) <= MAX_RESPONSE_BYTES
    assert decoder.held_bytes == 0


@pytest.mark.parametrize("before", [b"", NOT_FOUND, b"RESP 200 END \xff\xfb" + EOM])
@pytest.mark.parametrize("step", [100, 262_144])
def test_a_flood_between_messages_holds_no_memory(before, step):
    decoder = ResponseDecoder()
    events = decode(decoder, before)
    held = [decoder.held_bytes]
    for _ in range((1 << 20) // step):
        assert decode(decoder, b"\0" * step) == []
        held.append(decoder.held_bytes)
    assert max(held) <= MAX_RESPONSE_BYTES + step
    assert held[-1] == 0
    assert decode(decoder, NOT_FOUND) == [NotFoundReceived()]
    assert len(events) == bool(before)


END_ONLY = b"RESP 200 END x" + b" END" * 16_000 + EOM
MANY_EOMS = b"RESP 200 END x" + b" END ENDx" * 7_000 + EOM
LONG_GAPS = b"RESP 200 END x" + (EOM + bytes(4000)) * 15 + EOM


@pytest.mark.parametrize("message", [END_ONLY, MANY_EOMS, LONG_GAPS, audio_message(bytes(4096))])
def test_one_large_feed_costs_linear_time(message):
    """16 times as much may take 64 times as long here; searched anew each time, it takes 256."""
    assert cpu_s(lambda: ResponseDecoder().feed(message * 64)) < 64 * cpu_s(
        lambda: ResponseDecoder().feed(message * 4)
    )


@pytest.mark.parametrize(
    "message", [END_ONLY, MANY_EOMS, LONG_GAPS, b"RESP 200 END " + bytes(60_000)]
)
def test_a_message_in_small_pieces_costs_linear_time(message):
    def feed(stream):
        decoder = ResponseDecoder()
        for i in range(0, len(stream), 16):
            decoder.feed(stream[i : i + 16])

    assert cpu_s(lambda: feed(message)) < 64 * cpu_s(lambda: feed(message[: len(message) // 16]))


# What a client understands (protocol.md 8)


def test_300_is_a_list():
    assert listed(b"RESP 300 END 1. a END 2. b" + EOM) == (ListedSong(1, "a"), ListedSong(2, "b"))


def test_audio_without_end_behind_its_code():
    stream = (b"RESP 200 " + FRAME + EOM) * 3
    for parts in splits(stream):
        assert decode(ResponseDecoder(), *parts) == [AudioReceived(FRAME)] * 3


def test_audio_that_only_begins_like_the_word_end():
    for beginning in (b"E", b"EN", b"ENDING"):
        for parts in splits(b"RESP 200 " + beginning + b"\xff" + EOM):
            assert decode(ResponseDecoder(), *parts) == [AudioReceived(beginning + b"\xff")]


@pytest.mark.parametrize("code", [b"100", b"300"])
def test_a_list_that_is_only_a_code_is_empty(code):
    for parts in splits(b"RESP " + code + EOM + NOT_FOUND):
        assert decode(ResponseDecoder(), *parts) == [ListReceived(()), NotFoundReceived()]


@pytest.mark.parametrize(
    "between",
    [b" END ", b"\r\n", b"\n", b"\r", b" END\r\n", b" END\n", b" END \r\n", b" \r\n ", b"\r\n\r\n"],
)
@pytest.mark.parametrize("last", [False, True], ids=["", "behind the last as well"])
def test_separators(between, last):
    """RFC 2.3.1: "carriage return/line feed delimited"; its example: END."""
    entries = [b"1. NIN - 34 Ghosts IV", b"2. cinematrik (live)"]
    assert listed(b"RESP 100 END " + between.join(entries + [b""] * last) + EOM) == SONGS


@pytest.mark.parametrize(
    "form", ["%d. %s", "%d.  %s", "%d.%s", "%d) %s", "%d - %s", "%d: %s", "[%d] %s"]
)
@pytest.mark.parametrize("brackets", ["%s", "(%s)", "( %s )"])
def test_forms_of_an_entry(form, brackets):
    entries = " END ".join(form % song for song in SONGS)
    assert listed(b"RESP 100 END " + (brackets % entries).encode() + EOM) == SONGS


def test_brackets_round_a_list_in_several_messages():
    """A bracket that a title has opened is the title's own."""
    messages = [b"(1. a (x) END 2. b", b"3. c END 4. (d)", b"5. (e))"]
    songs = listed(*(b"RESP 100 END " + payload + EOM for payload in messages))
    assert [title for _, title in songs] == ["a (x)", "b", "c", "(d)", "(e)"]


def test_a_bracket_that_no_list_opened_is_the_titles():
    assert listed(b"RESP 100 END 1. smile :)" + EOM) == (ListedSong(1, "smile :)"),)
    assert listed(b"RESP 100 END (no ID)" + EOM) == (ListedSong(None, "(no ID)"),)


def test_ids_are_those_that_the_list_shows():
    songs = listed(b"RESP 100 END 0. a END 2. b END 07. c END 99. d END 4. e" + EOM)
    assert [song_id for song_id, _ in songs] == [0, 2, 7, 99, 4]


def test_a_list_has_one_form_of_ids_and_what_has_another_is_a_title():
    songs = listed(b"RESP 100 END Songs: END 1. a END 99 - Red Balloons END 10:15 Saturday" + EOM)
    assert [song_id for song_id, _ in songs] == [None, 1, None, None]


def test_lists_of_deployed_servers_are_understood():
    """A separator behind the last entry, two spaces, a file extension, an entry without an ID."""
    songs = listed(b"RESP 100 END 1.  NIN END 2. grapes.mp3 END no ID END END END")
    assert songs == (ListedSong(1, "NIN"), ListedSong(2, "grapes.mp3"), ListedSong(None, "no ID"))


@pytest.mark.parametrize(
    "error",
    [
        b"ERRO 404",
        b"ERRO 500",
        b"ERRO 404 not found",
        b"ERRO",
        b"ERRO 404 no song 9\r\n",
        b"ERRO x",
    ],
)
def test_any_error_is_an_error(error):
    for parts in splits(error + EOM + NOT_FOUND):
        assert decode(ResponseDecoder(), *parts) == [NotFoundReceived()] * 2


@pytest.mark.parametrize("payload", [b"", b" END hello", b" END \xff\0", b" END "])
def test_an_unknown_code_is_ignored_and_told_once(payload):
    for parts in splits((b"RESP 150" + payload + EOM) * 2 + NOT_FOUND):
        decoder = ResponseDecoder()
        assert decode(decoder, *parts) == [NotFoundReceived()]
        assert decoder.take_unknown_codes() == ["150"]
        assert decoder.take_unknown_codes() == []


def test_a_server_that_makes_codes_up_is_told_of_ten_times():
    decoder = ResponseDecoder()
    assert decode(decoder, *(b"RESP %d END x END END" % code for code in range(400, 600))) == []
    assert decoder.take_unknown_codes() == [str(code) for code in range(400, 410)]


# What it does not understand

FULL = b"RESP 200 END " + FRAME * 10
REFUSED = {
    "lower case": (b"resp 100 end 1. a end end", "'resp 100 end 1. a end end' came, in"),
    "lower case in part": (b"Resp 200 END x END END", "in the place of RESP or ERRO"),
    "lower-case end": (b"RESP 100 end 1. a end end", "'RESP 100 end 1. a end end' came,"),
    "greeting": (b"Welcome to the music server!\r\n", "'Welcome to the music server!"),
    "greeting in UTF-8": ("Grüß Gott\n".encode(), r"Gr\xc3"),
    "HTTP": (b"HTTP/1.1 400 Bad Request\r\n\r\n", "HTTP and not RFC 9999"),
    "escape codes": (b"\x1b]0;title\x07", r"'\x1b"),
    "no code": (b"RESP OK END END", "'RESP OK END END' came, which is no message"),
    "a long code": (b"RESP 1000 END x END END", "no message"),
    "list without END": (b"RESP 100 1. a END END", "'RESP 100 1. a END END' came"),
    "another word": (b"RESPONSE 100", "in the place of RESP or ERRO"),
    "what follows an error": (NOT_FOUND + b"hello", "'hello' came, which is no message"),
    "a word between lists": (b"RESP 100 END 1. a END END\n> " * 3, "'> ' came, which is no"),
    "a word between audio": ((FULL + EOM + b"more:\n") * 3, "'more:' came, which is no message"),
    "a word before an error": (b"RESP 100 END 1. a END END? ERRO 404 END END", "'? ' came"),
    "audio in brackets": (b"RESP 200 (ID3" + FRAME + b")" + EOM, "audio in brackets"),
    "audio in END and brackets": (b"RESP 200 END (" + FRAME + b")" + EOM, "audio in brackets"),
    "list as audio": (b"RESP 200 END (1.  NIN END 2. x) END END", "'(1.  NIN END 2. x)' came as"),
    "list as audio, in lines": (b"RESP 200 1. NIN\r\n2. x END END", "came as RESP 200"),
    "one END": ((FULL + b" END") * 4, "one END, not END END"),
    "one END, with line ends": ((FULL + b" END\r\n") * 4, "one END, not END END"),
    "one END behind an error": (b"ERRO 404 ENDRESP 100 END 1. a END", "'ERRO 404 ENDRESP"),
    "one END before END END": (b"ERRO 404 ENDRESP 100 END 1. a END END", "'ERRO 404 ENDRESP"),
    "no end": (b"RESP 200 END " + b"x" * 70_000, "without END END"),
    "a long message": (b"RESP 200 END " + b"x" * 70_000 + EOM, "without END END"),
    "a long error": (b"ERRO " + b"x" * 70_000, "without END END"),
    "random bytes": (bytes(range(255, 0, -1)), "no message"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_not_understood_is_named_at_once(kind):
    received, words = REFUSED[kind]
    for step in (len(received), 1000, 40):
        parts = [received[i : i + step] for i in range(0, len(received), step)]
        _, error = until_refused(ResponseDecoder(), *parts)
        text = str(error)
        assert words in text
        assert text.isprintable()
        assert "port" not in text
        # The program's own words before it are up to 20 characters.
        assert len(text) <= 140


def test_what_was_whole_before_the_fault_is_not_lost():
    for parts in splits(RECORDED + NOT_FOUND + b"hello, world"):
        events, error = until_refused(ResponseDecoder(), *parts)
        assert events == [*EVENTS, NotFoundReceived()]
        assert error is not None


@pytest.mark.parametrize(
    ("received", "unended"),
    [
        (b"RESP 100 END 1. a END", True),
        (b"RESP 100 END 1. a END\r\n", True),
        (b"ERRO 404 END", True),
        (b"RESP 200 END " + FRAME + b" END", True),
        (b"RESP 100 END 1. a", False),
        (b"RESP 100 END 1. a END END", False),
        (b"RESP 10", False),
        (b"", False),
        # alfine's own messages can be cut there.
        (b"RESP 101 END alfine/1 ends END ENDRESP 100 END 1. a END", False),
    ],
)
def test_what_stands_at_one_end_can_be_named_when_nothing_more_comes(received, unended):
    decoder = ResponseDecoder()
    decode(decoder, received)
    error = decoder.unended()
    assert (error is not None) is unended
    assert error is None or "one END, not END END" in str(error)


@pytest.mark.parametrize("odd", [b"(" + FRAME + b")", b"1. NIN END 2. x", b"(ID3)"])
def test_what_a_server_that_is_understood_sends_is_audio(odd):
    """A song's bytes may look like anything, once the server has shown what its audio is."""
    for proof in (b"RESP 101 END alfine/1 ends END END", b"RESP 200 END " + FRAME + EOM):
        *_, audio = decode(ResponseDecoder(), proof, b"RESP 200 END " + odd + EOM)
        assert audio == AudioReceived(odd)


@given(
    st.lists(
        st.sampled_from(
            [
                b"RESP ",
                b"100 ",
                b"200 ",
                b"END",
                b" END END",
                b"ERRO ",
                b"404",
                b"1. a",
                b"\0",
                b"\r\n",
                b"\xff",
                b"x",
            ]
        ),
        max_size=30,
    ),
    st.lists(st.integers(0, 200)),
)
def test_no_bytes_raise_anything_but_wire_error(words, places):
    stream = b"".join(words)
    for parts in (pieces(stream, places), [stream]):
        _, error = until_refused(ResponseDecoder(), *parts)
        assert error is None or (len(str(error)) <= 140 and str(error).isprintable())
