"""Binds keys at the prompt; most of them act only while the line is empty.

None of them acts while the history is searched (Ctrl-R): what is typed there is what is sought, and
Ctrl-C leaves the search.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from prompt_toolkit.buffer import Buffer, CompletionState
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition, Filter, is_searching
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

NEXT_AFTER_S = 0.4
"""An `n` that stands alone for this long is a key, and not the beginning of `next`."""

_COMMANDS = {
    " ": "toggle",
    "left": "seek -10",
    "right": "seek +10",
    "+": "volume +5",
    "-": "volume -5",
}


def key_bindings(
    buffer: Buffer,
    run: Callable[[str], None],
    cancel: Callable[[], None],
    leave: Callable[[], None],
    titles_wanted: Callable[[Document], Awaitable[bool]],
) -> KeyBindings:
    """Bind the keys of a prompt.

    run: called with the command that a key stands for. cancel: Ctrl-C. leave: Ctrl-D on an empty
    line. titles_wanted: waits for the titles that this line needs and that have not come, and tells
    whether there are any.
    """
    keys = KeyBindings()
    _bind_commands(keys, buffer, run)
    _bind_next(keys, buffer, run)
    _bind_completion(keys, buffer, titles_wanted)
    _bind_control_keys(keys, buffer, cancel, leave)
    return keys


def _bind_commands(keys: KeyBindings, buffer: Buffer, run: Callable[[str], None]) -> None:
    def bind(key: str, command: str) -> None:
        keys.add(key, filter=_is_empty(buffer))(lambda event: run(command))

    for key, command in _COMMANDS.items():
        bind(key, command)


def _bind_next(keys: KeyBindings, buffer: Buffer, run: Callable[[str], None]) -> None:
    @keys.add("n", filter=_is_empty(buffer))
    def _next(event: KeyPressEvent) -> None:
        buffer.insert_text("n")
        asyncio.get_running_loop().call_later(NEXT_AFTER_S, next_if_alone)

    def next_if_alone() -> None:
        if buffer.text == "n":
            buffer.reset()
            run("next")


def _bind_completion(
    keys: KeyBindings, buffer: Buffer, titles_wanted: Callable[[Document], Awaitable[bool]]
) -> None:
    async def complete_later(document: Document) -> None:
        """Complete when the titles have come, if nothing else has been typed by then."""
        if await titles_wanted(document) and buffer.document == document:
            _complete_now(buffer)

    @keys.add("tab", filter=~is_searching)
    def _complete(event: KeyPressEvent) -> None:
        if buffer.complete_state:
            buffer.complete_next()
        elif not _complete_now(buffer):
            event.app.create_background_task(complete_later(buffer.document))

    @keys.add("s-tab", filter=~is_searching)
    def _complete_back(event: KeyPressEvent) -> None:
        buffer.complete_previous()


def _bind_control_keys(
    keys: KeyBindings, buffer: Buffer, cancel: Callable[[], None], leave: Callable[[], None]
) -> None:
    @keys.add("c-c", filter=~is_searching)
    def _cancel(event: KeyPressEvent) -> None:
        cancel()

    @keys.add("c-d", filter=_is_empty(buffer))
    def _leave(event: KeyPressEvent) -> None:
        leave()

    @keys.add("c-z")
    def _suspend(event: KeyPressEvent) -> None:
        event.app.suspend_to_background()


def _is_empty(buffer: Buffer) -> Filter:
    """Nothing is typed: neither a line nor what is sought in the history."""
    return Condition(lambda: not buffer.text) & ~is_searching


def _complete_now(buffer: Buffer) -> bool:
    """Complete at once, and not in a task: an Enter that is typed already must come after it.

    Returns whether there was anything.
    """
    event = CompleteEvent(completion_requested=True)
    completions = list(buffer.completer.get_completions(buffer.document, event))
    if completions:
        buffer.complete_state = CompletionState(buffer.document, completions)
        buffer.go_to_completion(0)
        if len(completions) == 1:
            buffer.complete_state = None
    return bool(completions)
