"""The lines by which a proxy shows what passes: each message, between the states of both sides.

What it prints is printable: the labels of messages are, and so are states and addresses.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from cli.words.safe_text import in_place
from traces.following import Seen
from traces.recorder import CLIENT

STATE_COLUMNS, MESSAGE_COLUMNS = 16, 46
MOST_S = 1.0
"""So long a stretch of audio is one line."""
CLIENT_COLOUR, SERVER_COLOUR, WRONG_COLOUR, QUIET_COLOUR = 36, 32, 31, 2


@dataclass(slots=True)
class _Audio:
    """Messages of audio that have passed and are not shown yet. began_s: in `time.monotonic()`."""

    began_s: float
    messages: int
    count_bytes: int
    last: Seen


class Columns:
    """Shows each message in one line, and audio messages that follow each other in one a second.

    show: called with each line. colours: with escape codes for them.
    """

    def __init__(self, show: Callable[[str], None], colours: bool) -> None:
        self._show, self._colours = show, colours
        self._audio: dict[int, _Audio] = {}

    def opened(self, connection: int, address: str) -> None:
        self._say(connection, f"{in_place(address)} has connected")

    def passed(self, connection: int, sender: str, data: bytes, seen: list[Seen]) -> None:
        for message in seen:
            if message.audio_bytes is not None and not message.legal:
                self._add_audio(connection, message, message.audio_bytes)
                continue
            self._show_audio(connection)
            self._message(connection, message, message.message)

    def trouble(self, connection: int, text: str) -> None:
        self._show_audio(connection)
        self._say(connection, in_place(text), WRONG_COLOUR)

    def closed(self, connection: int) -> None:
        self._show_audio(connection)
        self._say(connection, "closed")

    def _add_audio(self, connection: int, message: Seen, count_bytes: int) -> None:
        so_far = self._audio.get(connection)
        states = (message.client, message.server)
        now = time.monotonic()
        if so_far is not None and (
            (so_far.last.client, so_far.last.server) != states or now - so_far.began_s > MOST_S
        ):
            self._show_audio(connection)
            so_far = None
        if so_far is None:
            self._audio[connection] = _Audio(now, 1, count_bytes, message)
            return
        so_far.messages += 1
        so_far.count_bytes += count_bytes
        so_far.last = message

    def _show_audio(self, connection: int) -> None:
        if (audio := self._audio.pop(connection, None)) is not None:
            times = "" if audio.messages == 1 else f" x {audio.messages}"
            text = f"RESP 200{times}, {audio.count_bytes} bytes"
            self._message(connection, audio.last, text)

    def _message(self, connection: int, seen: Seen, text: str) -> None:
        arrow = _arrow(text, to_the_right=seen.sender == CLIENT)
        colour = WRONG_COLOUR if seen.legal else 0
        line = (
            f"{self._painted(f'#{connection:<4}', QUIET_COLOUR)}"
            f"{self._painted(f'{seen.client:<{STATE_COLUMNS}}', CLIENT_COLOUR)} "
            f"{self._painted(arrow, colour)} {self._painted(seen.server, SERVER_COLOUR)}"
        )
        self._show(line.rstrip())
        if seen.legal:
            state = seen.client if seen.sender == CLIENT else seen.server
            text = f"violation: the {seen.sender} in {state} sends {text}; legal: "
            self._say(connection, text + ", ".join(seen.legal), WRONG_COLOUR)

    def _say(self, connection: int, text: str, colour: int = QUIET_COLOUR) -> None:
        self._show(self._painted(f"#{connection:<4}{text}", colour))

    def _painted(self, text: str, colour: int) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours and colour else text


def _arrow(text: str, to_the_right: bool) -> str:
    width = MESSAGE_COLUMNS - 4
    shown = f" {text if len(text) <= width - 2 else text[: width - 5] + '...'} "
    return f"--{shown:-<{width}}->" if to_the_right else f"<-{shown:-<{width}}--"
