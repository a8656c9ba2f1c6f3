"""Reads what a client sends, leniently, and says in what each request differs from the RFC's form.

What is meant is understood wherever it can be, so that one fault does not hide all other cases.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum

from net.framing import EOM, skip_gap

MAX_PENDING_BYTES = 1 << 16


class Kind(Enum):
    """What a client has asked for."""

    LIST = "LIST"
    PLAY = "PLAY"
    STOP = "STOP"
    SETUP = "SETUP"
    TEARDOWN = "TEARDOWN"
    UNKNOWN = "unknown"


class Fault(Enum):
    """In what a request differs from `request` of protocol.md 2, in the words of the report."""

    NO_END = "does not end in END END"
    UNKNOWN = "is no request that the RFC knows"
    LETTERS = "is not written in capital letters"
    LIST_PARAMETER = "has a parameter, and LIST takes none"
    STOP_PARAMETER = "has a parameter, and STOP takes none"
    NO_ID = "has no song ID, or something else beside it"
    SPACES = "has several spaces where one is enough"
    ZEROS = "has a song ID with leading zeros"
    BETWEEN = "has bytes before or behind it that belong to no request"


@dataclass(frozen=True, slots=True)
class Request:
    """One request. words: of it, without its end. at: when it came, in seconds of the loop."""

    kind: Kind
    words: tuple[str, ...]
    raw: bytes
    faults: frozenset[Fault]
    at: float = 0.0

    @property
    def song_id(self) -> int | None:
        """The song that a PLAY asks for; None if it says none."""
        if self.kind is Kind.PLAY and len(self.words) > 1 and _ID.fullmatch(self.words[1]):
            return int(self.words[1])
        return None


_END = re.compile(
    rb"(?<! )(?: +END +END|(?P<one> +END)(?=(?:LIST|PLAY|STOP|SETUP|TEARDOWN)\b))", re.IGNORECASE
)
"""A request's end; one END counts where another request stands right behind it. It begins with the
first of several spaces: to look from each of them again would be quadratic in their number."""
_ID = re.compile(r"[0-9]{1,10}")


class RequestReader:
    """Splits one connection's bytes into requests. Cost of a read: linear in what waits."""

    def __init__(self) -> None:
        self._buffer = b""

    @property
    def unfinished(self) -> bool:
        """Bytes have come that are no whole request."""
        return bool(self._buffer)

    def feed(self, data: bytes, at: float) -> list[Request]:
        """Append received bytes and return the requests they complete, in order."""
        self._buffer += data
        found: list[Request] = []
        while self._buffer:
            gap = skip_gap(self._buffer)
            end = _END.search(self._buffer, gap)
            if end is None:
                break
            request = _request(self._buffer[gap : end.start()], self._buffer[: end.end()], at)
            found.append(_without_end(request) if end["one"] else request)
            self._buffer = self._buffer[end.end() :]
        if len(self._buffer) > MAX_PENDING_BYTES:
            found += self.give_up(at)
        return found

    def give_up(self, at: float) -> list[Request]:
        """Take what has come for a request without its end, or for bytes behind the last one."""
        raw, self._buffer = self._buffer, b""
        body = raw[skip_gap(raw) :]
        if not body:
            faults = frozenset({Fault.BETWEEN}) if raw else frozenset[Fault]()
            return [Request(Kind.UNKNOWN, (), raw, faults, at)] if raw else []
        return [_without_end(_request(_before_ends(body), raw, at))]


def _before_ends(body: bytes) -> bytes:
    """Return what stands before the last ENDs and the space round them."""
    body = body.rstrip()
    while body[-3:].upper() == b"END" and body[-4:-3].isspace():
        body = body[:-3].rstrip()
    return body


def _without_end(request: Request) -> Request:
    faults = request.faults - {Fault.SPACES, Fault.BETWEEN} | {Fault.NO_END}
    return replace(request, faults=faults)


def _request(body: bytes, raw: bytes, at: float) -> Request:
    words = tuple(word.decode(errors="replace") for word in body.split())
    name = words[0] if words else ""
    kind = Kind[name.upper()] if name.upper() in Kind.__members__ else Kind.UNKNOWN
    return Request(kind, words, raw, frozenset(_faults(kind, words, body, raw)), at)


def _faults(kind: Kind, words: tuple[str, ...], body: bytes, raw: bytes) -> set[Fault]:
    faults = set()
    if not raw.startswith(body):
        faults.add(Fault.BETWEEN)
    if raw[len(raw) - len(EOM) :].upper() != EOM or raw.endswith(b" " + EOM) or b"  " in body:
        faults.add(Fault.SPACES)
    if kind is Kind.UNKNOWN:
        return faults | {Fault.UNKNOWN}
    if not (words[0] + raw.partition(body)[2].decode(errors="replace")).isupper():
        faults.add(Fault.LETTERS)
    if kind is Kind.LIST and len(words) > 1:
        faults.add(Fault.LIST_PARAMETER)
    if kind is Kind.STOP and len(words) > 1:
        faults.add(Fault.STOP_PARAMETER)
    if kind is Kind.PLAY:
        faults |= _faults_of_id(words)
    return faults


def _faults_of_id(words: tuple[str, ...]) -> set[Fault]:
    if len(words) != 2 or not _ID.fullmatch(words[1]):
        return {Fault.NO_ID}
    return {Fault.ZEROS} if words[1].startswith("0") and words[1] != "0" else set()
