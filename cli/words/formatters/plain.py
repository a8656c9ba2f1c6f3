"""Formats answers and reports as plain lines, for a pipe, and holds the sentences of all formats.

`rich_text` beside it formats for a person at a terminal, `json_lines` for programs.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cli.browsing import query, title_search
from cli.browsing.answer import Answer
from cli.browsing.columns import album_heading, artists_rows, numbered
from cli.browsing.library import Track
from cli.memory.heard import Heard
from cli.memory.memory import Loading, Saving, is_count
from cli.memory.playlists import Summary
from cli.words.commands.table import SPECS, WORD_COLUMNS, WORDS, Spec
from cli.words.formatters import remembered
from cli.words.formatters.upcoming import queue_line, upcoming
from cli.words.moment import DONE, Outcome, SongName, Status
from cli.words.moment import name as name
from cli.words.safe_text import safe
from cli.words.status_parts import sleep_part, status_parts
from fsm.client.effects import Report, Tell
from fsm.client.events import ListedSong

FAILURES = frozenset(
    {
        Report.SONG_NOT_FOUND,
        Report.SONG_CUT_OFF,
        Report.SONG_ENDS_BEFORE,
        Report.SONG_UNDECODABLE,
        Report.OUTPUT_FAILED,
        Report.DEVICE_LOST,
        Report.LIST_FAILED,
    }
)
"""Reports that a command failed; the exit code of the run is 1."""

ERRORS = FAILURES | {Report.CONNECTION_LOST, Report.CONNECT_FAILED, Report.NO_RETRIES_LEFT}
"""Reports that are printed as errors."""

REFUSALS = frozenset(
    {
        Report.NOTHING_PLAYS,
        Report.NOTHING_FOLLOWS,
        Report.NOTHING_BEFORE,
        Report.NO_POSITION,
        Report.NOTHING_TO_UNDO,
    }
)
"""Reports that a command could do nothing, told at once to whoever gave it."""

NO_AUDIO = "no audio came"
"""Why a song cannot be decoded of which the server has sent nothing."""

PLAIN_COLUMNS = 200
"""Where lines go to a file or a program, they need not be cut."""
FIRST_STEPS = "list shows the songs, play ID or a title starts one"
SHOWN_NEAR = 2
SHOWN_MISSING = 5

_TEXTS = {
    Report.SONG_ARRIVING: "buffering {song}",
    Report.SONG_PLAYING: "playing {song}",
    Report.SONG_PLAYED: "played {song}",
    Report.SONG_PROBABLY_PLAYED: "played {song}, as far as the server says",
    Report.SONG_NOT_FOUND: "404: {missing}",
    Report.SONG_CUT_OFF: "{song} was cut off before its end{detail}{again}",
    Report.SONG_UNDECODABLE: "{song} cannot be decoded{detail}; play another, or look at the file",
    Report.OUTPUT_FAILED: "playing has stopped{detail}",
    Report.UNDERRUN: "the buffer ran dry: waiting until there is enough of {song} again",
    Report.PLAYING_AGAIN: "playing {song} again",
    Report.LIST_FAILED: "the list did not come; list asks for it again",
    Report.CONNECTION_LOST: "the connection was lost{detail}",
    Report.CONNECT_FAILED: "cannot connect to {server}{detail}",
    Report.NO_RETRIES_LEFT: "the connection was lost{detail}; --retries allows no more attempts",
    Report.RETRYING: "connecting to {server} again; stop gives up {song}{detail}",
    Report.RECONNECTED: "connected to {server} again",
    Report.SONG_ENDS_BEFORE: "{song} ends before that place: it goes on where it was",
    Report.SONG_RESUMED: "{song} goes on where it was interrupted",
    Report.DEVICE_LOST: "paused{detail}; resume plays on the default device",
    Report.NOTHING_PLAYS: f"nothing is playing; {FIRST_STEPS}",
    Report.NOTHING_FOLLOWS: "nothing is queued; queue ID adds a song",
    Report.NO_POSITION: "the queue stays as it is{detail}",
    Report.TAKEN_BACK: "taken back{detail}",
    Report.NOTHING_TO_UNDO: "nothing is left to undo",
    Report.SONGS_GONE: "no longer on the server, and left out{detail}",
    Report.NOTHING_BEFORE: "nothing was played before; play ID or a title starts a song",
    Report.ASLEEP: "it is time to sleep{detail}",
}

_NO_AUDIO_TEXT = "no audio came of {song}{again}"


class Formatter:
    """Formats as plain text. Each method returns whole lines, or "" where nothing is to be printed.

    server: HOST:PORT, an IPv6 address in brackets. draws: what shows the text takes escape codes.
    joins: what one thing brings about is one line, and not one for each report.
    """

    draws = False
    joins = True

    def __init__(self, server: str) -> None:
        self.server = server

    def report(self, tell: Tell, song: SongName | None, songs: Sequence[ListedSong]) -> str:
        """Format a report of the machines. song: what it is about. songs: the last list."""
        return safe(sentence(tell.report, self.server, song, tell.detail, songs))

    def error(self, why: str, line: str = "") -> str:
        """Say why the client cannot run `line`."""
        return safe(why)

    def listing(self, answer: Answer, status: Status) -> str:
        """Format what was found in a list: songs, albums, an album's songs, or artists."""
        if not answer.tracks:
            return self._nothing_found(answer)
        match answer.kind:
            case "albums":
                return "\n".join(map(album_heading, answer.albums))
            case "artists":
                return "\n".join(artists_rows(answer.artists, PLAIN_COLUMNS, "…"))
            case "album":
                heading = album_heading(answer.albums[0])
                return f"{heading}\n{self._songs(answer.tracks, status)}"
        return self._songs(answer.tracks, status)

    def _songs(self, tracks: Sequence[Track], status: Status) -> str:
        """Format these songs, one a line."""
        numbers = [numbered(track.song_id) for track in tracks]
        width = max(map(len, numbers))
        return "\n".join(
            f"{number or ' ':>{width}} {safe(track.title)}"
            for number, track in zip(numbers, tracks, strict=True)
        )

    def _nothing_found(self, answer: Answer) -> str:
        """Say why there is nothing to list."""
        if not answer.songs:
            return "the server has no songs"
        if answer.kind in ("albums", "artists") and not answer.words:
            return f"the server says nothing of {answer.kind}; list shows the songs"
        words = safe(answer.words)
        nothing = f"no {answer.kind.removesuffix('s')} has {words}"
        if advice := query.field_advice(words):
            return f"{nothing}; {advice}"
        found = title_search.nearest(answer.songs, words)
        near = ", ".join(f"{s.song_id}. {safe(s.title)}" for s in found)
        every = "list" if answer.kind == "songs" else answer.kind
        return f"{nothing}; {f'the nearest: {near}' if near else f'{every} shows all'}"

    def help(self, word: str = "") -> str:
        """Format all commands, one a line, or what one of them does."""
        if word:
            return f"{usage(WORDS[word])}\n  {WORDS[word].does}"
        return "\n".join(
            f"{spec.word:<{WORD_COLUMNS}} {spec.takes:<12} {spec.letter:<2} {spec.does}"
            for spec in SPECS
        )

    def status(self, status: Status) -> str:
        """Format a status in one line."""
        return "; ".join(status_parts(status))

    def queue(self, status: Status, songs: Sequence[ListedSong]) -> str:
        """Format the queued songs, one a line: position, ID, title, duration, when it begins."""
        if not status.queue:
            return "nothing is queued; queue 3 5 adds songs"
        queue = upcoming(status, songs)
        width = len(str(len(queue.songs)))
        return "\n".join([*(queue_line(song, width) for song in queue.songs), queue.total])

    def why(self, sentences: Sequence[str]) -> str:
        """Format the sentences of `Journal.why`, one a line."""
        return "\n".join(map(safe, sentences))

    def saving(self, saving: Saving) -> str:
        """Say what has been saved as a playlist."""
        return remembered.saving_line(saving)

    def loading(self, loading: Loading) -> str:
        """Say what has been loaded, and what of it is not on this server."""
        return remembered.loading_line(loading)

    def playlists(self, playlists: Sequence[Summary]) -> str:
        """Format the playlists, one a line."""
        lines = remembered.playlist_lines(playlists)
        return "\n".join(lines) or "there are no playlists; save NAME makes one of what is queued"

    def history(self, history: Sequence[Heard], wanted: str) -> str:
        """Format what was heard, one a line. wanted: which part of it was asked for."""
        if not history:
            found = f"nothing that was heard has {safe(wanted)}; history shows all"
            return found if wanted and not is_count(wanted) else "nothing was heard before"
        return "\n".join(remembered.heard_lines(history, self.server, datetime.now()))

    def sleep(self, status: Status) -> str:
        """Say when it falls asleep."""
        return sleep_part(status) or "it stays awake; sleep 30m pauses in half an hour"

    def cover(self, song: SongName | None, path: str, text: str, drawn: str) -> str:
        """Show a cover. path: its file. text: how it is shown. drawn: it, with escape codes."""
        return safe(text)

    def relayed(self, json: str, text: str) -> str:
        """Format what another client has answered. json: as it came. text: its sentences."""
        return "\n".join(map(safe, text.splitlines()))

    def done(
        self, word: str, status: Status, songs: Sequence[ListedSong], outcome: Outcome = DONE
    ) -> str:
        """Acknowledge a command that has no answer of its own: nothing, in plain text."""
        return ""


def usage(spec: Spec) -> str:
    """Return how a command is typed: `play SONG…, or p`."""
    typed = f"{spec.word} {spec.takes}".rstrip()
    return f"{typed}, or {spec.letter}" if spec.letter else typed


def sentence(
    report: Report, server: str, song: SongName | None, detail: str, songs: Sequence[ListedSong]
) -> str:
    """Say a report in one line. server: HOST:PORT. songs: the last list."""
    text = _NO_AUDIO_TEXT if detail == NO_AUDIO else _TEXTS[report]
    return text.format(
        song=name(song),
        server=server,
        detail=f": {detail}" if detail else "",
        again=_again(song, songs),
        missing=_missing(song, songs),
    )


def _again(song: SongName | None, songs: Sequence[ListedSong]) -> str:
    """Say how the song is started again, unless the list gives its ID to another one by now."""
    if song is None or (song.title and songs and tuple(song) not in songs):
        return ""
    return f"; play {song.song_id} starts it again"


def _missing(song: SongName | None, songs: Sequence[ListedSong]) -> str:
    """Say which song the server does not send, and which ones it has."""
    known = [s for s in songs if s.song_id is not None]
    if song is not None and song.song_id in {s.song_id for s in known}:
        return f"the server lists {name(song)}, and cannot send it: its file may have gone"
    if song is None or not known:
        return f"the server has no {name(song)}; list shows the songs that it has"
    near = sorted(known, key=lambda s: abs((s.song_id or 0) - song.song_id))[:SHOWN_NEAR]
    names = ", ".join(f"{s.song_id}. {s.title}" for s in near)
    return f"the server has no {name(song)}; the nearest: {names}; list shows all"


def missing_ids(songs: Sequence[ListedSong]) -> str:
    """Say in one line which IDs a list leaves out; "" if none, or if its IDs are no numbering.

    A numbering has more songs than gaps: a list of 17, 4711 and 100000 is none.
    """
    ids = {s.song_id for s in songs if s.song_id is not None}
    if not ids or max(ids) - min(ids) + 1 >= 2 * len(ids):
        return ""
    missing = sorted(set(range(min(ids), max(ids))) - ids)
    if not missing:
        return ""
    shown = ", ".join(map(str, missing[:SHOWN_MISSING]))
    more = f" and {len(missing) - SHOWN_MISSING} more" if len(missing) > SHOWN_MISSING else ""
    one = len(missing) == 1
    return (
        f"not on the list: {'song' if one else 'songs'} {shown}{more}; "
        f"play {missing[0]} asks for {'it' if one else 'one'} all the same"
    )
