"""The output is opened in a thread or at once, and what goes wrong is said where it is taken."""

import threading

import pytest

from cli.playing.sound.opening import CannotOpen, Opening


class Opened:
    closed = False

    def close(self):
        self.closed = True


@pytest.fixture
def opened(monkeypatch):
    """What is opened, and in which threads."""
    threads = []
    output = Opened()

    def open_output(spec, device, *, replace):
        threads.append(threading.current_thread())
        return output, f"{spec} {device} {replace}"

    monkeypatch.setattr("audio.open_output", open_output)
    return output, threads


@pytest.mark.parametrize("begun", [True, False])
def test_it_is_opened_once_in_a_thread_if_that_was_begun(opened, begun):
    output, threads = opened
    opening = Opening("pyaudio", "card", False)
    if begun:
        opening.begin()
    assert opening.take() == opening.take() == (output, "pyaudio card False")
    assert [thread is threading.current_thread() for thread in threads] == [not begun]
    opening.close()
    assert not output.closed, "it is whose who has taken it"


def test_what_nobody_has_taken_is_closed(opened):
    opening = Opening("auto", None, False)
    opening.begin()
    opening.close()
    assert opened[0].closed


def test_what_was_not_begun_is_not_opened_to_be_closed(opened):
    Opening("auto", None, False).close()
    assert opened[1] == []


@pytest.mark.parametrize("begun", [True, False])
def test_what_goes_wrong_is_raised_where_it_is_taken_or_closed(begun):
    opening = Opening("nonsense", None, False)
    if begun:
        opening.begin()
        with pytest.raises(CannotOpen, match="no output is called 'nonsense'"):
            opening.close()
    with pytest.raises(CannotOpen, match="no output is called 'nonsense'"):
        opening.take()


@pytest.mark.parametrize(
    ("spec", "is_device"), [("auto", True), ("pyaudio", True), ("null", False)]
)
def test_a_device_takes_long(spec, is_device):
    assert Opening(spec, None, False).takes_long is is_device
