"""Parse trees -> text that is the same for two spellings of the same definition.

It is meant for comparison and for reading, not for running. Deparsing would do as well and costs
ten times as much. The walk keeps its own stack: trees of long chains are deep.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Any

from ..loader import ast, enums
from ..names import Scope, quoted, type_name
from ..uses.nodes import is_a

MOST_CHARACTERS = 300
"""Longer definitions are told apart by a digest; nobody would read them in a message."""

MOST_OF_A_LABEL = 63
MOST_LITERALS = 30
"""Of a longer definition so many short constants are kept beside the digest."""

_NO_MEANING = frozenset(
    (
        "location",
        "arg_location",
        "list_start",
        "list_end",
        "rexpr_list_start",
        "rexpr_list_end",
        "stmt_location",
        "stmt_len",
        "name_location",
        "conninfo_location",
        "inhcount",
        "is_local",
    )
)

_fields: dict[type, tuple[str, ...]] = {}


def canonical(node: Any, scope: Scope) -> str:
    """Canonical text of a node, of a list of nodes, or of a plain value."""
    return shortened(full_text(node, scope))


def shortened(text: str) -> str:
    if len(text) <= MOST_CHARACTERS:
        return text
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return f"{text[:40]}… #{digest}{_short_literals(text)}"


def _short_literals(text: str) -> str:
    """The string constants that could be labels of an enum: rules look for those."""
    found: dict[str, None] = {}
    for number, piece in enumerate(text.split("'")):
        if number % 2 and 0 < len(piece) <= MOST_OF_A_LABEL:
            found[f" '{piece}'"] = None
            if len(found) == MOST_LITERALS:
                break
    return "".join(found)


def full_text(node: Any, scope: Scope) -> str:
    pieces: list[str] = []
    stack: list[Any] = [node]
    while stack:
        part = stack.pop()
        part_class = part.__class__
        if part_class is str:
            pieces.append(part)
        elif part_class is tuple:
            stack.append(")")
            _push_joined(stack, part, ", ")
            stack.append("(")
        elif part is None:
            pieces.append("null")
        else:
            writer = _WRITERS.get(part_class)
            if writer is not None:
                stack.extend(reversed(tuple(writer(part, scope))))
            elif hasattr(part_class, "__slots__") and part_class.__module__.endswith("ast"):
                stack.append("}")
                for name in reversed(_fields_of(part_class)):
                    value = getattr(part, name)
                    if value is None or value is False or value == 0 or value == "\x00":
                        continue
                    stack.append(_plain(value))
                    stack.append(f" {name}=")
                stack.append(part_class.__name__ + "{")
            else:
                pieces.append(_plain(part))
    return "".join(pieces)


def _plain(value: Any) -> Any:
    """A leaf as text; names in generic nodes are quoted so that they cannot run together."""
    if value.__class__ is str:
        return quoted(value)
    if value.__class__ in (int, bool, float):
        return str(value)
    name = getattr(value, "name", None)
    if isinstance(value, int) and name is not None:
        return str(name)
    if value.__class__ is tuple or value.__class__.__module__.endswith("ast"):
        return value
    return str(name if name is not None else value)


def _push_joined(stack: list[Any], parts: Sequence[Any], separator: str) -> None:
    for index in range(len(parts) - 1, -1, -1):
        stack.append(parts[index])
        if index:
            stack.append(separator)


def _joined(parts: Iterable[Any], separator: str = ", ") -> list[Any]:
    result: list[Any] = []
    for part in parts:
        if result:
            result.append(separator)
        result.append(part)
    return result


def _fields_of(node_class: type) -> tuple[str, ...]:
    fields = _fields.get(node_class)
    if fields is None:
        slots: Any = node_class.__slots__  # type: ignore[attr-defined]
        fields = tuple(name for name in slots if name not in _NO_MEANING)
        _fields[node_class] = fields
    return fields


# -------------------------------------------------------------------- nodes of a shape of their own

Writer = Callable[[Any, Scope], Iterable[Any]]


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _constant(node: Any, scope: Scope) -> Iterable[Any]:
    if node.isnull:
        return ("null",)
    value = node.val
    if is_a(value, ast.String):
        return (literal(value.sval),)
    if value.__class__ is ast.Integer:
        return (str(value.ival),)
    if value.__class__ is ast.Float:
        return (value.fval,)
    if value.__class__ is ast.Boolean:
        return ("true" if value.boolval else "false",)
    return (f"b{literal(value.bsval)}",)


def _name(node: Any, scope: Scope) -> Iterable[Any]:
    return (quoted(node.sval),)


def _column(node: Any, scope: Scope) -> Iterable[Any]:
    return _joined(
        ["*" if field.__class__ is ast.A_Star else quoted(field.sval) for field in node.fields],
        ".",
    )


def _call(node: Any, scope: Scope) -> Iterable[Any]:
    names = node.funcname
    plain = not (
        node.agg_order
        or node.agg_filter
        or node.over
        or node.agg_within_group
        or node.agg_star
        or node.agg_distinct
        or node.func_variadic
    )
    text = ".".join(
        quoted(name.sval) for name in (names[1:] if names[0].sval == "pg_catalog" else names)
    )
    pieces: list[Any] = [text, "(", *_joined(node.args or ()), ")"]
    if not plain:
        pieces.append(
            f"[{int(node.agg_star)}{int(node.agg_distinct)}{int(node.func_variadic)}"
            f"{int(node.agg_within_group)}"
        )
        pieces += [" ", node.agg_order, " ", node.agg_filter, " ", node.over, "]"]
    return pieces


_OPERATOR = enums.A_Expr_Kind.AEXPR_OP


def _operation(node: Any, scope: Scope) -> Iterable[Any]:
    names = node.name
    symbol = ".".join(name.sval for name in names if name.sval != "pg_catalog")
    if node.kind != _OPERATOR:
        symbol = f"{node.kind.name[6:].lower()} {symbol}"
    if node.lexpr is None:
        return ("(", symbol, " ", node.rexpr, ")")
    return ("(", node.lexpr, f" {symbol} ", node.rexpr, ")")


def _cast(node: Any, scope: Scope) -> Iterable[Any]:
    return (node.arg, "::", node.typeName)


def _type(node: Any, scope: Scope) -> Iterable[Any]:
    text = type_name(node, scope)[1]
    return (("setof " if node.setof else "") + text,)


def _relation(node: Any, scope: Scope) -> Iterable[Any]:
    """Qualified as it is resolved here."""
    schema, name = relation_of(node, scope)
    text = quoted(name) if schema is None else f"{quoted(schema)}.{quoted(name)}"
    if not node.inh:
        text = "only " + text
    if node.alias is not None:
        return (text, " ", node.alias)
    return (text,)


def relation_of(node: Any, scope: Scope) -> tuple[str | None, str]:
    parts = (node.schemaname, node.relname) if node.schemaname else (node.relname,)
    return scope.resolve(parts, "relation")[0]


def _boolean(node: Any, scope: Scope) -> Iterable[Any]:
    word = node.boolop.name[:-5].lower()
    if word == "not":
        return ("(not ", node.args[0], ")")
    return ("(", *_joined(node.args, f" {word} "), ")")


_WRITERS: dict[type, Writer] = {
    ast.A_Const: _constant,
    ast.String: _name,
    ast.ColumnRef: _column,
    ast.FuncCall: _call,
    ast.A_Expr: _operation,
    ast.TypeCast: _cast,
    ast.TypeName: _type,
    ast.RangeVar: _relation,
    ast.BoolExpr: _boolean,
}
