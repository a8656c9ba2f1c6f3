"""What must hold in every state, and the exception that says where it does not."""

from __future__ import annotations

from enum import Enum


class Rule(Enum):
    """A property of the protocol. The value is what the report calls it."""

    NO_FAULT = "every machine has a row for every event that it can meet"
    COMES_TO_REST = "from every state the exchange can come to rest: all answered, prompt unlocked"
    RIGHT_AUDIO = "no audio of a song reaches the buffer of another, or arrives after STOP"
    WHOLE = "a song counts as complete only if all of it arrived, in order, once each"
    PLAYED_WHOLE = "a song that is there and that nobody stops is played whole, whatever is lost"
    LISTS_ONCE = "every LIST is answered once, with the whole list"
    PLAYS_ONCE = "every PLAY is closed once"
    ENOUGH = "the player runs once enough is here, or all that will come (RFC 2.5.2)"
    STATES = "every state is true of what it says"
    PROMPT = "`>>` is shown when a command has had its answer, and then only; all told is printed"
    LOSS_TOLD = "a connection that is lost, or cannot be made, is told where somebody misses it"
    LEAVES = "who leaves says TEARDOWN where that is understood, and hangs up"
    TOLD_PLAIN = "a client told to be plain sends no SETUP, and LIST only when a person types it"
    LETS_IN = "over TLS the clients that may come in are let in, and nobody else"
    REFUSAL_TOLD = "who is refused over TLS is told so before the connection is closed"
    ONE_CONNECTION = (
        "there is never more than one connection, and none for a list that nobody waits for"
    )


class Broken(Exception):
    """A rule does not hold."""

    def __init__(self, rule: Rule, detail: str) -> None:
        super().__init__(f"{rule.value}: {detail}")
        self.rule, self.detail = rule, detail
