"""Whatever still happens when the person has gone: it is ignored, and nothing is begun."""

import pytest

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client import requests as ask
from fsm.client.conversation_table import CONVERSATION, LEAVING
from fsm.client.effects import SendRequest
from fsm.client.machines import CONVERSATION as NAME
from fsm.client.machines import RECIPIENTS
from tests.fsm.driver import SONGS, audio, plain_server

PERSON = {on.ListRequested, on.StopRequested}
"""Who has gone types nothing: the prompt hands nothing on."""
ITSELF = {internal.SetupAccepted}
"""What the conversation tells itself when it takes up what has waited; then nobody leaves."""
HEARD = [e for e, names in RECIPIENTS.items() if NAME in names and e not in PERSON | ITSELF]


@pytest.mark.parametrize("event", HEARD, ids=lambda event: event.__name__)
def test_the_conversation_takes_every_event_that_is_under_way(event):
    assert CONVERSATION.group(LEAVING, event)


def test_the_next_song_of_a_plain_server_is_not_asked_for_by_who_has_gone():
    """The last sample of a song is reported when the person has left already."""
    client = plain_server(prebuffer=1)
    client(on.ListRequested(), on.ListReceived(SONGS), on.ListWentQuiet())
    client(on.PlayRequested(1), ask.QueueRequested((2,)), audio("x" * 4096), audio("y"))
    client(on.SongWentQuiet(), on.ListReceived(SONGS), on.ListWentQuiet())
    client(on.InputEnded())
    client(on.PlayedOut())
    assert not client.did(SendRequest)
