"""`alfine library`: what of a folder is served, what is not, and why (protocol.md 5)."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

import click

from cli.command_line import command, flag
from cli.operating.library_moves import copy, migrate_catalogue
from cli.serving.options import songs as options
from cli.serving.song_log import bar, in_words
from cli.usage import USAGE
from cli.words.formatters.json_lines import dump
from cli.words.safe_text import safe
from songs import CatalogueError, Library, MusicDirError, Progress, ScanReport, Song

EPILOG = "Example: alfine library ~/Music --json | jq .counts"


@command(EPILOG, more={"migrate": migrate_catalogue, "copy": copy})
@options.music_dir
@options.song_size
@options.follow_links
@options.s3_endpoint
@options.tag_encoding
@options.state_dir
@options.catalogue_url
@flag("--json", "as_json", help="One JSON object, for programs (docs/json.md).")
def library(
    music_dir: str,
    song_size: int,
    follow_links: bool,
    s3_endpoint: str | None,
    tag_encoding: str,
    state_dir: Path | None,
    catalogue: str | None,
    as_json: bool,
) -> None:
    """List the songs of a folder with the IDs that a server gives them, and what is not served.

    The folder is read as a server reads it, and new songs get their IDs: use the options of the
    server, its --state-dir too. A folder that cannot be read ends with exit code 2.
    """
    try:
        songs = options.Songs(
            music_dir, state_dir, catalogue, song_size, follow_links, s3_endpoint, tag_encoding
        )
        read = Library(music_dir, songs.catalogue_place(), songs.options())
        report = read.scan(_show_progress)
    except (MusicDirError, CatalogueError, ValueError) as error:
        _refuse(str(error))
    except OSError as error:
        _refuse(
            f"the state directory cannot be used: {error.strerror}; give another by --state-dir"
        )
    finally:
        _show("")
    for warning in report.warnings:
        print(f"alfine library: {warning}", file=sys.stderr)
    print(_json(read, report) if as_json else _text(read, report))


def _show_progress(progress: Progress) -> None:
    _show(f"{bar(progress)}{in_words(progress)}")


def _show(text: str) -> None:
    """Show a line that the next one takes the place of, where somebody looks."""
    if sys.stderr.isatty() and os.environ.get("TERM", "dumb") not in ("", "dumb"):
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _text(read: Library, report: ScanReport) -> str:
    width = max((len(str(song.song_id)) for song in read.songs), default=1)
    lines = [f"{s.song_id:>{width}}  {safe(s.title)}  ({_shown(s.path)})" for s in read.songs]
    lines += _section("not served", report.unusable)
    lines += _section("no songs", report.skipped)
    lines += _section("served under the file's name", report.untitled)
    lines += _section("links that are followed", report.followed)
    gone = [(f"{song.song_id}  {_shown(song.path)}", _day(at)) for song, at in read.gone]
    lines += _section("gone", gone)
    return "\n".join([*lines, *([""] * bool(lines)), _summary(read, report)])


def _section(name: str, found: list[tuple[str, str]]) -> list[str]:
    return ["", f"{name}:", *(f"  {safe(path)}: {safe(why)}" for path, why in found)] * bool(found)


def _summary(read: Library, report: ScanReport) -> str:
    parts = [_number(len(read.songs), "song"), f"{len(report.unusable)} not served"]
    if gone := len(read.gone):
        parts.append(f"{gone} gone")
    if others := sum(report.others.values()):
        kinds = ", ".join(f"{count} {safe(kind)}" for kind, count in report.others.items())
        parts.append(
            f"{_number(others, 'file')} that {'is' if others == 1 else 'are'} no MP3 ({kinds})"
        )
    return "; ".join(parts)


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _day(at: float) -> str:
    return f"since {time.strftime('%Y-%m-%d %H:%M', time.localtime(at))}"


def _shown(path: bytes) -> str:
    return safe(path.decode(errors="replace"))


def _json(read: Library, report: ScanReport) -> str:
    gone = [{**_named(song), "gone_at": at} for song, at in read.gone]
    return dump(
        "library",
        counts={
            "served": len(read.songs),
            "not_served": len(report.unusable),
            "no_songs": len(report.skipped),
            "gone": len(gone),
            "others": report.others,
        },
        songs=[_members(song) for song in read.songs],
        not_served=_reasons(report.unusable),
        no_songs=_reasons(report.skipped),
        untitled=_reasons(report.untitled),
        followed=[{"path": path, "target": target} for path, target in report.followed],
        gone=gone,
        warnings=report.warnings,
    )


def _reasons(found: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"path": path, "reason": reason} for path, reason in found]


def _named(song: Song) -> dict[str, Any]:
    # Bytes that are no UTF-8 become lone surrogates, from which a program can make them again.
    return {"id": song.song_id, "title": song.title, "path": os.fsdecode(song.path)}


def _members(song: Song) -> dict[str, Any]:
    details = song.details._asdict()
    details["name"] = details.pop("title")
    return _named(song) | {key: value for key, value in details.items() if value not in ("", None)}


def _refuse(why: str) -> NoReturn:
    print(f"alfine library: {why}", file=sys.stderr)
    raise click.exceptions.Exit(USAGE)
