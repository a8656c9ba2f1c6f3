"""Songs as files may hold them, for tests that draw them by chance."""

from hypothesis import strategies as st

from cli.memory.kept import Kept, known_path
from cli.words.safe_text import safe

TITLES = st.text(max_size=40).map(safe)
LIBRARIES = st.just("") | st.text("abcXYZ019-", min_size=1, max_size=64)
IDS = st.none() | st.integers(0, 9_999_999_999)
PATHS = st.just("") | st.builds(known_path, st.text(max_size=20), st.text(max_size=20))


@st.composite
def kept_songs(draw):
    """A song as alfine keeps it: a version of the list belongs to an ID."""
    song_id = draw(IDS)
    library = "" if song_id is None else draw(LIBRARIES)
    seconds = draw(st.none() | st.integers(0, 10**6).map(float))
    return Kept(draw(TITLES), song_id, library, seconds, draw(PATHS))
