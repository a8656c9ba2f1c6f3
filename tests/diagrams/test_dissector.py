"""tshark with the dissector: what it shows of a session, however split, and what it calls wrong."""

import itertools
import random
import re
import socket
import subprocess

import pytest

from diagrams.dissector import ENTRY_FIELDS, SENDS, TEMPLATE, script
from diagrams.files import ROOT
from fsm import effects as do
from fsm import events as on
from fsm.client import internal_events as internal
from fsm.client.conversation.session import ConversationSession
from fsm.client.effects import SendRequest
from fsm.server import ServerSession
from fsm.table import Table
from net.dialects import KINDS
from net.framing import AUDIO_CLOSING, EOM, audio_message, chunks
from net.wire import (
    EMPTY_LIST,
    LIST_CLOSING,
    MAX_REQUEST_BYTES,
    NOT_FOUND,
    RequestDecoder,
    list_messages,
    parse_request,
    setup_message,
)
from tests.diagrams.captures import CLIENT, SERVER, Capture, Recorder, dumping, messages, tshark
from tests.end_to_end.programs import PATIENCE_S, play, serving
from tests.end_to_end.songs import music, named
from tests.needs import needs_program
from tests.peers.plain_server import PlainServer

pytestmark = needs_program("tshark", "editcap")

OFFER, ACCEPTED = (CLIENT, b"SETUP ends END END"), (SERVER, setup_message(("alfine/1", "ends")))
LIST, LISTED = (CLIENT, b"LIST END END"), (SERVER, *list_messages([(1, "a"), (2, "b")]))
PLAY, STOP = (CLIENT, b"PLAY 1 END END"), (CLIENT, b"STOP END END")
AUDIO, CLOSED, UNKNOWN = (
    (SERVER, audio_message(b"x" * 99)),
    (SERVER, AUDIO_CLOSING),
    (SERVER, NOT_FOUND),
)
ALL_LISTED = (SERVER, LIST_CLOSING)
OFFER_ALL = (CLIENT, b"SETUP ends tags from END END")
ACCEPTED_ALL = (SERVER, setup_message(("alfine/1", "ends", "tags", "from", "library=a-1")))
PLAY_FROM, PLAY_BEYOND = (CLIENT, b"PLAY 1 5 END END"), (CLIENT, b"PLAY 1 9999999999 END END")

HOSTILE = EOM * 5 + b"END END" * 700 + bytes(9000) + b" END"
"""A song in which a careless receiver finds ends everywhere."""


@pytest.fixture
def capture(tmp_path):
    """Record messages of both sides in order, and dissect them."""
    number = itertools.count()

    def record(*said, segment_bytes=1448, begun=False, arguments=()):
        path = tmp_path / f"{next(number)}.pcap"
        Capture(path, begun).say_all(said, segment_bytes).close()
        return messages(path, *arguments)

    return record


def experts(found):
    return [expert for message in found for expert in message.experts]


def violations(found):
    return [text for kind, text in experts(found) if kind == "violation"]


def states(found, side="server"):
    return [message[f"{side}.state"] for message in found]


def each_of(shown):
    return {state for states in shown for state in states.split(" or ")}


def audio(found):
    return bytes.fromhex("".join(message["audio"].replace(":", "") for message in found))


def framed(song):
    return [(SERVER, audio_message(chunk)) for chunk in chunks(song)]


# What it shows


def test_every_message_of_a_session_is_shown_with_both_states(capture):
    found = capture(OFFER, ACCEPTED, LIST, LISTED, ALL_LISTED, PLAY, AUDIO, LIST, AUDIO, LISTED)
    closing = "CLOSING_SERVER"
    shown = [(m["from"], m["message"], m["code"], m["client.state"]) for m in found]
    assert shown == [
        ("client", "SETUP", "", "OFFERING"),
        ("server", "RESP", "101", closing),
        ("client", "LIST", "", closing),
        ("server", "RESP", "100", closing),
        ("server", "RESP", "100", closing),
        ("client", "PLAY", "", closing),
        ("server", "RESP", "200", closing),
        ("client", "LIST", "", closing),
        ("server", "RESP", "200", closing),
        ("server", "RESP", "100", closing),
    ]
    assert states(found) == [
        "IDLE",
        "IDLE",
        "LISTING",
        "LISTING",
        "IDLE",
        "IDLE or STREAMING",
        "STREAMING",
        "LISTING_WHILE_STREAMING",
        "STREAMING",
        "LISTING_WHILE_STREAMING",
    ]
    assert experts(found) == []


def test_fields_say_what_a_message_says(capture):
    found = capture(OFFER, ACCEPTED, LIST, LISTED, ALL_LISTED, (CLIENT, b"PLAY 9876543210 END END"))
    assert found[0]["tokens"] == "ends"
    assert found[1]["tokens"] == "alfine/1 ends"
    assert found[3].fields["entry"] == ["1. a", "2. b"]
    assert (found[3]["payload_bytes"], found[4]["payload_bytes"]) == ("13", "0")
    assert (found[3]["closing"], found[4]["closing"]) == ("", "1")
    assert found[5]["song_id"] == "9876543210"


def test_facts_of_the_server_are_told_from_what_it_accepts(capture):
    offered = [b"a-1", b"A" * 64, b"", b"A" * 65, b"a=b", b"\xc3\xa9"]
    reply = b"RESP 101 END product=1  ends mood=blue library=%s  END END"
    found = capture(OFFER, *[(SERVER, reply % name) for name in offered])[1:]
    assert [m["library"] for m in found] == ["a-1", "A" * 64, "", "", "", ""]
    shown = ["a-1", "A" * 64, "", "A" * 65, "a=b", "??"]
    assert [m.fields["fact"] for m in found] == [["mood=blue", f"library={s}"] for s in shown]


def test_fields_of_an_entry_stand_below_it_each_under_its_name(capture):
    texts = {key: f"{name} of THE END END" for key, name in ENTRY_FIELDS.items()}
    songs = [
        (1, "Björk - THE END", [*texts.items(), ("xx", "ö")]),
        (2, "b"),
        (3, "c", [("al", "")]),
    ]
    found = capture(OFFER_ALL, ACCEPTED_ALL, LIST, (SERVER, *list_messages(songs)), ALL_LISTED)
    listed = found[3]
    assert listed.fields["entry"] == ["1. Björk - THE\u00a0END", "2. b", "3. c"]
    for key, name in ENTRY_FIELDS.items():
        shown = [texts[key].replace(" END", "\u00a0END"), *[""] * (key == "al")]
        assert listed.fields[f"entry.{name}"] == shown
    assert listed.fields["entry.other"] == ["xx=ö"]
    assert experts(found) == []


def test_what_is_no_field_is_shown_as_it_came(capture):
    entry = b"\x1f 1. a\x1f\x1far\x1f=x\x1far=\xff\x1fAR=b\x1far=c=d\x1f"
    found = capture(LIST, (SERVER, b"RESP 100 END " + entry + b" END 2. b" + EOM))
    assert found[1].fields["entry"] == ["", "2. b"]
    assert found[1].fields["entry.artist"] == ["\ufffd", "c=d"]
    assert found[1].fields["entry.other"] == [" 1. a", "", "ar", "=x", "AR=b", ""]


def test_a_song_is_played_from_an_offset(capture):
    at_end = (CLIENT, b"PLAY 2 007 END END")
    said = [OFFER_ALL, ACCEPTED_ALL, PLAY_FROM, AUDIO, CLOSED, at_end, CLOSED, PLAY_BEYOND, UNKNOWN]
    found = capture(*said, LIST, LISTED, ALL_LISTED)
    assert [m["offset"] for m in found if m["message"] == "PLAY"] == ["5", "7", "9999999999"]
    songs = ["", "", "1", "1", "1", "2", "2", "1", "1", "", "", ""]
    assert [m["song_id"] for m in found] == songs
    assert states(found)[2:9] == [
        "IDLE or STREAMING",
        "STREAMING",
        "IDLE",
        "IDLE or STREAMING",
        "IDLE",
        "IDLE or STREAMING",
        "IDLE",
    ]
    assert experts(found) == []


def test_an_offset_beyond_the_end_ends_the_song_that_is_sent(capture):
    found = capture(OFFER_ALL, ACCEPTED_ALL, PLAY, AUDIO, PLAY_BEYOND, AUDIO, CLOSED, UNKNOWN)
    assert states(found)[-1] == "IDLE"
    assert [m["num_audio_msgs_recv"] for m in found if m["code"] == "200"] == ["1", "2", ""]
    assert experts(found) == []


def test_a_song_goes_on_behind_what_is_not_understood(capture):
    said = [OFFER, ACCEPTED, PLAY, AUDIO, (CLIENT, b"PLAY 2 5 END END"), UNKNOWN, AUDIO, CLOSED]
    found = capture(*said)
    assert states(found)[3:] == ["STREAMING", "STREAMING", "STREAMING", "STREAMING", "IDLE"]
    assert [m["song_id"] for m in found[2:]] == ["1", "1", "2", "", "1", "1"]
    assert [m["num_audio_msgs_recv"] for m in found[2:]] == ["", "1", "", "", "2", ""]
    assert [kind for kind, _ in experts(found)] == ["violation"]


@pytest.mark.parametrize("accepted", [ACCEPTED_ALL, ACCEPTED])
def test_an_offset_behind_an_unanswered_setup_is_not_judged(capture, accepted):
    found = capture(OFFER_ALL, PLAY_FROM, LIST, accepted, UNKNOWN, LISTED, ALL_LISTED)
    assert states(found)[1] == "IDLE or STREAMING"
    assert states(found)[-1] == "IDLE"
    assert experts(found) == []


def test_an_offset_in_a_capture_that_begins_in_the_middle_is_not_judged(capture):
    for answers in ([AUDIO, CLOSED], [CLOSED], [UNKNOWN]):
        assert experts(capture(PLAY_FROM, *answers, begun=True)) == []


def test_audio_is_counted_for_the_song_that_it_belongs_to(capture):
    second = (CLIENT, b"PLAY 2 END END")
    found = capture(OFFER, ACCEPTED, PLAY, AUDIO, AUDIO, second, AUDIO, CLOSED, AUDIO, CLOSED)
    answers = [m for m in found if m["code"] == "200"]
    assert [m["num_audio_msgs_recv"] for m in answers] == ["1", "2", "3", "", "1", ""]
    assert [m["song_id"] for m in answers] == ["1", "1", "1", "1", "2", "2"]
    assert experts(found) == []


@pytest.mark.parametrize("segment_bytes", [1, 7, 1448, 60_000])
def test_however_it_is_split_it_is_the_same(capture, segment_bytes):
    song = HOSTILE if segment_bytes > 1 else HOSTILE[:3000]
    said = [OFFER, ACCEPTED, LIST, LISTED, ALL_LISTED, PLAY, *framed(song), CLOSED, LIST, LISTED]
    whole, split = capture(*said, segment_bytes=60_000), capture(*said, segment_bytes=segment_bytes)
    assert split == whole
    assert audio(whole) == song
    assert experts(whole) == []


def test_many_messages_in_one_segment_are_many(capture):
    answers = b"".join(data for side, data in framed(HOSTILE) if side == SERVER) + AUDIO_CLOSING
    requests = b"SETUP ends END ENDLIST END END\r\n PLAY  1  END END\0STOP END END"
    found = capture(
        (CLIENT, requests), ACCEPTED, LISTED, ALL_LISTED, (SERVER, answers), segment_bytes=60_000
    )
    assert [m["message"] for m in found[:4]] == ["SETUP", "LIST", "PLAY", "STOP"]
    assert audio(found) == HOSTILE
    assert found[-1]["server.state"] == "IDLE"
    assert experts(found) == []


def test_it_shows_the_same_when_packets_are_dissected_again(capture):
    said = [OFFER, ACCEPTED, PLAY, *framed(HOSTILE), CLOSED, AUDIO, LIST, *framed(HOSTILE), LISTED]
    again = {"segment_bytes": 1000, "arguments": ("-2",)}
    assert capture(*said, **again) == capture(*said, segment_bytes=1000)


# Real programs


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two songs, the second hard to frame. The fixture gives the folder and their bytes."""
    path = tmp_path_factory.mktemp("music")
    songs = (music(2.0, seed=1), HOSTILE + music(1.0, seed=2))
    for number, song in enumerate(songs, 1):
        (path / f"{number} noise.mp3").write_bytes(song)
    return path, songs


def session(port, tmp_path, *options):
    """Let alfine's client list and play both songs; nothing of it may fail."""
    output = f"wav:{tmp_path / 'heard.wav'}"
    script = ("list", "play 1", "wait", "play 2", "wait", "play 3")
    return play(port, *script, output=output, options=options)


def test_a_session_of_alfines_own_programs_has_no_violation(folder, tmp_path):
    path, songs = folder
    with serving(path) as server, Recorder(server.port) as recorder:
        assert session(recorder.port, tmp_path).code == 1  # there is no third song
    found = messages(Capture(tmp_path / "session.pcap").say_all(recorder.said).close())
    assert experts(found) == []
    assert audio(found) == songs[0] + songs[1]
    assert states(found)[:2] == ["IDLE", "IDLE"]
    assert states(found)[-1] == "CLOSING"
    assert set(states(found)) >= {"STREAMING", "IDLE", "LISTING", "CLOSING"}
    assert states(found, "client")[:2] == ["OFFERING", "CLOSING_SERVER"]
    assert states(found, "client")[-1] == "LEAVING"
    assert set(states(found, "client")) == {"OFFERING", "CLOSING_SERVER", "LEAVING"}


def test_a_plain_server_of_the_rfc_has_no_violation(folder, tmp_path):
    path, songs = folder
    with PlainServer(path) as server, Recorder(server.port) as recorder:
        play(recorder.port, "list", "play 2", "wait", output=f"wav:{tmp_path / 'heard.wav'}")
    found = messages(Capture(tmp_path / "session.pcap").say_all(recorder.said).close())
    assert experts(found) == []
    assert audio(found) == songs[1]
    assert {"GREETING", "PLAIN", "ASKING"} <= each_of(states(found, "client"))


def test_a_capture_of_the_loopback_device_is_read(folder, tmp_path):
    path, songs = folder
    capture = tmp_path / "loopback.pcap"
    with serving(path) as server, dumping(capture, server.port, b"TEARDOWN END END"):
        session(server.port, tmp_path)
    found = messages(capture, port=server.port)
    assert experts(found) == []
    assert audio(found) == songs[0] + songs[1]
    assert states(found)[-1] == "CLOSING"


def asked_one_by_one(port, *exchanges):
    """Send each request when the answer to the one before it has come, to its last bytes."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as sock:
        for request, last in exchanges:
            sock.sendall(request)
            received = b""
            while not received.endswith(last) and (data := sock.recv(60_000)):
                received += data
            assert received.endswith(last), (request, received[-40:])


def test_a_server_that_sends_fields_and_plays_from_an_offset_has_no_violation(tmp_path):
    song = named("Björk", "THE END") + music(1.0, seed=3)
    (tmp_path / "music" / "Homogenic").mkdir(parents=True)
    (tmp_path / "music" / "Homogenic" / "1.mp3").write_bytes(song)
    with serving(tmp_path / "music") as server, Recorder(server.port) as recorder:
        asked_one_by_one(
            recorder.port,
            (PLAY_FROM[1], NOT_FOUND),
            (OFFER_ALL[1], EOM),
            (LIST[1], LIST_CLOSING),
            (PLAY_FROM[1], AUDIO_CLOSING),
            (b"PLAY 1 %d END END" % len(song), AUDIO_CLOSING),
            (b"PLAY 1 %d END END" % (len(song) + 1), NOT_FOUND),
            (b"TEARDOWN END END", b""),
        )
    found = messages(Capture(tmp_path / "session.pcap").say_all(recorder.said).close())
    assert experts(found[1:]) == []
    assert violations(found[:1]) == [NO_OFFSET]
    assert audio(found) == song[5:]
    (listed,) = [m for m in found if m["entry"]]
    assert (listed["entry"], listed["entry.folder"]) == ("1. Björk - THE\u00a0END", "Homogenic")
    assert (listed["entry.artist"], listed["entry.title"]) == ("Björk", "THE\u00a0END")
    (library,) = [m["library"] for m in found if m["library"]]
    assert f"library={library}" in found[3]["tokens"]


# What is wrong, and is named


NO_OFFSET = (
    "the client sent 'PLAY 1 5' to a server in IDLE; legal would have been: "
    "PLAY 1, as no RESP 101 has accepted from"
)

NOTHING = "nothing, before another request"
WRONG = {
    "audio that nobody has requested": (
        [OFFER, ACCEPTED, AUDIO],
        f"the server in IDLE sent RESP 200 with audio; legal would have been: {NOTHING}",
    ),
    "audio behind the song's end": (
        [OFFER, ACCEPTED, PLAY, AUDIO, CLOSED, AUDIO],
        f"the server in IDLE sent RESP 200 with audio; legal would have been: {NOTHING}",
    ),
    "audio behind an answer that comes after STOP": (
        [PLAY, AUDIO, STOP, LIST, LISTED, AUDIO],
        "the server in LISTING sent RESP 200 with audio; legal would have been: "
        "RESP 100 with entries",
    ),
    "a song that is closed twice": (
        [OFFER, ACCEPTED, PLAY, AUDIO, CLOSED, CLOSED],
        f"the server in IDLE sent an empty RESP 200; legal would have been: {NOTHING}",
    ),
    "a song that is not closed before the next answer": (
        [OFFER, ACCEPTED, PLAY, AUDIO, STOP, LIST, LISTED],
        "the server in LISTING sent RESP 100 with entries; legal would have been: "
        "RESP 200 with audio, an empty RESP 200",
    ),
    "a list that nobody has requested": (
        [LISTED],
        f"the server in IDLE sent RESP 100 with entries; legal would have been: {NOTHING}",
    ),
    "a list in the place of a song": (
        [PLAY, LISTED],
        "the server in IDLE or STREAMING sent RESP 100 with entries; legal would have been: "
        "ERRO 404, RESP 200 with audio",
    ),
    "an error that nothing has caused": (
        [UNKNOWN],
        f"the server in IDLE sent ERRO 404; legal would have been: {NOTHING}",
    ),
    "STOP is answered": (
        [STOP, UNKNOWN],
        f"the server in IDLE sent ERRO 404; legal would have been: {NOTHING}",
    ),
    "an answer to no SETUP": (
        [LIST, ACCEPTED],
        "the server in LISTING sent RESP 101; legal would have been: "
        "RESP 100 with entries, an empty RESP 100",
    ),
    "answers behind TEARDOWN": (
        [OFFER, ACCEPTED, PLAY, AUDIO, (CLIENT, b"TEARDOWN END END"), CLOSED, CLOSED],
        "the server in CLOSING sent an empty RESP 200; legal would have been: "
        f"{NOTHING}",
    ),
    "a word that is no request": (
        [OFFER, ACCEPTED, PLAY, AUDIO, (CLIENT, b"PAUSE\x1b[2J END END")],
        "the client sent 'PAUSE?[2J' to a server in STREAMING; legal would have been: "
        "LIST, PLAY, STOP, SETUP, TEARDOWN",
    ),
    "an offset that no SETUP has brought": (
        [PLAY_FROM, UNKNOWN],
        NO_OFFSET,
    ),
    "an offset where from was offered and not accepted": (
        [OFFER_ALL, ACCEPTED, PLAY_FROM, UNKNOWN],
        NO_OFFSET,
    ),
    "an offset where from was accepted without ends": (
        [OFFER_ALL, (SERVER, setup_message(("alfine/1", "from"))), PLAY_FROM, UNKNOWN],
        NO_OFFSET,
    ),
    "an offset where a fact and the server's name look like from": (
        [OFFER_ALL, (SERVER, setup_message(("from", "ends", "from=1"))), PLAY_FROM, UNKNOWN],
        NO_OFFSET,
    ),
    "a song that is not closed before one from an offset": (
        [OFFER_ALL, ACCEPTED_ALL, PLAY, AUDIO, PLAY_FROM, LIST, LISTED],
        "the server in LISTING or LISTING_WHILE_STREAMING sent RESP 100 with entries; legal would "
        "have been: RESP 200 with audio, an empty RESP 200",
    ),
    "audio from an offset that was beyond the end": (
        [OFFER_ALL, ACCEPTED_ALL, PLAY_BEYOND, UNKNOWN, AUDIO],
        f"the server in IDLE sent RESP 200 with audio; legal would have been: {NOTHING}",
    ),
    "a request without an end": (
        [(CLIENT, b"x" * (MAX_REQUEST_BYTES + 1))],
        "the client sent 4097 bytes without END END to a server in IDLE; legal would have been: "
        "at most 4096",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def wrong_conversations(tmp_path_factory):
    """Each of WRONG, dissected as a connection of its own in one capture."""
    path = tmp_path_factory.mktemp("wrong") / "wrong.pcap"
    found = messages(captured_together(path, [said for said, _ in WRONG.values()]))
    return {
        name: [message for message in found if message.connection == number]
        for number, name in enumerate(WRONG)
    }


@pytest.mark.parametrize("wrong", WRONG)
def test_a_violation_is_named_with_state_message_and_what_is_legal(wrong_conversations, wrong):
    said, text = WRONG[wrong]
    assert len(wrong_conversations[wrong]) == len(said)
    assert experts(wrong_conversations[wrong]) == [("violation", text)]


def test_behind_a_violation_it_goes_on_as_if_the_message_had_not_come(capture):
    found = capture(OFFER, ACCEPTED, AUDIO, PLAY, AUDIO, CLOSED, LIST, LISTED, ALL_LISTED)
    assert len(violations(found)) == 1
    assert states(found)[-1] == "IDLE"


def test_audio_behind_an_offset_that_is_not_understood_is_wrong_as_well(capture):
    assert violations(capture(OFFER, ACCEPTED, PLAY_FROM, AUDIO)) == [
        NO_OFFSET,
        "the server in IDLE sent RESP 200 with audio; legal would have been: ERRO 404",
    ]


def test_tshark_filters_by_the_violation(tmp_path):
    path = (
        Capture(tmp_path / "a.pcap").say_all([OFFER, ACCEPTED, PLAY, AUDIO, CLOSED, AUDIO]).close()
    )
    assert len(tshark("-r", path, "-Y", "alfine.violation").splitlines()) == 1
    assert tshark("-r", path, "-Y", "alfine.malformed or _ws.malformed") == ""


@pytest.mark.parametrize(
    "data", [b"HTTP/1.1 400 Bad Request END END", b"\0\x1b END END", b"resp END END"]
)
def test_what_is_no_message_is_malformed(capture, data):
    assert [kind for kind, _ in experts(capture(LIST, (SERVER, data)))] == ["malformed"]


def test_bytes_without_an_end_are_malformed_once(capture):
    found = capture(LIST, (SERVER, b"x" * 70_000), segment_bytes=60_000)
    assert [kind for kind, _ in experts(found)] == ["malformed"]


# What is not wrong


def test_a_song_that_fails_in_its_middle_is_no_violation_but_is_told(capture):
    found = capture(OFFER, ACCEPTED, PLAY, AUDIO, UNKNOWN, PLAY, AUDIO, CLOSED)
    assert [kind for kind, _ in experts(found)] == ["failed"]


def test_an_empty_library_is_no_violation(capture):
    assert (
        experts(capture(LIST, (SERVER, EMPTY_LIST), LIST, (SERVER, EMPTY_LIST), PLAY, UNKNOWN))
        == []
    )
    assert experts(capture(OFFER, ACCEPTED, LIST, ALL_LISTED, LIST, ALL_LISTED)) == []


@pytest.mark.parametrize("answers", [[UNKNOWN], []])
def test_a_server_that_does_not_know_setup_is_plain(capture, answers):
    found = capture(OFFER, *answers, LIST, LISTED, PLAY, AUDIO, AUDIO)
    assert experts(found) == []


def test_audio_that_is_not_cut_cleanly_is_noted_and_belongs_together(capture, folder):
    song = b"x" * 50 + EOM + b"y" * 2000
    found = capture(PLAY, (SERVER, b"RESP 200 END " + song + EOM), LIST, LISTED)
    assert [kind for kind, _ in experts(found)] == ["uncut"]
    assert audio(found) == song


def test_an_end_in_audio_at_the_end_of_a_segment_is_found_to_be_data(capture):
    first, more = (SERVER, b"RESP 200 END " + b"x" * 50 + EOM), (SERVER, b"y" * 2000 + EOM)
    found = capture(PLAY, first, more, LIST, LISTED)
    assert [m["continued"] for m in found] == ["", "", "1", "", ""]
    assert experts(found) == []


@pytest.mark.parametrize(
    "data",
    [b"RESP 300 END 1. a END 2. b END END", b"RESP 777 END x END END", b"ERRO 500 no END END"],
)
def test_another_wording_is_noted(capture, data):
    request = {b"3": LIST, b"7": STOP, b"E": PLAY}[data[5:6] if data[:4] == b"RESP" else b"E"]
    assert experts(capture(request, (SERVER, data))) == [
        ("dialect", "Worded differently, and understood")
    ]


def test_a_capture_that_begins_in_the_middle_is_followed(capture):
    tail = (SERVER, b"END of a message" * 20 + EOM)
    found = capture(tail, AUDIO, AUDIO, CLOSED, LIST, LISTED, ALL_LISTED, begun=True)
    assert experts(found) == []
    assert [m["continued"] for m in found] == ["1", *[""] * 6]
    assert states(found)[-1] == "IDLE"


def test_requests_that_nobody_answers_are_followed_up_to_a_bound(capture):
    found = capture((CLIENT, b"LIST END END" * 5000), LISTED, AUDIO)
    assert len(found) == 5002
    assert experts(found) == []
    assert states(found)[-2:] == ["", ""]
    assert states(found)[0] == "LISTING"


def test_a_flood_of_any_request_takes_no_long_time(tmp_path):
    words = [b"PLAY 1", b"STOP", b"SETUP ends", b"PAUSE", b"TEARDOWN"]
    floods = [[OFFER, ACCEPTED, (CLIENT, (word + EOM) * 2000), AUDIO] for word in words]
    found = messages(captured_together(tmp_path / "a.pcap", floods))
    assert len(found) == 2003 * len(words)


def test_packets_that_were_not_recorded_whole_are_shown_as_far_as_they_go(tmp_path):
    path = Capture(tmp_path / "a.pcap").say_all([PLAY, AUDIO, LIST, LISTED]).close()
    short = tmp_path / "short.pcap"
    subprocess.run(["editcap", "-s", "80", path, short], check=True)
    found = messages(short)
    assert [m["from"] for m in found] == ["client", "server", "client", "server"]
    assert violations(found) == []


# The machines' courses, at random


class Simulated:
    """A server's machine and what it sends, which a test moves step by step.

    Only its ServerSession decides. It takes a request or sends a message when chance wants it.
    """

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.session = ServerSession({1, 2})
        self.received, self.queue, self.said = [], [], []
        self.streaming = self.closing = False

    def tell(self, event):
        for effect in self.session.handle(event):
            match effect:
                case do.SendSongList(closes):
                    self.queue.append((LIST_CLOSING, closes))
                case do.SendNotFound():
                    self.queue.append((NOT_FOUND, None))
                case do.SendSetupReply(tokens):
                    self.queue.append((setup_message(tokens), None))
                case do.SendClosing():
                    self.queue.append((AUDIO_CLOSING, None))
                case do.StartSong():
                    self.streaming = True
                case do.StopSong():
                    self.streaming = False
                case do.CloseAtBoundary():
                    self.queue, self.closing = [], True
                case do.CloseWhenSent():
                    self.closing = True

    def step(self):
        if self.random.random() < 0.3 and not self.closing:
            words = [
                b"LIST", b"PLAY 1", b"PLAY 2", b"PLAY 9", b"PLAY 2 5", b"PLAY 9 0", b"STOP 7",
                b"SETUP ends", b"SETUP", b"SETUP from ends tags",
            ]  # fmt: skip
            request = self.random.choice([*words, b"TEARDOWN"] if len(self.said) > 40 else words)
            self.said.append((CLIENT, request + EOM))
            self.received.append(parse_request(request))
        elif self.received and self.random.random() < 0.5:
            self.tell(self.received.pop(0))
        else:
            self.send()

    def send(self):
        if self.queue:
            message, closes = self.queue.pop(0)
            if message != LIST_CLOSING:
                self.said.append((SERVER, message))
            else:
                self.said += [LISTED] * self.random.randrange(closes is False, 3)
                self.said += [ALL_LISTED] * bool(closes)
                self.tell(on.ListSent())
        elif self.streaming and self.random.random() < 0.7:
            self.said.append(AUDIO)
        elif self.streaming:
            self.streaming = False
            self.tell(on.SongSent())

    def run(self, steps):
        for _ in range(steps):
            self.step()
        return self.said


def captured_together(path, conversations):
    """Record many connections, each from ports of its own, in one file."""
    capture = Capture(path, begun=True)
    for said in conversations:
        capture.another_connection()
        capture.say_all(said)
    return capture.close()


def check_offsets(found, said):
    """Only an offset is called wrong: always before any SETUP, never where one has brought it."""
    set_up = accepted = False
    for message, (side, data) in zip(found, said, strict=True):
        set_up |= side == CLIENT and data.startswith(b"SETUP")
        accepted |= side == SERVER and b" from" in data
        if message.experts:
            assert message["offset"] != ""
            assert violations([message]) == [text for _, text in message.experts]
            assert not accepted
        elif message["offset"]:
            assert set_up


def test_whatever_the_servers_table_does_is_no_violation(tmp_path):
    conversations = [Simulated(seed).run(120) for seed in range(150)]
    found = messages(captured_together(tmp_path / "a.pcap", conversations))
    assert len(found) == sum(map(len, conversations))
    assert experts([message for message in found if message["from"] == "server"]) == []
    for number, said in enumerate(conversations):
        check_offsets([m for m in found if m.connection == number], said)
    assert each_of(states(found)) == {
        "IDLE", "LISTING", "STREAMING", "LISTING_WHILE_STREAMING", "CLOSING",
    }  # fmt: skip


def damaged(chance, data):
    """Return a message that may have lost, got or changed some bytes."""
    data = bytearray(data)
    pieces = [
        EOM,
        b"END END",
        b" END",
        b"RESP ",
        b"RESP 200 ",
        b"ERRO ",
        b"\0",
        b"   ",
        b"\xff\xc3",
        b"\x1f",
        b"\x1far=",
        b" from=",
    ]
    for _ in range(chance.randrange(4)):
        at = chance.randrange(len(data) + 1)
        data[at : at + chance.randrange(5)] = chance.choice([b"", *pieces])
    return bytes(data)


def test_whatever_comes_is_shown_and_nothing_fails(tmp_path):
    chance = random.Random(9999)
    conversations = [
        [(side, damaged(chance, data)) for side, data in Simulated(seed).run(40)]
        for seed in range(60)
    ]
    path = captured_together(tmp_path / "a.pcap", conversations)
    assert {kind for kind, _ in experts(messages(path))} >= {"violation", "malformed", "dialect"}
    # `tshark` fails the test where a word of the dissector's own errors is in what it shows.
    assert tshark("-r", path, "-2", "-Y", "_ws.lua") == ""


def test_closing_messages_that_nothing_closes_are_found_wherever_they_come(tmp_path):
    conversations = []
    for seed in range(50):
        said = [OFFER, ACCEPTED, *Simulated(seed).run(80)]
        answers = [data for side, data in said if side == SERVER]
        conversations.append([*said, *[CLOSED] * (len(answers) + 50)])
    found = messages(captured_together(tmp_path / "a.pcap", conversations))
    assert len(violations(found)) >= 50 * 50


# The grammar and the tables


def test_requests_are_read_as_alfine_reads_them(capture):
    requests = [
        b"LIST", b"LIST 3", b"LISTEN", b"list", b"STOP", b"STOP None", b"PLAY", b"PLAY 0",
        b"PLAY 01", b"PLAY 1 2", b"PLAY 1234567890", b"PLAY 12345678901", b"PLAY  7 ",
        b"SETUP", b"SETUP a b",
        b"SETUP \xc3\xa9", b"TEARDOWN", b"TEARDOWN 1", b"", b"PLAY \xe2\x91\xa0", b"PLAY +1",
        b"LIST END", b"  LIST", b"\tSTOP", b"PLAY\t1", b"ENDEND", b"END", b"STOP\0",
        b"PLAY 1 0", b"PLAY  1  007 ", b"PLAY 1 1234567890", b"PLAY 1 12345678901", b"PLAY 0 1",
        b"PLAY 1 -1", b"PLAY 1 x", b"PLAY 1 2 3", b"PLAY 1\t2", b"PLAY 1 \xc2\xb2",
    ]  # fmt: skip
    requests.remove(b"TEARDOWN")  # nothing is read behind it
    requested = (CLIENT, b"".join(r + EOM for r in requests))
    found = capture(OFFER_ALL, ACCEPTED_ALL, requested, segment_bytes=60_000)[2:]
    decoder = RequestDecoder()
    events = decoder.feed(b"".join(r + EOM for r in requests))
    assert len(found) == len(events)
    for message, event in zip(found, events, strict=True):
        assert bool(message.experts) == isinstance(event, on.RequestNotUnderstood), event
        if isinstance(event, (on.PlayRequested, on.PlayFromRequested)):
            assert message["song_id"] == str(event.song_id)
        offset = str(event.offset) if isinstance(event, on.PlayFromRequested) else ""
        assert message["offset"] == offset
        if isinstance(event, on.SetupRequested):
            assert message["tokens"] == " ".join(event.tokens)


def test_without_any_one_visible_row_the_dissector_is_another():
    table, whole = ServerSession.table, script()
    for index, row in enumerate(table.rows):
        if len(table.group(row.state, row.event)) == 1:
            fewer = Table.__new__(Table)  # past the checks: a state may be out of reach now
            fewer.name, fewer.initial, fewer.states = table.name, table.initial, table.states
            fewer.rows = table.rows[:index] + table.rows[index + 1 :]
            assert script(fewer) != whole, row


@pytest.mark.parametrize("role", ["GUARDS", "EFFECTS"])
def test_every_guard_and_effect_of_the_server_has_a_meaning(role):
    (body,) = re.findall(rf"^local {role} = {{$(.*?)^}}", TEMPLATE.read_text(), re.M | re.S)
    names = re.findall(r"^  (\w+) = function", body, re.M)
    assert set(names) == set(getattr(ServerSession.table, role.lower()))


def test_what_is_said_to_send_sends_it():
    for name, word in SENDS.items():
        client = ConversationSession()
        client._recorded = []
        event = internal.SongToRequest(1) if word.value == "PLAY" else on.ListRequested()
        getattr(client, name)(event)
        sent = [outcome for outcome in client._recorded if isinstance(outcome, SendRequest)]
        assert [each.request for each in sent] == [word], name
    others = {name for name in ConversationSession.table.effects if name.startswith("send_")}
    assert others == set(SENDS)


def test_every_field_is_documented():
    text = (ROOT / "docs" / "wireshark" / "README.md").read_text()
    firsts = re.findall(r"^\|([^|]+)\|", text, re.M)
    named = {name for first in firsts for name in re.findall(r"`(alfine\.[\w.]+)`", first)}
    known = set(
        re.findall(r'(?:ProtoField|ProtoExpert)\.\w+\("(alfine\.[\w.]+)",', TEMPLATE.read_text())
    )
    assert named == known | {f"alfine.entry.{name}" for name in ENTRY_FIELDS.values()}
    for code in KINDS:
        assert f'["{code.decode()}"]' in script()


# How it is loaded and chosen, and what it costs


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("this is no Lua", "syntax error"),
        ('error("too old")', "too old"),
        ("", "without a reason"),
    ],
)
def test_a_script_that_is_not_loaded_fails_a_test_in_a_few_lines(tmp_path, text, said):
    script = tmp_path / "broken.lua"
    script.write_text(text)
    path = Capture(tmp_path / "a.pcap").close()
    with pytest.raises(pytest.fail.Exception) as failure:
        tshark("-r", path, script=script)
    lines = str(failure.value).splitlines()
    assert lines[0].startswith(f"tshark has not loaded {script}: ")
    assert said in str(failure.value)
    assert len(lines) < 10


def test_no_port_is_taken_that_nobody_has_chosen(tmp_path):
    path = Capture(tmp_path / "a.pcap").say_all([LIST, LISTED]).close()
    assert tshark("-r", path, "-Y", "alfine", port=9) == ""
    chosen = tshark("-r", path, "-Y", "alfine", "-o", "alfine.ports:12345", port=9)
    assert len(chosen.splitlines()) == 2


STEPS = """
local steps = 0
debug.sethook(function() steps = steps + 1 end, "", 1000)
local listener = Listener.new(nil, "tcp")
function listener.draw() print("steps " .. steps) end
"""
"""Counts the thousands of instructions that Lua executes: unlike time, the same on any machine."""


def test_a_long_song_takes_steps_in_proportion(tmp_path):
    (tmp_path / "steps.lua").write_text(STEPS)

    def steps(song_bytes):
        song = random.Random(1).randbytes(song_bytes)
        path = Capture(tmp_path / f"{song_bytes}.pcap").say_all([PLAY, *framed(song)]).close()
        count, shown = tshark(
            *("-X", f"lua_script:{tmp_path / 'steps.lua'}", "-r", path, "-Y", "alfine"),
            *("-T", "fields", "-e", "alfine.num_audio_msgs_recv"),
        ).split("steps")
        assert int(count.split()[-1]) == -(-song_bytes // 4096)
        return int(shown)

    assert steps(4_000_000) < 9 * steps(500_000)
