"""The client's half of an exchange: its machines, its timers, its buffers and its player.

It stands for what the program does between the machines and the socket, the device and the person.
What the person is told and what reaches the buffers is checked in `verify.properties.client_rules`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any, cast

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client.conversation.owed_lists import ListKind
from fsm.client.conversation.table import ConversationState
from fsm.client.effects import ClientEffect
from fsm.client.events import ListedSong
from fsm.client.machines import CONVERSATION, LINK, NEXT_SONG, PROMPT, SONG, ClientSession
from fsm.client.prompt import PromptState
from fsm.client.song.table import SongState
from fsm.effects import Effect
from fsm.events import Event
from fsm.table import Session
from fsm.words import Request
from verify.bounds import Bounds
from verify.exchange.messages import END, NEXT, NOBODY, PRESENT, REFUSAL, Message, request
from verify.exchange.world import CONNECTING, DISCONNECTING, DOWN, LEAVING, RETRY_DUE, UP, World
from verify.model.sound import Sound
from verify.properties import claims, expected
from verify.properties.client_rules import ClientRules
from verify.rules import Broken, Rule
from verify.snapshots import Actor, Outcome, Snapshot
from verify.watched import Memory

OUTPUT = on.TextArrived("text")
FENCE_WRITTEN = on.RequestWritten(Request.LIST)


class _SavedClient(ClientSession):
    """The client's machines, of which each takes an event only once."""

    actor: Actor

    def take_over(self) -> None:
        """Let the next song be the present one; the values of both are saved ones."""
        self.actor.change((SONG, NEXT_SONG), super().take_over)


class ClientSide:
    """The client's half of a world: what it receives, does and sends."""

    def __init__(self, bounds: Bounds, rules: ClientRules, memory: Memory) -> None:
        self.bounds = bounds
        self._rules = rules
        self.sound = Sound(bounds, rules)
        self.session = _SavedClient(
            bounds.prebuffer, bounds.plain, bounds.max_retries, tail_bytes=bounds.tail_bytes
        )
        self.session.queue.max_changes = bounds.changes
        self.actor = self.session.actor = Actor(self.session.machines, memory, self._handle)
        # The session is to fire the machines through the wrappers that note which rows fire.
        self.session.machines.update(cast("dict[str, Session[Any]]", self.actor.watched))
        names = list(self.actor.watched)
        self._song, self._next_song = names.index(SONG), names.index(NEXT_SONG)
        self._measured = self.actor.watched[SONG].slots.index("measure")
        self._flow = self.actor.watched[SONG].slots.index("flow")
        self._prompt, self._prompter = names.index(PROMPT), self.actor.watched[PROMPT]
        self._conversation = names.index(CONVERSATION)
        rules.claims = claims.ClientClaims(bounds, self.actor.watched)
        slots = self.actor.watched[CONVERSATION].slots
        self._lists, self._waiting = slots.index("lists"), slots.index("waiting")
        self._setup_open = slots.index("setup_open")
        self._link = names.index(LINK)
        link_slots = self.actor.watched[LINK].slots
        self._songs, self._is_listed = link_slots.index("songs"), link_slots.index("is_listed")
        self._open = [slots.index(name) for name in ("late_songs", "wanted_open")]

    def _handle(self, event: Event) -> Sequence[Effect]:
        """Do with an event what the program does: print what is told by way of the prompt."""
        prompt = self._prompter.state
        effects = self.session.handle(event)
        if false := claims.prompt(prompt, event, self._prompter.state, effects):
            raise Broken(Rule.PROMPT, false)
        told = sum(isinstance(effect, do.Tell | do.ShowSongs) for effect in effects)
        printed = [self.session.handle(OUTPUT) for _ in range(told)]
        if any(len(effects) != 1 for effects in printed):
            raise Broken(Rule.PROMPT, "what is told is not printed")
        return effects

    # Questions about a snapshot

    def locked(self, client: Snapshot) -> bool:
        """Tell whether a command is awaited: no other can be typed."""
        return client.states[self._prompt] is PromptState.LOCKED

    def in_flight(self, client: Snapshot) -> int:
        """Count the requests whose end the client has not seen."""
        values = client.values[self._conversation]
        counted: int = len(values[self._lists]) + len(values[self._waiting])
        return counted + sum(int(values[i]) for i in self._open)

    def spare_lists(self, client: Snapshot) -> int:
        """Count the lists in flight for which nobody waits."""
        lists: tuple[ListKind, ...] = client.values[self._conversation][self._lists]
        return lists.count(ListKind.SPARE)

    def is_listed(self, client: Snapshot) -> bool:
        """Tell whether a list has come."""
        return bool(client.values[self._link][self._is_listed])

    def conversation(self, client: Snapshot) -> Enum:
        """Return the conversation's state."""
        return client.states[self._conversation]

    def flow_measured(self, client: Snapshot) -> bool:
        """Tell whether the songs know how fast audio arrives."""
        return client.values[self._song][self._flow] is not None

    def setup_open(self, client: Snapshot) -> bool:
        """Tell whether SETUP has been sent over this connection and is not answered."""
        return bool(client.values[self._conversation][self._setup_open])

    def _listed(self, client: Snapshot) -> tuple[ListedSong, ...]:
        songs: tuple[ListedSong, ...] = client.values[self._link][self._songs]
        return songs

    def restored(self, client: Snapshot) -> ClientSession:
        """Return the session as it was."""
        self.actor.restore(client)
        return self.session

    def _stopping(self, world: World) -> bool:
        return self.conversation(world.client) is ConversationState.STOPPING

    # Events

    def fire(self, world: World, event: Event, owner: int = NOBODY) -> Outcome:
        """Let the client take an event. owner: whose it is, if it is an answer to a PLAY."""
        before = world.client
        outcome = self.actor.fire(before, event)
        if outcome.fault is not None:
            raise outcome.fault
        world.client = after = outcome.after
        old, new = self._listed(before), self._listed(after)
        if old and not new:
            # What is told from here on has no titles: an ID is what the server has under it.
            expected.forget_titles(world)
        elif old and old != new:
            expected.renumber(world, old, new)
        previous: Effect | None = None
        for effect in outcome.effects:
            self._perform(world, cast("ClientEffect", effect), owner, previous)
            previous = effect
        self._check_completed(world, before, after)
        world.titles_awaited = world.titles_awaited and not self.is_listed(after)
        if world.awaited is not None and after.states[self._prompt] is PromptState.OPEN:
            self._rules.answered(world, event, outcome.effects)
        self._rules.check_states(world)
        if not world.settled:
            session = self.restored(after)
            awaited = self.bounds.listed and world.connection == UP and not session.link.is_listed
            world.settled = session.settled and not awaited
        return outcome

    def _check_completed(self, world: World, before: Snapshot, after: Snapshot) -> None:
        song, next_song = after.states[self._song], after.states[self._next_song]
        if song is SongState.WHOLE and song is not before.states[self._song]:
            self._rules.completed(world)
        if song is SongState.SUPPOSED and song is not before.states[self._song]:
            self._rules.supposed(world)
        if next_song is SongState.WHOLE and next_song is not before.states[self._next_song]:
            self._rules.next_completed(world)

    def receive(self, world: World) -> None:
        """Receive the next response."""
        response, world.responses = world.responses[0], world.responses[1:]
        if response is END:
            world.connection = DOWN
            self.lose(world, on.ServerClosed("it closed"))
            return
        assert response.event is not None
        if self.bounds.header is not None and isinstance(response.event, on.AudioReceived):
            self._measure(world, self.bounds.header)
        self._note_list(world, response)
        had = bool(world.buffer), bool(world.next.audio)
        self.fire(world, response.event, response.owner)
        if self.bounds.own_titles and isinstance(response.event, on.AudioReceived):
            self._name(world, *had)

    def lose(self, world: World, event: Event) -> None:
        """Take it that there is no connection."""
        before = world.client
        effects = self.fire(world, event).effects
        self._rules.loss_told(world, effects)
        if not self._nothing_missed(before):
            return
        spare, in_order = self.spare_lists(before), isinstance(event, on.ServerClosed)
        if spare or in_order:
            self._rules.rest_untold(effects)
        if spare:
            self._rules.rest_stays(effects)

    def _nothing_missed(self, client: Snapshot) -> bool:
        """Nothing is in flight for which somebody waits, nor has the client closed by itself."""
        closes_itself = self.conversation(client) in (
            ConversationState.GIVING_UP,
            ConversationState.BREAKING,
        )
        return self.in_flight(client) == self.spare_lists(client) and not closes_itself

    def _measure(self, world: World, more: int) -> None:
        """Say how long the song that arrives is, once its header is here."""
        song, buffer, index = world.wanted, world.buffer, self._song
        if world.next.audio:
            song, buffer, index = world.ahead, world.next.audio, self._next_song
        if song is None or song.audio is None or not buffer:
            return
        measured = on.SongMeasured(playable=True, song_bytes=len(song.audio) + more)
        if world.client.values[index][self._measured] != measured:
            self.fire(world, measured)

    def _name(self, world: World, present_had: bool, next_had: bool) -> None:
        """Say what the song is called of which the first is here: nobody need ask for its list."""
        if world.wanted is not None and world.buffer and not present_had:
            world.wanted = world.wanted._replace(named=True)
            self.fire(world, on.SongNamed(world.wanted.titles[0]))
        elif world.ahead is not None and world.next.audio and not next_had:
            self.fire(world, on.SongNamed(world.ahead.titles[0]))

    def _note_list(self, world: World, response: Message) -> None:
        """Note by which lists the person may go: a list counts from its first message on."""
        if isinstance(response.event, on.ListReceived) and response.event.songs:
            world.known = tuple(dict.fromkeys((*world.known[:1], world.library)))
        elif isinstance(response.event, on.ListReceived | on.SetupReceived) or response is REFUSAL:
            world.known = world.known[-1:]

    def write(self, world: World) -> None:
        """Hand the LIST that is a fence to the kernel."""
        world.fence_unwritten = False
        self.fire(world, FENCE_WRITTEN)

    def time_out(self, world: World, timer: Event) -> None:
        """Let a timer run out."""
        world.timers -= {timer}
        if isinstance(timer, on.ListWentQuiet | on.SetupUnanswered):
            world.known = world.known[-1:]
        self.fire(world, timer)

    def receive_report(self, world: World) -> None:
        """Receive the next report of the player."""
        report, world.reports = world.reports[0], world.reports[1:]
        self.sound.reported(world, report)
        self.fire(world, report)

    # Effects

    def _perform(
        self, world: World, effect: ClientEffect, owner: int, previous: Effect | None
    ) -> None:
        match effect:
            case do.SendRequest(word, song_id, _, offset):
                self._rules.sent(world, word)
                play_of = self._play_of(world) if word is Request.PLAY else NOBODY
                if world.connection == UP:
                    world.requests += (request(word, song_id, play_of, offset),)
                    world.fence_unwritten = word is Request.LIST and self._stopping(world)
            case do.Connect():
                if world.connection != DOWN:
                    raise Broken(Rule.ONE_CONNECTION, f"Connect while it is {world.connection}")
                world.connection = CONNECTING
            case do.Disconnect() | do.DisconnectForGood():
                if world.connection == UP:
                    world.connection = DISCONNECTING
                    world.requests += (END,)
            case do.StartTimer(event):
                world.timers |= {event}
            case do.ScheduleRetry():
                world.timers |= {RETRY_DUE}
            case do.CancelTimer(kind):
                world.timers = frozenset([t for t in world.timers if type(t) is not kind])
            case do.ShowSongs(songs, fields):
                self._rules.shown(world, songs, fields)
            case do.Tell(report):
                self._rules.told(world, report, of_next=previous == do.DropNextBuffer())
            case do.Leave():
                world.left = LEAVING
            case do.ShowPrompt() | do.ClearLine() | do.Print() | do.PrintAbovePrompt():
                pass  # checked in `_handle`
            case _:
                self.sound.perform(world, effect, owner)

    def _play_of(self, world: World) -> int:
        """Return which of the songs that are wanted a PLAY is for."""
        if world.wanted is None or not world.finished:
            return NOBODY if world.wanted is None else PRESENT
        expected.ask_ahead(world)
        return NOBODY if world.ahead is None else NEXT
