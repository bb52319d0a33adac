"""The FROM clause: tables, joins, subqueries, functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..loader import ast
from . import builtin_names
from .collector import Collector
from .expression import all_columns, walk
from .nodes import is_a
from .output import OutputBuilder, figured_name
from .query import query
from .sources import CommonTables, Level, Output, Source, Sources, renamed


def names_of(strings: Sequence[Any] | None) -> tuple[str, ...]:
    return tuple(string.sval for string in strings or ())


def from_item(collector: Collector, node: Any, level: Level, into: Sources) -> None:
    """Add one item of a FROM clause to ``into``; ``level`` is what LATERAL items can see."""
    if is_a(node, ast.RangeVar):
        into.add(_table(collector, node, level.common))
    elif is_a(node, ast.JoinExpr):
        into.absorb(_join(collector, node, level))
    elif is_a(node, ast.RangeSubselect):
        seen_from_inside = level if node.lateral else level.outer
        output = query(collector, node.subquery, seen_from_inside, level.common)
        into.add(_derived(node.alias, output))
    elif is_a(node, ast.RangeFunction):
        into.add(_function(collector, node, level))
    elif is_a(node, ast.RangeTableFunc):
        walk(collector, (node.docexpr, node.rowexpr, node.namespaces), level)
        for column in node.columns:
            walk(collector, (column.typeName, column.colexpr, column.coldefexpr), level)
        names = tuple(column.colname for column in node.columns)
        into.add(_derived(node.alias, Output(names), "xmltable"))
    elif is_a(node, ast.JsonTable):
        walk(collector, (node.context_item, node.passing, node.on_error), level)
        names = tuple(_json_columns(collector, node.columns, level))
        into.add(_derived(node.alias, Output(names), "json_table"))
    elif is_a(node, ast.RangeTableSample):
        from_item(collector, node.relation, level, into)
        method = node.method
        if len(method) > 1 or method[0].sval not in ("bernoulli", "system"):
            collector.function(method, 1)
        walk(collector, (node.args, node.repeatable), level)
    else:
        collector.opaque(node.__class__.__name__, "an item of FROM of a kind that is not known")


def _table(collector: Collector, node: Any, common: CommonTables) -> Source:
    alias = node.alias.aliasname if node.alias is not None else None
    columns = names_of(node.alias.colnames) if node.alias is not None else ()
    if node.schemaname is None:
        known = common.get(node.relname)
        if known is not None:
            return known.source(alias or node.relname, columns)
    source = collector.source(node.schemaname, node.relname, alias, node.inh)
    collector.table(source)
    if columns:
        # The list renames the first columns, whichever they are.
        collector.table(source, all_columns=True)
        named = Source(
            source.alias,
            tables=source.tables,
            known=frozenset(columns),
            is_open=True,
        )
        named.only = source.only
        return named
    return source


def _derived(alias: Any, output: Output, default_alias: str = "") -> Source:
    name = alias.aliasname if alias is not None else default_alias
    columns = names_of(alias.colnames) if alias is not None else ()
    return Source(
        name,
        known=frozenset(renamed(output.names, columns)),
        through=output.tables,
        is_open=output.is_open,
    )


def _function(collector: Collector, node: Any, level: Level) -> Source:
    known: set[str] = set(names_of(node.alias.colnames) if node.alias is not None else ())
    is_open = False
    alias = node.alias.aliasname if node.alias is not None else ""
    for call, definitions in node.functions:
        walk(collector, call, level)
        for definition in definitions or ():
            known.add(definition.colname)
            walk(collector, (definition.typeName, definition.collClause), level)
        name = figured_name(call)
        alias = alias or name
        known.update((name, alias))
        if definitions:
            continue
        if not is_a(call, ast.FuncCall):
            continue
        if name in builtin_names.FUNCTIONS:
            known |= builtin_names.RESULT_COLUMNS.get(name, frozenset())
            # A record whose fields are those of its argument's type.
            is_open = is_open or name.startswith(("json_populate", "jsonb_populate", "pg_"))
        else:
            is_open = is_open or not (node.alias is not None and node.alias.colnames)
    for definition in node.coldeflist or ():
        known.add(definition.colname)
        walk(collector, (definition.typeName, definition.collClause), level)
        is_open = False
    if node.ordinality:
        known.add("ordinality")
    return Source(alias, known=frozenset(known), is_open=is_open)


def _json_columns(collector: Collector, columns: Sequence[Any], level: Level) -> list[str]:
    names: list[str] = []
    for column in columns:
        if column.columns:
            names += _json_columns(collector, column.columns, level)
            continue
        names.append(column.name)
        walk(collector, (column.typeName, column.on_empty, column.on_error), level)
    return names


def _common_columns(collector: Collector, left: Sources, right: Sources) -> None:
    """A natural join compares the columns of one name, where the script tells which those are."""
    sides = [
        {name: base for source in side.everything for base in source.bases for name in base.known}
        for side in (left, right)
    ]
    for name in sorted(sides[0].keys() & sides[1].keys()):
        for side in sides:
            if side[name].own:
                collector.column(side[name], name)


def _join(collector: Collector, node: Any, level: Level) -> Sources:
    """Walk a tree of joins. Chains lean to the left, and may be very long."""
    chain: list[Any] = []
    while is_a(node, ast.JoinExpr):
        chain.append(node)
        node = node.larg
    joined = Sources()
    from_item(collector, node, level, joined)
    gone_through = 0  # of the joined sources, whose columns a natural join has used already
    for join in reversed(chain):
        right = Sources()
        # What is LATERAL on the right sees the left side, and the items of FROM before the join.
        around = Level(level.sources, level.outer, level.common)
        from_item(collector, join.rarg, Level(joined, around, level.common), right)
        if join.isNatural:
            left = Sources(joined.everything[gone_through:])
            all_columns(collector, Level(left, None, level.common))
            all_columns(collector, Level(right, None, level.common))
            _common_columns(collector, left, right)
        for name in names_of(join.usingClause):
            for side in (joined, right):
                found = side.find(name)
                collector.column_of(
                    [(source, 0) for source in found.tables], name, found.or_elsewhere
                )
        joined.absorb(right)
        if join.isNatural:
            gone_through = len(joined.everything)
        joined.merged.update(names_of(join.usingClause))
        if join.quals is not None:
            walk(collector, join.quals, Level(joined, level.outer, level.common))
        if join.join_using_alias is not None:
            alias = join.join_using_alias.aliasname
            known = frozenset(names_of(join.usingClause))
            joined.add_hidden(Source(alias, known=known))
        if join.alias is not None:
            # Columns that the list renames are some of those beneath, whichever they are.
            beneath = OutputBuilder(collector)
            for name in (*names_of(join.alias.colnames), *joined.merged):
                beneath.name(name)
            for source in joined.everything:
                beneath.all_of(source)
            joined = Sources([_derived(join.alias, beneath.output())])
            gone_through = 0
    return joined
