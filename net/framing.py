"""Cuts audio into messages whose first EOM is their last eight bytes (protocol.md 4).

Audio is arbitrary bytes and a receiver ends a message at its first EOM, so it is the sender that
has to choose the cuts.
"""

from __future__ import annotations

from collections.abc import Iterator

from fsm.words import MAX_PAYLOAD_BYTES

EOM = b" END END"
AUDIO_HEADER = b"RESP 200 END "
AUDIO_CLOSING = AUDIO_HEADER + EOM


def cut(audio: bytes, start: int = 0) -> int:
    """Return where the message that begins at `start` ends: the longest clean prefix.

    At most 4096 bytes are looked at, and at least one is taken where there is one. What follows
    `audio` may change the answer only if fewer than 4096 bytes are left.
    """
    end = min(start + MAX_PAYLOAD_BYTES, len(audio))
    if audio.startswith(b"END", start) and end - start >= 3:
        # The header's own " END " would close with it: "EN" is clean, "END" is not.
        return start + 2
    found = audio.find(EOM, start, end)
    if found >= 0:
        end = found + len(EOM) - 1
    if end - start >= 4 and audio.endswith(b" END", start, end):
        # With the trailer behind it this would be an EOM four bytes early.
        end -= 1
    return end


def chunks(audio: bytes) -> Iterator[bytes]:
    """Cut a whole song. Cost: linear in len(audio)."""
    start = 0
    while start < len(audio):
        end = cut(audio, start)
        yield audio[start:end]
        start = end


def audio_message(chunk: bytes) -> bytes:
    """Frame one clean chunk of 1 to 4096 bytes; an empty one makes the closing message."""
    return AUDIO_HEADER + chunk + EOM


def frame(audio: bytes, last: bool = True) -> tuple[bytes, int]:
    """Frame as much of `audio` as can be cut for good: the messages, and how many bytes they took.

    last: the song ends here. Otherwise fewer than 4096 bytes are left over, because what follows
    them decides where they are cut.
    """
    messages: list[bytes] = []
    start = 0
    while len(audio) - start >= (1 if last else MAX_PAYLOAD_BYTES):
        end = cut(audio, start)
        messages += (AUDIO_HEADER, audio[start:end], EOM)
        start = end
    return b"".join(messages), start
