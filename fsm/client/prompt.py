"""The client's prompt: when `>>` stands, and what may be printed where (ARROW_LOCK).

It knows that a line was entered and that an answer came, never what either says. A command that
another program sends passes it, and leaves the prompt as it is.
"""

from __future__ import annotations

from enum import Enum

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import requests as ask
from fsm.client.effects import ClientEffect
from fsm.table import Row, Session, Table, each


class PromptState(Enum):
    """ARROW_LOCK (RFC 2.6.1)."""

    OPEN = "`>>` stands at the input line, and a person may type (ARROW_LOCK is free)"
    LOCKED = "a command is being answered; no `>>` stands (ARROW_LOCK is held)"
    LEFT = "the person has gone"


# fmt: off
OPEN, LOCKED, LEFT = PromptState

PROMPT = Table("prompt", OPEN, [
    Row(OPEN,     on.CommandEntered,                                                      LOCKED, when="asks_machines", then="await_answer, pass_request", rfc="2.6.1"),
    Row(OPEN,     on.CommandEntered,                                                      LOCKED,                       then="await_answer",               rfc="2.6.1"),
    Row(OPEN,     on.CommandSent,                                                         OPEN,                         then="pass_request",               rfc="playing 12"),
    Row(OPEN,     on.TextArrived,                                                         OPEN,                         then="print_above_prompt",         rfc="2.6.1"),
    Row(OPEN,     on.CommandAnswered,                                                     OPEN,                                                            rfc="2.6.1"),
    Row(OPEN,     on.Interrupted,                                                         OPEN,                         then="clear_line",                 rfc="2.6.1"),
    Row(OPEN,     on.InputEnded,                                                          LEFT,                         then="leave",                      rfc="2.7.1"),
    Row(LOCKED,   on.CommandSent,                                                         LOCKED,                       then="pass_request",               rfc="playing 12"),
    Row(LOCKED,   on.TextArrived,                                                         LOCKED,                       then="print_text",                 rfc="2.6.1"),
    Row(LOCKED,   on.CommandAnswered,                                                     OPEN,   when="is_the_answer", then="show_prompt",                rfc="2.6.1"),
    Row(LOCKED,   on.CommandAnswered,                                                     LOCKED,                                                          rfc="2.6.1"),
    Row(LOCKED,   on.Interrupted,                                                         OPEN,                         then="show_prompt",                rfc="2.6.1"),
    Row(LOCKED,   on.InputEnded,                                                          LEFT,                         then="leave",                      rfc="2.7.1"),
    Row(LEFT,     on.TextArrived,                                                         LEFT,                         then="print_text",                 rfc="2.6.1"),
    Row(LEFT,     on.CommandSent,                                                         LEFT,                                                            rfc="playing 12"),
    each((LEFT,), (on.CommandEntered, on.CommandAnswered, on.Interrupted, on.InputEnded),                                                                  rfc="2.7.1"),
])
# fmt: on


class PromptSession(Session[ClientEffect | on.Event]):
    """One person at one input line."""

    __slots__ = ("awaited",)
    table = PROMPT
    says = (
        on.ListRequested,
        on.PlayRequested,
        on.StopRequested,
        on.WaitRequested,
        ask.PauseRequested,
        ask.ResumeRequested,
        ask.ToggleRequested,
        ask.VolumeRequested,
        ask.GainRequested,
        ask.SeekRequested,
        ask.NextRequested,
        ask.PrevRequested,
        ask.EditRequested,
        ask.UndoRequested,
        ask.RepeatRequested,
        ask.SleepRequested,
        ask.SleepAfterSongRequested,
        ask.StayAwakeRequested,
    )

    def __init__(self) -> None:
        super().__init__()
        self.awaited: on.Command | None = None
        """The command that has no answer yet."""

    # Guards

    def asks_machines(self, event: on.CommandEntered) -> bool:
        """The command is more than the client's program can answer by itself."""
        return event.request is not None

    def is_the_answer(self, event: on.CommandAnswered) -> bool:
        """It answers the command that was entered."""
        return event.command is self.awaited

    # Effects

    def await_answer(self, event: on.CommandEntered) -> None:
        """Keep which command was entered."""
        self.awaited = event.command

    def pass_request(self, event: on.CommandEntered | on.CommandSent) -> None:
        """Hand the command's request on to the machines that it concerns."""
        assert event.request is not None, "the command asks the machines"
        self.record(event.request)

    def show_prompt(self, event: on.Event) -> None:
        """Let `>>` stand again; no answer is awaited."""
        self.awaited = None
        self.record(do.ShowPrompt())

    def clear_line(self, event: on.Event) -> None:
        """Let a fresh `>>` stand."""
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
