"""How a plain server words its answers: as the RFC says it in one place or another, or otherwise.

Written from the text of RFC 9999 alone. A Wording is one server's way; WORDINGS names those that a
client is to understand, and REFUSED those that it is to name and refuse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

PIECE = 4096


@dataclass(frozen=True)
class Wording:
    """The parts of all messages. The defaults are those of RFC 2.7.1, without round brackets."""

    list_head: bytes = b"RESP 100 END "
    between: bytes = b" END "
    behind_last: bytes = b""
    entry: str = "%d. %s"
    brackets: bool = False
    bracket_each_message: bool = True
    ids: tuple[int, int] = (1, 1)
    """The first ID, and how far the next one is."""
    empty_list: bytes | None = b"RESP 100 END  END END"
    """None: nothing is sent."""
    audio_head: bytes = b"RESP 200 END "
    bracketed_audio: bool = False
    error: bytes = b"ERRO 404"
    end: bytes = b" END END"
    between_messages: bytes = b""
    before_answers: bytes = b""
    """A message of its own that comes before each list and each song."""
    greeting: bytes = b""
    only_answer: bytes = b""
    """What everything is answered with."""

    def song_id(self, index: int) -> int:
        first, step = self.ids
        return first + step * index

    def index(self, song_id: bytes) -> int:
        """The index of a song, negative for an ID that the list does not show."""
        first, step = self.ids
        if not song_id.isdigit() or (int(song_id) - first) % step:
            return -1
        return (int(song_id) - first) // step

    def lists(self, titles: list[str]) -> list[bytes]:
        """The list, in each message whole entries of at most 4096 bytes (RFC 2.4.1)."""
        if self.only_answer:
            return [self.only_answer]
        groups: list[bytes] = []
        for index, title in enumerate(titles):
            entry = (self.entry % (self.song_id(index), title)).encode()
            if groups and len(groups[-1]) + len(self.between) + len(entry) <= PIECE - 8:
                groups[-1] += self.between + entry
            else:
                groups.append(entry)
        if not groups:
            return [] if self.empty_list is None else [self.empty_list + self.between_messages]
        if self.brackets:
            groups = self._bracketed(groups)
        messages = [self._message(self.list_head, group + self.behind_last) for group in groups]
        return [self.before_answers + messages[0], *messages[1:]]

    def _bracketed(self, groups: list[bytes]) -> list[bytes]:
        if self.bracket_each_message:
            return [b"(" + group + b")" for group in groups]
        groups[0] = b"(" + groups[0]
        groups[-1] += b")"
        return groups

    def audio(self, piece: bytes) -> bytes:
        if self.only_answer:
            return self.only_answer
        payload = b"(" + piece + b")" if self.bracketed_audio else piece
        return self._message(self.audio_head, payload)

    def refusal(self) -> bytes:
        return self.only_answer or self._message(self.error, b"")

    def _message(self, head: bytes, payload: bytes) -> bytes:
        return head + payload + self.end + self.between_messages

    def clean_pieces(self, data: bytes) -> Iterator[bytes]:
        """Cut a song so that the first end of message in each message is its last eight bytes.

        A piece is as long as it can be, and at least one byte: otherwise a song that begins with an
        end of message could never be sent.
        """
        at = 0
        while at < len(data):
            size = min(PIECE, len(data) - at)
            while size > 1:
                message = self.audio_head + data[at : at + size] + self.end
                first = message.find(self.end)
                follows = data[at + size : at + size + 3]
                if first == len(message) - len(self.end) and follows != b"END":
                    break
                size -= 1
            yield data[at : at + size]
            at += size


RFC = Wording()
LOWER = Wording(
    list_head=b"resp 100 end ",
    between=b" end ",
    audio_head=b"resp 200 end ",
    error=b"erro 404",
    end=b" end end",
)
WORDINGS = {
    "rfc": RFC,
    "300": Wording(list_head=b"RESP 300 END "),
    "audio without END": Wording(audio_head=b"RESP 200 "),
    "short empty list": Wording(empty_list=b"RESP 100 END END"),
    "crlf": Wording(between=b"\r\n"),
    "lf": Wording(between=b"\n", behind_last=b"\n"),
    "END crlf": Wording(between=b" END\r\n", behind_last=b" END\r\n"),
    "END behind the last": Wording(behind_last=b" END"),
    "two spaces": Wording(entry="%d.  %s"),
    "1)": Wording(entry="%d) %s"),
    "1 -": Wording(entry="%d - %s"),
    "1:": Wording(entry="%d: %s"),
    "[1]": Wording(entry="[%d] %s"),
    "brackets": Wording(brackets=True),
    "brackets round the whole list": Wording(brackets=True, bracket_each_message=False),
    "brackets and lines": Wording(brackets=True, between=b"\r\n", entry="%d) %s"),
    "from 0": Wording(ids=(0, 1)),
    "gaps": Wording(ids=(3, 7)),
    "500": Wording(error=b"ERRO 500"),
    "404 in words": Wording(error=b"ERRO 404 END no such song, sorry"),
    "unknown code": Wording(before_answers=b"RESP 150 END one moment END END"),
    "lines between messages": Wording(between_messages=b"\r\n"),
    "nul between messages": Wording(between_messages=b"\0"),
    "as 2.3.1 has it": Wording(
        list_head=b"RESP 300 END ", brackets=True, entry="%d.  %s.mp3", audio_head=b"RESP 200 "
    ),
}
REFUSED = {
    "lower case": LOWER,
    "greeting": Wording(greeting=b"Welcome to the music server!\r\n"),
    "bracketed audio": Wording(bracketed_audio=True),
    "bracketed audio without END": Wording(bracketed_audio=True, audio_head=b"RESP 200 "),
    "one END": Wording(end=b" END"),
    "list as 200": Wording(list_head=b"RESP 200 END "),
    "list as 200 in brackets": Wording(list_head=b"RESP 200 END ", brackets=True),
    "http": Wording(only_answer=b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
}
EVERY_WORDING = WORDINGS | REFUSED
