"""What the phrases of a row's `expects` demand of a case that has been carried out.

| phrase | what has to be so |
|---|---|
| `LIST is sent` … | the request came that was typed |
| `END END ends each request` …, `PLAY and a number` | so are all requests that came |
| `the whole list is printed` | each song of the list that was typed is in the output |
| `an error is printed` | something has been printed since the answer |
| `no escape sequence is printed` | none of a title; what the client prints of its own is its own |
| `the next LIST is sent and printed` | it runs; when `list` is typed, new titles are printed |
| `no crash` | it runs, or has ended in order |
| `no flood` | in what was watched, few requests and connections came |
| `it leaves`, `it leaves in the end` | it ends by itself, soon, or when it has waited enough |
| `nothing before RESP 101`, `one SETUP` | it waited for the answer to SETUP, and sent that once |
| `requests apart` | no two came in one segment |

A crash breaks every case.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from itertools import pairwise

from check.client.answers import ESCAPES
from check.client.requests import Fault, Kind
from check.client.trial import SHOWN, Trial
from check.printed import printed

Judgement = Callable[[Trial], Awaitable[str]]
"""Returns what is not as it has to be, as a clause; "" if it is."""

SENT = " is sent"
LIST_SENT = "LIST" + SENT
NO_CRASH, ALIVE = "no crash", "the next LIST is sent and printed"
_WORD = re.compile(rb"[A-Za-z0-9]{3,}")


async def judge(trial: Trial) -> str:
    """Return the first thing that is not as the row demands; "" if there is none."""
    for word in (NO_CRASH, *trial.expected):
        if reason := await JUDGEMENTS[word](trial):
            return reason
    return ""


async def judge_forms(trial: Trial) -> str:
    """Return in what a request that came is not formed as the row demands; "" for nothing."""
    for word in trial.expected:
        if word in _FORMS and (reason := await _FORMS[word](trial)):
            return reason
    return ""


def _requested(kind: Kind) -> Judgement:
    async def requested(trial: Trial) -> str:
        if trial.undone is not kind:
            return ""
        came = trial.session.stage.journal.of(kind)
        other = f"; but {printed(came[-1].raw)} came" if came else ""
        return f"{kind.value} was typed, and not sent{other}"

    return requested


def _none_has(*faults: Fault) -> Judgement:
    async def none_has(trial: Trial) -> str:
        for request in trial.session.stage.journal.requests:
            for fault in faults:
                if fault in request.faults:
                    return f"{printed(request.raw) or 'a request'} {fault.value}"
        return ""

    return none_has


async def _connected(trial: Trial) -> str:
    return "" if trial.session.listener.accepted else "it has not connected"


async def _one_connection(trial: Trial) -> str:
    more = trial.session.stage.journal.reconnections
    return f"it connected {more} times more" if more else ""


async def _shown(trial: Trial) -> str:
    return "" if trial.shown else "not every song of the list was printed"


async def _told(trial: Trial) -> str:
    session = trial.session

    def told() -> bool:
        return _WORD.search(session.printed(session.stage.answered_at)) is not None

    if await session.news.until(told, session.options.timeout_s):
        return ""
    return "nothing was printed after the answer"


async def _no_escapes(trial: Trial) -> str:
    out = trial.session.printed()
    for sequence in ESCAPES:
        if sequence in out:
            return f"{printed(sequence)} of a title was printed as it is"
    return ""


async def _prompt(trial: Trial) -> str:
    return "" if b">>" in trial.session.printed(0) else '">>" has not been printed'


async def _standing(trial: Trial) -> str:
    return trial.session.crash()


async def _alive(trial: Trial) -> str:
    return await probe(trial)


async def probe(trial: Trial) -> str:
    """Have the client list songs that it has not seen before; return what is wrong with that."""
    session, facts = trial.session, trial.facts
    if facts.lists and not session.over:
        session.stage.answers["LIST"] = "list"
        session.stage.new_titles()
        before = len(session.stage.journal.of(Kind.LIST))
        await session.type("list")
        if not await session.requested(Kind.LIST, before):
            return session.crash() or session.ending() or "after that, LIST was typed and not sent"
        if facts.shows and not await session.shows(session.stage.list().marks, session.typed_place):
            return session.crash() or session.ending() or "after that, a list was not printed"
    return session.crash() or session.ending()


async def _calm(trial: Trial) -> str:
    return trial.flood


async def _quits(trial: Trial) -> str:
    return await _quits_within(trial, trial.session.options.timeout_s)


async def _quits_late(trial: Trial) -> str:
    return await _quits_within(trial, trial.session.options.unanswered_s)


async def _quits_within(trial: Trial, seconds: float) -> str:
    session = trial.session
    if not await session.news.until(lambda: session.over, seconds):
        return f"it still ran {seconds:g} s after it was told to leave"
    return session.crash()


async def _setup_waits(trial: Trial) -> str:
    early = trial.session.stage.journal.early
    return f"{printed(early[0].raw)} came before SETUP was answered" if early else ""


async def _one_setup(trial: Trial) -> str:
    count = len(trial.session.stage.journal.of(Kind.SETUP))
    return f"SETUP came {count} times" if count > 1 else ""


async def _no_stop(trial: Trial) -> str:
    return "STOP came" if trial.session.stage.journal.of(Kind.STOP) else ""


async def _apart(trial: Trial) -> str:
    requests = trial.session.stage.journal.requests
    for one, other in pairwise(requests):
        if (apart_s := other.at - one.at) < trial.session.options.hurry_s:
            return f"{printed(other.raw)} came {apart_s * 1000:.0f} ms after {printed(one.raw)}"
    return ""


_FORMS = {
    "END END ends each request": _none_has(Fault.NO_END),
    "only LIST, PLAY, STOP": _none_has(Fault.UNKNOWN),
    "capital letters": _none_has(Fault.LETTERS),
    "single spaces": _none_has(Fault.SPACES),
    "no leading zeros": _none_has(Fault.ZEROS),
    "nothing between requests": _none_has(Fault.BETWEEN),
    "LIST alone": _none_has(Fault.LIST_PARAMETER),
    "STOP alone": _none_has(Fault.STOP_PARAMETER),
    "PLAY and a number": _none_has(Fault.NO_ID),
}
JUDGEMENTS: dict[str, Judgement] = _FORMS | {
    LIST_SENT: _requested(Kind.LIST),
    "PLAY" + SENT: _requested(Kind.PLAY),
    "STOP" + SENT: _requested(Kind.STOP),
    "it connects": _connected,
    "one connection": _one_connection,
    SHOWN: _shown,
    "an error is printed": _told,
    "no escape sequence is printed": _no_escapes,
    ">> is printed": _prompt,
    ALIVE: _alive,
    NO_CRASH: _standing,
    "no flood": _calm,
    "it leaves": _quits,
    "it leaves in the end": _quits_late,
    "nothing before RESP 101": _setup_waits,
    "one SETUP": _one_setup,
    "no STOP": _no_stop,
    "requests apart": _apart,
}
