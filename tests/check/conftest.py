"""A folder with what the cases need: a short song, a long one, one that is hard to cut, many."""

import pytest

from tests.check.broken_servers import frames

LONG_BYTES = 1 << 20
"""More than what lies on the way between the check and a server that keeps little unsent."""


@pytest.fixture(scope="session")
def music(tmp_path_factory):
    """The list has three messages; the last song has END END in it."""
    folder = tmp_path_factory.mktemp("music")
    (folder / "001 short.mp3").write_bytes(frames(20, 1))
    (folder / "002 long.mp3").write_bytes(frames(LONG_BYTES * 5 // 4 // 417, 2))
    for number in range(3, 150):
        name = f"{number:03} a song with a title so long that the list has three messages.mp3"
        (folder / name).write_bytes(frames(20, number))
    hard = frames(30, 3) + b"x END END y END END END END" + frames(9, 4) + b" END"
    (folder / "150 hard.mp3").write_bytes(hard)
    return folder
