"""Which two effects may run in either order: neither uses what the other changes.

It reads the source of a session's methods. What is found is on the safe side: effects that are said
to commute do, and of the others some may.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Uses:
    """What one method does with its session. records: it adds to the outcomes."""

    reads: frozenset[str]
    writes: frozenset[str]
    records: bool


_USES: dict[tuple[type[Any], str], Uses] = {}


def commute(session: type[Any], first: str, second: str) -> bool:
    """Tell whether two effects come to the same in either order."""
    a, b = uses(session, first), uses(session, second)
    if a.records and b.records:
        return False
    return not (a.writes & (b.reads | b.writes) or b.writes & a.reads)


def uses(session: type[Any], method: str) -> Uses:
    """Return what a method uses, with all that it calls of the session's own."""
    if (session, method) not in _USES:
        _USES[session, method] = _read(session, method)
    return _USES[session, method]


def _read(session: type[Any], method: str) -> Uses:
    source = textwrap.dedent(inspect.getsource(inspect.getattr_static(session, method)))
    reads, writes, records = set[str](), set[str](), False
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(ast.Name("self"), "record"):
                records = True
            case ast.Attribute(ast.Name("self"), name, ast.Store()):
                writes.add(name)
            case ast.Attribute(ast.Name("self"), name) if name in session.__slots__:
                reads.add(name)
            case ast.Attribute(ast.Name("self"), name) if callable(getattr(session, name, None)):
                called = uses(session, name)
                reads |= called.reads
                writes |= called.writes
                records = records or called.records
    return Uses(frozenset(reads), frozenset(writes), records)
