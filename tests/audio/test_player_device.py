"""The player: the volume, and the loss of the device."""

from __future__ import annotations

import array

import pytest

from audio import DeviceLost, OutputError, PlayedOut
from tests.audio.fake_output import Card, decoded, played_out
from tests.audio.making import FRAME, as_buffer, mp3


def test_the_volume_changes_within_a_song_without_a_click(player_on, reports):
    card = Card(permits=20)
    player = player_on(card)
    player.play(as_buffer(mp3()), 1)
    card.wait_for_writes(21)
    player.set_volume(50)
    card.permit(1000)
    assert type(reports.next()) is PlayedOut
    full, heard = (array.array("h", pcm) for pcm in (decoded(mp3()), b"".join(card.writes)))
    assert len(heard) == len(full)
    changed = sum(map(len, card.writes[:21])) // 2
    settled = changed + len(card.writes[21]) // 2
    assert heard[:changed] == full[:changed]
    assert heard[settled:] == array.array("h", [s >> 2 for s in full[settled:]])
    between = zip(full[changed:settled], heard[changed:settled], strict=True)
    gains = [h / f for f, h in between if abs(f) > 2000]
    assert all(0.24 < gain <= 1.0 for gain in gains)
    assert all(abs(a - b) < 0.05 for a, b in zip(gains, gains[2:], strict=False))


class Plug(Card):
    """A device that can be unplugged."""

    replaceable = True

    def __init__(self, **options):
        super().__init__(**options)
        self.gone_after = 1_000_000
        self.recoveries = 0
        self.others = True

    def write(self, pcm):
        if len(self.writes) >= self.gone_after:
            raise OutputError("it was pulled out")
        super().write(pcm)

    def recover(self):
        self.record("recover")
        if not self.others:
            raise OutputError("there is no other")
        self.gone_after = 1_000_000


def test_the_loss_of_the_device_pauses_and_loses_no_sample(player_on, reports):
    card = Plug()
    card.gone_after = 30
    player = player_on(card)
    player.play(as_buffer(mp3()), 1)
    assert reports.next() == DeviceLost(1, "it was pulled out")
    assert len(card.writes) == 30
    place = player.position_s(1)
    assert place == pytest.approx(sum(map(len, card.writes)) / FRAME / 44100)
    player.resume()
    assert reports.next() == played_out(1, mp3())
    assert b"".join(card.writes) == decoded(mp3())
    lost = card.names.index("recover")
    assert card.names[lost - 1 : lost + 2] == ["drop", "recover", "open"]


def test_without_another_device_the_pause_goes_on(player_on, reports):
    card = Plug()
    card.gone_after, card.others = 30, False
    player = player_on(card)
    player.play(as_buffer(mp3()), 1)
    assert type(reports.next()) is DeviceLost
    player.resume()
    assert reports.next() == DeviceLost(1, "there is no other")
    card.others = True
    player.seek(1, 1.0)
    player.resume()
    reports.next()
    assert b"".join(card.writes[30:]) == decoded(mp3(), 1.0)
