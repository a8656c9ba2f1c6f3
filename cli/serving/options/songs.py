"""The options that say what is served: those of `alfine library` too, which lists it."""

from __future__ import annotations

from pathlib import Path

from cli.command_line import PATH, Declaration, argument, flag, option
from cli.serving.options.headings import RUNNING, SONGS
from cli.serving.options.numbers import MIB, count
from cli.state import catalogue_path
from fsm.frozen import dataclass
from songs import BUCKET, LATIN_1, MAX_SONG_BYTES, Options, is_text_encoding

music_dir = argument(
    "music_dir", metavar="MUSIC_DIR", help="The folder with the MP3s, or s3://BUCKET/PREFIX."
)
state_dir = option(
    "--state-dir",
    type=PATH,
    metavar="DIR",
    help="Where the IDs of songs are kept from one start to the next, with their tags.",
    shown="the user's state directory",
    heading=RUNNING,
)
catalogue_url = option(
    "--catalogue",
    metavar="postgresql://USER@HOST/DATABASE",
    help="Keep them in a database that servers on other machines share, instead.",
    heading=RUNNING,
)
song_size = count(
    "--song-size",
    MAX_SONG_BYTES // MIB,
    "MiB that a song may have; a larger one is not listed.",
    SONGS,
    most=1 << 20,
)
follow_links = flag(
    "--follow-links",
    help="Serve what links in the folder lead to outside it, too.",
    heading=SONGS,
)
s3_endpoint = option(
    "--s3-endpoint",
    metavar="URL",
    help="The object store, if it is not Amazon's.",
    shown="what the aws command is set to",
    heading=SONGS,
)
tag_encoding = option(
    "--tag-encoding",
    default=LATIN_1,
    metavar="NAME",
    help="The encoding of titles in old tags that do not say it (ID3v1, and ID3v2 that claims "
    "Latin-1): cp1251, shift_jis, gbk, or another that Python knows.",
    heading=SONGS,
)
OPTIONS: tuple[Declaration, ...] = (
    music_dir,
    state_dir,
    catalogue_url,
    song_size,
    follow_links,
    s3_endpoint,
    tag_encoding,
)


@dataclass(frozen=True, slots=True)
class Songs:
    """What the options say.

    music_dir: or a bucket. state_dir: None for the user's own. catalogue: a database instead of it.
    song_size: in MiB.
    """

    music_dir: str
    state_dir: Path | None
    catalogue: str | None
    song_size: int
    follow_links: bool
    s3_endpoint: str | None
    tag_encoding: str

    @property
    def in_bucket(self) -> bool:
        """Whether the songs are in an object store."""
        return self.music_dir.startswith(BUCKET)

    def catalogue_place(self) -> Path | str:
        """Return where IDs and tags are kept. Raises OSError, as `catalogue_path` does."""
        return self.catalogue or catalogue_path(self.music_dir, self.state_dir)

    def options(self) -> Options:
        """Return the options of the library. Raises ValueError, with a clause: what to do."""
        if not is_text_encoding(self.tag_encoding):
            raise ValueError(
                f"there is no text encoding {ascii(self.tag_encoding)[:60]}; Python's names are "
                "meant, such as cp1251, shift_jis or gbk"
            )
        return Options(self.song_size * MIB, self.follow_links, self.tag_encoding, self.s3_endpoint)
