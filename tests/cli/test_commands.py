"""What may be typed, and what is said about what may not."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.commands import CommandError, parse
from fsm.events import ListRequested, PlayRequested, StopRequested, WaitRequested


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("list", ListRequested()),
        ("l", ListRequested()),
        ("  LIST ", ListRequested()),
        ("play 3", PlayRequested(3)),
        ("p 3", PlayRequested(3)),
        ("stop", StopRequested()),
        ("s", StopRequested()),
        ("wait", WaitRequested()),
    ],
)
def test_commands_ask_for(text, request_):
    assert parse(text).request == request_


@pytest.mark.parametrize("text", ["quit", "q", "exit", "QUIT"])
def test_ways_to_leave(text):
    assert parse(text).word == "quit"


@pytest.mark.parametrize("text", ["help", "?"])
def test_ways_to_ask_for_help(text):
    assert parse(text).word == "help"


@pytest.mark.parametrize("text", ["", "   ", "\t"])
def test_nothing_is_no_command(text):
    assert parse(text) is None


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("pley 3", "type help"),
        ("play", "play 3"),
        ("play x", "play 3"),
        ("play 1 2", "play 3"),
        ("play 0", "1, 2, 3"),
        ("play 99999999999", "1, 2, 3"),
        ("stop now", "takes nothing"),
        ("\x1b[2J", "no command ?[2J"),
    ],
)
def test_what_is_no_command_is_said_with_advice(text, advice):
    with pytest.raises(CommandError) as error:
        parse(text)
    assert advice in str(error.value)
    assert str(error.value).isprintable()


@given(st.text())
def test_nothing_that_is_typed_raises_anything_else(text):
    with contextlib.suppress(CommandError):
        parse(text)
    with pytest.raises(CommandError) as error:
        parse(f"play {text} x")
    assert str(error.value).isprintable()
