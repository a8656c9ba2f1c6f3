"""The person at the prompt, who may do anything at any time that the prompt allows.

The same person may send a command from another program, whatever the prompt is about.
"""

from __future__ import annotations

from fsm.client import events as on
from fsm.client import requests as ask
from fsm.client.conversation.table import ConversationState
from fsm.client.events import Command, Event
from fsm.client.queue.edits import Append, Clear, Insert, Move, Remove
from verify.bounds import Bounds
from verify.exchange.world import HERE, LEAVING, World
from verify.model.client_side import ClientSide
from verify.properties import expected
from verify.properties.client_rules import ClientRules

LIST, STOP, WAIT, INTERRUPT, LEAVE = "list", "stop", "wait", "interrupt", "leave"
NEXT = "next"
TITLES = "titles"
"""A title is to be found or completed: no command yet."""
LATE_LINE = "late line"
"""A command that had been read already when the client was told to leave."""

TYPED: dict[str, tuple[Command, Event | None]] = {
    "help": (Command.LOCAL, None),
    LIST: (Command.LIST, on.ListRequested()),
    "play 1": (Command.PLAY, on.PlayRequested(1)),
    "play 2": (Command.PLAY, on.PlayRequested(2)),
    "play 1 there": (Command.PLAY, on.PlayRequested(1, 60.0)),
    "play 9": (Command.PLAY, on.PlayRequested(9)),
    STOP: (Command.LOCAL, on.StopRequested()),
    WAIT: (Command.WAIT, on.WaitRequested()),
    "pause": (Command.LOCAL, ask.PauseRequested()),
    "resume": (Command.LOCAL, ask.ResumeRequested()),
    "volume": (Command.LOCAL, ask.VolumeRequested(50)),
    # As it is anyway: more would only double what there is to explore.
    "gain": (Command.LOCAL, ask.GainRequested(ask.Gain.OFF)),
    "seek start": (Command.LOCAL, ask.SeekRequested(0.0)),
    "seek far": (Command.LOCAL, ask.SeekRequested(60.0)),
    "queue 1": (Command.LOCAL, ask.EditRequested(Append((1,)))),
    "queue 2": (Command.LOCAL, ask.EditRequested(Append((2,)))),
    "queue 9": (Command.LOCAL, ask.EditRequested(Append((9,)))),
    NEXT: (Command.LOCAL, ask.NextRequested()),
    "insert 2": (Command.LOCAL, ask.EditRequested(Insert((2,)))),
    "remove 1": (Command.LOCAL, ask.EditRequested(Remove((1,)))),
    "move 2 1": (Command.LOCAL, ask.EditRequested(Move(2, 1))),
    "undo": (Command.LOCAL, ask.UndoRequested()),
    "clear": (Command.LOCAL, ask.EditRequested(Clear())),
    "sleep end": (Command.LOCAL, ask.SleepAfterSongRequested()),
    "sleep off": (Command.LOCAL, ask.StayAwakeRequested()),
}
QUEUE_WORDS = (
    ask.EditRequested,
    ask.UndoRequested,
    ask.NextRequested,
    ask.SleepAfterSongRequested,
    ask.StayAwakeRequested,
)
MOST_QUEUED = 2
ENTERED = {word: on.CommandEntered(*typed) for word, typed in TYPED.items()}
SENT = {"toggle from outside": on.CommandSent(ask.ToggleRequested())}
LOCAL_ANSWERED = on.CommandAnswered(Command.LOCAL)


class Person:
    """What the person does, within the bounds."""

    def __init__(self, bounds: Bounds, client: ClientSide, rules: ClientRules) -> None:
        self.bounds = bounds
        self._client, self._rules = client, rules
        self._commands = [word for word in bounds.person if word in TYPED]
        self._sends = [word for word in bounds.person if word in SENT]
        self._leave = [word for word in bounds.person if word == LEAVE]
        self._any_time = [word for word in bounds.person if word in (INTERRUPT, TITLES)]

    def possible(self, world: World) -> list[str]:
        """Return what the person can do now."""
        if world.left is not HERE:
            late = [LATE_LINE, INTERRUPT, LEAVE, *self._sends]
            return late if world.left is LEAVING else []
        if not world.settled:
            return self._leave
        if self._client.locked(world.client):
            return self._leave + self._any_time + self._sends
        waiting = len(world.requests)
        busy = max(self._client.in_flight(world.client), waiting) >= self.bounds.requests
        if busy or waiting > self.bounds.messages - 2:
            return self._leave + self._any_time + self._sends
        commands = self._commands
        if len(world.upcoming) >= MOST_QUEUED:
            commands = [word for word in commands if not word.startswith(("queue", "insert"))]
        return self._leave + self._any_time + self._sends + commands

    def act(self, world: World, word: str) -> None:
        """Type or send a command, press Ctrl-C, or leave."""
        if word == INTERRUPT:
            self._client.fire(world, on.Interrupted())
        elif word == TITLES:
            world.titles_awaited = not self._client.is_listed(world.client)
            self._client.fire(world, on.TitlesNeeded())
        elif word == LEAVE:
            self._leaves(world)
        elif word in SENT:
            if world.left is HERE:
                expected.go_on(world)
            self._client.fire(world, SENT[word])
        elif word == LATE_LINE:
            self._client.fire(world, ENTERED[STOP])
        else:
            self._types(world, word)

    def _leaves(self, world: World) -> None:
        first, kind = world.left is HERE, self._client.conversation(world.client)
        self._client.fire(world, on.InputEnded())
        if first:
            self._rules.left(world, kind is ConversationState.CLOSING_SERVER)

    def _types(self, world: World, word: str) -> None:
        command, request = TYPED[word]
        _note(world, request, self.bounds.changes)
        world.lists_owed += command is Command.LIST
        world.awaited = command
        self._client.fire(world, ENTERED[word])
        if command is Command.LOCAL:
            self._client.fire(world, LOCAL_ANSWERED)
        if isinstance(request, on.PlayRequested | on.StopRequested):
            self._rules.dropped(world, word)
        elif isinstance(request, QUEUE_WORDS):
            self._rules.check_buffers(world)


def _note(world: World, request: Event | None, changes: int) -> None:
    """Note what the person expects from now on. changes: so many can be taken back."""
    match request:
        case on.PlayRequested(song_id):
            expected.choose(world, song_id)
        case on.StopRequested():
            expected.stop(world)
        case ask.EditRequested(Append((song_id,))):
            expected.queue(world, song_id, changes)
        case ask.EditRequested(Insert((song_id,))):
            expected.insert(world, song_id, changes)
        case ask.EditRequested(Remove((place,))):
            expected.remove(world, place, changes)
        case ask.EditRequested(Move(place, to)):
            expected.move(world, place, to, changes)
        case ask.UndoRequested():
            expected.undo(world)
        case ask.SleepAfterSongRequested():
            expected.sleep_after_song(world)
        case ask.StayAwakeRequested():
            expected.stay_awake(world)
        case ask.NextRequested():
            expected.skip(world)
        case ask.ResumeRequested():
            expected.go_on(world)
        case ask.EditRequested(Clear()):
            expected.clear(world, changes)
