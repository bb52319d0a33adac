"""SELECT, VALUES, set operations and WITH."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..loader import ast
from .collector import Collector
from .expression import find_source, walk
from .from_clause import from_item, names_of
from .grouping import primary_keys
from .nodes import is_a
from .output import NO_SET_OPERATION, output_of
from .query import query, walks
from .sources import CommonTable, CommonTables, Level, Output, Sources


@walks(ast.SelectStmt)
def _select(collector: Collector, node: Any, outer: Level | None, common: CommonTables) -> Output:
    """Walk a SELECT, or a tree of them joined by UNION and the like, however long its chain."""
    if node.op == NO_SET_OPERATION:
        return _simple_select(collector, node, outer, common)
    return _set_operation(collector, node, outer, common, lambda first: None)


def _set_operation(
    collector: Collector,
    node: Any,
    outer: Level | None,
    common: CommonTables,
    on_first: Callable[[Output], None],
) -> Output:
    output: Output | None = None
    stack = [(node, common)]
    while stack:
        part, visible = stack.pop()
        if part.op == NO_SET_OPERATION:
            found = _simple_select(collector, part, outer, visible)
            if output is None:
                output = found
                on_first(found)
            continue
        visible = with_clause(collector, part.withClause, outer, visible)
        stack.append((part.rarg, visible))
        stack.append((part.larg, visible))
        level = Level(Sources(), outer, visible)
        # The result of a set operation is sorted by its output columns, by nothing else.
        walk(collector, (part.limitOffset, part.limitCount), level)
    return output or Output()


def _simple_select(
    collector: Collector, node: Any, outer: Level | None, common: CommonTables
) -> Output:
    common = with_clause(collector, node.withClause, outer, common)
    level = Level(Sources(), outer, common)
    if node.valuesLists:
        walk(collector, node.valuesLists, level)
        _sort(collector, node.sortClause, level, frozenset())
        walk(collector, (node.limitOffset, node.limitCount), level)
        width = len(node.valuesLists[0])
        return Output(tuple(f"column{number}" for number in range(1, width + 1)))
    for item in node.fromClause or ():
        from_item(collector, item, level, level.sources)
    distinct = node.distinctClause
    targets = node.targetList or ()
    for target in targets:
        walk(collector, target.val, level)
    walk(collector, node.whereClause, level)
    aliases = frozenset(target.name for target in targets if target.name)
    for item in node.groupClause or ():
        if not _is_bare_name(item, aliases):
            walk(collector, item, level)
    if node.groupClause:
        primary_keys(collector, targets, node.groupClause, level)
    walk(collector, (node.havingClause, node.windowClause), level)
    if distinct and distinct[0] is not None:
        for item in distinct:
            if not _is_bare_name(item, aliases):
                walk(collector, item, level)
    _sort(collector, node.sortClause, level, aliases)
    walk(collector, (node.limitOffset, node.limitCount), level)
    for clause in node.lockingClause or ():
        _locking(collector, clause, level)
    return output_of(collector, targets, level)


def _sort(
    collector: Collector, clause: Sequence[Any] | None, level: Level, aliases: frozenset[str]
) -> None:
    for item in clause or ():
        if _is_bare_name(item.node, aliases):
            if item.useOp:
                collector.operator(item.useOp, 2)
        else:
            walk(collector, item, level)


def _is_bare_name(node: Any, aliases: frozenset[str]) -> bool:
    """Tell whether this is the name of an output column, as ORDER BY and GROUP BY may use it."""
    return (
        is_a(node, ast.ColumnRef)
        and len(node.fields) == 1
        and is_a(node.fields[0], ast.String)
        and node.fields[0].sval in aliases
    )


def _locking(collector: Collector, clause: Any, level: Level) -> None:
    """FOR UPDATE locks rows of the tables it names, or of all; it changes none of them."""
    if collector.facet != "data":
        return
    if clause.lockedRels:
        locked = [find_source([relation.relname], level) for relation in clause.lockedRels]
    else:
        locked = list(level.sources.everything)
    for source in locked:
        if source is not None and source.tables:
            collector.table(source, locked=True)


def with_clause(
    collector: Collector, clause: Any, outer: Level | None, common: CommonTables
) -> CommonTables:
    """Walk the WITH queries; return what names mean for the query that they belong to."""
    if clause is None:
        return common
    visible = dict(common)
    if clause.recursive:
        # Each may refer to itself and to those that follow.
        for definition in clause.ctes:
            visible[definition.ctename] = _common_table(definition)
    for definition in clause.ctes:
        table = visible[definition.ctename] if clause.recursive else _common_table(definition)
        body = definition.ctequery

        if is_a(body, ast.SelectStmt) and body.op != NO_SET_OPERATION:
            # A recursive one is in sight of itself as soon as its first part is known.
            table.settle(_set_operation(collector, body, outer, visible, table.settle))
        else:
            table.settle(query(collector, body, outer, visible))
        visible[definition.ctename] = table
    return visible


def _common_table(definition: Any) -> CommonTable:
    extra: list[str] = []
    if definition.search_clause is not None:
        extra.append(definition.search_clause.search_seq_column)
    if definition.cycle_clause is not None:
        extra.append(definition.cycle_clause.cycle_mark_column)
        extra.append(definition.cycle_clause.cycle_path_column)
    return CommonTable(names_of(definition.aliascolnames), tuple(extra))
