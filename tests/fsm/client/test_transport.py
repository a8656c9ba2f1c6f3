"""The transport alone: in each of its states, whether a song is heard, and who ends a silence."""

import pytest

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.client.transport import DEVICE_LOST, IDLE, PAUSED, RUNNING, TransportSession
from tests.fsm.driver import step

PLAY = on.PlayRequested(1)
WAYS = {
    IDLE: (),
    RUNNING: (PLAY,),
    PAUSED: (PLAY, ask.PauseRequested()),
    DEVICE_LOST: (PLAY, on.DeviceLost("unplugged")),
}
HEARD, SILENT = (IDLE, RUNNING), (PAUSED, DEVICE_LOST)
RESUME = [do.ResumePlayer()]
NOTHING_PLAYS = [do.Tell(do.Report.NOTHING_PLAYS)]
WAIT_ENDS = on.CommandAnswered(on.Command.WAIT)

FOLLOWS, ASKED = internal.SongTurnCame(2), internal.SongTurnCame(2, asked=True)
THE_END = (on.StopRequested(), internal.NothingFollows(), on.OutputFailed("the disk is full"))


def after(state, *events):
    """What comes of the events in that state, and the state then."""
    session = TransportSession()
    assert step(session, *WAYS[state])[1] is state
    return step(session, *events)


@pytest.mark.parametrize("chosen", [PLAY, ASKED], ids=str)
def test_a_song_that_a_person_wants_is_heard(chosen):
    for state in HEARD:
        assert after(state, chosen) == ([], RUNNING)
    for state in SILENT:
        assert after(state, chosen) == (RESUME, RUNNING)


def test_a_song_whose_turn_it_is_does_not_end_a_pause():
    for state in HEARD:
        assert after(state, FOLLOWS) == ([], RUNNING)
    for state in SILENT:
        assert after(state, FOLLOWS) == ([], state)


def test_skipping_a_song_ends_a_pause():
    assert after(RUNNING, internal.SongSkipped()) == ([], RUNNING)
    for state in SILENT:
        assert after(state, internal.SongSkipped()) == (RESUME, RUNNING)


@pytest.mark.parametrize("the_end", THE_END, ids=str)
def test_when_nothing_is_played_any_more_the_pause_ends(the_end):
    for state in HEARD:
        assert after(state, the_end) == ([], IDLE)
    for state in SILENT:
        assert after(state, the_end) == (RESUME, IDLE)


def test_pause():
    assert after(IDLE, ask.PauseRequested()) == (NOTHING_PLAYS, IDLE)
    assert after(RUNNING, ask.PauseRequested()) == ([do.PausePlayer()], PAUSED)
    for state in SILENT:
        assert after(state, ask.PauseRequested()) == ([], state)


def test_resume():
    assert after(IDLE, ask.ResumeRequested()) == ([], IDLE)
    assert after(RUNNING, ask.ResumeRequested()) == ([], RUNNING)
    for state in SILENT:
        assert after(state, ask.ResumeRequested()) == (RESUME, RUNNING)


def test_toggle_is_pause_or_resume():
    assert after(IDLE, ask.ToggleRequested()) == ([], IDLE)
    assert after(RUNNING, ask.ToggleRequested()) == ([do.PausePlayer()], PAUSED)
    for state in SILENT:
        assert after(state, ask.ToggleRequested()) == (RESUME, RUNNING)


def test_a_device_that_goes_is_told_and_nobody_waits_for_it():
    gone = on.DeviceLost("unplugged")
    lost = [do.PausePlayer(), do.Tell(do.Report.DEVICE_LOST, detail="unplugged"), WAIT_ENDS]
    for state in (RUNNING, *SILENT):
        assert after(state, gone) == (lost, DEVICE_LOST)


def test_a_device_that_goes_when_nothing_is_played_is_no_pause():
    assert after(IDLE, on.DeviceLost("unplugged")) == (RESUME, IDLE)


def test_a_wait_for_the_end_of_what_is_silent_ends_at_once():
    for state in HEARD:
        assert after(state, on.WaitRequested()) == ([], state)
    for state in SILENT:
        assert after(state, on.WaitRequested()) == ([WAIT_ENDS], state)


def test_the_volume_changes_nothing_else():
    for state in WAYS:
        assert after(state, ask.VolumeRequested(30)) == ([do.SetVolume(30)], state)


def test_sleep_pauses_when_its_time_is_over_and_ends_a_wait():
    for state in WAYS:
        timer = [do.StartTimer(on.SleepDue(), 60.0)]
        assert after(state, ask.SleepRequested(60.0)) == (timer, state)
    told = do.Tell(do.Report.ASLEEP, detail="paused, resume goes on")
    assert after(RUNNING, on.SleepDue()) == ([do.PausePlayer(), told, WAIT_ENDS], PAUSED)
    for state in (IDLE, *SILENT):
        assert after(state, on.SleepDue()) == ([], state)


def test_who_stays_awake_or_sleeps_after_the_song_waits_for_no_time():
    cancel = [do.CancelTimer(on.SleepDue)]
    for state in WAYS:
        assert after(state, ask.StayAwakeRequested()) == (cancel, state)
    for state in (RUNNING, *SILENT):
        assert after(state, ask.SleepAfterSongRequested()) == (cancel, state)
    assert after(IDLE, ask.SleepAfterSongRequested()) == (NOTHING_PLAYS, IDLE)


@pytest.mark.parametrize("gain", ask.Gain)
def test_the_gain_changes_nothing_else(gain):
    for state in WAYS:
        assert after(state, ask.GainRequested(gain)) == ([do.SetGain(gain)], state)
