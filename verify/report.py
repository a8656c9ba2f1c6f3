"""What was explored, proven and not proven, in words and figures."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterable

from verify.bounds import Bounds
from verify.explore import Exploration, Explorer, no_search_for_garbage
from verify.ladder import ladder
from verify.mutants import SESSIONS
from verify.mutation import Hunters, deleted_and_redirected, search
from verify.rules import Rule
from verify.snapshots import Said
from verify.suite import Unprovable

WIDTH = 100
INDENT = "    "
NAME = 30
WITHIN = "requests, losses, chunks, troubles"
Print = Callable[[str], None]


def prove(suite: Iterable[Bounds], say: Print, unsaid: frozenset[Said] | None = None) -> bool:
    """Explore all of it; True if no rule is broken. Stops at the first that is.

    unsaid: the events that machines declare and never record; None: not looked at.
    """
    say(f"{'explored':<{NAME}}{'states':>9}{'transitions':>13}{'depth':>7}   {WITHIN}")
    explorations = []
    with no_search_for_garbage():
        for bounds in suite:
            explorer = Explorer(bounds)
            found = explorer.run()
            say(_row(found))
            if found.broken is not None:
                _show(explorer, found, say)
                return False
            explorations.append(found)
            explorer.forget()
    say(_total(explorations))
    _say_rules(explorations, say)
    return unsaid is None or _all_said(explorations, unsaid, say)


def _all_said(explorations: list[Exploration], unsaid: frozenset[Said], say: Print) -> bool:
    """Compare what the machines declare that they say with what they have said."""
    said = set[Said]().union(*(found.said for found in explorations))
    declared = {(kind.table.name, event) for kind in SESSIONS for event in kind.says}
    never = declared - said
    for name, event in sorted(never ^ unsaid, key=str):
        expected = "never says" if (name, event) in never else "was not expected to say"
        say(f"broken: {name} {expected} {event.__name__}")
    return never == unsaid


def show_unprovable(cases: Iterable[Unprovable], say: Print) -> bool:
    """Show how each of these rules is broken; False if one is not, which is not as expected."""
    for case in cases:
        explorer = Explorer(case.bounds)
        found = explorer.run()
        say("")
        if found.broken is None or found.broken.rule is not case.rule:
            say(f"{case.bounds.name}: expected to break, but {found.broken or 'nothing broke'}")
            return False
        say(f"Not provable when {case.bounds.name}:")
        for line in textwrap.wrap(f"{case.rule.value}. {case.why}", WIDTH - len(INDENT)):
            say(INDENT + line)
        _show(explorer, found, say)
    return True


def count_mutants(say: Print) -> None:
    """Put two faults into each row of each table, one at a time, and count those that show."""
    chosen = list(deleted_and_redirected())
    found = Counter(search(Hunters().finder, chosen))
    missed = found.pop("", 0)
    share = 100 * (1 - missed / len(chosen))
    say(f"{len(chosen)} faults, {share:.1f} % found:")
    for finder, count in found.most_common():
        say(f"{INDENT}{count:>5} {finder}")
    say(f"{missed} are left to the tests.")


def _row(found: Exploration) -> str:
    figures = f"{found.states:>9,}{found.transitions:>13,}{found.depth:>7}"
    return f"{found.bounds.name:<{NAME}}{figures}   {within(found.bounds)}"


def _total(explorations: list[Exploration]) -> str:
    states = sum(found.states for found in explorations)
    transitions = sum(found.transitions for found in explorations)
    depth = max(found.depth for found in explorations)
    seconds = sum(found.seconds for found in explorations)
    return f"{'all together':<{NAME}}{states:>9,}{transitions:>13,}{depth:>7}   in {seconds:.1f} s"


def _say_rules(explorations: list[Exploration], say: Print) -> None:
    say("")
    say("Holds in every state:")
    for rule in Rule:
        say(f"{INDENT}{rule.value}")
    fired = Counter(name for name, _ in set().union(*(found.rows for found in explorations)))
    rows = {kind.table.name: len(kind.table.rows) for kind in SESSIONS}
    say("")
    say(f"Rows that have fired, {sum(fired.values())} of {sum(rows.values())}:")
    counts = ", ".join(f"{name} {fired[name]} of {rows[name]}" for name in rows)
    for line in textwrap.wrap(counts, WIDTH - len(INDENT)):
        say(INDENT + line)


def _show(explorer: Explorer, found: Exploration, say: Print) -> None:
    say("")
    for line in ladder(explorer.model, found.path):
        say(line)
    if found.broken is not None and found.broken.rule is Rule.COMES_TO_REST:
        say(f"broken: {found.broken.rule.value}")
        say(f"        {found.broken.detail}")


def within(bounds: Bounds) -> str:
    """Requests, losses, chunks, troubles; whether time may run out at any moment."""
    losses = "any" if bounds.losses is None else str(bounds.losses)
    figures = [str(bounds.requests), losses, "{}+{}".format(*bounds.chunks), str(bounds.troubles)]
    return ", ".join(figures) + ("" if bounds.timely else ", any time")
