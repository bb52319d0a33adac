"""Statements -> touches: what each one creates, alters, drops and uses, by its text alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..model import Touch
from ..names import Scope
from ..script import Statement, noop
from .registry import HANDLERS, NO_OBJECT
from .work import Node, Target, Work

__all__ = ["footprint"]


def footprint(
    statements: Sequence[Statement],
    search_path: Sequence[str],
    interrupts: Callable[[], None] = noop,
) -> list[Touch]:
    """The touches of a script, in the order of its statements.

    Names are resolved by ``search_path`` and by what the script does to it and to its objects.
    """
    work = Work(Scope(search_path, interrupts=interrupts))
    work.dispatch = dispatch
    for statement in statements:
        work.next_statement(statement.no)
        dispatch(work, statement.node)
        interrupts()
    return work.touches


def dispatch(work: Work, node: Node) -> None:
    handler = HANDLERS.get(node.__class__)
    if handler is not None:
        handler(work, node)
    elif node.__class__ not in NO_OBJECT:
        name = node.__class__.__name__
        work.add("unknown", Target(None, name), None, "alter", None, {"opaque": True})
