"""Whom `alfine status --follow` follows when clients come and go while it chooses."""

import pytest

from cli.outside import following
from cli.outside.following import Bell, Follower
from cli.outside.peers import Found, NoAnswer


class FakePeer:
    """A client that was found. gone: since then."""

    def __init__(self, pid, gone):
        self.pid, self.gone, self.asked = pid, gone, []

    def send(self, **members):
        if self.gone:
            raise NoAnswer(f"client {self.pid} has gone")
        self.asked.append(members)


class FakeFound(Found):
    """The clients that are found, each time others."""

    times = ()

    def __init__(self, only=None):
        self.peers = next(self.times)

    def __exit__(self, *exc):
        pass


@pytest.mark.parametrize("only", [None, 1])
def test_a_client_that_goes_while_it_is_chosen_is_not_chosen(monkeypatch, only):
    there = FakePeer(2, gone=False)
    monkeypatch.setattr(FakeFound, "times", iter([[FakePeer(1, gone=True)], [there]]))
    monkeypatch.setattr(following, "Found", FakeFound)
    with Bell() as bell:
        follower = Follower(only, False, print, bell)
        follower._choose()
    assert follower._peer is there
    assert there.asked == [{"follow": True}]


def test_where_the_last_one_has_gone_meanwhile_it_says_so(monkeypatch):
    told = []
    monkeypatch.setattr(FakeFound, "times", iter([[FakePeer(1, gone=True)], []]))
    monkeypatch.setattr(following, "Found", FakeFound)
    with Bell() as bell:
        Follower(None, False, told.append, bell)._choose()
    assert [answer["text"] for answer in told] == ["no client plays"]
