"""A place in a song that has not arrived: it is asked for, and what is between is not sent."""

from __future__ import annotations

import array

import pytest

from proxy.faults import Faults
from tests.audio.making import worst_difference
from tests.end_to_end.programs import Client, play, serving
from tests.end_to_end.songs import PCM_FRAME_BYTES, RATE_HZ, music, named, recorded, samples
from tests.faulty_proxy import FaultyProxy

SONG = named("Noise", "long") + music(40.0, seed=3)
"""128 kbit/s: 640 KB."""
SLOW = Faults(rate_bytes_s=62_500)
"""500 kbit/s: the whole song takes 10 s."""


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    folder = tmp_path_factory.mktemp("songs")
    (folder / "1.mp3").write_bytes(SONG)
    (folder / "2.mp3").write_bytes(named("Noise", "next") + music(1.0, seed=4))
    with serving(folder) as server:
        yield server.port


def after(seconds: float) -> bytes:
    """The samples of the song from there on."""
    return samples(SONG)[round(seconds * RATE_HZ) * PCM_FRAME_BYTES :]


@pytest.mark.parametrize("options", [(), ("--prebuffer", 4)], ids=["collecting", "playing"])
def test_a_place_is_heard_to_the_sample_and_a_fraction_of_the_song_is_sent(port, tmp_path, options):
    wav = tmp_path / "song.wav"
    with FaultyProxy(port, SLOW) as proxy:
        script = ("play 1", "seek 0:35", "wait")
        run = play(proxy.port, *script, output=f"wav:{wav}", options=options)
        [audio] = proxy.audio()
    assert run.code == 0, run
    heard, wanted = recorded(wav), after(35.0)
    assert heard.endswith(wanted)
    # What had been played before the seek is the song's beginning.
    assert samples(SONG).startswith(heard[: -len(wanted)])
    assert len(audio) < len(SONG) / 2
    assert b"PLAY 1 " in proxy.sent


def test_what_was_left_out_is_asked_for_when_it_is_sought(port, tmp_path):
    wav = tmp_path / "song.wav"
    with FaultyProxy(port) as proxy:
        client = Client(proxy.port, output=f"wav:{wav}", options=("--prebuffer", 4))
        client.type("play 1", "pause", "seek 0:39")
        assert proxy.wait_for(lambda: b"RESP 200 END  END END" in proxy.received[1])
        client.type("seek 0:10", "resume", "queue 2", "wait", "quit")
        run = client.run()
    assert run.code == 0, run
    second = samples(named("Noise", "next") + music(1.0, seed=4))
    assert recorded(wav).endswith(after(10.0) + second), "and the next song follows without a gap"


def test_a_song_may_begin_in_its_middle_although_arrow_keys_are_pressed(port, tmp_path):
    """Places that are counted from here count from the one that is on its way."""
    wav = tmp_path / "song.wav"
    with FaultyProxy(port, SLOW) as proxy:
        script = ("play 1", "seek 0:05", "seek +10", "seek +10", "seek +10", "wait")
        run = play(proxy.port, *script, output=f"wav:{wav}")
    assert run.code == 0, run
    assert recorded(wav) == after(35.0)


def test_of_places_that_are_sought_before_it_plays_the_last_one_counts(port, tmp_path):
    wav = tmp_path / "song.wav"
    with FaultyProxy(port, SLOW) as proxy:
        script = ("play 1", "seek 0:37", "seek 0:34", "wait")
        run = play(proxy.port, *script, output=f"wav:{wav}")
    assert run.code == 0, run
    assert recorded(wav) == after(34.0)


def test_wherever_a_song_goes_on_it_is_as_loud_as_its_beginning_says(tmp_path):
    """The tags stand in front, before a picture: what is here of them is kept."""
    gains = ("REPLAYGAIN_TRACK_GAIN", "-9.50 dB"), ("REPLAYGAIN_ALBUM_GAIN", "-3.25 dB")
    folder, wav = tmp_path / "songs", tmp_path / "song.wav"
    folder.mkdir()
    (folder / "1.mp3").write_bytes(named("Noise", "quieter", bytes(60_000), gains) + SONG)
    script = ("play 1", "seek 0:37", "seek 0:34", "seek +1", "wait")
    with serving(folder) as server, FaultyProxy(server.port, SLOW) as proxy:
        run = play(proxy.port, *script, output=f"wav:{wav}", options=("--gain", "album"))
    assert run.code == 0, run
    assert b"PLAY 1 " in proxy.sent
    quieter = array.array("h", (round(s * 10 ** (-3.25 / 20)) for s in _values(after(35.0))))
    assert worst_difference(recorded(wav), quieter.tobytes()) <= 1


def _values(pcm: bytes) -> array.array:
    return array.array("h", pcm)


def test_a_place_behind_the_end_is_refused_with_where_that_is(port):
    """The song has no tag that says how long it is: the list does."""
    with FaultyProxy(port, SLOW) as proxy:
        script = ("list", "play 1", "seek 0:30", "seek 50:00", "seek +11", "wait")
        run = play(proxy.port, *script)
    assert run.code == 1, run
    assert run.err == 2 * "the song ends at 0:40: seek 0:38?\n"
    assert run.out.endswith("played 1. Noise - long\n")


@pytest.mark.parametrize("options", [(), ("--prebuffer", 4)], ids=["collecting", "playing"])
def test_a_place_behind_an_end_that_nobody_knows_leads_back(port, tmp_path, options):
    """Neither a tag nor a list says how long the song is: the server says that it is shorter."""
    wav = tmp_path / "song.wav"
    with FaultyProxy(port, SLOW) as proxy:
        script = ("play 1", "seek 50:00", "queue 2", "wait")
        run = play(proxy.port, *script, output=f"wav:{wav}", options=options)
    assert run.code == 1, run
    told = "1. Noise - long ends before that place: it goes on where it was"
    assert run.err == f"{told}\n"
    assert "played 1. Noise - long\n" in run.out
    second = samples(named("Noise", "next") + music(1.0, seed=4))
    assert recorded(wav).endswith(after(35.0) + second), "and the next song follows without a gap"
    if not options:
        assert recorded(wav) == samples(SONG) + second


def test_several_presses_at_once_end_at_the_place_that_was_sought_last(port):
    with FaultyProxy(port, SLOW) as proxy:
        script = ("play 1", "seek 0:37", *("seek +10",) * 9, "seek 0:38", "wait")
        run = play(proxy.port, *script)
    assert run.out.endswith("played 1. Noise - long\n")
    told = "1. Noise - long ends before that place: it goes on where it was\n"
    assert run.err == told * run.err.count(told)


def test_a_server_without_offsets_is_waited_for(tmp_path, port):
    wav = tmp_path / "song.wav"
    with FaultyProxy(port) as proxy:
        script = ("play 1", "seek 0:35", "wait")
        run = play(proxy.port, *script, output=f"wav:{wav}", options=("--plain",))
        [audio] = proxy.audio()
    assert run.code == 0, run
    assert recorded(wav).endswith(after(35.0))
    assert audio == SONG
