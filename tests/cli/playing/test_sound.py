"""The client's sound: each report of a real player becomes an event, unless its song is gone."""

import asyncio
import queue

import pytest

from audio import AudioBuffer, Output, OutputError, Player, reports
from cli.playing.sound.sound import Song, Sound
from fsm.client import effects as do
from fsm.client import events as on
from fsm.client.effects import Buffer
from fsm.client.requests import Measure
from tests.audio.making import independent_frames
from tests.cli.conftest import encode_tone

TIMEOUT_S = 20
SONG = encode_tone(220, 1)
FAILURE = "the cable is out"


class Device(Output):
    """A device without sound that takes PCM at once; with `fails` every write fails."""

    latency_s = 0.0

    def __init__(self, fails=False, replaceable=False):
        self.fails = fails
        self.replaceable = replaceable

    def write(self, pcm):
        if self.fails:
            raise OutputError(FAILURE)

    def open(self, rate_hz):
        pass

    def drain(self):
        pass

    def drop(self):
        pass

    def close(self):
        pass


class SpiedPlayer(Player):
    """A player whose reports can be waited for while the event loop stands still."""

    def __init__(self, output, report):
        self.reports = queue.Queue()

        def report_and_keep(one):
            report(one)
            self.reports.put(one)

        super().__init__(output, report_and_keep)

    def wait_for(self, kind):
        """Block until a report of this class has been made, and return it."""
        while not isinstance(report := self.reports.get(timeout=TIMEOUT_S), kind):
            pass
        return report


class Driven:
    """A Sound, and the events that it has delivered."""

    def __init__(self, device):
        self.events = []
        self.sound = Sound(device, self.events.append)

    def __repr__(self):
        return f"<Driven {self.sound} events={self.events}>"

    def perform(self, *effects):
        for effect in effects:
            self.sound.perform(effect)

    def wait_for(self, kind):
        return self.sound._player.wait_for(kind)


SEEK_BEYOND = do.SeekPlayer(100.0, Measure.FROM_START)
PLAY_WHOLE = (
    do.AppendAudio(Buffer.PRESENT, SONG),
    do.FinishBuffer(Buffer.PRESENT),
    do.StartPlayer(),
)
PLAY_BEGINNING = (do.AppendAudio(Buffer.PRESENT, SONG), do.StartPlayer())
PLAY_NO_MP3 = (
    do.AppendAudio(Buffer.PRESENT, b"no MP3 " * 5000),
    do.FinishBuffer(Buffer.PRESENT),
    do.StartPlayer(),
)

CASES = {
    reports.PlayedOut: (Device(), PLAY_WHOLE),
    reports.RanDry: (Device(), PLAY_BEGINNING),
    reports.PlaceNotHere: (Device(), (*PLAY_BEGINNING, SEEK_BEYOND)),
    reports.Undecodable: (Device(), PLAY_NO_MP3),
    reports.OutputFailed: (Device(fails=True), PLAY_WHOLE),
    reports.DeviceLost: (Device(fails=True, replaceable=True), PLAY_WHOLE),
}
ABOUT_A_SONG = [kind for kind in CASES if kind is not reports.DeviceLost]


def event_of(report):
    """The event that a report becomes."""
    match report:
        case reports.PlayedOut():
            return on.PlayedOut()
        case reports.RanDry():
            return on.BufferRanDry()
        case reports.PlaceNotHere(needed_bytes=needed_bytes, from_bytes=from_bytes):
            assert len(SONG) < from_bytes < needed_bytes
            return on.PlaceNotHere(needed_bytes, from_bytes)
        case reports.Undecodable(reason=reason):
            assert reason
            return on.Undecodable(reason)
        case reports.OutputFailed():
            return on.OutputFailed(FAILURE)
        case reports.DeviceLost():
            return on.DeviceLost(FAILURE)


def delivered(kind, *effects):
    """Make the player report `kind`, perform `effects` before the event loop runs again.

    Returns the report, and the events that are delivered then.
    """

    async def drive():
        device, play = CASES[kind]
        driven = Driven(device)
        driven.perform(*play)
        report = driven.wait_for(kind)
        assert driven.events == [], "events are delivered by the event loop"
        driven.perform(*effects)
        await asyncio.sleep(0)
        driven.sound.close()
        return report, driven.events

    return asyncio.run(drive())


@pytest.fixture(autouse=True)
def spied_player(monkeypatch):
    monkeypatch.setattr("cli.playing.sound.sound.Player", SpiedPlayer)


def test_every_kind_of_report_has_a_case():
    assert {*CASES, reports.FramesRefused} == set(reports.Report.__args__)


DAMAGED = b"".join(
    frame[:4] + b"\xff" * 32 + frame[36:] if n >= 15 else frame
    for n, frame in enumerate(independent_frames(SONG))
)


@pytest.mark.parametrize("dropped", [False, True])
def test_refused_frames_are_remarked_on_before_the_song_has_been_played(dropped):
    async def drive():
        told = []
        sound = Sound(Device(), told.append, told.append)
        for effect in (do.AppendAudio(Buffer.PRESENT, DAMAGED), *PLAY_WHOLE[1:]):
            sound.perform(effect)
        sound._player.wait_for(reports.PlayedOut)
        if dropped:
            sound.perform(do.DropBuffers())
        await asyncio.sleep(0)
        sound.close()
        return told

    frames = len(independent_frames(SONG)) - 15
    seconds = pytest.approx(frames * 1152 / 44100)
    expected = [reports.FramesRefused(1, frames, seconds), on.PlayedOut()]
    assert asyncio.run(drive()) == ([] if dropped else expected)


def test_an_index_that_is_behind_catches_up_between_other_work(monkeypatch):
    async def drive():
        driven = Driven(Device())
        junk = b"\xff\xfb\x90\x64" * 500_000
        driven.perform(do.AppendAudio(Buffer.PRESENT, SONG + junk + SONG))
        index, steps = driven.sound.index, 0
        while index.behind:
            steps += 1
            await asyncio.sleep(0)
        driven.perform(do.FinishBuffer(Buffer.PRESENT))
        while not index.complete:
            await asyncio.sleep(0)
        driven.sound.close()
        return steps, index.duration_s

    steps, duration_s = asyncio.run(drive())
    assert steps > 10
    assert duration_s == pytest.approx(2.1, abs=0.2)


@pytest.mark.parametrize("kind", CASES)
def test_a_report_is_delivered_as_one_event(kind):
    report, events = delivered(kind)
    assert events == [event_of(report)]


@pytest.mark.parametrize("effect", [do.DropBuffers(), do.LeaveSong()])
@pytest.mark.parametrize("kind", ABOUT_A_SONG)
def test_a_report_about_a_song_that_has_been_dropped_is_not_delivered(kind, effect):
    _, events = delivered(kind, effect)
    assert events == []


def test_a_lost_device_is_delivered_although_its_song_has_been_dropped():
    _, events = delivered(reports.DeviceLost, do.DropBuffers())
    assert events == [on.DeviceLost(FAILURE)]


@pytest.mark.parametrize("kind", [reports.RanDry, reports.PlaceNotHere])
def test_a_report_about_a_place_that_a_seek_has_left_is_not_delivered(kind):
    # Paused, so that the player has no reason for another report after the seek.
    _, events = delivered(kind, do.PausePlayer(), do.SeekPlayer(0.0, Measure.FROM_START))
    assert events == []


def test_of_places_that_are_sought_at_once_the_last_one_is_told():
    async def drive():
        driven = Driven(Device())
        driven.perform(do.AppendAudio(Buffer.PRESENT, SONG))
        driven.perform(*(do.FindPlace(place, Measure.FROM_START) for place in (100.0, 50.0)))
        await asyncio.sleep(0)
        index = driven.sound.index
        driven.sound.close()
        return driven.events, on.PlaceNotHere(index.needed_bytes(50.0), index.from_bytes(50.0))

    events, expected = asyncio.run(drive())
    assert set(events) == {expected}


def test_behind_the_end_the_place_that_was_heard_is_gone_back_to():
    async def drive():
        driven = Driven(Device())
        driven.perform(*PLAY_BEGINNING)
        driven.wait_for(reports.RanDry)
        await asyncio.sleep(0)
        heard_s = driven.sound.position_s
        driven.perform(do.SeekPlayer(50.0, Measure.FROM_HERE))
        driven.perform(do.SeekPlayer(50.0, Measure.FROM_HERE))
        driven.wait_for(reports.PlaceNotHere)
        await asyncio.sleep(0)
        back_bytes = driven.sound.index.from_bytes(heard_s)
        sought_s = driven.sound.position_s
        driven.perform(do.MoveBuffer(2_000_000), do.MoveBufferBack(back_bytes))
        back_s = driven.sound.position_s
        driven.sound.close()
        return driven.events, heard_s, sought_s, back_s, back_bytes

    events, heard_s, sought_s, back_s, back_bytes = asyncio.run(drive())
    assert 0.5 < heard_s == back_s
    assert sought_s == heard_s + 100
    assert events[-1].back_bytes == back_bytes


def test_what_is_sought_on_the_way_back_counts():
    async def drive():
        driven = Driven(Device())
        driven.perform(*PLAY_BEGINNING, do.SeekPlayer(50.0, Measure.FROM_START))
        driven.perform(do.MoveBuffer(2_000_000), do.SeekPlayer(0.5, Measure.FROM_START))
        driven.perform(do.MoveBufferBack(0))
        place_s = driven.sound.position_s
        driven.sound.close()
        return place_s

    assert asyncio.run(drive()) == 0.5


def no_room(buffer, data):
    raise OSError("no room for the song")


def test_a_song_without_room_fails_once(monkeypatch):
    async def drive():
        driven = Driven(Device())
        monkeypatch.setattr(AudioBuffer, "append", no_room)
        driven.perform(do.AppendAudio(Buffer.PRESENT, SONG), do.AppendAudio(Buffer.PRESENT, SONG))
        await asyncio.sleep(0)
        driven.sound.close()
        return driven.events

    assert asyncio.run(drive()) == [on.BufferFull("no room for the song")]


def without_room(monkeypatch, *effects):
    """The events that come of a next song for which there is no room, and of what is done then."""

    async def drive():
        driven = Driven(Device())
        monkeypatch.setattr(AudioBuffer, "append", no_room)
        driven.perform(do.AppendAudio(Buffer.NEXT, SONG))
        for effect in effects:
            driven.perform(effect)
        await asyncio.sleep(0)
        driven.sound.close()
        return driven.events

    return asyncio.run(drive())


def test_there_is_no_room_for_the_next_song(monkeypatch):
    assert without_room(monkeypatch) == [on.NextBufferFull("no room for the song")]


def test_a_next_song_without_room_is_the_present_one_meanwhile(monkeypatch):
    events = without_room(monkeypatch, do.LeaveSong())
    assert events == [on.BufferFull("no room for the song")]


@pytest.mark.parametrize("effect", [do.DropNextBuffer(), do.DropBuffers()])
def test_a_next_song_without_room_is_dropped_meanwhile(monkeypatch, effect):
    assert without_room(monkeypatch, effect) == []


def test_nothing_is_appended_behind_a_gap(monkeypatch):
    song = Song(1)
    monkeypatch.setattr(AudioBuffer, "append", no_room)
    with pytest.raises(OSError, match="no room"):
        song.append(SONG)
    monkeypatch.undo()
    song.append(SONG)
    assert song.buffer.received_bytes == 0
