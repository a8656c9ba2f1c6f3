"""ARROW_LOCK: `>>` stands at every input line, and never in the middle of output (RFC 2.6.1)."""

from fsm.client.effects import ClearLine, Leave, Print, PrintAbovePrompt, ShowPrompt
from fsm.client.events import (
    Command,
    CommandAnswered,
    CommandEntered,
    CommandSent,
    InputEnded,
    Interrupted,
    TextArrived,
)
from fsm.client.prompt import PromptSession, PromptState
from fsm.client.requests import PauseRequested
from fsm.events import ListRequested


def after(*events):
    """All that comes of the events, and the state then."""
    session = PromptSession()
    return [outcome for event in events for outcome in session.handle(event)], session.state


LIST = CommandEntered(Command.LIST, ListRequested())


def test_no_prompt_stands_until_the_answer_is_printed():
    outcomes, state = after(LIST, TextArrived("1. one"))
    assert outcomes == [ListRequested(), Print("1. one")]
    assert state is PromptState.LOCKED


def test_a_command_that_the_client_answers_itself_locks_the_prompt_too():
    help_ = CommandEntered(Command.LOCAL)
    assert after(help_) == ([], PromptState.LOCKED)
    assert after(help_, CommandAnswered(Command.LOCAL)) == ([ShowPrompt()], PromptState.OPEN)


def test_the_prompt_stands_again_after_the_answer():
    outcomes, state = after(LIST, TextArrived("1. one"), CommandAnswered(Command.LIST))
    assert outcomes[-1] == ShowPrompt()
    assert state is PromptState.OPEN


def test_the_answer_to_another_command_does_not_open_the_lock():
    outcomes, state = after(LIST, CommandAnswered(Command.PLAY))
    assert ShowPrompt() not in outcomes
    assert state is PromptState.LOCKED


def test_output_that_arrives_while_one_types_goes_above_the_prompt():
    assert after(TextArrived("played 1. one"))[0] == [PrintAbovePrompt("played 1. one")]


def test_ctrl_c_opens_the_lock_and_clears_the_line():
    assert after(LIST, Interrupted()) == ([ListRequested(), ShowPrompt()], PromptState.OPEN)
    assert after(Interrupted()) == ([ClearLine()], PromptState.OPEN)


def test_an_answer_that_comes_after_ctrl_c_changes_nothing():
    outcomes, state = after(LIST, Interrupted(), CommandAnswered(Command.LIST))
    assert outcomes.count(ShowPrompt()) == 1
    assert state is PromptState.OPEN


def test_leaving_happens_once():
    outcomes, state = after(InputEnded(), InputEnded(), TextArrived("bye"))
    assert outcomes == [Leave(), Print("bye")]
    assert state is PromptState.LEFT


def test_one_may_leave_before_the_answer_comes():
    assert after(LIST, InputEnded()) == ([ListRequested(), Leave()], PromptState.LEFT)


def test_who_has_left_does_nothing_more():
    for late in (LIST, CommandAnswered(Command.LIST), Interrupted()):
        assert after(InputEnded(), late) == ([Leave()], PromptState.LEFT)


def test_an_answer_to_nothing_changes_nothing():
    assert after(CommandAnswered(Command.PLAY)) == ([], PromptState.OPEN)


def test_a_command_from_outside_passes_and_leaves_the_prompt_as_it_is():
    pause = CommandSent(PauseRequested())
    assert after(pause) == ([PauseRequested()], PromptState.OPEN)
    assert after(LIST, pause) == ([ListRequested(), PauseRequested()], PromptState.LOCKED)
    outcomes, state = after(LIST, pause, CommandAnswered(Command.LIST))
    assert (outcomes[-1], state) == (ShowPrompt(), PromptState.OPEN), "it still awaits its own"
    assert after(InputEnded(), pause) == ([Leave()], PromptState.LEFT)


def test_output_does_not_open_or_lock_anything():
    assert after(TextArrived("a"))[1] is PromptState.OPEN
    assert after(LIST, TextArrived("a"))[1] is PromptState.LOCKED
