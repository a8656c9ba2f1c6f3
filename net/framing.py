"""Cuts audio into messages whose first EOM is their last eight bytes (protocol.md 4).

Audio is arbitrary bytes, and a receiver ends a message at its first EOM: so the sender has to
choose where to cut. It also knows what may stand between two messages, and nothing of files or
sockets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fsm.words import MAX_PAYLOAD_BYTES

EOM = b" END END"
GAP = rb"[\r\n \t\0]*+"
"""Pattern of what may stand between two messages: what a person types with Enter, and the NUL that
a client in C sends with its string (protocol.md 3 and 4)."""
AUDIO_HEADER = b"RESP 200 END "
AUDIO_CLOSING = AUDIO_HEADER + EOM

_GAP = re.compile(GAP)


def skip_gap(received: bytes | bytearray, start: int = 0) -> int:
    """Return the offset of the first byte, from `start` on, that can be a message's."""
    gap = _GAP.match(received, start)
    assert gap is not None, "the pattern matches nothing at all, too"
    return gap.end()


def cut(audio: bytes, start: int = 0) -> int:
    """Return the end of the longest clean chunk that begins at `start`: 1 to 4096 bytes further.

    If fewer than 4096 bytes are left, what will follow `audio` may change the answer.
    """
    end = min(start + MAX_PAYLOAD_BYTES, len(audio))
    if audio.startswith(b"END", start) and end - start >= 3:
        # The header ends in " END ", which makes an EOM of a chunk that begins with "END".
        return start + 2
    found = audio.find(EOM, start, end)
    if found >= 0:
        end = found + len(EOM) - 1
    if end - start >= 4 and audio.endswith(b" END", start, end):
        # The trailer begins with " END", so the EOM would come four bytes early.
        end -= 1
    return end


def chunks(audio: bytes) -> Iterator[bytes]:
    """Cut a whole song into clean chunks. Cost: linear in len(audio)."""
    start = 0
    while start < len(audio):
        end = cut(audio, start)
        yield audio[start:end]
        start = end


def audio_message(chunk: bytes) -> bytes:
    """Frame one clean chunk of 1 to 4096 bytes; an empty one makes the closing message."""
    return AUDIO_HEADER + chunk + EOM


def frame(audio: bytes, last: bool = True) -> tuple[bytes, int]:
    """Frame the part of `audio` whose cuts are certain; return its messages and its length.

    last: the song ends here, and all of it is framed. Otherwise fewer than 4096 bytes are left,
    because what will follow decides where they are cut.
    """
    messages: list[bytes] = []
    start = 0
    while len(audio) - start >= (1 if last else MAX_PAYLOAD_BYTES):
        end = cut(audio, start)
        messages += (AUDIO_HEADER, audio[start:end], EOM)
        start = end
    return b"".join(messages), start
