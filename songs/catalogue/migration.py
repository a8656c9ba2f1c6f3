"""Takes a catalogue into another: a file into a database, say, that servers are to share."""

from songs.catalogue import Catalogue, CatalogueError


def migrate(source: Catalogue, target: Catalogue) -> int:
    """Write all rows of one catalogue into an empty one, IDs kept; return how many they are.

    All or none. Raises CatalogueError: one of them cannot be used, or the target has songs.
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
            if known := len(target.news()):
                raise CatalogueError(
                    f"it has songs already ({known}): IDs can be taken into an empty one only"
                )
            target.write(rows)
    finally:
        target.close()
    _check(target)
    return len(rows)


def _check(catalogue: Catalogue) -> None:
    """Raise CatalogueError for what would be a warning where it is only served from."""
    if catalogue.warnings:
        raise CatalogueError(catalogue.warnings[0])
