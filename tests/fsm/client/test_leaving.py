"""Whatever still happens when the person has gone is ignored."""

import pytest

from fsm.client import events as on
from fsm.client import internal_events as internal
from fsm.client.conversation.table import CONVERSATION, LEAVING
from fsm.client.machines import CONVERSATION as NAME
from fsm.client.machines import RECIPIENTS

PERSON = {on.ListRequested, on.StopRequested}
"""Who has gone types nothing: the prompt hands nothing on."""
ITSELF = {internal.SetupAccepted}
"""What the conversation tells itself when it takes up what has waited; then nobody leaves."""
HEARD = [e for e, names in RECIPIENTS.items() if NAME in names and e not in PERSON | ITSELF]


@pytest.mark.parametrize("event", HEARD, ids=lambda event: event.__name__)
def test_the_conversation_takes_every_event_that_is_under_way(event):
    assert CONVERSATION.group(LEAVING, event)
