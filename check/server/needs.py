"""What cases need of a server or of who checks it, and what is said where it is not there."""

from __future__ import annotations

from collections.abc import Callable

from check.case import Case
from check.server.facts import FROM, TAGS, Facts

EXTENSIONS = ("ends", "tags", "from")
NOT_OF_SONGS = (*EXTENSIONS, "list", "errors", "several", "music", "request-time")


def _two(facts: Facts) -> bool:
    song, long = facts.song, facts.long
    return song is not None and long is not None and song.audio != long.audio


NEEDS: dict[str, tuple[Callable[[Facts], bool], str]] = {
    "list": (lambda facts: bool(facts.list_messages), "the server does not answer LIST"),
    "songs": (lambda facts: facts.song is not None, "no song could be received"),
    "empty": (lambda facts: not facts.entries, "the server has songs"),
    "long": (
        lambda facts: facts.long is not None,
        "no song that was tried is longer than what may lie on the way (--long-song)",
    ),
    "two": (_two, "there are no two songs that differ, of which one is long"),
    "hard": (lambda facts: facts.hard is not None, "no song that was tried has END END in it"),
    "long-list": (lambda facts: len(facts.list_messages) > 1, "the list is one message"),
    "missing": (lambda facts: facts.missing is not None, "the list leaves out no ID"),
    "no-zero": (lambda facts: 0 not in facts.song_ids, "the server has a song 0"),
    "several": (lambda facts: facts.several, "the server serves one client at a time"),
    "ends": (lambda facts: "ends" in facts.offers, "the server does not offer ends"),
    "tags": (lambda facts: TAGS in facts.offers, "the server does not offer tags"),
    "from": (lambda facts: FROM in facts.offers, "the server does not offer from"),
    "errors": (
        lambda facts: facts.error_request is not None,
        "the server answers no request by an error and goes on",
    ),
    "music": (lambda facts: facts.options.music is not None, "no --music was given"),
    "request-time": (
        lambda facts: facts.options.request_s is not None,
        "no --request-time was given",
    ),
}


def missing(case: Case, facts: Facts) -> str:
    """Return why the case cannot be tried, in a clause; "" if it can."""
    for need in case.needs.split():
        there, reason = NEEDS[need]
        if not there(facts):
            if need in EXTENSIONS and facts.options.plain:
                return "not tried because of --plain"
            if not facts.entries and need not in NOT_OF_SONGS:
                return "the server has no songs"
            return reason
    return ""
