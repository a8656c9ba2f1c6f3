"""Looks at what messages hold, where a row says `where …`.

It knows the forms of RFC 2.3 and of protocol.md 4, and believes no decoder of alfine's.
A judgement returns what is wrong, in a clause, or "".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from check.printed import printed
from check.server.facts import Facts
from check.server.messages import Kind, Message
from fsm.words import ENDS, MAX_MESSAGE_BYTES, MAX_PAYLOAD_BYTES
from net.framing import AUDIO_HEADER, EOM

Judgement = Callable[[Sequence[Message], Facts], str]

SEPARATOR = b" END "
_SEPARATORS = re.compile(rb"(?: END)?(?:\r\n|\n)| END (?!END)")
_ENTRY = re.compile(rb"\(?[0-9]{1,10}\. +\S.*", re.DOTALL)
_NUMBER = re.compile(rb"[0-9]{1,10}")
_ONE_SPACE = re.compile(rb"\(?[0-9]{1,10}\. \S.*", re.DOTALL)
_ANY_ENTRY = re.compile(rb"[(\[ ]*[0-9]{1,10}\W")
"""An entry of any form that servers use."""
_LISTS = (Kind.LIST, Kind.EMPTY_LIST)
MAX_JUNK_BYTES = 1 << 20
"""What may stand before the first frame of a song."""


def _lists(messages: Sequence[Message]) -> list[Message]:
    return [message for message in messages if message.kind in _LISTS]


def _audio(messages: Sequence[Message]) -> list[Message]:
    return [message for message in messages if message.kind is Kind.AUDIO]


def entries_of(payload: bytes) -> list[bytes]:
    """Return the entries of one message, parted by END or by line ends (RFC 2.3.1)."""
    text = payload.removesuffix(b" END")
    return [entry for entry in _SEPARATORS.split(text) if entry and entry != b")"]


def _entries(messages: Sequence[Message]) -> list[bytes]:
    """Return all entries, but not the rest of one that is parted between two messages."""
    found: list[bytes] = []
    for message in _lists(messages):
        entries = entries_of(message.payload)
        parted = found and entries and not _ANY_ENTRY.match(entries[0])
        found += entries[1:] if parted else entries
    return found


# Messages


def nothing_between(messages: Sequence[Message], facts: Facts) -> str:
    """Nothing stands between two messages."""
    found = next((message.between for message in messages if message.between), b"")
    return f"{printed(found)} stands between two messages" if found else ""


def payloads_fit(messages: Sequence[Message], facts: Facts) -> str:
    """No message carries more than 4096 bytes."""
    longest = max((len(message.payload) for message in messages if message.raw), default=0)
    return f"a message carries {longest} bytes" if longest > MAX_PAYLOAD_BYTES else ""


def audio_headers(messages: Sequence[Message], facts: Facts) -> str:
    """Each audio message begins with RESP 200 END."""
    wrong = [m.raw for m in _audio(messages) if not m.raw.startswith(AUDIO_HEADER)]
    return f"a message begins with {printed(wrong[0][:16])}" if wrong else ""


def none_empty(messages: Sequence[Message], facts: Facts) -> str:
    """No audio message is empty."""
    empty = any(message.kind is Kind.CLOSING for message in messages)
    return "a message of audio is empty" if empty else ""


def error_exact(messages: Sequence[Message], facts: Facts) -> str:
    """The error is ERRO 404 END END."""
    errors = [m.raw for m in messages if m.kind is Kind.ERROR and m.raw != b"ERRO 404" + EOM]
    return f"the error is {printed(errors[0])}" if errors else ""


def list_code(messages: Sequence[Message], facts: Facts) -> str:
    """A list has the code 100."""
    wrong = [m.raw for m in _lists(messages) if not m.raw.startswith(b"RESP 100 ")]
    return f"the list begins with {printed(wrong[0][:16])}" if wrong else ""


# Lists


def numbered(messages: Sequence[Message], facts: Facts) -> str:
    """Each entry is an ID, a dot, a space and a title."""
    wrong = [entry for entry in _entries(messages) if not _ENTRY.fullmatch(entry)]
    return f"an entry is {printed(wrong[0])}" if wrong else ""


def one_space(messages: Sequence[Message], facts: Facts) -> str:
    """One space stands behind the dot."""
    wrong = [
        entry
        for entry in _entries(messages)
        if _ENTRY.fullmatch(entry) and not _ONE_SPACE.fullmatch(entry)
    ]
    return f"an entry is {printed(wrong[0])}" if wrong else ""


def ids_distinct(messages: Sequence[Message], facts: Facts) -> str:
    """No two entries have the same ID."""
    ids = Counter(m[0] for entry in _entries(messages) if (m := _NUMBER.search(entry)))
    twice = [number.decode() for number, count in ids.most_common(1) if count > 1]
    return f"the ID {twice[0]} is there more than once" if twice else ""


def end_between(messages: Sequence[Message], facts: Facts) -> str:
    """Entries are parted by END, not by line ends."""
    wrong = [m.payload for m in _lists(messages) if b"\r" in m.payload or b"\n" in m.payload]
    return f"a message has line ends in it: {printed(wrong[0])}" if wrong else ""


def no_brackets(messages: Sequence[Message], facts: Facts) -> str:
    """The list does not stand in brackets."""
    wrong = [m.payload for m in _lists(messages) if re.match(rb"\([0-9]+[.)\- :]", m.payload)]
    return f"a message is {printed(wrong[0])}" if wrong else ""


def no_extension(messages: Sequence[Message], facts: Facts) -> str:
    """No title ends in .mp3."""
    wrong = [entry for entry in _entries(messages) if entry.lower().endswith(b".mp3")]
    return f"an entry is {printed(wrong[0])}" if wrong else ""


def utf_8(messages: Sequence[Message], facts: Facts) -> str:
    """Each message of the list is UTF-8 by itself."""
    for message in _lists(messages):
        try:
            message.payload.decode()
        except UnicodeDecodeError as error:
            return f"a message is no UTF-8: {printed(message.payload[error.start :][:8])}"
    return ""


def no_controls(messages: Sequence[Message], facts: Facts) -> str:
    """No entry holds control characters."""
    for entry in _entries(messages):
        text = entry.decode(errors="replace")
        if any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in text):
            return f"an entry is {printed(entry)}"
    return ""


def whole_entries(messages: Sequence[Message], facts: Facts) -> str:
    """Each message begins with an entry, and not with the rest of one."""
    for message in _lists(messages)[1:]:
        if not _ANY_ENTRY.match(message.payload):
            return f"a message begins with {printed(message.payload[:40])}"
    return ""


def filled(messages: Sequence[Message], facts: Facts) -> str:
    """A message is sent when the next entry would no longer fit.

    The RFC does not say whether the 21 bytes round it count, so that room for those is none.
    """
    lists = _lists(messages)
    for one, following in pairwise(lists):
        entry = entries_of(following.payload)[:1]
        size = len(one.payload) + sum(len(SEPARATOR) + len(each) for each in entry)
        if entry and size <= 2 * MAX_PAYLOAD_BYTES - MAX_MESSAGE_BYTES:
            return f"a message of {len(one.payload)} bytes has room for {printed(entry[0])}"
    return ""


def short_when_empty(messages: Sequence[Message], facts: Facts) -> str:
    """An empty list is RESP 100 END END, without an empty payload."""
    wrong = [m.raw for m in messages if m.kind is Kind.LIST_CLOSING]
    return f"the empty list is {printed(wrong[0])}" if wrong else ""


def list_of_the_files(messages: Sequence[Message], facts: Facts) -> str:
    """The list has an entry for each .mp3 file in the music directory."""
    files, entries = len(_files(facts.options.music)), len(_entries(messages))
    return "" if files == entries else f"{entries} entries for {files} .mp3 files"


# Songs


def begins_as_mp3(messages: Sequence[Message], facts: Facts) -> str:
    """The song begins as an MP3 does: with a tag, or with a frame."""
    audio = b"".join(message.payload for message in _audio(messages))
    if audio.startswith(b"ID3") or _has_frame(audio[:MAX_JUNK_BYTES]):
        return ""
    return f"neither a tag nor a frame of MPEG audio: {printed(audio[:16])}"


def _has_frame(audio: bytes) -> bool:
    """There is a header of MPEG audio: sync, version, layer, bit rate and sampling rate."""
    at = audio.find(b"\xff")
    while 0 <= at < len(audio) - 2:
        second, third = audio[at + 1], audio[at + 2]
        version, layer = second >> 3 & 3, second >> 1 & 3
        if second >> 5 == 7 and version != 1 and layer and third >> 4 < 15 and third >> 2 & 3 < 3:
            return True
        at = audio.find(b"\xff", at + 1)
    return False


def longest_chunks(messages: Sequence[Message], facts: Facts) -> str:
    """Each message carries 4096 bytes, or as many as leave its first END END its last bytes."""
    chunks = [message.payload for message in _audio(messages)]
    for chunk, following in pairwise(chunks):
        if longer := _clean_length(chunk, following):
            return f"a message of {len(chunk)} bytes could carry {longer}"
    return ""


def _clean_length(chunk: bytes, following: bytes) -> int:
    """Return how long a chunk could be that goes on as `following` does; 0: no longer than it is.

    It would be longer by so many bytes that its message's first EOM is the message's end.
    """
    for length in range(len(chunk) + 1, min(MAX_PAYLOAD_BYTES, len(chunk) + len(following)) + 1):
        begun = AUDIO_HEADER + chunk + following[: length - len(chunk)]
        if EOM in begun:
            return 0
        if (begun + EOM).find(EOM) == len(begun):
            return length
    return 0


def song_of_the_files(messages: Sequence[Message], facts: Facts) -> str:
    """Each song is a file of the music directory, byte for byte."""
    files = _files(facts.options.music)
    for song in facts.songs:
        same_size = [path for path in files if path.stat().st_size == len(song.audio)]
        if not any(path.read_bytes() == song.audio for path in same_size):
            return f"song {song.song_id}, {len(song.audio)} bytes, is no file of the directory"
    return ""


def songs_differ(messages: Sequence[Message], facts: Facts) -> str:
    """Two IDs are two files, unless the music directory has the same file twice."""
    contents = [song.audio for song in facts.songs]
    for song in facts.songs:
        files = [p for p in _files(facts.options.music) if p.stat().st_size == len(song.audio)]
        copies = sum(path.read_bytes() == song.audio for path in files)
        if copies and contents.count(song.audio) > copies:
            return f"song {song.song_id} and another are the same file"
    return ""


def _files(music: Path | None) -> list[Path]:
    """Return the .mp3 files of the music directory."""
    found = music.rglob("*") if music is not None else ()
    return [path for path in found if path.suffix.lower() == ".mp3" and path.is_file()]


# Extensions


def _tokens(messages: Sequence[Message]) -> list[list[bytes]]:
    return [message.payload.split(b" ") for message in messages if message.kind is Kind.SETUP]


def ends_accepted(messages: Sequence[Message], facts: Facts) -> str:
    """RESP 101 names ends."""
    missing = [tokens for tokens in _tokens(messages) if ENDS.encode() not in tokens]
    return f"RESP 101 names {printed(b' '.join(missing[0]))}" if missing else ""


def ends_not_accepted(messages: Sequence[Message], facts: Facts) -> str:
    """RESP 101 does not name ends, which was not asked for."""
    named = [tokens for tokens in _tokens(messages) if ENDS.encode() in tokens]
    return f"RESP 101 names {printed(b' '.join(named[0]))}" if named else ""


def product_first(messages: Sequence[Message], facts: Facts) -> str:
    """RESP 101 begins with a product token, as alfine/1."""
    form = re.compile(rb"[!-~]+/[!-~]+")
    wrong = [tokens[0] for tokens in _tokens(messages) if not form.fullmatch(tokens[0])]
    return f"the first word is {printed(wrong[0])}" if wrong else ""


def only_known_accepted(messages: Sequence[Message], facts: Facts) -> str:
    """RESP 101 accepts nothing that does not exist."""
    named = [tokens for tokens in _tokens(messages) if b"no-such-thing" in tokens]
    return "RESP 101 names no-such-thing" if named else ""


JUDGEMENTS: dict[str, Judgement] = {
    "nothing stands between messages": nothing_between,
    "no payload exceeds 4096 bytes": payloads_fit,
    "audio begins with RESP 200 END": audio_headers,
    "no audio message is empty": none_empty,
    "the error is ERRO 404 END END": error_exact,
    "the code is 100": list_code,
    "entries are ID. TITLE": numbered,
    "one space follows the dot": one_space,
    "IDs are distinct": ids_distinct,
    "END parts the entries": end_between,
    "there are no brackets": no_brackets,
    "no title ends in .mp3": no_extension,
    "it is UTF-8": utf_8,
    "there are no control characters": no_controls,
    "messages begin with an entry": whole_entries,
    "messages are filled": filled,
    "it is RESP 100 END END": short_when_empty,
    "it has as many entries as there are files": list_of_the_files,
    "it begins as an MP3 does": begins_as_mp3,
    "chunks are as long as can be": longest_chunks,
    "songs are files, byte for byte": song_of_the_files,
    "two IDs are two files": songs_differ,
    "ends is accepted": ends_accepted,
    "ends is not accepted": ends_not_accepted,
    "a product token comes first": product_first,
    "no-such-thing is not accepted": only_known_accepted,
}
"""By the words that follow `where` in a row."""
