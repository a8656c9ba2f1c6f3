"""The client's half of an exchange: its machines, its timers, its buffer and its player.

It stands for what the program does between the machines and the socket, the device, the person;
what they are told and what reaches the buffer is judged in `verify.client_rules`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, cast

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client.machines import ClientSession
from fsm.client.prompt import PromptState
from fsm.client.song import SongState
from fsm.effects import Effect
from fsm.events import Event
from fsm.table import Session
from fsm.words import Request
from verify import claims, expected
from verify.bounds import Bounds
from verify.client_rules import Judge
from verify.messages import END, NEXT, NOBODY, PRESENT, REFUSAL, request
from verify.rules import Broken, Rule
from verify.snapshots import Actor, Outcome, Snapshot
from verify.sound import Sound
from verify.world import CONNECTING, DOWN, HUNG_UP, LEAVING, RETRY_DUE, UP, World

OUTPUT = on.TextArrived("text")


class ClientSide:
    """How the client's half of a world goes on."""

    def __init__(self, bounds: Bounds, judge: Judge) -> None:
        self.bounds = bounds
        self._judge = judge
        self.sound = Sound(bounds, judge)
        self.session = ClientSession(bounds.prebuffer, bounds.plain, bounds.max_retries)
        self.actor = Actor(self.session.machines, self._handle)
        # What the session hears is to go past the machines that note which rows fire.
        self.session.machines.update(cast("dict[str, Session[Any]]", self.actor.watched))
        names = list(self.actor.watched)
        self._song, self._next_song = names.index("song"), names.index("next_song")
        self._prompt = names.index("prompt")
        self._conversation = names.index("conversation")
        judge.claims = claims.ClientClaims(bounds, self.actor.watched)
        slots = self.actor.watched["conversation"].slots
        self._counted = [slots.index(name) for name in ("lists", "waiting")]
        self._open = [slots.index(name) for name in ("late_songs", "wanted_open")]

    def _handle(self, event: Event) -> Sequence[Effect]:
        """What the program does with an event: all that is told goes by way of the prompt."""
        prompt = self.session.prompt.state
        effects = self.session.handle(event)
        if false := claims.prompt(prompt, event, self.session.prompt.state, effects):
            raise Broken(Rule.PROMPT, false)
        told = sum(isinstance(effect, do.Tell | do.ShowSongs) for effect in effects)
        printed = [self.session.handle(OUTPUT) for _ in range(told)]
        if any(len(effects) != 1 for effects in printed):
            raise Broken(Rule.PROMPT, "what is told is not printed")
        return effects

    # What is asked of a snapshot

    def locked(self, client: Snapshot) -> bool:
        """No command can be typed before an answer comes."""
        return client.states[self._prompt] is PromptState.LOCKED

    def in_flight(self, client: Snapshot) -> int:
        """Requests whose end the client has not seen."""
        values = client.values[self._conversation]
        counted: int = sum(len(values[i]) for i in self._counted)
        return counted + sum(int(values[i]) for i in self._open)

    def restored(self, client: Snapshot) -> ClientSession:
        """The session as it was."""
        self.actor.thaw(client)
        return self.session

    # Events

    def conversation(self, client: Snapshot) -> Enum:
        """What kind of server the client takes it for."""
        return client.states[self._conversation]

    def fire(self, world: World, event: Event, owner: int = NOBODY) -> Outcome:
        """Let the client take an event. owner: whose it is, if it is an answer to a PLAY."""
        before = world.client
        outcome = self.actor.fire(before, event)
        if outcome.fault is not None:
            raise outcome.fault
        world.client = after = outcome.after
        for i, effect in enumerate(outcome.effects):
            self._perform(world, effect, owner, outcome.effects[i - 1])
        self._judge_completed(world, before, after)
        if world.awaited is not None and after.states[self._prompt] is PromptState.OPEN:
            self._judge.answered(world, event, outcome.effects)
        self._judge.claimed(world)
        if not world.settled:
            world.settled = self.restored(after).settled
        return outcome

    def _judge_completed(self, world: World, before: Snapshot, after: Snapshot) -> None:
        song, next_song = after.states[self._song], after.states[self._next_song]
        if song is SongState.WHOLE and song is not before.states[self._song]:
            self._judge.completed(world)
        if next_song is SongState.WHOLE and next_song is not before.states[self._next_song]:
            self._judge.completed_ahead(world)

    def hear(self, world: World) -> None:
        """Take the next response."""
        heard, world.responses = world.responses[0], world.responses[1:]
        if heard is END:
            world.connection = DOWN
            self.fire(world, on.ConnectionLost("the server closed it"))
            return
        assert heard.event is not None
        if isinstance(heard.event, on.ListReceived) and heard.event.songs:
            world.known = tuple(dict.fromkeys((*world.known[:1], world.library)))
        elif isinstance(heard.event, on.ListReceived | on.SetupReceived) or heard is REFUSAL:
            world.known = world.known[-1:]
        self.fire(world, heard.event, heard.owner)

    def time_out(self, world: World, timer: Event) -> None:
        """A timer runs out."""
        world.timers -= {timer}
        if isinstance(timer, on.ListWentQuiet | on.SetupUnanswered):
            world.known = world.known[-1:]
        self.fire(world, timer)

    def report(self, world: World) -> None:
        """Hear what the player reports."""
        report, world.reports = world.reports[0], world.reports[1:]
        self.sound.reported(world, report)
        self.fire(world, report)

    # Effects

    def _perform(self, world: World, effect: Effect, owner: int, before: Effect) -> None:
        match effect:
            case do.SendRequest(word, song_id):
                asked_for = self._asked_for(world) if word is Request.PLAY else NOBODY
                if world.connection == UP:
                    world.requests += (request(word, song_id, asked_for),)
            case do.StartTimer(event):
                world.timers |= {event}
            case do.ScheduleRetry():
                world.timers |= {RETRY_DUE}
            case do.CancelTimer(kind):
                world.timers = frozenset([t for t in world.timers if type(t) is not kind])
            case do.Connect():
                if world.connection != DOWN:
                    raise Broken(Rule.ONE_CONNECTION, f"Connect while it is {world.connection}")
                world.connection = CONNECTING
            case do.Disconnect() | do.DisconnectForGood() if world.connection == UP:
                world.connection = HUNG_UP
                world.requests += (END,)
            case do.ShowSongs(songs):
                self._judge.shown(world, songs)
            case do.Tell(report):
                self._judge.told(world, report, ahead=before == do.DropNextBuffer())
            case do.Leave():
                world.left = LEAVING
            case _:
                self.sound.perform(world, effect, owner)

    def _asked_for(self, world: World) -> int:
        """Which of the songs that are wanted a PLAY is for."""
        if world.wanted is None or not world.finished:
            return NOBODY if world.wanted is None else PRESENT
        expected.ask_ahead(world)
        return NOBODY if world.ahead is None else NEXT
