"""Which two effects commute: neither uses what the other changes, so that their order is no matter.

It reads the source of a session's methods. It errs on the safe side: two effects that it takes to
commute do; of the others some may. A value is never changed in place: a snapshot hashes it.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass
from typing import Any

from fsm.table import Session


@dataclass(frozen=True, slots=True)
class Uses:
    """What a method does with its session.

    reads, writes: the names of values. records: it adds to the outcomes. unclear: what else it does
    the source does not say.
    """

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()
    records: bool = False
    unclear: bool = False

    def __or__(self, other: Uses) -> Uses:
        return Uses(
            self.reads | other.reads,
            self.writes | other.writes,
            self.records or other.records,
            self.unclear or other.unclear,
        )


def commute(session: type[Session[Any]], first: str, second: str) -> bool:
    """Tell whether two effects lead to the same values and outcomes in either order."""
    a, b = uses(session, first), uses(session, second)
    if a.unclear or b.unclear or (a.records and b.records):
        return False
    return not (a.writes & (b.reads | b.writes) or b.writes & a.reads)


_known: dict[tuple[type[Session[Any]], str], Uses] = {}


def uses(session: type[Session[Any]], method: str) -> Uses:
    """Return what a method uses, with all that it calls of the session's own methods."""
    if (session, method) not in _known:
        _known[session, method] = _read(session, method)
    return _known[session, method]


def _read(session: type[Session[Any]], method: str) -> Uses:
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.getattr_static(session, method))))
    (function,) = tree.body
    assert isinstance(function, ast.FunctionDef)
    # Without the annotations, which name modules.
    body = [node for statement in function.body for node in ast.walk(statement)]
    of_self = {id(node.value) for node in body if isinstance(node, ast.Attribute)}
    found = Uses()
    for node in body:
        match node:
            case ast.Attribute(ast.Name("self"), name, context):
                found |= _uses_of(session, name, context)
            case ast.Name("self") if id(node) not in of_self:
                # It is handed to something that may do anything with it.
                found |= Uses(unclear=True)
            case ast.Name("super"):
                found |= Uses(unclear=True)
    return found


def _uses_of(session: type[Session[Any]], name: str, context: ast.expr_context) -> Uses:
    """Return what `self.name` uses. A method counts as called."""
    if name == "record":
        return Uses(records=True)
    if name in _values(session):
        named = frozenset({name})
        return Uses(reads=named) if isinstance(context, ast.Load) else Uses(writes=named)
    if inspect.isroutine(inspect.getattr_static(session, name, None)):
        return uses(session, name)
    return Uses(unclear=True)


def _values(session: type[Session[Any]]) -> set[str]:
    """Return the names of all values of a session, its state among them."""
    return {name for kind in session.__mro__ for name in getattr(kind, "__slots__", ())}
