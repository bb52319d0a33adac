"""What a statement says about the rows it changes: constants, and the conditions on them.

Only what is plain is told: a column compared with a constant, IS NULL, conditions joined by AND.
``rest`` says that there is more to a condition than what is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..loader import ast, enums
from ..model import Json
from .nodes import child_names, is_a

Facts = dict[str, Json]

MOST = 40
"""Facts of wider rows than this are not worth keeping."""

_AND = enums.BoolExprType.AND_EXPR
_NULL = enums.NullTestType.IS_NULL
_OPERATOR = enums.A_Expr_Kind.AEXPR_OP
_IN = enums.A_Expr_Kind.AEXPR_IN
_ANY = enums.A_Expr_Kind.AEXPR_OP_ANY
_BETWEEN = enums.A_Expr_Kind.AEXPR_BETWEEN
_NOT = enums.BoolExprType.NOT_EXPR
_PATTERNS = frozenset(
    (
        enums.A_Expr_Kind.AEXPR_LIKE,
        enums.A_Expr_Kind.AEXPR_ILIKE,
        enums.A_Expr_Kind.AEXPR_SIMILAR,
    )
)
_REGULAR_EXPRESSIONS = frozenset(("~", "~*", "!~", "!~*"))
_COMPARED = frozenset(("=", "<>", "<", "<=", ">", ">="))
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def inserted(node: Any) -> Facts:
    """The values of INSERT … VALUES with one row, and what ON CONFLICT looks for."""
    return {**_row(node), **_conflict(node.onConflictClause)}


def _conflict(clause: Any) -> Facts:
    """``conflict``: the columns whose values it takes to be there already; empty for any key."""
    if clause is None:
        return {}
    elements = getattr(clause.infer, "indexElems", None) or ()
    names: list[Json] = [element.name for element in elements if element.name]
    return {"conflict": names if len(names) == len(elements) else []}


def _row(node: Any) -> Facts:
    select = node.selectStmt
    lists = getattr(select, "valuesLists", None)
    if not lists or len(lists) > MOST or len(lists[0]) > MOST:
        return {}
    if not node.cols or len(lists) > 1:
        # Which columns these are, the catalog knows.
        values: list[Json] = [
            [[_constant(one)] if _is_constant(one) else [] for one in row] for row in lists
        ]
        return {"values": values, "given": [column.name for column in node.cols or ()]}
    row: dict[str, Json] = {
        column.name: _constant(value)
        for column, value in zip(node.cols, lists[0], strict=False)
        if _is_constant(value)
    }
    return {"row": row}


def updated(node: Any) -> Facts:
    """The constants that UPDATE sets, what it computes and from what, and its condition."""
    targets = node.targetList or ()
    if len(targets) > MOST:
        return {}
    computed = [target for target in targets if not _is_constant(target.val)]
    values: dict[str, Json] = {
        target.name: _constant(target.val)
        for target in targets
        if target.name and _is_constant(target.val)
    }
    facts: Facts = {"set": values, **condition(node.whereClause)}
    if computed:
        facts["computed"] = [target.name for target in computed]
        reads = _own_columns(node, [target.val for target in computed])
        if reads:
            facts["reads"] = list(reads)
    return facts


def _own_columns(node: Any, values: Sequence[Any]) -> list[str]:
    """The columns of the table that is updated of which new values are made."""
    alias = node.relation.alias
    own = node.relation.relname if alias is None else alias.aliasname
    found: dict[str, None] = {}
    stack = list(values)
    while stack and len(found) < MOST:
        part = stack.pop()
        if part.__class__ is tuple:
            stack.extend(part)
        elif is_a(part, ast.ColumnRef):
            names = [getattr(field, "sval", "*") for field in part.fields]
            if names[-2:-1] == [own] or (len(names) == 1 and not node.fromClause):
                found[names[-1]] = None
        elif not is_a(part, ast.SelectStmt):
            stack.extend(getattr(part, name) for name in child_names(part.__class__))
    return list(found)


def condition(node: Any) -> Facts:
    """``where``: what is told of the condition; ``rest``: there is more to it."""
    told: list[Json] = []
    rest = False
    for part in _conjuncts(node):
        facts = _comparisons(part)
        if not facts or len(told) >= MOST:
            rest = True
        else:
            told += facts
    return {"where": told, "rest": True} if rest else {"where": told}


def compared(node: Any) -> set[str]:
    """The columns that a condition compares with constants, which have to fit their type."""
    where = condition(node)["where"]
    parts = [part for part in where if isinstance(part, list)] if isinstance(where, list) else []
    return {str(part[0]) for part in parts if part[1] not in ("null", "not null")}


def matched(node: Any) -> Facts:
    """``matched``: the columns that a condition matches with patterns, which only texts can be."""
    names: list[Json] = []
    for part in _conjuncts(node):
        if is_a(part, ast.A_Expr) and (
            part.kind in _PATTERNS or str(part.name[-1].sval) in _REGULAR_EXPRESSIONS
        ):
            name = _column(part.lexpr)
            if name is not None and len(names) < MOST:
                names.append(name)
    return {"matched": names} if names else {}


def _conjuncts(node: Any) -> Iterator[Any]:
    stack = [node]
    while stack:
        part = stack.pop()
        if part is None:
            continue
        if is_a(part, ast.BoolExpr) and part.boolop == _AND:
            stack.extend(part.args)
        else:
            yield part


def _comparisons(node: Any) -> list[Json]:
    if is_a(node, ast.A_Expr) and node.kind == _BETWEEN:
        name = _column(node.lexpr)
        ends = node.rexpr
        if name is None or not all(_is_constant(end) for end in ends):
            return []
        return [[name, ">=", _constant(ends[0])], [name, "<=", _constant(ends[1])]]
    fact = _comparison(node)
    return [] if fact is None else [fact]


def _comparison(node: Any) -> list[Json] | None:
    if is_a(node, ast.ColumnRef):
        name = _column(node)
        return None if name is None else [name, "=", "true"]
    if is_a(node, ast.BoolExpr) and node.boolop == _NOT:
        name = _column(node.args[0])
        return None if name is None else [name, "=", "false"]
    if is_a(node, ast.NullTest):
        name = _column(node.arg)
        if name is None:
            return None
        return [name, "null" if node.nulltesttype == _NULL else "not null", None]
    if not is_a(node, ast.A_Expr):
        return None
    operator = str(node.name[-1].sval)
    among = _among(node) if operator == "=" else None
    if among is not None:
        name = _column(node.lexpr)
        if name is None or not all(_is_constant(value) for value in among):
            return None
        return [name, "in", [_constant(value) for value in among]]
    if node.kind != _OPERATOR or operator not in _COMPARED:
        return None
    name, value = _column(node.lexpr), node.rexpr
    if name is None:
        name, value = _column(node.rexpr), node.lexpr
        operator = _MIRRORED.get(operator, operator)
    if name is None or not _is_constant(value) or _constant(value) is None:
        return None
    return [name, operator, _constant(value)]


def _among(node: Any) -> Sequence[Any] | None:
    """The values of IN (…), or of = ANY (ARRAY […]), which the server makes of it."""
    if node.kind == _IN:
        return tuple(node.rexpr)
    values = node.rexpr
    while is_a(values, ast.TypeCast):
        values = values.arg
    if node.kind == _ANY and is_a(values, ast.A_ArrayExpr):
        return tuple(values.elements or ())
    return None


_TEXTS = frozenset(("text", "varchar", "bpchar"))


def _column(node: Any) -> str | None:
    if is_a(node, ast.TypeCast) and node.typeName.names[-1].sval in _TEXTS:
        # As the server shows a comparison of varchar, or of a domain over text.
        node = node.arg
    if not is_a(node, ast.ColumnRef) or not is_a(node.fields[-1], ast.String):
        return None
    return str(node.fields[-1].sval)


def _is_constant(node: Any) -> bool:
    while is_a(node, ast.TypeCast):
        node = node.arg
    return is_a(node, ast.A_Const)


def _constant(node: Any) -> Json:
    """The constant as text; None is NULL."""
    while is_a(node, ast.TypeCast):
        node = node.arg
    if node.isnull:
        return None
    for attribute in ("sval", "ival", "fval", "boolval"):
        found = getattr(node.val, attribute, None)
        if found is not None:
            return str(found).lower() if attribute == "boolval" else str(found)
    return None
