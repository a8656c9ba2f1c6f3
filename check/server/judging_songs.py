"""Judges the messages of songs, and songs by the files that they are of (RFC 2.3, 2.4.2)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from check.printed import printed
from check.server.facts import Facts
from check.server.judging_lists import entries
from check.server.messages import Kind, Message
from fsm.words import MAX_PAYLOAD_BYTES
from net.framing import AUDIO_HEADER, EOM

MAX_JUNK_BYTES = 1 << 20
"""What may stand before the first frame of a song."""


def audio_messages(messages: Sequence[Message]) -> list[Message]:
    """Return the messages of audio."""
    return [message for message in messages if message.kind is Kind.AUDIO]


def audio_headers(messages: Sequence[Message], facts: Facts) -> str:
    """Each audio message begins with RESP 200 END."""
    wrong = [m.raw for m in audio_messages(messages) if not m.raw.startswith(AUDIO_HEADER)]
    return f"a message begins with {printed(wrong[0][:16])}" if wrong else ""


def none_empty(messages: Sequence[Message], facts: Facts) -> str:
    """No audio message is empty."""
    empty = any(message.kind is Kind.CLOSING for message in messages)
    return "a message of audio is empty" if empty else ""


def begins_as_mp3(messages: Sequence[Message], facts: Facts) -> str:
    """The song begins as an MP3 does: with a tag, or with a frame."""
    audio = b"".join(message.payload for message in audio_messages(messages))
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
    chunks = [message.payload for message in audio_messages(messages)]
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
    files = music_files(facts.options.music)
    for song in facts.songs:
        same_size = [path for path in files if path.stat().st_size == len(song.audio)]
        if not any(path.read_bytes() == song.audio for path in same_size):
            return f"song {song.song_id}, {len(song.audio)} bytes, is no file of the directory"
    return ""


def songs_differ(messages: Sequence[Message], facts: Facts) -> str:
    """Two IDs are two files, unless the music directory has the same file twice."""
    contents = [song.audio for song in facts.songs]
    for song in facts.songs:
        files = [p for p in music_files(facts.options.music) if p.stat().st_size == len(song.audio)]
        copies = sum(path.read_bytes() == song.audio for path in files)
        if copies and contents.count(song.audio) > copies:
            return f"song {song.song_id} and another are the same file"
    return ""


def list_of_the_files(messages: Sequence[Message], facts: Facts) -> str:
    """The list has an entry for each .mp3 file in the music directory."""
    files, listed = len(music_files(facts.options.music)), len(entries(messages))
    return "" if files == listed else f"{listed} entries for {files} .mp3 files"


def music_files(music: Path | None) -> list[Path]:
    """Return the .mp3 files of the music directory."""
    found = music.rglob("*") if music is not None else ()
    return [path for path in found if path.suffix.lower() == ".mp3" and path.is_file()]
