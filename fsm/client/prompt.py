"""The client's prompt: when `>>` stands, and what may be printed where (ARROW_LOCK).

It knows that a line was entered and that an answer came, never what either says.
"""

from __future__ import annotations

from enum import Enum

from fsm.client import effects as do
from fsm.client import events as on
from fsm.table import Row, Session, Table


class PromptState(Enum):
    """ARROW_LOCK (RFC 2.6.1)."""

    OPEN = "`>>` stands at the input line, and a person may type (ARROW_LOCK is free)"
    LOCKED = "a command is being answered; no `>>` stands (ARROW_LOCK is held)"
    LEFT = "the person has gone"


OPEN, LOCKED, LEFT = PromptState

PROMPT = Table(
    "prompt",
    OPEN,
    [
        Row(OPEN, on.CommandEntered, LOCKED, effect="pass_on", rfc="2.6.1"),
        Row(OPEN, on.TextArrived, OPEN, effect="print_above_prompt", rfc="2.6.1"),
        Row(OPEN, on.CommandAnswered, OPEN, rfc="2.6.1"),
        Row(OPEN, on.Interrupted, OPEN, effect="clear_line", rfc="2.6.1"),
        Row(OPEN, on.InputEnded, LEFT, effect="leave", rfc="2.7.1"),
        Row(LOCKED, on.TextArrived, LOCKED, effect="print_text", rfc="2.6.1"),
        Row(
            LOCKED,
            on.CommandAnswered,
            OPEN,
            guard="is_the_answer",
            effect="show_prompt",
            rfc="2.6.1",
        ),
        Row(LOCKED, on.CommandAnswered, LOCKED, rfc="2.6.1"),
        Row(LOCKED, on.Interrupted, OPEN, effect="show_prompt", rfc="2.6.1"),
        Row(LOCKED, on.InputEnded, LEFT, effect="leave", rfc="2.7.1"),
        Row(LEFT, on.CommandEntered, LEFT, rfc="2.7.1"),
        Row(LEFT, on.TextArrived, LEFT, effect="print_text", rfc="2.6.1"),
        Row(LEFT, on.CommandAnswered, LEFT, rfc="2.6.1"),
        Row(LEFT, on.Interrupted, LEFT, rfc="2.7.1"),
        Row(LEFT, on.InputEnded, LEFT, rfc="2.7.1"),
    ],
)


class PromptSession(Session):
    """One person at one input line."""

    __slots__ = ("awaited",)
    table = PROMPT

    def __init__(self) -> None:
        super().__init__()
        self.awaited: on.Command | None = None

    # Guards

    def is_the_answer(self, event: on.CommandAnswered) -> bool:
        """It answers the command that was entered."""
        return event.command is self.awaited

    # Effects

    def pass_on(self, event: on.CommandEntered) -> None:
        """Let the command's request go to the machines that hear it."""
        self.awaited = event.command
        if event.request is not None:
            self.record(event.request)

    def show_prompt(self, event: on.Event) -> None:
        """Let `>>` stand again."""
        self.awaited = None
        self.record(do.ShowPrompt())

    def clear_line(self, event: on.Event) -> None:
        """A fresh `>>`."""
        self.record(do.ClearLine())

    def print_text(self, event: on.TextArrived) -> None:
        """Print."""
        self.record(do.Print(event.text, event.error))

    def print_above_prompt(self, event: on.TextArrived) -> None:
        """Print, and leave `>>` and what was typed below."""
        self.record(do.PrintAbovePrompt(event.text, event.error))

    def leave(self, event: on.Event) -> None:
        """End the client."""
        self.record(do.Leave())
