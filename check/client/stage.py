"""What the server that is played does at present, on all connections of one client."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from check.client.answers import Answer, list_answer, play_answer
from check.client.journal import Journal
from check.client.news import News

USUAL = {"SETUP": "101", "LIST": "list", "PLAY": "song", "STOP": "nothing"}
"""How requests are answered where a row says nothing else."""

_numbers = itertools.count(1)


@dataclass
class Stage:
    """plain: the server knows only the RFC. listed: the IDs that have been in the last list.

    answers: by the request's word. closes_at_once: each connection is closed as it comes. offers:
    the words of the client's SETUP. place: returns how much the client has printed; answered_at:
    that, when an answer went out whose manner is `after`.
    """

    news: News
    plain: bool
    journal: Journal = field(default_factory=Journal)
    answers: dict[str, str] = field(default_factory=dict)
    nonce: str = ""
    listed: tuple[int, ...] = (1, 2, 3)
    closes_at_once: bool = False
    offers: tuple[str, ...] | None = None
    place: Callable[[], int] = lambda: 0
    answered_at: int = 0

    def __post_init__(self) -> None:
        self.begin({})

    def begin(self, answers: dict[str, str]) -> None:
        """Begin a case: an empty journal, and the usual answers but for these."""
        self.journal = Journal()
        self.answers = USUAL | answers
        self.closes_at_once = False
        self.answered_at = self.place()
        self.new_titles()

    def note_place(self) -> None:
        """What is printed from now on may be about the answer."""
        self.answered_at = self.place()

    def new_titles(self) -> None:
        """From now on the titles of lists are others: what shows them is new."""
        self.nonce = f"q{next(_numbers):05x}"

    def list(self) -> Answer:
        """Return the answer to LIST; from now on its IDs are known."""
        answer = list_answer(self.answers["LIST"], self.nonce)
        if answer.ids is not None:
            self.listed = answer.ids
        return answer

    def play(self, song_id: int | None) -> Answer:
        """Return the answer to PLAY; an ID that has not been listed is not found."""
        if song_id is None or song_id not in self.listed:
            return play_answer("404", 0)
        return play_answer(self.answers["PLAY"], song_id)
