"""What the check answers a client with, by the words of the rows: well formed, and otherwise.

The word of an answer may have a manner behind a slash, as in `list/bytes`.

| answer to LIST | what it is |
|---|---|
| `list` | three songs: 1, 2, 3 |
| `gaps`, `from-0` | songs 2, 7 and 1204; songs 0, 1 and 2 |
| `full` | one message with a payload of 4096 bytes |
| `several`, `many` | 300 songs, and 10,000, in several messages |
| `empty`, `bare` | `RESP 100 END  END END` and `RESP 100 END END` |
| `300`, `as-200` | a list under another status code, as in the RFC's examples |
| `crlf`, `brackets` | entries behind which CR and LF stand; brackets round all of them |
| `escapes`, `latin` | titles with escape sequences, and titles that are not UTF-8 |

| answer to PLAY | what it is |
|---|---|
| `song` | a second of silence in whole frames |
| `long` | audio that goes on until STOP or PLAY; `late`: and for 20 messages more |
| `over-500` | 520 messages as fast as they go |
| `slow` | a message each 150 ms |
| `tokens` | audio with spaces and ENDs, cleanly cut |
| `dirty` | audio with an END END inside its messages, as deployed servers send it |
| `no-end` | RESP 200 without END, as in the RFC's example |
| `no-mp3` | audio that is no MP3 |
| `broken` | some audio, then ERRO 404 |

Any request: `404`, `500` (another ERRO), `unknown` (a RESP code that there is not), `garbage`,
`huge` (a message without its end), `nothing`. Manners: `bytes`, one by one; `joined`, an audio
message before and behind it, in one segment; `half-close`, `half-reset`: the connection ends within
it; `close`: it ends instead of it; `after`: a moment later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from check.client.songs import song
from fsm.words import MAX_PAYLOAD_BYTES
from net.framing import EOM, audio_message, chunks

LIST_HEADER = b"RESP 100 END "
LIST_CLOSING = LIST_HEADER + EOM
ERROR = b"ERRO 404 END END"
LATE_MESSAGES = 20
_LONG_S = 0.005


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. marks: words of titles in it, by which a client's output shows that it is there.

    pace_s: between two messages. late: how many messages follow behind a STOP. closes: where the
    client has asked for it, a closing message follows.
    """

    messages: tuple[bytes, ...] = ()
    marks: frozenset[bytes] = frozenset()
    ids: tuple[int, ...] | None = None
    manner: str = ""
    pace_s: float = 0.0
    late: int = 0
    closes: bool = True


ANYTHING = {
    "404": Answer((ERROR,)),
    "500": Answer((b"ERRO 500 END END",)),
    "unknown": Answer((b"RESP 250 END what is this END END",)),
    "garbage": Answer((b"HTTP/1.0 200 OK\r\n\r\n\x00\xff\xfe<html>" + bytes(range(256)) * 8,)),
    "huge": Answer((b"RESP 100 END " + b"1. x" * (1 << 16),)),
    "nothing": Answer(closes=False),
}


def mark(nonce: str, number: int) -> bytes:
    """Return a word that stands in one title of one list, and nowhere else."""
    return b"%s-%dz" % (nonce.encode(), number)


def list_answer(word: str, nonce: str) -> Answer:
    """Return the answer to LIST that a row names. nonce: is in the titles. Raises KeyError."""
    name, _, manner = word.partition("/")
    answer = ANYTHING.get(name) or _LISTS[name](nonce)
    return replace(answer, manner=manner)


def play_answer(word: str, song_id: int) -> Answer:
    """Return the answer to PLAY that a row names. Raises KeyError."""
    name, _, manner = word.partition("/")
    answer = ANYTHING.get(name) or _SONGS[name](song_id)
    return replace(answer, manner=manner)


def _entry(nonce: str, song_id: int, before: bytes = b"Check - Song ") -> bytes:
    return b"%d. %s%s" % (song_id, before, mark(nonce, song_id))


def _packed(entries: Iterable[bytes]) -> tuple[bytes, ...]:
    """Put as many whole entries into each message as fit (RFC 2.4.1)."""
    payloads: list[bytes] = []
    for entry in entries:
        if payloads and len(payloads[-1]) + len(b" END ") + len(entry) <= MAX_PAYLOAD_BYTES:
            payloads[-1] += b" END " + entry
        else:
            payloads.append(entry)
    return tuple(LIST_HEADER + payload + EOM for payload in payloads)


def _songs(nonce: str, ids: Iterable[int], before: bytes = b"Check - Song ") -> Answer:
    ids = tuple(ids)
    messages = _packed(_entry(nonce, song_id, before) for song_id in ids)
    return Answer(messages, frozenset(mark(nonce, song_id) for song_id in ids), ids)


def _with(old: bytes, new: bytes) -> Callable[[str], Answer]:
    """Return what makes three songs' list with other bytes in the place of some."""

    def make(nonce: str) -> Answer:
        answer = _songs(nonce, (1, 2, 3))
        return replace(answer, messages=tuple(m.replace(old, new) for m in answer.messages))

    return make


def _full(nonce: str) -> Answer:
    """Return one message that is full, and that ends with the end of an entry."""
    fitting = _songs(nonce, range(1, 1000)).messages[0].count(b" - ")
    answer = _songs(nonce, range(1, fitting + 1))
    missing = MAX_PAYLOAD_BYTES + len(LIST_HEADER + EOM) - len(answer.messages[0])
    message = answer.messages[0].replace(b"Check", b"Check" + b"k" * missing, 1)
    return replace(answer, messages=(message,))


def _in_brackets(nonce: str) -> Answer:
    answer = _songs(nonce, (1, 2, 3))
    payload = answer.messages[0].removeprefix(LIST_HEADER).removesuffix(EOM)
    return replace(answer, messages=(LIST_HEADER + b"(" + payload + b")" + EOM,))


def _with_line_ends(nonce: str) -> Answer:
    ids = (1, 2, 3)
    payload = b"".join(_entry(nonce, song_id) + b"\r\n" for song_id in ids)
    answer = _songs(nonce, ids)
    return replace(answer, messages=(LIST_HEADER + payload + EOM,))


@lru_cache(maxsize=16)
def _clean(audio: bytes) -> tuple[bytes, ...]:
    return tuple(audio_message(chunk) for chunk in chunks(audio))


@lru_cache(maxsize=8)
def _endless(song_id: int) -> tuple[bytes, ...]:
    """Return more than any case waits for; the frames run on where it begins again."""
    return _clean(song(song_id, MAX_PAYLOAD_BYTES)) * 12


def _uncut(audio: bytes) -> tuple[bytes, ...]:
    return tuple(
        audio_message(audio[start : start + MAX_PAYLOAD_BYTES])
        for start in range(0, len(audio), MAX_PAYLOAD_BYTES)
    )


def _without_end(audio: bytes) -> tuple[bytes, ...]:
    return tuple(m.replace(b"RESP 200 END ", b"RESP 200 ", 1) for m in _clean(audio))


ESCAPES = (b"\x1b]0;alfine-check\x07", b"\x1b[7;31m", b"\x1b[2J", "\u009b31m".encode())
"""What stands in the titles of `escapes`, and in no output of a client's own."""

_LISTS: dict[str, Callable[[str], Answer]] = {
    "list": lambda nonce: _songs(nonce, (1, 2, 3)),
    "gaps": lambda nonce: _songs(nonce, (2, 7, 1204)),
    "from-0": lambda nonce: _songs(nonce, (0, 1, 2)),
    "full": _full,
    "several": lambda nonce: _songs(nonce, range(1, 301)),
    "many": lambda nonce: _songs(nonce, range(1, 10_001)),
    "empty": lambda nonce: Answer((LIST_CLOSING,), ids=(), closes=False),
    "bare": lambda nonce: Answer((b"RESP 100" + EOM,), ids=()),
    "300": _with(b"RESP 100", b"RESP 300"),
    "as-200": _with(b"RESP 100", b"RESP 200"),
    "crlf": _with_line_ends,
    "brackets": _in_brackets,
    "escapes": lambda nonce: _songs(nonce, (1, 2, 3), b"".join(ESCAPES) + b" Song "),
    "latin": lambda nonce: _songs(nonce, (1, 2, 3), b"B\xf6hse \xff\xc3 - "),
}
_SONGS: dict[str, Callable[[int], Answer]] = {
    "song": lambda song_id: Answer(_clean(song(song_id, 40))),
    "long": lambda song_id: Answer(_endless(song_id), pace_s=_LONG_S),
    "late": lambda song_id: Answer(_endless(song_id), pace_s=_LONG_S, late=LATE_MESSAGES),
    "over-500": lambda song_id: Answer(_clean(song(song_id, 5108))),
    "slow": lambda song_id: Answer(_clean(song(song_id, 80)), pace_s=0.15),
    "tokens": lambda song_id: Answer(_clean(song(song_id, 40, b" END  END x END  END  y END "))),
    "dirty": lambda song_id: Answer(_uncut(song(song_id, 40, b"THE END END and more"))),
    "no-end": lambda song_id: Answer(_without_end(song(song_id, 40))),
    "broken": lambda song_id: Answer((*_clean(song(song_id, 40))[:3], ERROR), closes=False),
    "no-mp3": lambda song_id: Answer(_clean(b"this is no music; " * 1200)),
}
