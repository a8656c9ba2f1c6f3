"""What the client itself answers to a command, whoever sent it: the prompt or another program."""

from __future__ import annotations

from collections.abc import Sequence

from cli.memory.memory import Memory
from cli.playing.covers import NoCover, ShowCover
from cli.playing.journal import Journal
from cli.words.commands.parser import Line
from cli.words.commands.table import CommandError
from cli.words.formatters.plain import Formatter
from cli.words.moment import DONE, Activity, Outcome, SongName, Status
from fsm.client.events import Command, Event, ListedSong
from fsm.client.queue.edits import Append
from fsm.client.requests import EditRequested


class Answers:
    """Answers from what is known.

    journal: knows why it is silent. memory: what was heard and saved. show_cover: None where no
    cover can be shown.
    """

    def __init__(
        self,
        journal: Journal,
        memory: Memory | None = None,
        show_cover: ShowCover | None = None,
    ) -> None:
        self.memory = memory or Memory()
        self._journal, self._show_cover = journal, show_cover

    async def shown(self, line: Line, formatter: Formatter, status: Status) -> str:
        """Return the answer that takes a while; "" where it is `local`.

        Raises CommandError: there is none to be had.
        """
        return await self._cover(formatter, status) if line.word == "cover" else ""

    def local(
        self,
        line: Line,
        formatter: Formatter,
        status: Status,
        songs: Sequence[ListedSong],
        outcome: Outcome = DONE,
    ) -> str:
        """Return the answer; "" for none. songs: the last list. outcome: of the command."""
        memory = self.memory
        match line.word:
            case "help":
                return formatter.help(line.rest)
            case "status":
                return formatter.status(status)
            case "why":
                return formatter.why(self._journal.why(status, songs))
            case "queue" if not line.rest:
                return formatter.queue(status, songs)
            case "sleep" if not line.rest:
                return formatter.sleep(status)
            case "playlists":
                return formatter.playlists(memory.summaries())
            case "history":
                return formatter.history(memory.history(line.rest), line.rest)
            case "save" if memory.saving is not None:
                return formatter.saving(memory.saving)
            case "load" if memory.loading is not None:
                return formatter.loading(memory.loading)
            case _ if line.command is Command.LOCAL:
                return formatter.done(line.word, status, songs, outcome)
        return ""

    async def _cover(self, formatter: Formatter, status: Status) -> str:
        """Show the cover of the present song; return what is to be printed of it."""
        if status.activity is Activity.STOPPED or status.song_id is None:
            raise CommandError("nothing is playing that could have a cover")
        if self._show_cover is None:
            raise CommandError("covers cannot be shown here")
        try:
            cover = await self._show_cover()
        except NoCover as error:
            raise CommandError(str(error)) from error
        song = SongName(status.song_id, status.title)
        return formatter.cover(song, cover.path, cover.text, cover.drawn)


def outcome_of(request: Event | None, refused: bool) -> Outcome:
    """Return what a request of the machines has done. refused: they have told that they cannot."""
    match request:
        case EditRequested(edit=Append(song_ids=song_ids)):
            return Outcome(len(song_ids), refused)
    return Outcome(refused=refused)
