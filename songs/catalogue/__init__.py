"""The catalogue: which ID each song has and what its file was like, from one start to the next.

It knows rows and databases. Which file is which song is decided in `songs.scan.identity`.
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from songs.catalogue.file import FileCatalogue
from songs.catalogue.rows import CatalogueAway, CatalogueError, Entry, Row

__all__ = [
    "Catalogue",
    "CatalogueAway",
    "CatalogueError",
    "Entry",
    "FileCatalogue",
    "Row",
    "catalogue_at",
]

POSTGRES = ("postgresql://", "postgres://")


class Catalogue(Protocol):
    """The rows of one library. `open` and `close` stand round each use.

    shared: with servers on other machines. is_new: there was none, and this made it. warnings:
    sentences for the operator.
    """

    shared: bool
    is_new: bool
    warnings: list[str]

    @property
    def unread(self) -> bool:
        """Whether what was read before counts no more: `news` returns all rows next."""

    def open(self) -> None:
        """Open it; make it where there is none. Raises CatalogueAway."""

    def close(self) -> None:
        """Close it; what was not written within `writing` is lost."""

    def may_scan(self) -> bool:
        """Return whether to look for songs, until `close`; False: another server does."""

    def keep_alive(self) -> None:
        """Say now and then, while a scan takes its time, that the catalogue is in use.

        May be called for each file. Raises CatalogueAway.
        """

    def wait(self, timeout_s: float) -> None:
        """Wait until something is written to what is shared, at most so long.

        For another thread than the one that uses the rest. Raises CatalogueAway.
        """

    def news(self) -> list[Row]:
        """Return the rows that are new or changed since this was last called, or `write` was.

        Raises CatalogueAway, as `writing` and `write` do.
        """

    def writing(self) -> AbstractContextManager[None]:
        """Let nobody else write while the block runs; what it has written is kept at its end."""

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows, by their IDs. Only within `writing`, behind `news`.

        None is written where an ID is another song's in the catalogue.
        """


def catalogue_at(place: Path | str | None) -> Catalogue:
    """Return the catalogue in a file, or of a PostgreSQL database by its URL; None keeps nothing.

    Raises CatalogueError: the URL is none, or psycopg is not installed.
    """
    if isinstance(place, str) and place.startswith(POSTGRES):
        from songs.catalogue.postgres import PostgresCatalogue

        return PostgresCatalogue(place)
    if isinstance(place, str):
        raise CatalogueError("a catalogue is postgresql://USER@HOST/DATABASE")
    return FileCatalogue(place)
