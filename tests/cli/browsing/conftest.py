"""A server of songs with tags: albums whose files are not in the order of their tracks."""

import pytest

from demo.make_songs import ALBUM, ARTIST, tag
from demo.pieces import PIECES
from tests.cli.conftest import encode_tone, serving

SONGS = (
    ("NIN/Ghosts/1.mp3", "NIN", "Ghosts", "Ghosts", "1", "2008"),
    ("NIN/Ghosts/2.mp3", "NIN", "Ghosts", "34", "2", "2008"),
    ("Sigur Ros/byrjun/a.mp3", "Sigur Rós", "Ágætis byrjun", "Starálfur", "3", "1999"),
    ("Sigur Ros/byrjun/b.mp3", "Sigur Rós", "Ágætis byrjun", "Svefn-g-englar", "2", "1999"),
    ("Sigur Ros/tour/c.mp3", "Sigur Rós", "Heima", "Heysátan", "1", "2007"),
)
"""Each a path, and what its tags say: artist, album, title, track, year."""


@pytest.fixture(scope="session")
def tagged_music_dir(tmp_path_factory):
    """A folder of these songs, of those of the demo by their tags, and of one without tags."""
    folder = tmp_path_factory.mktemp("tagged")
    song = encode_tone(220, 20)
    for name, artist, album, title, track, year in SONGS:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(song)
        tag(path, TPE1=artist, TALB=album, TIT2=title, TRCK=track, TDRC=year)
    for piece in [make() for make in PIECES]:
        (folder / piece.file_name).write_bytes(song)
        tag(folder / piece.file_name, TPE1=ARTIST, TALB=ALBUM, TIT2=piece.title)
    (folder / "lost tape.mp3").write_bytes(song)
    return folder


@pytest.fixture(scope="session")
def tagged_server(tagged_music_dir):
    """A server of this folder."""
    with serving(tagged_music_dir) as running:
        yield running
