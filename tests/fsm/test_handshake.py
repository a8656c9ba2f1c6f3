"""Conversations with the handshake's machine."""

import pytest

from fsm import effects as do
from fsm import events as on
from fsm.handshake import GONE, REFUSED, SECURED, SHAKING, HandshakeSession

KITCHEN, BEDROOM = ("kitchen", "SHA256:1"), ("bedroom", "SHA256:2")


def session() -> HandshakeSession:
    return HandshakeSession({KITCHEN, BEDROOM}, {"bedroom"})


def test_a_client_comes_in_by_its_name():
    handshake = session()
    assert handshake.state is SHAKING
    assert handshake.handle(on.HandshakeCompleted(*KITCHEN)) == [do.Admit("kitchen")]
    assert handshake.state is SECURED


@pytest.mark.parametrize(
    "client", [("cellar", "SHA256:3"), ("kitchen", "SHA256:3"), ("", ""), BEDROOM]
)
def test_one_that_may_not_is_told_and_then_closed(client):
    handshake = session()
    told = handshake.handle(on.HandshakeCompleted(*client))
    assert told == [do.SendNotFound(), do.CloseWhenSent()]
    assert handshake.state is REFUSED
    assert handshake.handle(on.ConnectionLost("closed")) == []
    assert handshake.state is GONE


def test_of_one_that_fails_the_alert_is_sent_already():
    handshake = session()
    assert handshake.handle(on.HandshakeFailed("no certificate")) == [do.CloseWhenSent()]
    assert handshake.state is REFUSED


@pytest.mark.parametrize("event", [on.HandshakeTimedOut(), on.ShutdownRequested()])
def test_one_that_takes_too_long_is_reset(event):
    handshake = session()
    assert handshake.handle(event) == [do.CloseAtOnce()]
    assert handshake.state is GONE


def test_one_that_is_refused_is_not_waited_for_at_the_end():
    handshake = session()
    handshake.handle(on.HandshakeFailed("no certificate"))
    assert handshake.handle(on.ShutdownRequested()) == [do.CloseAtOnce()]
    assert handshake.state is GONE


def test_one_may_go_before_the_keys_are_agreed_on():
    handshake = session()
    assert handshake.handle(on.ConnectionLost("closed")) == []
    assert handshake.state is GONE
