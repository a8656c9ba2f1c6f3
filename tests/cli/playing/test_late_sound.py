"""The sound of a client that may never play: it is made when it is needed."""

import pytest

from audio import FrameIndex
from cli.playing.sound.late_sound import LateSound, NoFrames
from cli.playing.sound.sound import MAX_BYTES, Song
from fsm.client import effects as do
from fsm.client.effects import Buffer
from fsm.client.requests import Gain


class Recorded:
    """A Sound that keeps what it is told."""

    position_s, device, index, arriving_index = 3.0, "card", "an index", "the next"

    def __init__(self, *given):
        self.given, self.told = given, []

    def perform(self, effect):
        self.told.append(effect)

    def beginning(self, count):
        return b"ID3"[:count]

    def close(self):
        self.told.append("close")


@pytest.fixture
def made(monkeypatch):
    """The Sounds that are made."""
    made = []

    def make(*given):
        made.append(Recorded(*given))
        return made[-1]

    monkeypatch.setattr("cli.playing.sound.sound.Sound", make)
    return made


def late():
    return LateSound(lambda: "output", "deliver", "remark")


def test_nothing_is_opened_as_long_as_there_is_nothing_to_play(made):
    sound = late()
    gain = do.SetGain(Gain.TRACK)
    for effect in (do.DropBuffers(), do.DropNextBuffer(), do.SetVolume(30), gain):
        sound.perform(effect)
    assert (sound.position_s, sound.device, sound.index.exact) == (0.0, "", False)
    assert sound.gain is None
    assert sound.beginning(2) == b""
    sound.close()
    assert made == []


def test_it_is_opened_once_with_the_volume_and_the_gain_that_were_set(made):
    audio, gain = do.AppendAudio(Buffer.PRESENT, b"some"), do.SetGain(Gain.ALBUM)
    sound = late()
    for effect in (do.SetVolume(30), gain, do.SetVolume(20)):
        sound.perform(effect)
    for effect in (audio, do.DropBuffers(), do.SetVolume(10)):
        sound.perform(effect)
    sound.close()
    [opened] = made
    assert opened.told == [
        do.SetVolume(20), gain, audio, do.DropBuffers(), do.SetVolume(10), "close"
    ]  # fmt: skip
    assert (sound.position_s, sound.device, sound.index) == (3.0, "card", "an index")
    assert sound.beginning(2) == b"ID"


def test_what_only_a_sound_can_say_opens_it(made):
    assert late().arriving_index == "the next"
    assert [sound.given for sound in made] == [("output", "deliver", "remark", MAX_BYTES)]


def test_an_output_that_is_open_is_used_at_once(made):
    LateSound("output", "deliver", "remark", 5)
    assert [sound.given for sound in made] == [("output", "deliver", "remark", 5)]


@pytest.mark.parametrize("name", [n for n in vars(NoFrames) if not n.startswith("_")])
def test_without_a_song_the_index_says_what_an_empty_one_does(name):
    assert getattr(NoFrames(), name) == getattr(FrameIndex(Song(1).buffer), name)
