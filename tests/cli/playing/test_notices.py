"""Notices are for people: no script has one among its answers."""

import pytest

from cli.playing.notices import Notices
from fsm.client.events import ListedSong

LIST = [ListedSong(song_id, "x") for song_id in (1, 2, 5)]


@pytest.mark.parametrize("has_person", [True, False])
def test_only_a_person_is_told_of_the_gaps_in_a_list(has_person, capsys):
    shown = []
    Notices(has_person, shown.append).gaps(LIST)
    assert shown == ["not on the list: songs 3, 4; play 3 asks for one all the same"] * has_person
    assert capsys.readouterr() == ("", "")
