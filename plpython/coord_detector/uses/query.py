"""Which function walks which statement that reads or changes rows, and queries in expressions.

Each walker returns the output columns of what it walked, so that the query around it can tell a
subquery's column from a table's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..loader import ast
from .collector import Collector
from .expression import handles
from .sources import CommonTables, Level, Output

NO_COMMON_TABLES: CommonTables = {}

Walker = Callable[[Collector, Any, Level | None, CommonTables], Output]

_WALKERS: dict[type, Walker] = {}


def walks(node_class: type) -> Callable[[Walker], Walker]:
    """Register the walker of a kind of statement."""

    def register(walker: Walker) -> Walker:
        _WALKERS[node_class] = walker
        return walker

    return register


def is_query(node: Any) -> bool:
    return node.__class__ in _WALKERS


def query(
    collector: Collector, node: Any, outer: Level | None, common: CommonTables = NO_COMMON_TABLES
) -> Output:
    """Walk any statement that reads or changes rows; ``outer`` is the query around it."""
    walker = _WALKERS.get(node.__class__)
    if walker is None:
        collector.opaque(node.__class__.__name__, "a statement of a kind that is not read here")
        return Output()
    return walker(collector, node, outer, common)


@handles(ast.SubLink)
def _sublink(collector: Collector, node: Any, level: Level) -> Sequence[Any]:
    if node.operName:
        collector.operator(node.operName, 2)
    query(collector, node.subselect, level, level.common)
    return (node.testexpr,)


@handles(ast.SelectStmt)
def _bare_select(collector: Collector, node: Any, level: Level) -> None:
    query(collector, node, level, level.common)
