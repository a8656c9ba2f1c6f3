"""The client's conversation as the wire shows it, as a table: what it may ask, and when.

Its own machine (`fsm.client.conversation`) knows more: what the person wants, and what waits.
"""

from __future__ import annotations

from enum import Enum

from fsm import events as on
from fsm.client import events as answer
from fsm.events import Event
from fsm.table import Row, Session, Table, each
from fsm.words import ENDS


class SeenClientState(Enum):
    """What a client has shown of itself."""

    SILENT = "it is connected, and has asked for nothing"
    OFFERING = "SETUP was sent, and is not answered"
    CLOSING_SERVER = "the server closes every answer; requests go at once"
    PLAIN = "the client speaks as to a plain server"
    LEAVING = "it has said that it asks for nothing more"


# fmt: off
SILENT, OFFERING, CLOSING_SERVER, PLAIN, LEAVING = SeenClientState
CLOSING = CLOSING_SERVER
_SETTLED = (PLAIN, CLOSING)
_SETUP = (on.SetupRequested, answer.SetupReceived)
_ASKED = (on.ListRequested, on.PlayRequested, on.PlayFromRequested, on.StopRequested)
_ANSWERS = (answer.ListReceived, answer.AudioReceived, answer.NotFoundReceived)

SEEN_CLIENT = Table("seen client", SILENT, [
    Row(SILENT,     on.SetupRequested, OFFERING, rfc="P7"),
    each((SILENT,), _ASKED,            PLAIN,    rfc="2.2"),
    each((SILENT,), _ANSWERS,                    rfc="P7"),
    # Until it knows what the server is, it sends nothing else; after 1 s of silence it asks by LIST
    Row(OFFERING,         on.ListRequested,                  PLAIN,                                rfc="P7"),
    Row(OFFERING,         answer.SetupReceived,              CLOSING_SERVER, when="ends_accepted", rfc="P7"),
    Row(OFFERING,         answer.SetupReceived,              PLAIN,                                rfc="P7"),
    each((OFFERING,),     _ANSWERS,                          PLAIN,                                rfc="P7"),
    Row(PLAIN,            answer.SetupReceived,              CLOSING_SERVER, when="ends_accepted", rfc="P7"),
    Row(PLAIN,            answer.SetupReceived,              PLAIN,                                rfc="P7"),
    each(_SETTLED,        (*_ASKED, *_ANSWERS),                                                    rfc="2.2, 2.5"),
    each((CLOSING,),      _SETUP,                                                                  rfc="P7"),
    Row(CLOSING,          on.TeardownRequested,              LEAVING,                              rfc="P7"),
    each(SeenClientState, on.RequestsEnded,                  LEAVING,                              rfc="1"),
    each((LEAVING,),      (*_ANSWERS, answer.SetupReceived),                                       rfc="P7"),
])
# fmt: on


class SeenClient(Session[Event]):
    """One client, as far as the wire shows it."""

    __slots__ = ()
    table = SEEN_CLIENT

    def ends_accepted(self, event: answer.SetupReceived) -> bool:
        """The server will close its answers."""
        return ENDS in event.tokens[1:]
