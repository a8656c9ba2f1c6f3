"""The Wireshark dissector: its constants and its states, made from the grammar and the tables.

What it does with them is written by hand, in dissector.lua beside this file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path

from fsm import events as on
from fsm.client import events as at_client
from fsm.client.conversation.session import ConversationSession
from fsm.client.effects import SendRequest
from fsm.events import Event
from fsm.server import ServerSession
from fsm.table import Row, Table
from fsm.words import ENDS, FROM, LIBRARY, MAX_MESSAGE_BYTES, Request
from net.dialects import KINDS
from net.entries import FIELD_KEYS, FIELD_MARK, SEPARATOR
from net.framing import EOM
from net.responses import MAX_RESPONSE_BYTES
from net.wire import (
    MAX_ID_DIGITS,
    MAX_OFFSET_DIGITS,
    MAX_REQUEST_BYTES,
    encode_request,
    parse_request,
)

SCRIPT = "docs/wireshark/alfine.lua"
TEMPLATE = Path(__file__).with_suffix(".lua")
MARK = "--@tables\n"

RESPONSES = (
    at_client.ListReceived,
    at_client.AudioReceived,
    at_client.SetupReceived,
    at_client.NotFoundReceived,
)
"""The events of the client's conversation that a capture shows."""

OFF_THE_WIRE = (
    at_client.Connected,
    at_client.ConnectFailed,
    at_client.ConnectionLost,
    at_client.ServerClosed,
)
"""Those that begin or end a connection, which is one in a capture."""

SENDS = {
    "send_setup": Request.SETUP,
    "send_greeting": Request.LIST,
    "send_list": Request.LIST,
    "send_own_list": Request.LIST,
    "send_spare_list": Request.LIST,
    "send_question": Request.LIST,
    "send_fence": Request.LIST,
    "send_play": Request.PLAY,
    "send_stop": Request.STOP,
    "send_teardown": Request.TEARDOWN,
}
"""The effects of the client's conversation that a capture shows."""

SEEN_GUARDS = ("ends_accepted", "carries_audio")
"""Those of its guards that a message itself answers."""

HIDDEN = "?"
"""A guard that a capture does not answer."""

ENTRY_FIELDS = {
    "ar": "artist",
    "aa": "album_artist",
    "al": "album",
    "ti": "title",
    "tr": "track",
    "di": "disc",
    "yr": "year",
    "ge": "genre",
    "du": "duration",
    "fo": "folder",
}
"""What the fields of a list's entry are called (protocol.md 10), by their keys."""


def script(
    server: Table = ServerSession.table, conversation: Table = ConversationSession.table
) -> str:
    """Return the whole dissector. The same tables always give the same text."""
    before, after = TEMPLATE.read_text().split(MARK)
    tables = [*_constants(), "", *_server(server), "", *_client(conversation)]
    return before + "\n".join(tables) + "\n" + after


def _constants() -> Iterator[str]:
    yield f"local EOM, SEPARATOR = {_text(EOM.decode())}, {_text(SEPARATOR)}"
    yield f"local ENDS, FROM, LIBRARY = {_text(ENDS)}, {_text(FROM)}, {_text(LIBRARY)}"
    yield f"local FIELD_MARK = string.char({ord(FIELD_MARK)})"
    assert set(ENTRY_FIELDS) == FIELD_KEYS
    fields = (f"{key} = {_text(name)}" for key, name in ENTRY_FIELDS.items())
    yield f"local ENTRY_FIELDS = {{ {', '.join(fields)} }}"
    yield f"local MAX_MESSAGE_BYTES, MAX_REQUEST_BYTES = {MAX_MESSAGE_BYTES}, {MAX_REQUEST_BYTES}"
    yield f"local MAX_PENDING_BYTES = {MAX_RESPONSE_BYTES}"
    yield f"local MAX_ID_DIGITS, MAX_OFFSET_DIGITS = {MAX_ID_DIGITS}, {MAX_OFFSET_DIGITS}"
    codes = (f"[{_text(code.decode())}] = {_text(kind.name)}" for code, kind in KINDS.items())
    yield f"local CODES = {{ {', '.join(codes)} }}"
    events = (f"{word.value} = {_text(_event(word).__name__)}" for word in Request)
    yield f"local REQUESTS = {{ {', '.join(events)} }}"
    yield f"local PLAY_FROM = {_text(type(parse_request(b'PLAY 1 0')).__name__)}"
    yield f"local REQUEST_WORDS = {_text(', '.join(word.value for word in Request))}"


def _event(word: Request) -> type[Event]:
    """Return what a server is told by this request."""
    message = encode_request(SendRequest(word, 1)).removesuffix(EOM)
    event = type(parse_request(message))
    assert event is not on.RequestNotUnderstood, word
    return event


def _server(table: Table) -> Iterator[str]:
    yield f"local SERVER_STATES = {_list(state.name for state in table.states)}"
    yield "local SERVER = {"
    for state in table.states:
        yield f"  {state.name} = {{ -- {state.value}"
        for event in table.events:
            if rows := table.group(state, event):
                yield f"    {event.__name__} = {{ {' '.join(map(_server_row, rows))} }},"
        yield "  },"
    yield "}"


def _server_row(row: Row) -> str:
    guard, effects = _text(row.when or ""), _list(row.effects)
    return f"{{ when = {guard}, effects = {effects}, next = {_text(row.next_state.name)} }},"


def _client(table: Table) -> Iterator[str]:
    yield f"local CLIENT_STATES = {_list(state.name for state in table.states)}"
    yield "local CLIENT_START = {"
    yield from _unique(table.group(table.initial, at_client.Connected), "  ")
    yield "}"
    yield "local CLIENT = {"
    for state in table.states:
        if state is not table.initial:
            yield f"  {state.name} = {{"
            yield from _client_state(table, state)
            yield "  },"
    yield "}"


def _client_state(table: Table, state: Enum) -> Iterator[str]:
    for event in RESPONSES:
        if rows := [row for row in table.group(state, event) if not _seldom(table, row)]:
            yield f"    {event.__name__} = {{"
            yield from _unique(rows, "      ")
            yield "    },"
    unseen = [
        row
        for row in table.rows
        if row.state is state and row.event not in (*RESPONSES, *OFF_THE_WIRE)
        if _sent(row) or row.next_state is not state
    ]
    if unseen:
        yield "    unseen = {"
        yield from _unique(unseen, "      ")
        yield "    },"


def _seldom(table: Table, row: Row) -> bool:
    """Return whether the client ends the connection here for what a capture does not show.

    Its end is what shows it then; until then it would stand beside every state.
    """
    guards = {other.when for other in table.group(row.state, row.event)} - {None, *SEEN_GUARDS}
    return bool(guards) and any(effect.startswith("disconnect_") for effect in row.effects)


def _unique(rows: Iterable[Row], indent: str) -> Iterator[str]:
    """Return rows of which a capture shows the same once."""
    yield from dict.fromkeys(indent + _client_row(row) for row in rows)


def _client_row(row: Row) -> str:
    guard = row.when if row.when in SEEN_GUARDS else HIDDEN if row.when else ""
    sends = _list(_sent(row))
    return (
        f"{{ when = {_text(guard or '')}, sends = {sends}, next = {_text(row.next_state.name)} }},"
    )


def _sent(row: Row) -> list[str]:
    return [SENDS[effect].value for effect in row.effects if effect in SENDS]


def _list(values: Iterable[str]) -> str:
    texts = ", ".join(map(_text, values))
    return f"{{ {texts} }}" if texts else "{}"


def _text(value: str) -> str:
    assert '"' not in value
    assert "\\" not in value
    return f'"{value}"'
