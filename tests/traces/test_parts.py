"""Streams in parts: text is shown, audio is not, and what is restored is decoded alike."""

import random

import pytest

from net.framing import AUDIO_CLOSING, EOM, audio_message, chunks
from net.responses import ResponseDecoder
from traces.parts import MOST_SHOWN_BYTES, Splitter, restore
from traces.values import MAX_AUDIO_BYTES, Describer, ValueUnknown

PIECES = (
    *(b" END END", b"END", b" END", b" ", b"RESP 200 END ", b"RESP ", b"ERRO ", b"\0", b"\n"),
    *(b"E", b"R", b"audio", b"\xff\xfb"),
)
OTHERS = (
    b"RESP 100 END 1. a END 2. b END END",
    b"ERRO 404 END END",
    AUDIO_CLOSING,
    b"RESP 101 END alfine/1 ends END END",
    b"RESP 100 END  END END",
    b"\n \0",
    b"RESP 300 END 1. c END END",
)


def stream(chance, cleanly=True):
    """Responses of all kinds, with audio that is hard to frame."""
    song = b"".join(chance.choice(PIECES) for _ in range(chance.randint(1, 30)))
    found = [b"RESP 101 END alfine/1 ends END END"]
    for chunk in chunks(song) if cleanly else [song]:
        found.append(audio_message(chunk))
        if chance.random() < 0.4:
            found.append(chance.choice(OTHERS))
    return b"".join(found)


def splits(data, chance, most):
    while data:
        count = chance.randint(1, most)
        yield data[:count]
        data = data[count:]


def lengths(events):
    """The events, with audio by its length: its bytes are not recorded."""
    described = [Describer().describe(event) for event in events]
    for event in described:
        if "AudioReceived" in event:
            event["AudioReceived"] = event["AudioReceived"]["data"]["audio"]
    return described


@pytest.mark.parametrize("most", [1, 3, 9, 40, 5000])
def test_what_is_restored_is_decoded_to_the_same_messages(most):
    for seed in range(150):
        chance = random.Random(seed)
        splitter, real, restored = Splitter(True), ResponseDecoder(), ResponseDecoder()
        for data in splits(stream(chance), chance, most):
            parts = splitter.describe(data)
            again = restore(parts, len(data))
            assert lengths(restored.feed(again)) == lengths(real.feed(data)), seed


@pytest.mark.parametrize("cleanly", [True, False])
def test_with_audio_every_byte_is_restored(cleanly):
    for seed in range(150):
        chance = random.Random(seed)
        splitter = Splitter(True, with_audio=True)
        for data in splits(stream(chance, cleanly), chance, 30):
            assert restore(splitter.describe(data), len(data)) == data


def test_no_audio_is_shown():
    audio = b"secret" * 600
    splitter = Splitter(True)
    shown = splitter.describe(audio_message(audio))
    assert shown[0] == "RESP 200 END "
    assert shown[1]["audio"] == len(audio)
    assert shown[2:] == [" END END"]
    # An EOM that was audio after all, and what follows it.
    splitter = Splitter(True)
    shown = splitter.describe(b"RESP 200 END " + audio + EOM) + splitter.describe(audio + EOM)
    assert "secret" not in "".join(part for part in shown if isinstance(part, str))
    # A header without END (RFC 2.3.1).
    shown = Splitter(True).describe(b"RESP 200 " + audio)
    assert shown == ["RESP 200 ", {"audio": len(audio), "sha256": shown[1]["sha256"]}]


def test_a_text_without_an_end_is_not_shown_for_ever():
    splitter = Splitter(True)
    data = b"RESP 100 END " + b"x" * 10_000
    shown = [part for _ in range(9) for part in splitter.describe(data)]
    texts = sum(len(part) for part in shown if isinstance(part, str))
    assert texts == MOST_SHOWN_BYTES
    assert restore(shown, 9 * len(data))


def test_what_a_client_sends_is_shown():
    assert Splitter(False).describe(b"PLAY 1 END END\xff\0") == ["PLAY 1 END END\xff\0"]
    assert Splitter(False).describe(b"") == []


@pytest.mark.parametrize("parts", [5, [5], ["\u1234"], [{"text": ""}], [{"audio": "x"}]])
def test_what_are_no_parts_is_told(parts):
    with pytest.raises(ValueUnknown):
        restore(parts, 1)


def test_parts_of_another_length_than_the_line_says_are_told():
    assert restore(["LIST END END"], 12) == b"LIST END END"
    with pytest.raises(ValueUnknown, match="12 bytes"):
        restore(["LIST END END"], -12)


def test_no_line_takes_more_memory_than_a_program_reads_at_once():
    parts = [{"audio": MAX_AUDIO_BYTES}] * 1000
    with pytest.raises(ValueUnknown, match="more bytes"):
        restore(parts, 1000 * MAX_AUDIO_BYTES)
