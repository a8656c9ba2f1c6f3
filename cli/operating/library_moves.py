"""`alfine library migrate` and `copy`: a catalogue, or songs, to where servers can share them."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from cli.command_line import argument, command
from cli.serving.options import songs as options
from cli.serving.options.numbers import MIB
from cli.state import catalogue_path
from cli.usage import FAILED, USAGE
from cli.words.safe_text import safe
from songs import BUCKET, CatalogueError, MusicDirError, catalogue_at, migrate


@command("Example: alfine library migrate ~/Music postgresql://alfine@db.example/songs")
@argument("place", metavar="MUSIC_DIR|FILE", help="The folder, or its catalogue's file.")
@argument("url", metavar="postgresql://USER@HOST/DATABASE", help="An empty database.")
@options.state_dir
def migrate_catalogue(place: str, url: str, state_dir: Path | None) -> None:
    """Take a catalogue into a database that servers share; every song keeps its ID.

    Nothing changes in the file. A database that has other songs already ends with exit code 2.
    """
    try:
        file = Path(place) if os.path.isfile(place) else catalogue_path(place, state_dir)
        if not file.is_file():
            _refuse(
                "migrate", f"{place!a} has no catalogue yet: a server, or alfine library, makes it"
            )
        songs, new = migrate(catalogue_at(file), catalogue_at(url))
    except (CatalogueError, OSError) as error:
        _refuse("migrate", str(error))
    there = "already there, " if songs > new else ""
    print(f"{songs:,} song{'' if songs == 1 else 's'}, {there}with the same IDs")


@command("Example: alfine library copy ~/Music s3://songs/mine --s3-endpoint https://s3.example")
@argument("music_dir", metavar="MUSIC_DIR", help="The folder.")
@argument("url", metavar="s3://BUCKET/PREFIX", help="Where its songs go, under the same paths.")
@options.s3_endpoint
@options.song_size
@options.follow_links
def copy(
    music_dir: str, url: str, s3_endpoint: str | None, song_size: int, follow_links: bool
) -> None:
    """Copy the songs of a folder into a bucket; those that are there already are left as they are.

    The store checks each against its digest. End it when you like, and begin again: it goes on with
    what is missing. What is in the bucket and not in the folder stays. Songs that could not be
    copied end with exit code 1.
    """
    from songs.folder import Folder

    if not url.startswith(BUCKET):
        _refuse("copy", f"{url!a} is no bucket: it is s3://BUCKET, or s3://BUCKET/PREFIX")
    folder = Folder(music_dir, follow_links=follow_links, max_song_bytes=song_size * MIB)
    try:
        from songs.bucket import Bucket, copy_songs

        folder.check()
        result = copy_songs(folder, Bucket(url, endpoint=s3_endpoint).client, _show)
    except MusicDirError as error:
        _refuse("copy", str(error))
    finally:
        _show(0, 0)
    for path, reason in result.failed:
        print(f"alfine library copy: {safe(path)}: {reason}", file=sys.stderr)
    print(
        f"{result.copied:,} copied, {result.there:,} there already, {len(result.failed)} not copied"
    )
    if result.away:
        print(f"alfine library copy: {result.away}; begin again later", file=sys.stderr)
    if result.away or result.failed:
        raise click.exceptions.Exit(FAILED)


def _show(done: int, total: int) -> None:
    """Show how far it is, where somebody looks."""
    if sys.stderr.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb"):
        text = f"{done:,} of {total:,}" if total else ""
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _refuse(command: str, why: str) -> NoReturn:
    print(f"alfine library {command}: {why}", file=sys.stderr)
    raise click.exceptions.Exit(USAGE)
