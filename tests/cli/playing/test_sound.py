"""The client's sound: whose reports reach the machines."""

import asyncio

from audio import NullOutput
from audio import reports as heard
from cli.playing.sound import Sound
from fsm.client import effects as do
from fsm.client import events as on


def delivered(report):
    """What is delivered of a report about a song that has been dropped meanwhile."""

    async def drop_and_report():
        events = []
        sound = Sound(NullOutput(), events.append)
        sound.perform(do.DropBuffer())
        sound._report(report)
        await asyncio.sleep(0)
        sound.close()
        return events

    return asyncio.run(drop_and_report())


def test_what_is_reported_of_a_song_that_has_been_dropped_is_not_delivered():
    assert delivered(heard.PlayedOut(1, 44100)) == []
    assert delivered(heard.RanDry(1)) == []


def test_a_device_that_has_gone_is_no_songs_business():
    assert delivered(heard.DeviceLost(1, "unplugged")) == [on.DeviceLost("unplugged")]
