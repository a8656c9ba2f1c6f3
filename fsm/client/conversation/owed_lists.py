"""What a server owes in lists, and what waits until it can be asked for (RFC 2.5.1, protocol.md 7)."""

from __future__ import annotations

from enum import Enum

from fsm.client import effects as do
from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import timeouts
from fsm.client.conversation.plain_song import PlainSong
from fsm.words import Request

PLAIN_HELPS = "--plain plays without a list"
_ENTRY_BYTES = 96
"""A ListedSong and its ID, as Python keeps them, without the title."""
_FIELD_BYTES = 64
"""A field, as Python keeps it, without its value."""


class ListKind(Enum):
    """Who waits for a list that is not whole."""

    USERS = "the user, to whom it is shown"
    OWN = "the client itself, for a title or for the ID of a song"
    SPARE = "nobody; it names the songs when it comes"
    OLD = "nobody: silence has ended it, and it is of no use"


class OwedLists(PlainSong):
    """The part of a conversation that is about lists. max_list_bytes: of memory, for one list."""

    __slots__ = (
        "collected",
        "collected_bytes",
        "known_library",
        "library",
        "list_unclosed",
        "lists",
        "max_list_bytes",
        "waiting",
    )

    max_list_bytes: int
    setup_open: bool
    """SETUP has been sent over this connection and is not answered."""

    known_library: str | None
    """The version of the list by which IDs are known: of the one that came last, "" if it had none;
    before any has come, the one that the server named first. It outlives the connection."""

    def _reset_lists(self) -> None:
        self.library: str | None = None
        """The version of the list that the server has, by its own word (protocol.md 7)."""
        self.waiting: tuple[on.Event, ...] = ()
        """Requests that wait until the server can take them, in order."""
        self.lists: tuple[ListKind, ...] = ()
        """Lists that are not whole yet, oldest first."""
        self.list_unclosed = False
        """No empty list message has come behind the last LIST, and SETUP may still be accepted."""
        self.collected: tuple[on.ListReceived, ...] = ()
        self.collected_bytes = 0

    @property
    def list_coming(self) -> bool:
        """A list has been requested, or is to be, and is not whole."""
        on_its_way = any(kind is not ListKind.OLD for kind in self.lists)
        return on_its_way or any(isinstance(e, internal.ListNeeded) for e in self.waiting)

    # Guards

    def own_list_open(self, event: on.Event) -> bool:
        """The list that was requested last is not the user's, and is not whole."""
        return self.lists[-1:] in ((ListKind.OWN,), (ListKind.SPARE,))

    def spare_list_open(self, event: on.Event) -> bool:
        """The list that was requested last is not whole, and nobody waits for it."""
        return self.lists[-1:] == (ListKind.SPARE,)

    def list_owed(self, event: on.Event) -> bool:
        """A list has been requested and is not whole."""
        return bool(self.lists)

    def of_old_list(self, event: on.ListReceived) -> bool:
        """The message belongs to a list that silence has ended."""
        return self.lists[:1] == (ListKind.OLD,)

    def closes_old_list(self, event: on.ListReceived) -> bool:
        """... and closes it."""
        return self.of_old_list(event) and not event.songs

    def closes_list(self, event: on.ListReceived) -> bool:
        """A list is owed, and this message is empty."""
        return bool(self.lists) and not event.songs

    def list_grows(self, event: on.ListReceived) -> bool:
        """A list is owed, and with this message it still fits into the memory that it may take."""
        return bool(self.lists) and self.collected_bytes + _size(event) <= self.max_list_bytes

    def list_awaited(self, event: on.Event) -> bool:
        """The user waits for a list."""
        on_its_way = ListKind.USERS in self.lists
        return on_its_way or any(isinstance(e, on.ListRequested) for e in self.waiting)

    # Effects

    def send_list(self, event: on.Event) -> None:
        """Send LIST for the user."""
        self.lists += (ListKind.USERS,)
        self._send(Request.LIST)

    def send_own_list(self, event: on.Event) -> None:
        """Send LIST for the client's own use."""
        self.lists += (ListKind.OWN,)
        self._send(Request.LIST)

    def send_spare_list(self, event: on.Event) -> None:
        """Send LIST for nobody who waits: whether it is answered makes no difference."""
        self.lists += (ListKind.SPARE,)
        self._send(Request.LIST)

    def send_greeting(self, event: on.Event) -> None:
        """Send LIST, which every server answers: the user's own, if one waits."""
        waits = any(isinstance(e, on.ListRequested) for e in self.waiting)
        if waits:
            self.waiting = _without_first(self.waiting, on.ListRequested)
        self.waiting = tuple(e for e in self.waiting if not isinstance(e, internal.ListNeeded))
        self.lists += (ListKind.USERS if waits else ListKind.OWN,)
        self._send(Request.LIST)

    def note_list_end(self, event: on.ListReceived) -> None:
        """Note whether the list is still to be closed, in case that the server closes its answers."""
        self.list_unclosed = self.setup_open and bool(event.songs)

    def reopen_list(self, event: on.Event) -> None:
        """Expect the rest of the list that silence has ended; nobody needs it."""
        self.lists += (ListKind.OLD,) * self.list_unclosed
        self.list_unclosed = False

    def drop_list(self, event: on.Event) -> None:
        """Expect no more of a list that nobody needs."""
        self.lists = self.lists[1:]

    def show_open_list(self, event: on.Event) -> None:
        """Show the list that is on its way: it is the user's now."""
        self.lists = (*self.lists[:-1], ListKind.USERS)

    def await_open_list(self, event: on.Event) -> None:
        """Wait for the list that is on its way: it is needed now."""
        self.lists = (*self.lists[:-1], ListKind.OWN)

    def keep_need(self, event: internal.ListNeeded) -> None:
        """Let the need of a list wait; one list is enough for any number of needs of a kind."""
        if event not in self.waiting:
            self.waiting = (*self.waiting, event)

    def drop_need(self, event: on.Event) -> None:
        """Let no list be asked for that would only say which ID a song has now."""
        self.waiting = tuple(e for e in self.waiting if e != internal.ListNeeded())

    def keep_entries(self, event: on.ListReceived) -> None:
        """Keep the entries until the list is whole."""
        self.collected += (event,)
        self.collected_bytes += _size(event)

    def await_list_silence(self, event: on.Event) -> None:
        """Expect silence: 250 ms without a further message make the list whole."""
        self.record(do.StartTimer(on.ListWentQuiet(), timeouts.LIST_QUIET_S))

    def list_answered(self, event: on.Event) -> None:
        """Stop the timer: the list's end need not be waited for."""
        self.record(do.CancelTimer(on.ListWentQuiet))

    def complete_list(self, event: on.Event) -> None:
        """Hand on the oldest list, which is whole; show it, if it is the user's."""
        kind, self.lists = self.lists[0], self.lists[1:]
        songs, fields = _joined(self.collected)
        self.collected, self.collected_bytes = (), 0
        self.known_library = self.library or ""
        self.record(internal.ListCompleted(songs, fields))
        if kind is ListKind.USERS:
            self.record(do.ShowSongs(songs, fields), on.CommandAnswered(on.Command.LIST))

    def disconnect_endless(self, event: on.ListReceived) -> None:
        """Disconnect from a server whose list has no end: it may go on for as long as it likes."""
        size = f"{self.max_list_bytes // 2**20} MiB"
        reason = f"its list is longer than {size}{'' if self.plain else f': {PLAIN_HELPS}'}"
        self.record(do.Disconnect(reason, answer_awaited=False))

    def tell_list_failed(self, event: on.Event) -> None:
        """Tell the user that the list will not come."""
        self.record(do.Tell(do.Report.LIST_FAILED), on.CommandAnswered(on.Command.LIST))

    def _list_missed(self) -> bool:
        """A list that somebody waits for is not whole."""
        return ListKind.USERS in self.lists or ListKind.OWN in self.lists


def _without_first(waiting: tuple[on.Event, ...], kind: type[on.Event]) -> tuple[on.Event, ...]:
    """What waits, without the first event of this kind; there is one."""
    at = next(i for i, event in enumerate(waiting) if isinstance(event, kind))
    return waiting[:at] + waiting[at + 1 :]


def _joined(
    messages: tuple[on.ListReceived, ...],
) -> tuple[tuple[on.ListedSong, ...], tuple[on.Fields, ...]]:
    """The songs of a list, each once, and the fields of each, if there are any.

    Deployed servers may have sent it twice (protocol.md 9).
    """
    fields_by_song: dict[on.ListedSong, on.Fields] = {}
    for message in messages:
        of_each = message.fields or ((),) * len(message.songs)
        for song, fields in zip(message.songs, of_each, strict=True):
            fields_by_song.setdefault(song, fields)
    each = tuple(fields_by_song.values())
    return tuple(fields_by_song), each if any(each) else ()


def _size(message: on.ListReceived) -> int:
    """The bytes that the entries take of the memory: many times what they are on the wire."""
    titles = sum(_ENTRY_BYTES + song.title.__sizeof__() for song in message.songs)
    values = (value for fields in message.fields for _, value in fields)
    return titles + sum(_FIELD_BYTES + value.__sizeof__() for value in values)
