"""The columns of a query, in order, with ``*`` spelled out where the script tells what it means.

``output.py`` follows a query for what it uses, and needs no order; a view or a table that is made
of a query has exactly the columns that are listed here, or nobody can tell them from the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..loader import ast
from . import builtin_names
from .from_clause import names_of
from .nodes import is_a
from .output import NO_SET_OPERATION, figured_name
from .sources import renamed

if TYPE_CHECKING:
    from ..names import Scope

Columns = tuple[str, ...] | None
"""None where the text does not tell them."""

MOST_COLUMNS = 1664
"""The server allows no more in one result; who asks for more gets no answer here."""

_MOST_LEVELS = 50
_NOTHING: Mapping[str, Columns] = {}


def result_columns(query: Any, scope: Scope) -> Columns:
    """The column names that a query returns, as the server would give them."""
    return _Reader(scope).query(query, _NOTHING)


def spelled_out(query: Any) -> tuple[str, ...]:
    """The columns that a query names beside a ``*``."""
    query = _first(query)
    if not is_a(query, ast.SelectStmt):
        return ()
    targets = [target for target in query.targetList or () if not _is_star(target.val)]
    return tuple(target.name or figured_name(target.val) for target in targets)


def starred(query: Any) -> tuple[str, ...]:
    """The relations whose columns a query shows by ``*``, where only the catalog has them."""
    query = _first(query)
    if not is_a(query, ast.SelectStmt):
        return ()
    relations = list(_relations(query.fromClause or ()))
    found: dict[str, None] = {}
    for target in query.targetList or ():
        value = target.val
        if not _is_star(value) or not is_a(value, ast.ColumnRef):
            continue
        alias = value.fields[-2].sval if len(value.fields) > 1 else None
        for node in relations:
            shown = node.alias.aliasname if node.alias is not None else node.relname
            if alias is None or alias == shown:
                found[node.relname] = None
    return tuple(found)


def _first(query: Any) -> Any:
    """The first of united queries gives the names."""
    while is_a(query, ast.SelectStmt) and query.op != NO_SET_OPERATION:
        query = query.larg
    return query


def _relations(items: Sequence[Any]) -> Iterator[Any]:
    """The relations in FROM that show their columns as they are."""
    stack = list(reversed(items))
    while stack:
        node = stack.pop()
        if is_a(node, ast.JoinExpr):
            stack += [node.rarg, node.larg]
        elif is_a(node, ast.RangeTableSample):
            stack.append(node.relation)
        elif is_a(node, ast.RangeVar) and not (node.alias is not None and node.alias.colnames):
            yield node


class _Item(NamedTuple):
    """An item of FROM: what ``*`` makes of it, and what ``alias.*`` does."""

    columns: Columns
    named: Mapping[str, Columns]


class _Reader:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._depth = 0

    def query(self, node: Any, common: Mapping[str, Columns]) -> Columns:
        if self._depth >= _MOST_LEVELS:
            return None
        self._depth += 1
        try:
            found = self._query(node, common)
        finally:
            self._depth -= 1
        return None if found is None or len(found) > MOST_COLUMNS else found

    def _query(self, node: Any, common: Mapping[str, Columns]) -> Columns:
        common = self._with(getattr(node, "withClause", None), common)
        while is_a(node, ast.SelectStmt) and node.op != NO_SET_OPERATION:
            # The first of the united queries gives the names.
            node = node.larg
            common = self._with(node.withClause, common)
        if is_a(node, ast.SelectStmt):
            if node.valuesLists:
                return tuple(f"column{no}" for no in range(1, len(node.valuesLists[0]) + 1))
            return self._targets(node.targetList or (), node.fromClause or (), common)
        clause = getattr(node, "returningClause", None)
        if clause is None:
            return None
        changed = (node.relation, *_others(node))
        return self._targets(clause.exprs or (), changed, common)

    def _with(self, clause: Any, common: Mapping[str, Columns]) -> Mapping[str, Columns]:
        if clause is None:
            return common
        visible = dict(common)
        for definition in clause.ctes:
            if clause.recursive:
                # Inside its own first part the name is none of these.
                visible.pop(definition.ctename, None)
            columns = self.query(definition.ctequery, visible)
            if columns is not None:
                columns = renamed(columns, names_of(definition.aliascolnames)) + _extra(definition)
            visible[definition.ctename] = columns
        return visible

    def _targets(
        self, targets: Sequence[Any], items: Sequence[Any], common: Mapping[str, Columns]
    ) -> Columns:
        sources: list[_Item] | None = None
        names: list[str] = []
        for target in targets:
            value = target.val
            if not _is_star(value):
                names.append(target.name or figured_name(value))
                continue
            if sources is None:
                sources = [self._item(item, common) for item in items]
            found = _expanded(value, sources)
            if found is None or len(names) > MOST_COLUMNS:
                return None
            names += found
        return tuple(names)

    # ---------------------------------------------------------------- FROM

    def _item(self, node: Any, common: Mapping[str, Columns]) -> _Item:
        if is_a(node, ast.JoinExpr):
            return self._joined(node, common)
        if is_a(node, ast.RangeTableSample):
            node = node.relation
        alias = node.alias.aliasname if getattr(node, "alias", None) is not None else ""
        given = names_of(node.alias.colnames) if alias else ()
        columns: Columns = None
        if is_a(node, ast.RangeVar):
            columns = self._relation(node, common)
            alias = alias or node.relname
        elif is_a(node, ast.RangeSubselect):
            columns = self.query(node.subquery, common)
        elif is_a(node, ast.RangeFunction):
            columns, alias = self._function(node, alias, given)
        if columns is not None:
            columns = renamed(columns, given)
        return _Item(columns, {alias: columns} if alias else {})

    def _relation(self, node: Any, common: Mapping[str, Columns]) -> Columns:
        if node.schemaname is None and node.relname in common:
            return common[node.relname]
        parts = (node.schemaname, node.relname) if node.schemaname else (node.relname,)
        options = self._scope.resolve(parts, "relation")
        table = self._scope.tables.get(options[0])
        if len(options) > 1 or table is None or not table.complete:
            return None
        return tuple(table.columns)

    def _function(self, node: Any, alias: str, given: tuple[str, ...]) -> tuple[Columns, str]:
        ordinality = ("ordinality",) if node.ordinality else ()
        if node.is_rowsfrom or len(node.functions) != 1:
            return None, alias
        call, definitions = node.functions[0]
        name = figured_name(call)
        alias = alias or name
        definitions = definitions or node.coldeflist
        if definitions:
            return tuple(one.colname for one in definitions) + ordinality, alias
        if is_a(call, ast.FuncCall):
            known = self._scope.result_columns(names_of(call.funcname))
            if known is not None:
                return known + ordinality, alias
            if name not in builtin_names.FUNCTIONS or name in builtin_names.RESULT_COLUMNS:
                # How many there are beyond those that the alias names, nobody tells.
                return (given[: len(given) - len(ordinality)] or None), alias
            if name.startswith(("json_populate", "jsonb_populate", "pg_")):
                return None, alias
        return (alias, *ordinality), alias

    def _joined(self, node: Any, common: Mapping[str, Columns]) -> _Item:
        """A chain of joins, which lean to the left and may be many."""
        chain = []
        while is_a(node, ast.JoinExpr):
            chain.append(node)
            node = node.larg
        columns, first = self._item(node, common)
        named = dict(first)
        for join in reversed(chain):
            right, more = self._item(join.rarg, common)
            columns = _merged(join, columns, right)
            if columns is not None and len(columns) > MOST_COLUMNS:
                columns = None
            for alias, known in more.items():
                named.setdefault(alias, known)
            if join.alias is not None:
                if columns is not None:
                    columns = renamed(columns, names_of(join.alias.colnames))
                named = {join.alias.aliasname: columns}
        return _Item(columns, named)


def _merged(join: Any, left: Columns, right: Columns) -> Columns:
    """USING and NATURAL show a common column once, before all others."""
    if left is None or right is None:
        return None
    if join.isNatural:
        there = frozenset(right)
        both = [name for name in left if name in there]
    else:
        both = list(names_of(join.usingClause))
    once = frozenset(both)
    rest = [name for side in (left, right) for name in side if name not in once]
    return (*both, *rest)


def _is_star(value: Any) -> bool:
    if is_a(value, ast.ColumnRef):
        return is_a(value.fields[-1], ast.A_Star)
    return is_a(value, ast.A_Indirection) and is_a(value.indirection[-1], ast.A_Star)


def _expanded(value: Any, sources: Sequence[_Item]) -> Columns:
    if not is_a(value, ast.ColumnRef):
        return None
    if len(value.fields) > 1:
        alias = value.fields[-2].sval
        for source in sources:
            if alias in source.named:
                return source.named[alias]
        return None
    names: list[str] = []
    for source in sources:
        if source.columns is None:
            return None
        names += source.columns
    return tuple(names)


def _others(node: Any) -> tuple[Any, ...]:
    """What UPDATE ... FROM and DELETE ... USING put beside the table."""
    return tuple(getattr(node, "fromClause", None) or getattr(node, "usingClause", None) or ())


def _extra(definition: Any) -> tuple[str, ...]:
    names: list[str] = []
    if definition.search_clause is not None:
        names.append(definition.search_clause.search_seq_column)
    if definition.cycle_clause is not None:
        names.append(definition.cycle_clause.cycle_mark_column)
        names.append(definition.cycle_clause.cycle_path_column)
    return tuple(names)
