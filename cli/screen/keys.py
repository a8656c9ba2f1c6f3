"""What single keys do at the prompt, most of them only while nothing is typed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from prompt_toolkit.buffer import Buffer, CompletionState
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

NEXT_AFTER_S = 0.4
"""So long after an `n` nothing else may be typed: then it was no beginning of `next`."""


def key_bindings(
    buffer: Buffer,
    press: Callable[[str], None],
    cancel: Callable[[], None],
    leave: Callable[[], None],
    paused: Callable[[], bool],
) -> KeyBindings:
    """press: called with the command that a key stands for."""
    keys = KeyBindings()
    empty = Condition(lambda: not buffer.text)

    def stands_for(key: str, command: str) -> None:
        keys.add(key, filter=empty)(lambda event: press(command))

    @keys.add(" ", filter=empty)
    def _pause(event: KeyPressEvent) -> None:
        press("resume" if paused() else "pause")

    stands_for("left", "seek -10")
    stands_for("right", "seek +10")
    stands_for("+", "volume +5")
    stands_for("-", "volume -5")

    @keys.add("n", filter=empty)
    def _next(event: KeyPressEvent) -> None:
        buffer.insert_text("n")
        asyncio.get_running_loop().call_later(NEXT_AFTER_S, next_if_alone)

    def next_if_alone() -> None:
        if buffer.text == "n":
            buffer.reset()
            press("next")

    @keys.add("tab")
    def _complete(event: KeyPressEvent) -> None:
        if buffer.complete_state:
            buffer.complete_next()
        else:
            _offer(buffer)

    @keys.add("s-tab")
    def _complete_back(event: KeyPressEvent) -> None:
        buffer.complete_previous()

    @keys.add("c-c")
    def _cancel(event: KeyPressEvent) -> None:
        cancel()

    @keys.add("c-d", filter=empty)
    def _leave(event: KeyPressEvent) -> None:
        leave()

    @keys.add("c-z")
    def _suspend(event: KeyPressEvent) -> None:
        event.app.suspend_to_background()

    return keys


def _offer(buffer: Buffer) -> None:
    """Put the best offer into the line, at once: an Enter that was typed ahead comes after it."""
    event = CompleteEvent(completion_requested=True)
    offers = list(buffer.completer.get_completions(buffer.document, event))
    if offers:
        state = CompletionState(buffer.document, offers)
        buffer.complete_state = state
        buffer.go_to_completion(0)
        if len(offers) == 1:
            buffer.complete_state = None
