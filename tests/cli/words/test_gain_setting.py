"""What `gain` is acknowledged with: nothing is claimed of a song before it is heard that way."""

import pytest

from cli.words.moment import Activity, Status
from cli.words.status_parts import setting


@pytest.mark.parametrize(
    ("heard", "text"),
    [
        ({"gain_applied": False}, "gain album"),
        ({"gain_applied": True}, "gain album (none in its tags)"),
        ({"gain_applied": True, "gain_db": -6.5}, "gain album (-6.5 dB)"),
    ],
)
def test_the_song_s_gain_is_said_as_soon_as_it_is_heard(heard, text):
    assert setting("gain", Status(Activity.PLAYING, gain="album", **heard)) == text
    assert setting("gain", Status(Activity.STOPPED, gain="album", **heard)) == "gain album"
