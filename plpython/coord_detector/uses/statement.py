"""Any statement that stands in a body or runs by itself -> what it uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..loader import ast
from ..model import Touch
from . import changes, select  # noqa: F401  (they register what they walk)
from .collector import Access, Collector
from .expression import walk
from .nodes import child_names, is_a
from .query import NO_COMMON_TABLES, is_query, query
from .sources import Level, Sources

Nested = Callable[[Any], list[Touch]]
"""How to footprint DDL that a block runs."""


def statement(
    collector: Collector, node: Any, nested: Nested | None, outer: Level | None = None
) -> None:
    """Collect what one statement uses; ``outer`` holds rows that it sees from outside."""
    if is_query(node):
        _created_by_into(collector, node)
        query(collector, node, outer)
        return
    handler = _HANDLERS.get(node.__class__)
    if handler is not None:
        handler(collector, node, nested)
    elif nested is not None:
        collector.touches += nested(node)
    else:
        _definition(collector, node)


def _created_by_into(collector: Collector, node: Any) -> None:
    """SELECT … INTO makes a table, which is none that anybody else could touch."""
    if is_a(node, ast.SelectStmt) and node.intoClause is not None:
        collector.local_relations.add(node.intoClause.rel.relname)


def _inner_query(collector: Collector, node: Any, nested: Nested | None) -> None:
    """EXPLAIN, PREPARE and DECLARE CURSOR."""
    statement(collector, node.query, nested)


def _call(collector: Collector, node: Any, nested: Nested | None) -> None:
    call = node.funccall
    arguments = call.args or ()
    collector.function(call.funcname, len(arguments), "procedure")
    walk(collector, arguments, Level(Sources(), None, NO_COMMON_TABLES))


def _copy(collector: Collector, node: Any, nested: Nested | None) -> None:
    if node.query is not None:
        query(collector, node.query, None)
        return
    relation = node.relation
    source = collector.source(relation.schemaname, relation.relname)
    access: Access = "write" if node.is_from else "read"
    collector.table(source, access)
    if not node.attlist:
        collector.table(source, access, all_columns=True)
    for name in node.attlist or ():
        collector.column(source, name.sval, access)
    walk(collector, node.whereClause, Level(Sources([source]), None, NO_COMMON_TABLES))


def _create_table_as(collector: Collector, node: Any, nested: Nested | None) -> None:
    if nested is not None:
        collector.touches += nested(node)
        return
    statement(collector, node.query, None)
    collector.local_relations.add(node.into.rel.relname)


def _create_table(collector: Collector, node: Any, nested: Nested | None) -> None:
    if nested is not None:
        collector.touches += nested(node)
        return
    _definition(collector, node)
    collector.local_relations.add(node.relation.relname)


def _execute(collector: Collector, node: Any, nested: Nested | None) -> None:
    walk(collector, node.params, Level(Sources(), None, NO_COMMON_TABLES))


def _rows_of_tables(collector: Collector, node: Any, nested: Nested | None) -> None:
    """TRUNCATE and LOCK."""
    for relation in node.relations:
        source = collector.source(relation.schemaname, relation.relname, None, relation.inh)
        collector.table(source, "write" if is_a(node, ast.TruncateStmt) else "read")


def _definition(collector: Collector, node: Any) -> None:
    """DDL in a function's body runs when somebody calls it: the tables that it names are used."""
    stack = [node]
    while stack:
        part = stack.pop()
        if part.__class__ is tuple:
            stack.extend(part)
        elif is_a(part, ast.RangeVar):
            created = is_a(node, ast.CreateStmt, ast.ViewStmt, ast.CreateSeqStmt)
            if not created or part is not getattr(node, "relation", getattr(node, "view", None)):
                collector.table(collector.source(part.schemaname, part.relname), "write")
        elif part is not None:
            stack.extend(getattr(part, name) for name in child_names(part.__class__))


_HANDLERS: dict[type, Callable[[Collector, Any, Nested | None], None]] = {
    ast.ExplainStmt: _inner_query,
    ast.PrepareStmt: _inner_query,
    ast.DeclareCursorStmt: _inner_query,
    ast.CallStmt: _call,
    ast.CopyStmt: _copy,
    ast.CreateTableAsStmt: _create_table_as,
    ast.CreateStmt: _create_table,
    ast.ExecuteStmt: _execute,
    ast.TruncateStmt: _rows_of_tables,
    ast.LockStmt: _rows_of_tables,
}
