"""What the client itself answers to a command, whoever sent it: the prompt or another program."""

from __future__ import annotations

from collections.abc import Sequence

from cli.playing.journal import Journal
from cli.words.commands import Line
from cli.words.moment import Status
from cli.words.plain import Formatter
from fsm.client.events import Command, ListedSong


def local_answer(
    line: Line,
    formatter: Formatter,
    status: Status,
    songs: Sequence[ListedSong],
    journal: Journal,
) -> str:
    """Return the answer; "" for none. songs: the last list. journal: says why it is silent."""
    match line.word:
        case "help":
            return formatter.help(line.rest)
        case "status":
            return formatter.status(status)
        case "why":
            return formatter.why(journal.why(status, songs))
        case "queue" if not line.rest:
            return formatter.queue(status, songs)
        case _ if line.command is Command.LOCAL:
            return formatter.done(line.word, status, songs)
    return ""
