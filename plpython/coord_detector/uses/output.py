"""The columns that a query returns: their names as the server figures them out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..loader import ast, enums
from .collector import Collector
from .expression import find_source
from .nodes import is_a
from .sources import Level, Output, Relation, Source


class OutputBuilder:
    """Adds up output columns; tables that are passed on more than once count once."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._names: dict[str, None] = {}
        self._tables: dict[tuple[Relation, ...], Source] = {}
        self._is_open = False

    def name(self, name: str) -> None:
        self._names[name] = None

    def all_of(self, source: Source) -> None:
        if not source.own:
            self._names.update(dict.fromkeys(source.known))
        for table in source.bases:
            self._tables.setdefault(table.tables, table)
        if not source.tables and source.is_open:
            self._is_open = True

    def unknown(self) -> None:
        self._is_open = True

    def output(self) -> Output:
        if not self._collector.may_remember(len(self._names)):
            return Output((), tuple(self._tables.values()), True)
        return Output(tuple(self._names), tuple(self._tables.values()), self._is_open)


def output_of(collector: Collector, targets: Sequence[Any], level: Level) -> Output:
    """The columns of a target list or a RETURNING list."""
    builder = OutputBuilder(collector)
    for target in targets:
        value = target.val
        if is_a(value, ast.ColumnRef) and is_a(value.fields[-1], ast.A_Star):
            if len(value.fields) == 1:
                for source in level.sources.everything:
                    builder.all_of(source)
                    collector.spelled_out(source)
                continue
            named = find_source([field.sval for field in value.fields[:-1]], level)
            if named is not None:
                builder.all_of(named)
                collector.spelled_out(named)
            else:
                # The fields of a record variable cannot be told.
                builder.unknown()
        elif is_a(value, ast.A_Indirection) and is_a(value.indirection[-1], ast.A_Star):
            builder.unknown()
        else:
            builder.name(target.name or figured_name(value))
    return builder.output()


def output_names(node: Any) -> tuple[str, ...] | None:
    """The column names that a query returns; None where ``*`` hides some of them."""
    leaf = leftmost(node)
    if leaf is None:
        return None
    if leaf.valuesLists:
        return tuple(f"column{number}" for number in range(1, len(leaf.valuesLists[0]) + 1))
    names: list[str] = []
    for target in leaf.targetList or ():
        last = target.val
        if is_a(last, ast.ColumnRef):
            last = last.fields[-1]
        elif is_a(last, ast.A_Indirection):
            last = last.indirection[-1]
        if is_a(last, ast.A_Star):
            return None
        names.append(target.name or figured_name(target.val))
    return tuple(names)


def copied_columns(query: Any) -> frozenset[str]:
    """The names of columns that a query returns as they are, whatever they are called then."""
    leaf = leftmost(query)
    targets = () if leaf is None else leaf.targetList or ()
    values = [target.val.fields[-1] for target in targets if is_a(target.val, ast.ColumnRef)]
    return frozenset(value.sval for value in values if is_a(value, ast.String))


def figured_name(node: Any) -> str:
    """The name that the server gives to an output column without AS."""
    return _figured(node)[0] or "?column?"


def _figured(node: Any) -> tuple[str, bool]:
    """A name, and whether it counts for more than the name of a type or the word ``case``."""
    while True:
        if is_a(node, ast.CollateClause):
            node = node.arg
        elif is_a(node, ast.A_Indirection):
            fields = [part.sval for part in node.indirection if is_a(part, ast.String)]
            if fields:
                return str(fields[-1]), True
            node = node.arg
        else:
            break
    if is_a(node, ast.ColumnRef):
        return str(node.fields[-1].sval), True
    if is_a(node, ast.FuncCall):
        return str(node.funcname[-1].sval), True
    if is_a(node, ast.TypeCast):
        # A chain of casts is named by what is cast, or by the outermost type.
        inner = node
        while is_a(inner, ast.TypeCast):
            inner = inner.arg
        name, is_strong = _figured(inner)
        return (name, True) if is_strong else (str(node.typeName.names[-1].sval), False)
    if is_a(node, ast.CaseExpr):
        name, is_strong = _figured(node.defresult) if node.defresult is not None else ("", False)
        return (name, True) if is_strong else ("case", False)
    if is_a(node, ast.A_Expr):
        is_nullif = node.kind == enums.A_Expr_Kind.AEXPR_NULLIF
        return ("nullif", True) if is_nullif else ("", False)
    if is_a(node, ast.SubLink):
        return _figured_sublink(node)
    words = _WORDS_OF.get(node.__class__)
    if words is None:
        return "", False
    if isinstance(words, str):
        return words, True
    name = words.get(int(node.op), "")
    return name, name != ""


def _figured_sublink(node: Any) -> tuple[str, bool]:
    if node.subLinkType == enums.SubLinkType.EXISTS_SUBLINK:
        return "exists", True
    if node.subLinkType == enums.SubLinkType.ARRAY_SUBLINK:
        return "array", True
    if node.subLinkType != enums.SubLinkType.EXPR_SUBLINK:
        return "", False
    names = output_names(node.subselect)
    return (names[0], True) if names and names[0] != "?column?" else ("", False)


def _words(enumeration: Any, prefix: str, suffix: str = "") -> dict[int, str]:
    """Names of the form XMLELEMENT → ``xmlelement`` that an enumeration's members stand for."""
    return {
        int(member): member.name.removeprefix(prefix).removesuffix(suffix).lower()
        for member in enumeration
    }


def _value_function_words() -> dict[int, str]:
    """``current_timestamp(3)`` is named like ``current_timestamp``."""
    words = _words(enums.SQLValueFunctionOp, "SVFOP_")
    return {number: word.removesuffix("_n") for number, word in words.items()}


_WORDS_OF: dict[type, str | dict[int, str]] = {
    ast.CoalesceExpr: "coalesce",
    ast.MinMaxExpr: _words(enums.MinMaxOp, "IS_"),
    ast.A_ArrayExpr: "array",
    ast.RowExpr: "row",
    ast.GroupingFunc: "grouping",
    ast.SQLValueFunction: _value_function_words(),
    ast.XmlExpr: {
        number: word
        for number, word in _words(enums.XmlExprOp, "IS_").items()
        if word.startswith("xml")
    },
    ast.XmlSerialize: "xmlserialize",
    ast.MergeSupportFunc: "merge_action",
    ast.JsonFuncExpr: _words(enums.JsonExprOp, "", "_OP"),
    ast.JsonParseExpr: "json",
    ast.JsonScalarExpr: "json_scalar",
    ast.JsonSerializeExpr: "json_serialize",
    ast.JsonObjectConstructor: "json_object",
    ast.JsonArrayConstructor: "json_array",
    ast.JsonArrayQueryConstructor: "json_array",
    ast.JsonObjectAgg: "json_objectagg",
    ast.JsonArrayAgg: "json_arrayagg",
}


NO_SET_OPERATION = enums.SetOperation.SETOP_NONE


def leftmost(node: Any) -> Any:
    while is_a(node, ast.SelectStmt) and node.op != NO_SET_OPERATION:
        node = node.larg
    return node if is_a(node, ast.SelectStmt) else None
