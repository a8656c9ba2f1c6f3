"""No song can break the framing: the first EOM of every message is its end (protocol.md 4)."""

from hypothesis import given
from hypothesis import strategies as st

from net.framing import (
    AUDIO_CLOSING,
    AUDIO_HEADER,
    EOM,
    MAX_PAYLOAD_BYTES,
    audio_message,
    chunks,
    cut,
    frame,
)

salted = st.lists(
    st.one_of(
        st.binary(max_size=20),
        st.sampled_from([b" END END", b" END", b"END", b"END ", b" ", b"E", b"END END", b" EN"]),
        st.integers(4085, 4100).map(lambda n: b"x" * n),
    ),
    max_size=30,
).map(b"".join)


def is_clean(chunk: bytes) -> bool:
    """Say it by the definition, not as the program finds it."""
    message = AUDIO_HEADER + chunk + EOM
    return message.find(EOM) == len(message) - len(EOM)


def longest_clean(audio: bytes) -> int:
    return max(n for n in range(1, min(len(audio), MAX_PAYLOAD_BYTES) + 1) if is_clean(audio[:n]))


@given(salted)
def test_every_chunk_is_clean_and_nothing_is_lost(audio):
    cuts = list(chunks(audio))
    assert b"".join(cuts) == audio
    assert all(1 <= len(chunk) <= MAX_PAYLOAD_BYTES and is_clean(chunk) for chunk in cuts)


@given(salted.filter(bool))
def test_the_cut_is_the_longest_clean_prefix(audio):
    assert cut(audio) == longest_clean(audio)


@given(salted, st.integers(0, 12000))
def test_framing_in_pieces_is_framing_at_once(audio, split):
    whole = b"".join(map(audio_message, chunks(audio)))
    first, taken = frame(audio[:split], last=False)
    assert first + frame(audio[taken:])[0] == whole


def test_ordinary_audio_is_cut_into_full_messages():
    audio = bytes(3 * MAX_PAYLOAD_BYTES + 5)
    assert [len(chunk) for chunk in chunks(audio)] == [4096, 4096, 4096, 5]
    assert len(audio_message(audio[:4096])) == 4117


def test_the_closing_message():
    assert AUDIO_CLOSING == b"RESP 200 END  END END" == audio_message(b"")
