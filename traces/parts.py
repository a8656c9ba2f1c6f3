"""The bytes of one direction in parts: text as it is, audio as its length and its hash.

It finds where messages begin and end as both sides do (protocol.md 4), whatever the splits of the
stream, and hides all that may be audio.
"""

from __future__ import annotations

import re
from enum import Enum

from net.framing import AUDIO_HEADER, EOM, skip_gap
from traces.values import MAX_AUDIO_BYTES, Json, ValueUnknown, describe_audio, restore_audio

MOST_SHOWN_BYTES = 64 * 1024
"""So much of one message is shown: a longest list message is 4 KiB; what is longer is no text."""
_HEADER = b"RESP 200 "
_FIRST_WORD = re.compile(rb"RESP |ERRO |(?:RESP?|RE?|ERRO?|ER?)?\Z")
"""How a message begins, or as much of it as is here."""
_BEGUN_EOM = re.compile(rb" (?:E(?:N(?:D(?: (?:E(?:N)?)?)?)?)?)?\Z")
"""At the end of what is here: it may be the beginning of an EOM."""
LOOK_BACK = len(EOM) - 1
_ENCODING = "latin-1"
"""Each byte is one character, so that every stream can be written, and read back."""


class _Place(Enum):
    """Where in a stream of responses the next byte is."""

    BETWEEN = "between two messages, or in the first bytes of one"
    TEXT = "in a message that is no audio"
    AUDIO = "in the payload of audio"


class Splitter:
    """Describes the bytes of one direction of one connection, in the order in which they come.

    from_server: what the server sends may be audio. with_audio: its bytes are described as well.
    """

    def __init__(self, from_server: bool, with_audio: bool = False) -> None:
        self._from_server, self._with_audio = from_server, with_audio
        self._place = _Place.BETWEEN
        self._begun = b""
        """The first bytes of a message, as long as they may be the header of audio."""
        self._tail = b""
        """The last bytes of the message: an EOM may have begun in them."""
        self._after_audio = False
        """The last message was audio, and goes on if what follows begins no message."""
        self._shown = 0

    def describe(self, data: bytes) -> list[Json]:
        """Return the parts of these bytes: strings, and objects that stand for audio."""
        if not self._from_server:
            return [data.decode(_ENCODING)] if data else []
        parts: list[Json] = []
        while data:
            match self._place:
                case _Place.BETWEEN:
                    taken = self._begin(data, parts)
                case _Place.TEXT:
                    taken = self._text(data, parts)
                case _Place.AUDIO:
                    taken = self._audio(data, parts)
            data = data[taken:]
        return _joined(parts)

    def _begin(self, data: bytes, parts: list[Json]) -> int:
        """Describe a gap and the header of audio; return how many bytes that are."""
        gap = 0 if self._begun else skip_gap(data)
        begun = self._begun + data[gap : gap + len(AUDIO_HEADER) - len(self._begun)]
        taken = gap + len(begun) - len(self._begun)
        if not begun:
            self._follow(data)
        elif self._after_audio and not _FIRST_WORD.match(begun[: len(_HEADER)]):
            self._place, self._begun = _Place.AUDIO, b""  # the EOM was audio after all
            return 0
        elif AUDIO_HEADER.startswith(begun) and begun != AUDIO_HEADER:
            self._begun, self._tail = begun, begun[-LOOK_BACK:]
        elif begun.startswith(_HEADER):
            header = AUDIO_HEADER if begun == AUDIO_HEADER else _HEADER
            taken -= len(begun) - len(header) if len(begun) > len(header) else 0
            self._place, self._begun, self._tail = _Place.AUDIO, b"", header[-LOOK_BACK:]
        else:
            self._place, self._tail, self._shown = _Place.TEXT, self._begun[-LOOK_BACK:], 0
            self._begun, taken = b"", gap
        parts.append(data[: max(0, taken)].decode(_ENCODING))
        return max(0, taken)

    def _text(self, data: bytes, parts: list[Json]) -> int:
        """Describe a message that is no audio, to its end; return how many bytes that are."""
        end, ended = self._end(data)
        room = max(0, MOST_SHOWN_BYTES - self._shown)
        parts.append(data[: min(end, room)].decode(_ENCODING))
        parts.append(describe_audio(data[room:end], self._with_audio))
        self._shown += end
        if ended:
            self._place, self._after_audio = _Place.BETWEEN, False
        return end

    def _audio(self, data: bytes, parts: list[Json]) -> int:
        """Describe audio as far as its first EOM; return how many bytes that are."""
        end, ended = self._end(data)
        if ended:
            shown = max(0, end - len(EOM))
            self._place, self._after_audio = _Place.BETWEEN, True
        else:
            begun = _BEGUN_EOM.search(self._tail)
            shown = max(0, end - len(begun[0])) if begun else end
        parts.append(describe_audio(data[:shown], self._with_audio))
        parts.append(data[shown:end].decode(_ENCODING))
        return end

    def _end(self, data: bytes) -> tuple[int, bool]:
        """Return where the first EOM ends, and that there is one; else all of the data."""
        found = (self._tail + data).find(EOM)
        end = len(data) if found < 0 else found + len(EOM) - len(self._tail)
        self._follow(data[:end])
        return end, found >= 0

    def _follow(self, data: bytes) -> None:
        self._tail = (self._tail + data)[-LOOK_BACK:]


def _joined(parts: list[Json]) -> list[Json]:
    """Return the parts without empty ones, and texts that follow each other as one."""
    found: list[Json] = []
    for part in parts:
        if part in ("", {"audio": 0}):
            continue
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        else:
            found.append(part)
    return found


def restore(parts: Json, length: int) -> bytes:
    """Return the bytes that the parts describe, with stand-ins for audio. Raises ValueUnknown.

    length: how many they have to be.

    Cost: memory for as many bytes, at most twice MAX_AUDIO_BYTES.
    """
    data = bytearray()
    if not isinstance(parts, list):
        raise ValueUnknown("bytes have parts")
    for part in parts:
        if isinstance(part, str):
            try:
                data += part.encode(_ENCODING)
            except UnicodeEncodeError:
                raise ValueUnknown("a part holds what is no byte") from None
        elif isinstance(part, dict) and "audio" in part:
            data += restore_audio(part)
        else:
            raise ValueUnknown("a part is text or audio")
        if len(data) > MAX_AUDIO_BYTES:
            raise ValueUnknown("more bytes than a program reads at once")
    if len(data) != length:
        raise ValueUnknown(f"the parts are {len(data)} bytes, and not the length")
    return bytes(data)
