"""Prints what was explored, proven and not proven, in words and figures."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterable

from verify.bounds import Bounds
from verify.explore import Exploration, Explorer, garbage_collection_off
from verify.ladder import ladder
from verify.mutation.mutants import SESSIONS
from verify.mutation.searcher import Searcher, deleted_and_redirected, in_processes
from verify.rules import Rule
from verify.suites.plain import Unprovable
from verify.watched import Memory, Said

WIDTH = 100
INDENT = "    "
NAME = 30
WITHIN = "requests, losses, chunks, troubles"
Print = Callable[[str], None]


def prove(
    suite: Iterable[Bounds], print_line: Print, unsaid: frozenset[Said] | None = None
) -> bool:
    """Explore all of the suite and tell whether no rule is broken. Stops at the first that is.

    unsaid: the events that the machines are expected to declare and never record; None: not
    compared.
    """
    print_line(f"{'explored':<{NAME}}{'states':>9}{'transitions':>13}{'depth':>7}   {WITHIN}")
    explorations, memory = [], Memory()
    with garbage_collection_off():
        for bounds in suite:
            explorer = Explorer(bounds, memory=memory)
            found = explorer.run()
            print_line(_row(found))
            if found.broken is not None:
                _show(explorer, found, print_line)
                return False
            explorations.append(found)
            explorer.release()
    print_line(_total(explorations))
    _print_rules(explorations, print_line)
    return unsaid is None or _said_as_expected(explorations, unsaid, print_line)


def _said_as_expected(
    explorations: list[Exploration], unsaid: frozenset[Said], print_line: Print
) -> bool:
    """Compare the events that the machines declare with those that they have recorded."""
    said = set[Said]().union(*(found.said for found in explorations))
    declared = {(kind.table.name, event) for kind in SESSIONS for event in kind.says}
    never = declared - said
    for name, event in sorted(never ^ unsaid, key=str):
        expected = "never says" if (name, event) in never else "was not expected to say"
        print_line(f"broken: {name} {expected} {event.__name__}")
    return never == unsaid


def show_unprovable(cases: Iterable[Unprovable], print_line: Print) -> bool:
    """Show how each of these rules is broken; False if one is not, which is unexpected."""
    for case in cases:
        explorer = Explorer(case.bounds)
        found = explorer.run()
        print_line("")
        if found.broken is None or found.broken.rule is not case.rule:
            print_line(
                f"{case.bounds.name}: expected to break, but {found.broken or 'nothing broke'}"
            )
            return False
        print_line(f"Not provable when {case.bounds.name}:")
        for line in textwrap.wrap(f"{case.rule.value}. {case.why}", WIDTH - len(INDENT)):
            print_line(INDENT + line)
        _show(explorer, found, print_line)
    return True


def count_mutants(print_line: Print) -> None:
    """Put two faults into each row of each table, one at a time, and count those found."""
    chosen = list(deleted_and_redirected())
    found = Counter(in_processes(Searcher().found_by, chosen))
    missed = found.pop("", 0)
    share = 100 * (1 - missed / len(chosen))
    print_line(f"{len(chosen)} faults, {share:.1f} % found:")
    for finder, count in found.most_common():
        print_line(f"{INDENT}{count:>5} {finder}")
    print_line(f"{missed} are left to the tests.")


def _row(found: Exploration) -> str:
    figures = f"{found.states:>9,}{found.transitions:>13,}{found.depth:>7}"
    return f"{found.bounds.name:<{NAME}}{figures}   {within(found.bounds)}"


def _total(explorations: list[Exploration]) -> str:
    states = sum(found.states for found in explorations)
    transitions = sum(found.transitions for found in explorations)
    depth = max(found.depth for found in explorations)
    seconds = sum(found.seconds for found in explorations)
    return f"{'all together':<{NAME}}{states:>9,}{transitions:>13,}{depth:>7}   in {seconds:.1f} s"


def _print_rules(explorations: list[Exploration], print_line: Print) -> None:
    print_line("")
    print_line("Holds in every state:")
    for rule in Rule:
        print_line(f"{INDENT}{rule.value}")
    fired = Counter(name for name, _ in set().union(*(found.rows for found in explorations)))
    rows = {kind.table.name: len(kind.table.rows) for kind in SESSIONS}
    print_line("")
    print_line(f"Rows that have fired, {sum(fired.values())} of {sum(rows.values())}:")
    counts = ", ".join(f"{name} {fired[name]} of {rows[name]}" for name in rows)
    for line in textwrap.wrap(counts, WIDTH - len(INDENT)):
        print_line(INDENT + line)


def _show(explorer: Explorer, found: Exploration, print_line: Print) -> None:
    print_line("")
    for line in ladder(explorer.model, found.path):
        print_line(line)
    if found.broken is not None and found.broken.rule is Rule.COMES_TO_REST:
        print_line(f"broken: {found.broken.rule.value}")
        print_line(f"        {found.broken.detail}")


def within(bounds: Bounds) -> str:
    """Return requests, losses, chunks, troubles, and whether time may run out at any moment."""
    losses = "any" if bounds.losses is None else str(bounds.losses)
    figures = [str(bounds.requests), losses, "{}+{}".format(*bounds.chunks), str(bounds.troubles)]
    return ", ".join(figures) + ("" if bounds.timely else ", any time")
