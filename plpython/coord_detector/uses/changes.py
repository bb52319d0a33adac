"""INSERT, UPDATE, DELETE and MERGE."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..loader import ast, enums
from . import row_facts
from .collector import Collector
from .expression import walk
from .from_clause import from_item
from .nodes import is_a
from .output import output_of
from .query import query, walks
from .select import with_clause
from .sources import CommonTables, Level, Output, Source, Sources


@walks(ast.InsertStmt)
def _insert(collector: Collector, node: Any, outer: Level | None, common: CommonTables) -> Output:
    common = with_clause(collector, node.withClause, outer, common)
    target = _target(collector, node.relation, "insert", row_facts.inserted(node))
    if node.cols:
        for column in node.cols:
            collector.column(target, column.name, "write")
            walk(collector, column.indirection, Level(Sources(), outer, common))
    elif node.selectStmt is not None:
        collector.table(target, "write", all_columns=True)
        lists = getattr(node.selectStmt, "valuesLists", None)
        collector.first_columns(target, len(lists[0]) if lists else 0)
    if node.selectStmt is not None:
        query(collector, node.selectStmt, outer, common)
    level = Level(Sources([target]), outer, common)
    conflict = node.onConflictClause
    if conflict is not None:
        if conflict.infer is not None:
            _arbiter(collector, conflict.infer, target, level)
        excluded = Sources([target])
        excluded.add_hidden(collector.table_source("excluded", target.tables))
        inside = Level(excluded, outer, common)
        _assignments(collector, conflict.targetList, target, inside)
        walk(collector, conflict.whereClause, inside)
    return _returning(collector, node.returningClause, level, target)


def _arbiter(collector: Collector, infer: Any, target: Source, level: Level) -> None:
    """ON CONFLICT (columns) needs a unique index of them; ON CONSTRAINT names one."""
    if infer.conname:
        collector.use("table constraint", target.tables, infer.conname)
    for element in infer.indexElems or ():
        if element.name:
            collector.column(target, element.name)
        if element.collation:
            collector.collation(element.collation)
        walk(collector, element.expr, level)
    walk(collector, infer.whereClause, level)


@walks(ast.UpdateStmt)
def _update(collector: Collector, node: Any, outer: Level | None, common: CommonTables) -> Output:
    common = with_clause(collector, node.withClause, outer, common)
    facts = {**row_facts.updated(node), **row_facts.matched(node.whereClause)}
    target = _target(collector, node.relation, "update", facts)
    level = Level(Sources([target]), outer, common)
    for item in node.fromClause or ():
        from_item(collector, item, level, level.sources)
    _assignments(collector, node.targetList, target, level)
    walk(collector, node.whereClause, level)
    return _returning(collector, node.returningClause, level, target)


@walks(ast.DeleteStmt)
def _delete(collector: Collector, node: Any, outer: Level | None, common: CommonTables) -> Output:
    common = with_clause(collector, node.withClause, outer, common)
    where = node.whereClause
    facts = {**row_facts.condition(where), **row_facts.matched(where)}
    target = _target(collector, node.relation, "delete", facts)
    level = Level(Sources([target]), outer, common)
    for item in node.usingClause or ():
        from_item(collector, item, level, level.sources)
    walk(collector, node.whereClause, level)
    return _returning(collector, node.returningClause, level, target)


@walks(ast.MergeStmt)
def _merge(collector: Collector, node: Any, outer: Level | None, common: CommonTables) -> Output:
    common = with_clause(collector, node.withClause, outer, common)
    target = _target(collector, node.relation, "merge", {})
    source = Sources()
    source_level = Level(source, outer, common)
    from_item(collector, node.sourceRelation, source_level, source)
    both = Sources([target])
    both.absorb(source)
    level = Level(both, outer, common)
    walk(collector, node.joinCondition, level)
    for clause in node.mergeWhenClauses:
        walk(collector, clause.condition, level)
        if clause.commandType == enums.CmdType.CMD_INSERT:
            for column in clause.targetList or ():
                collector.column(target, column.name, "write")
            if not clause.targetList:
                collector.table(target, "write", all_columns=True)
            walk(collector, clause.values, source_level)
        else:
            _assignments(collector, clause.targetList, target, level)
    return _returning(collector, node.returningClause, level, target)


def _target(collector: Collector, relation: Any, command: str, facts: row_facts.Facts) -> Source:
    """The table that a statement changes; it is never a WITH query."""
    alias = relation.alias.aliasname if relation.alias is not None else None
    source = collector.source(relation.schemaname, relation.relname, alias, relation.inh)
    collector.table(source, "write", command=command, **facts)
    return source


def _assignments(
    collector: Collector, targets: Sequence[Any] | None, target: Source, level: Level
) -> None:
    for item in targets or ():
        collector.column(target, item.name, "write")
        walk(collector, item.indirection, level)
        value = item.val
        if is_a(value, ast.MultiAssignRef):
            # (a, b) = (SELECT ...): each column carries the whole row.
            if value.colno == 1:
                walk(collector, value.source, level)
        else:
            walk(collector, value, level)


def _returning(collector: Collector, clause: Any, level: Level, target: Source) -> Output:
    if clause is None:
        return Output()
    old, new = "old", "new"
    for option in clause.options or ():
        if option.option == enums.ReturningOptionKind.RETURNING_OPTION_OLD:
            old = option.value
        else:
            new = option.value
    for alias in (old, new):
        if alias not in level.sources.by_alias:
            level.sources.add_hidden(collector.table_source(alias, target.tables))
    for item in clause.exprs:
        walk(collector, item.val, level)
    return output_of(collector, clause.exprs, level)
