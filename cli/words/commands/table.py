"""The table of the commands that a person can type; help and completion are made from it."""

from __future__ import annotations

from cli.words.safe_text import shown
from fsm.frozen import dataclass

WORD_COLUMNS, BRIEF_COLUMNS = 9, 26
"""The widest that the help has room for where two commands stand in a line of 80 columns."""


class CommandError(ValueError):
    """A line is not a command. The message says what to type instead."""


@dataclass(frozen=True, slots=True)
class Spec:
    """A command as the help shows it.

    letter: what is typed for short; "" for none. takes: its arguments, in words; "" where it has
    none. brief: at most BRIEF_COLUMNS wide, for all commands at once. does: for this one alone.
    completes: what Tab completes after it: songs, albums, artists, filters, playlists, commands, or
    "" for nothing.
    """

    word: str
    letter: str
    takes: str
    completes: str
    brief: str
    does: str


# fmt: off
SPECS = (
    Spec("list",      "l", "[WORDS]",         "filters",   "songs, or those with WORDS", "list the songs, or those with these words in any field; artist:x album:y year:1999-2005 narrow it"),
    Spec("find",      "f", "WORDS",           "filters",   "words, artist:x, year:1999", "list the songs with these words in any field; artist:x album:y title:z genre:g folder:f year:1999-2005 narrow it"),
    Spec("albums",    "",  "[WORDS]",         "albums",    "albums, or those of WORDS",  "show the albums, or those of the songs that find WORDS lists"),
    Spec("album",     "",  "NAME",            "albums",    "the songs of one album",     "show the songs of an album, by a part of its name"),
    Spec("artists",   "",  "[WORDS]",         "artists",   "artists, or those of WORDS", "show the artists, or those of the songs that find WORDS lists"),
    Spec("play",      "p", "SONG…",           "songs",     "3, 9-11, a NAME, all, or *", "play songs: an ID, several (9-11 14), a part of a title, an album, an artist, a folder (album NAME and the like say which), filters as find takes them, all, or * (what was listed last)"),
    Spec("pause",     "",  "",                "",          "fall silent; also Space",    "fall silent and keep the place; also Space"),
    Spec("resume",    "",  "",                "",          "go on; also Space",          "go on after a pause; also Space"),
    Spec("toggle",    "",  "",                "",          "pause or resume",            "pause, or go on after a pause"),
    Spec("stop",      "s", "",                "",          "stop the song",              "stop the song"),
    Spec("seek",      "g", "PLACE",           "",          "1:30, +10, -10, 50%; ← →",   "go to 1:30, +10, -10, 50%; also ← and →"),
    Spec("volume",    "v", "0-100",           "",          "0-100, +5, -5; also + -",    "how loud; also +5 and -5, and + and - alone"),
    Spec("gain",      "",  "off|track|album", "",          "all equally loud, by tags",  "make songs (track) or albums (album) equally loud, by their ReplayGain tags, or leave them as they are (off)"),
    Spec("next",      "n", "",                "",          "play what comes next",       "play what comes next; also n alone"),
    Spec("prev",      "b", "",                "",          "the song before this one",   "play the song before this one"),
    Spec("queue",     "u", "[SONG…]",         "songs",     "add songs, or show it",      "play songs, named as for play, after what is queued; alone: show the queue"),
    Spec("insert",    "",  "SONG…",           "songs",     "play songs next",            "play songs, named as for play, before what is queued"),
    Spec("remove",    "",  "NUMBER…",         "",          "3, 2-4: out of the queue",   "leave songs out of the queue, by the numbers that queue shows: 3, 2-4, 2-4 6"),
    Spec("move",      "",  "FROM TO",         "",          "3 1: the third comes first", "put a song of the queue to another place, by the numbers that queue shows: move 3 1"),
    Spec("clear",     "c", "",                "",          "forget what is queued",      "forget what is queued"),
    Spec("shuffle",   "z", "",                "",          "another order, or of all",   "put what is queued into another order; with nothing queued, play all songs of the list in another order"),
    Spec("undo",      "",  "",                "",          "as the queue was before",    "take back the last change of the queue (queue, insert, remove, move, shuffle, clear, load); again: the one before it"),
    Spec("save",      "",  "NAME",            "playlists", "keep it as a playlist",      "keep what plays and what is queued as the playlist NAME, in the place of one that has this name"),
    Spec("load",      "",  "NAME",            "playlists", "queue a playlist",           "queue the songs of a playlist in the place of what is queued"),
    Spec("playlists", "",  "",                "",          "the playlists",              "show the playlists, with their songs and how long they are"),
    Spec("history",   "",  "[N|WORDS]",       "",          "what was heard",             "show the last songs that were heard, N of them, or those with these words"),
    Spec("again",     "",  "",                "",          "the song once more",         "play this song from its start, or the one that was heard last"),
    Spec("repeat",    "r", "off|one|all",     "",          "off, one or all",            "what comes when the queue is empty"),
    Spec("sleep",     "",  "[30m|end|off]",   "",          "30m, 1:30:00, end, off",     "pause after this time (30m, 1h, 1:30:00), or play no further than this song (end); off: stay awake; alone: how long it is"),
    Spec("cover",     "",  "",                "",          "show the song's picture",    "show the picture in the song: drawn here by chafa where it is installed, else opened"),
    Spec("status",    "i", "",                "",          "what plays now",             "what plays now"),
    Spec("why",       "w", "",                "",          "why it is silent",           "why it is silent, or why it stopped"),
    Spec("wait",      "",  "",                "",          "until the song has ended",   "wait until the song has ended"),
    Spec("help",      "?", "[COMMAND]",       "commands",  "this, or more of a COMMAND", "show all commands, or what one of them does and takes"),
    Spec("quit",      "q", "",                "",          "leave; also Ctrl-D",         "leave; so does Ctrl-D"),
)
# fmt: on
WORDS = {spec.word: spec for spec in SPECS}
_ALIASES = {spec.letter: spec.word for spec in SPECS if spec.letter} | {
    "exit": "quit",
    "h": "help",
    "songs": "list",
    "previous": "prev",
}


def full_word(typed: str) -> str:
    """Return the name of the command whose name, letter or unique prefix was typed.

    Raises CommandError: no command, or more than one.
    """
    lowered = typed.lower()
    if lowered in WORDS:
        return lowered
    if lowered in _ALIASES:
        return _ALIASES[lowered]
    meant = [word for word in WORDS if word.startswith(lowered)]
    shortest = min(meant, key=len, default="")
    if meant and all(word.startswith(shortest) for word in meant):
        return shortest  # pla: play, and not playlists
    if meant:
        raise CommandError(f"{shown(typed)} could be {' or '.join(meant)}")
    raise CommandError(f"there is no command {shown(typed)}; type help to see them all")
