"""Takes a catalogue into another: a file into a database, say, that servers are to share."""

from typing import NamedTuple

from songs.catalogue import Catalogue, CatalogueError


class Migrated(NamedTuple):
    """songs: how many both catalogues have. new: how many of them were written; all or none."""

    songs: int
    new: int


def migrate(source: Catalogue, target: Catalogue) -> Migrated:
    """Write all rows of one catalogue into an empty one, IDs kept; nothing where they are there.

    Raises CatalogueError: one of them cannot be used, or the target has other songs.
    """
    source.open()
    try:
        rows = source.news()
    finally:
        source.close()
    _check(source)
    target.open()
    try:
        with target.writing():
            known = target.news()
            if known and known != rows:
                raise CatalogueError(
                    f"it has other songs already ({len(known)}): IDs can be taken into an empty "
                    "one only"
                )
            new = [] if known else rows
            target.write(new)
    finally:
        target.close()
    _check(target)
    return Migrated(len(rows), len(new))


def _check(catalogue: Catalogue) -> None:
    """Raise CatalogueError for what would be a warning where it is only served from."""
    if catalogue.warnings:
        raise CatalogueError(catalogue.warnings[0])
