"""Keeps what the next start brings back, and what was heard, while the client runs.

It observes every step of every machine, and changes nothing in them. Files are written in a thread:
a slow disk holds nothing up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from functools import partial

from cli.memory.heard import Heard
from cli.memory.kept import Kept
from cli.memory.memory import Memory
from cli.memory.saved import SavedFile
from cli.playing.changes import Watch
from cli.playing.program import ClientProgram
from cli.playing.remembering.leaving import PLACE_S, Job, Leaving
from cli.playing.remembering.listening import Listening
from cli.playing.remembering.restoring import restore
from cli.playing.said import NOTHING_SAID, Said
from cli.words.moment import Activity, SongName, Status
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client.machines import PROMPT, SONG, ClientSession
from fsm.client.prompt import PromptState
from fsm.client.requests import SeekRequested
from fsm.client.song.table import UNWANTED
from fsm.table import Step
from fsm.words import LIBRARY

SETTLE_S = 0.2
"""Changes that come together are written once."""


class Keeping:
    """Keeps what happens in one client, from `start` to `stop`.

    program, session: return the client and its machines. said: how loud the person has said to
    begin. fresh: nothing is brought back. wall, monotonic: the clocks, for tests.
    """

    def __init__(
        self,
        program: Callable[[], ClientProgram],
        session: Callable[[], ClientSession],
        memory: Memory,
        file: SavedFile,
        changes: Watch,
        said: Said = NOTHING_SAID,
        fresh: bool = False,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._program, self._session = program, session
        self._memory, self._file, self._changes = memory, file, changes
        self._said, self._fresh = said, fresh
        self._wall, self._monotonic = wall, monotonic
        self._leaving: Leaving | None = None
        """None while the file is not this client's to write."""
        self._listening = Listening()
        self._turn = 0
        self._begins_at_s = 0.0
        """Where the present song was wanted from."""
        self._left: Status | None = None
        """What the client did when the person left."""
        self._task: asyncio.Task[None] | None = None
        self._writing: asyncio.Future[str] | None = None
        self._complained = False

    def __repr__(self) -> str:
        return f"<Keeping {self._file} {self._listening}>"

    def observe(self, step: Step) -> None:
        """Observe one step (an `Observer`). Cost: a few comparisons for an audio message."""
        if step.machine == SONG:
            self._note_song(step.event)
            if step.after is not UNWANTED:
                self._memory.left_off = None
        elif isinstance(step.event, on.SetupReceived):
            self._memory.version = _version(step.event.tokens) or self._memory.version
        elif step.machine == PROMPT and step.after is PromptState.LEFT and self._left is None:
            self._left = self._program().status()

    def _note_song(self, event: on.Event) -> None:
        """Note that another song begins, or that it begins elsewhere."""
        match event:
            case on.PlayRequested() | internal.SongTurnCame():
                self._turn += 1
                self._begins_at_s = getattr(event, "start_s", 0.0)
            case internal.SongBegan():
                self._turn += 1
                self._begins_at_s = 0.0
            case SeekRequested():
                self._begins_at_s = 0.0

    async def start(self) -> None:
        """Bring back what was left, and keep what happens from now on."""
        program = self._program()
        restored = await restore(program, self._memory, self._file, self._said, self._fresh)
        if self._left is not None:
            return  # of a client that had nothing yet: what the file says stays as it is
        program.remember(restored.titles)
        if restored.keeps:
            self._leaving = Leaving(self._memory, self._file)
            self._leaving.titles = restored.titles
            self._leaving.begin(program.status(), self._session().queue.played)
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Write what is not written yet."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._writing is not None:
            await self._writing
        last = self._left or self._program().status()
        self._complain(_done(self.jobs(last, are_last=True)))

    def jobs(self, status: Status, are_last: bool = False) -> Sequence[Job]:
        """Return what is to be written of the present status; are_last: before the client ends."""
        now_s = self._monotonic()
        jobs: list[Job] = []
        if (heard := self._listening.look(self._turn, status, now_s)) is not None:
            jobs.append(partial(self._memory.heard.add, self._heard(heard)))
        if self._leaving is not None:
            played, songs = self._session().queue.played, self._program().songs
            job = self._leaving.look(status, played, songs, self._begins_at_s, now_s, are_last)
            jobs += [] if job is None else [job]
        return jobs

    async def _run(self) -> None:
        waits_s: float | None = None
        while True:
            await self._changes.wait(waits_s)
            await asyncio.sleep(SETTLE_S)
            status = self._program().status()
            if jobs := self.jobs(status):
                # Not cancelled half-way: what is written last must be the latest.
                self._writing = asyncio.ensure_future(asyncio.to_thread(_done, jobs))
                self._complain(await asyncio.shield(self._writing))
            waits_s = self._waits_s(status)

    def _waits_s(self, status: Status) -> float | None:
        """Return after how many seconds there is something to write though nothing changes."""
        if status.activity is not Activity.PLAYING:
            return None
        due_s = self._listening.due_s
        return PLACE_S if due_s is None else min(PLACE_S, max(0.0, due_s))

    def _heard(self, song: SongName) -> Heard:
        title = self._leaving.title_of(song) if self._leaving is not None else song.title
        kept = Kept(title or "", song.song_id, self._memory.version)
        return Heard(self._wall(), self._memory.server, kept)

    def _complain(self, why: str) -> None:
        """Say once that what happens cannot be kept."""
        if why and not self._complained:
            self._complained = True
            self._program().remark(f"what is played and queued cannot be kept: {why}")


def _done(jobs: Sequence[Job]) -> str:
    """Do all of this; return why one of them failed, "" for none."""
    why = ""
    for job in jobs:
        try:
            job()
        except OSError as error:
            why = error.strerror or str(error)
    return why


def _version(tokens: tuple[str, ...]) -> str:
    """Return the version of the list that a server names in its answer to SETUP; "" for none."""
    facts = (token.removeprefix(LIBRARY) for token in tokens if token.startswith(LIBRARY))
    return next(facts, "")
