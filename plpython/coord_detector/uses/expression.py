"""Expressions -> what they use.

The walk keeps a stack of its own: a chain of twenty thousand operators is a deep tree, and
Python's recursion has a limit that such a chain must not meet. Only subqueries recurse, and the
grammar itself bounds how deep they can be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..loader import ast
from ..model import Json
from . import builtin_names, literals
from .collector import Collector
from .nodes import child_names, is_a
from .sources import Level, Source

Handler = Callable[[Collector, Any, Level], Sequence[Any] | None]

HANDLERS: dict[type, Handler] = {}
"""What to do at a node that names something; it returns the children to go on with."""


def handles(*classes: type) -> Callable[[Handler], Handler]:
    def register(handler: Handler) -> Handler:
        for node_class in classes:
            HANDLERS[node_class] = handler
        return handler

    return register


_NODES_BETWEEN_INTERRUPTS = 100


def walk(collector: Collector, root: Any, level: Level) -> None:
    """Collect what an expression uses; a list of expressions will do as well."""
    stack = [root]
    seen = 0
    while stack:
        node = stack.pop()
        if node is None:
            continue
        if not seen % _NODES_BETWEEN_INTERRUPTS:
            collector.scope.interrupts()
        seen += 1
        node_class = node.__class__
        if node_class is tuple:
            stack.extend(reversed(node))
            continue
        handler = HANDLERS.get(node_class)
        if handler is not None:
            more = handler(collector, node, level)
            if more:
                stack.extend(reversed(more))
            continue
        for name in child_names(node_class):
            child = getattr(node, name)
            if child is not None:
                stack.append(child)


# -------------------------------------------------------------------- columns


@handles(ast.ColumnRef)
def _column_reference(collector: Collector, node: Any, level: Level) -> None:
    fields = node.fields
    last = fields[-1]
    if last.__class__ is ast.A_Star:
        if len(fields) == 1:
            all_columns(collector, level)
        else:
            whole_row(collector, [field.sval for field in fields[:-1]], level)
    elif len(fields) == 1:
        bare_name(collector, last.sval, level)
    else:
        qualified_name(collector, [field.sval for field in fields], level)


def all_columns(collector: Collector, level: Level) -> None:
    """``*``: every column of every source, as they are when the statement is run."""
    for source in level.sources.everything:
        for base in source.bases:
            collector.table(base, all_columns=True)


def whole_row(collector: Collector, parts: list[str], level: Level) -> None:
    source = find_source(parts, level)
    if source is not None:
        for base in source.bases:
            collector.table(base, all_columns=True)


def find_source(parts: list[str], level: Level) -> Source | None:
    """The source that ``alias`` or ``schema.table`` means, from the inside out."""
    alias = parts[-1]
    schema = parts[-2] if len(parts) > 1 else None
    around: Level | None = level
    while around is not None:
        source = around.sources.by_alias.get(alias)
        if source is not None and (schema is None or _is_in_schema(source, schema)):
            return source
        if source is not None:
            # Two tables of one name from different schemas in one FROM clause.
            for source in around.sources.everything:
                if source.alias == alias and _is_in_schema(source, str(schema)):
                    return source
        around = around.outer
    return None


def _is_in_schema(source: Source, schema: str) -> bool:
    if source.schema is not None:
        return source.schema == schema
    return any(schema == table_schema for table_schema, _ in source.tables)


def bare_name(collector: Collector, name: str, level: Level) -> list[dict[str, Json]]:
    """``name``: a column, a variable of the routine around, or a whole row."""
    candidates: list[tuple[Source, int]] = []
    or_elsewhere = False
    is_variable = name in collector.variables
    depth = 0
    around: Level | None = level
    while around is not None:
        found = around.sources.find(name)
        candidates += [(source, depth) for source in found.tables]
        if found.certain:
            or_elsewhere = or_elsewhere or not found.tables
            break
        if is_variable:
            return []
        or_elsewhere = or_elsewhere or found.or_elsewhere
        row = around.sources.by_alias.get(name)
        if row is not None:
            for base in row.bases:
                # Not its columns, as of a star: the row has whichever there are at the time.
                collector.table(base, whole_row=True)
            # A table may have a column of its own name, which comes before the whole row.
            if any(table == name for _, table in row.tables):
                collector.column_of([(row, depth)], name, uncertain=True)
            return []
        depth += 1
        around = around.outer
    return collector.column_of(candidates, name, or_elsewhere)


def qualified_name(collector: Collector, parts: list[str], level: Level) -> list[dict[str, Json]]:
    """``alias.column``, ``schema.table.column``, or a field of a record variable."""
    name = parts[-1]
    source = find_source(parts[:-1], level) or collector.rows.get(parts[-2])
    if source is None:
        return []
    found = source.find(name)
    return collector.column_of([(table, 0) for table in found.tables], name, found.or_elsewhere)


@handles(ast.A_Indirection)
def _indirection(collector: Collector, node: Any, level: Level) -> Sequence[Any]:
    """``(users).email`` is a column of the row that ``users`` stands for.

    ``(address).city`` is a field of a column; what type that has, the catalog knows.
    """
    first = node.indirection[0]
    names = node.arg.fields if is_a(node.arg, ast.ColumnRef) else ()
    if is_a(first, ast.String) and names and all(is_a(name, ast.String) for name in names):
        parts = [name.sval for name in names]
        if len(parts) == 1 and (find_source(parts, level) or parts[0] in collector.rows):
            qualified_name(collector, [parts[0], first.sval], level)
        else:
            find = qualified_name if len(parts) > 1 else _bare
            for detail in find(collector, parts, level):
                fields = detail.setdefault("fields", [])
                if isinstance(fields, list) and first.sval not in fields:
                    fields.append(first.sval)
    return (node.arg, *node.indirection)


def _bare(collector: Collector, parts: list[str], level: Level) -> list[dict[str, Json]]:
    return bare_name(collector, parts[0], level)


# -------------------------------------------------------------------- calls, types, symbols


@handles(ast.FuncCall)
def _function_call(collector: Collector, node: Any, level: Level) -> Sequence[Any]:
    names = node.funcname
    arguments = node.args or ()
    collector.function(names, len(arguments))
    if arguments and (len(names) == 1 or names[-2].sval == "pg_catalog"):
        literals.function_literal(collector, names[-1].sval, arguments)
    return (arguments, node.agg_order, node.agg_filter, node.over)


@handles(ast.TypeCast)
def _type_cast(collector: Collector, node: Any, level: Level) -> Sequence[Any]:
    name = node.typeName.names[-1].sval
    if name in literals.REG_TYPES:
        text = literals.string_constant(node.arg)
        if text is not None:
            literals.cast_literal(collector, name, text)
    else:
        collector.type_use(node.typeName)
    return (node.arg,)


@handles(ast.TypeName)
def _type_name(collector: Collector, node: Any, level: Level) -> None:
    collector.type_use(node)


@handles(ast.CollateClause)
def _collate(collector: Collector, node: Any, level: Level) -> Sequence[Any]:
    collector.collation(node.collname)
    return (node.arg,)


@handles(ast.A_Expr)
def _operator_call(collector: Collector, node: Any, level: Level) -> Sequence[Any]:
    names = node.name
    # BETWEEN and its kin carry their keyword where others carry an operator.
    symbol = names[0].sval
    if len(names) > 1 or not (symbol in builtin_names.OPERATORS or symbol[0].isalpha()):
        collector.operator(names, 1 if node.lexpr is None else 2)
    return (node.lexpr, node.rexpr)


@handles(ast.SortBy)
def _sort_by(collector: Collector, node: Any, level: Level) -> Sequence[Any]:
    if node.useOp:
        collector.operator(node.useOp, 2)
    return (node.node,)


@handles(
    ast.A_Const,
    ast.ParamRef,
    ast.String,
    ast.Integer,
    ast.SetToDefault,
    ast.SQLValueFunction,
    ast.CurrentOfExpr,
    ast.A_Star,
)
def _names_nothing(collector: Collector, node: Any, level: Level) -> None:
    """Constants, parameters, keywords."""
