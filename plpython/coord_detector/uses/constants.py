"""Texts that code puts together at run time, as far as they are known before: constants.

What EXECUTE runs is often put together from pieces that are all written out, or from variables
that hold such pieces: elements of an array that a loop goes over, numbers from one to twelve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..array_literal import is_array_literal, parse_array_literal
from ..loader import ast, enums
from ..script import DEFAULT
from ..script_error import ScriptError
from .nodes import is_a

Value = str | tuple[str, ...]
"""What a variable holds: one value as text, or an array of them."""

Values = Mapping[tuple[str, ...], Value]
"""By name: of a variable, or of a record and its field."""

NO_VALUES: Values = {}

MOST_VALUES = 50
"""A loop over more values than this is not followed one by one."""

UNKNOWN = "coord_unknown_at_run_time"
"""Stands for a name or a literal that is not known."""

PIECE = UNKNOWN + "_piece"
"""Stands for a piece of a command that may be anything."""

_MOST_DIGITS = 18
_DEEPEST = 100
"""An expression in an expression in an expression of this depth is not worked out."""


def constant_text(node: Any, values: Values = NO_VALUES, *, fill: bool = False) -> str | None:
    """The text of an expression of constants: literals, ``||``, ``format()``, quote_ident().

    Nothing is returned when any piece is none, or, with ``fill``, when all of it is none; then
    ``UNKNOWN`` stands for what is unknown, and ``PIECE`` where that may be more than a name.
    """
    return _Texts(values, fill).known(node)


class _Texts:
    __slots__ = ("values", "fill", "depth")

    def __init__(self, values: Values, fill: bool) -> None:
        self.values = values
        self.fill = fill
        self.depth = 0

    def text(self, node: Any, filler: str = PIECE) -> str | None:
        found = self.known(node)
        return filler if found is None and self.fill else found

    def known(self, node: Any) -> str | None:
        """The text of an expression that is understood, though pieces of it may be filled."""
        reader = _EXPRESSIONS.get(node.__class__)
        if reader is None or self.depth >= _DEEPEST:
            return None
        self.depth += 1
        text = reader(self, node)
        self.depth -= 1
        # Each quote_literal() around another doubles the quotes: soon longer than any memory.
        return None if text is None or len(text) > DEFAULT.script_bytes else text

    def variable(self, node: Any) -> str | None:
        value = self.values.get(_name(node))
        return value if value.__class__ is str else None

    def cast(self, node: Any) -> str | None:
        return self.known(node.arg)

    def operator(self, node: Any) -> str | None:
        operator = node.name[-1].sval if node.name else ""
        if operator == "||":
            return self.joined(node)
        if operator in _ARITHMETIC and node.lexpr is not None:
            return self.computed(operator, node)
        return None

    def joined(self, node: Any) -> str | None:
        pieces: list[str | None] = []
        todo = [node]
        while todo:
            part = todo.pop()
            if is_a(part, ast.A_Expr) and part.name and part.name[-1].sval == "||":
                todo += [part.rexpr, part.lexpr]
            else:
                pieces.append(self.text(part))
        return _together(pieces)

    def computed(self, operator: str, node: Any) -> str | None:
        left, right = _integer(self.known(node.lexpr)), _integer(self.known(node.rexpr))
        if left is None or right is None:
            return None
        if operator == "+":
            return str(left + right)
        return str(left - right if operator == "-" else left * right)

    def call(self, node: Any) -> str | None:
        if not node.args or node.func_variadic:
            return None
        name = node.funcname[-1].sval
        if name in _LENGTHS:
            elements = elements_of(node.args[0], self.values)
            return None if elements is None else str(len(elements))
        if name == "format":
            template = self.known(node.args[0])
            return None if template is None else self.formatted(template, node.args[1:])
        if name == "concat":
            return _together([self.text(argument) for argument in node.args])
        if name in _QUOTES and len(node.args) == 1:
            text = self.text(node.args[0], UNKNOWN)
            return None if text is None else _quoted(text, _QUOTES[name])
        pieces = [self.known(argument) for argument in node.args]
        first = pieces[0]
        if first is None or UNKNOWN in first:
            return None
        if name in ("lower", "upper") and len(pieces) == 1:
            return first.lower() if name == "lower" else first.upper()
        if name == "lpad" and len(pieces) <= 3:
            return _padded(first, *pieces[1:])
        return None

    def formatted(self, template: str, arguments: Sequence[Any]) -> str | None:
        """What format() makes of strings; widths are left to the server."""
        pieces = template.split("%")
        result: list[str | None] = [pieces[0]]
        position, index = 0, 1
        while index < len(pieces):
            piece = pieces[index]
            if piece == "" and index + 1 < len(pieces):
                result.append("%" + pieces[index + 1])
                index += 2
                continue
            number, dollar, rest = piece.partition("$")
            if dollar and number.isdecimal() and len(number) < 6:
                position, piece = int(number) - 1, rest
            if piece[:1] not in ("I", "L", "s") or not 0 <= position < len(arguments):
                return None
            result += [self.inserted(piece[0], arguments[position]), piece[1:]]
            position += 1
            index += 1
        return _together(result)

    def inserted(self, how: str, argument: Any) -> str | None:
        value = self.text(argument, UNKNOWN if how in _MARKS else PIECE)
        return _quoted(value, _MARKS[how]) if value is not None and how in _MARKS else value

    def element(self, node: Any) -> str | None:
        """``names[2]``"""
        elements = elements_of(node.arg, self.values)
        if elements is None or len(node.indirection) != 1:
            return None
        (index,) = node.indirection
        if not is_a(index, ast.A_Indices) or index.is_slice:
            return None
        number = _integer(self.known(index.uidx))
        return None if number is None or not 1 <= number <= len(elements) else elements[number - 1]

    def constant(self, node: Any) -> str | None:
        if node.isnull:
            return None
        if is_a(node.val, ast.String):
            return str(node.val.sval)
        if is_a(node.val, ast.Integer):
            return str(node.val.ival)
        return None


_MARKS = {"I": '"', "L": "'"}
_QUOTES = {"quote_ident": '"', "quote_literal": "'"}
_ARITHMETIC = frozenset("+-*")
_LENGTHS = frozenset(("array_length", "array_upper", "cardinality"))

_EXPRESSIONS = {
    ast.A_Const: _Texts.constant,
    ast.A_Expr: _Texts.operator,
    ast.A_Indirection: _Texts.element,
    ast.ColumnRef: _Texts.variable,
    ast.FuncCall: _Texts.call,
    ast.TypeCast: _Texts.cast,
}


def _name(node: Any) -> tuple[str, ...]:
    return tuple(getattr(field, "sval", "*") for field in node.fields)


def _together(pieces: Sequence[str | None]) -> str | None:
    length = 0
    known: list[str] = []
    for piece in pieces:
        if piece is None:
            return None
        length += len(piece)
        if length > DEFAULT.script_bytes:
            return None
        known.append(piece)
    return "".join(known)


def _padded(text: str, length: str | None, fill: str | None = " ") -> str | None:
    wanted = _integer(length)
    if wanted is None or wanted > 100 or fill is None or len(fill) != 1:
        return None
    return text.rjust(wanted, fill)[: max(wanted, 0)]


def _quoted(text: str, mark: str) -> str:
    return mark + text.replace(mark, mark * 2) + mark


def _integer(text: str | None) -> int | None:
    if text is None or len(text) > _MOST_DIGITS:
        return None
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdecimal() else None


# -------------------------------------------------------------------- conditions


def truth_of(node: Any, values: Values) -> bool | None:
    """Whether a comparison of known values holds: ``=``, ``<>``, IN, with AND, OR and NOT."""
    if is_a(node, ast.BoolExpr):
        answers = [truth_of(part, values) for part in node.args]
        if node.boolop == enums.BoolExprType.NOT_EXPR:
            return None if answers[0] is None else not answers[0]
        settles = bool(node.boolop == enums.BoolExprType.OR_EXPR)
        if settles in answers:
            return settles
        return None if None in answers else not settles
    if not is_a(node, ast.A_Expr) or node.kind not in _COMPARISONS:
        return None
    operator = node.name[-1].sval
    several = node.kind == enums.A_Expr_Kind.AEXPR_IN
    left = constant_text(node.lexpr, values)
    right = [constant_text(one, values) for one in (node.rexpr if several else (node.rexpr,))]
    if operator not in ("=", "<>") or any(one is None or UNKNOWN in one for one in (left, *right)):
        return None
    return (left in right) is bool(operator == "=")


_COMPARISONS = frozenset((enums.A_Expr_Kind.AEXPR_OP, enums.A_Expr_Kind.AEXPR_IN))


# -------------------------------------------------------------------- more than one value


def elements_of(node: Any, values: Values) -> tuple[str, ...] | None:
    """The elements of an array that is written out: ``ARRAY['a', 'b']``, ``'{a,b}'``."""
    while is_a(node, ast.TypeCast):
        node = node.arg
    if is_a(node, ast.ColumnRef):
        value = values.get(_name(node))
        return value if isinstance(value, tuple) else None
    if is_a(node, ast.A_ArrayExpr):
        elements = node.elements or ()
        if len(elements) > MOST_VALUES or any(is_a(one, ast.A_ArrayExpr) for one in elements):
            return None
        return _all_known([constant_text(one, values) for one in elements])
    if is_a(node, ast.FuncCall) and node.funcname[-1].sval == "string_to_array":
        arguments: Sequence[Any] = node.args or ()
        texts = [constant_text(one, values) for one in arguments]
        if len(texts) != 2 or texts[0] is None or not texts[1]:
            return None
        return _few(texts[0].split(texts[1]))
    text = constant_text(node, values) if is_a(node, ast.A_Const) else None
    if text is None or not is_array_literal(text):
        return None
    try:
        return _all_known(parse_array_literal(text))
    except ScriptError:
        # Not the changes' fault: the server refuses this literal when the code runs.
        return None


def _all_known(texts: Sequence[str | None]) -> tuple[str, ...] | None:
    known = [text for text in texts if text is not None]
    return _few(known) if len(known) == len(texts) else None


def _few(texts: Sequence[str]) -> tuple[str, ...] | None:
    return tuple(texts) if len(texts) <= MOST_VALUES else None


def value_of(node: Any, values: Values) -> Value | None:
    """What a variable holds after the assignment of an expression, pieces unknown perhaps."""
    elements = elements_of(node, values)
    return constant_text(node, values, fill=True) if elements is None else elements


def numbers(
    first: str | None, last: str | None, step: str | None = "1", down: bool = False
) -> list[str] | None:
    """What an integer loop counts through."""
    start, stop, by = _integer(first), _integer(last), _integer(step)
    if start is None or stop is None or by is None or by < 1:
        return None
    counted = range(start, stop - 1, -by) if down else range(start, stop + 1, by)
    return [str(number) for number in counted] if len(counted) <= MOST_VALUES else None


class Rows(NamedTuple):
    """Rows of constants that a query returns."""

    names: tuple[str, ...]
    rows: list[tuple[str, ...]]


_ELSEWHERE = ("whereClause", "groupClause", "havingClause", "limitCount", "limitOffset",
              "distinctClause", "windowClause", "withClause", "intoClause")  # fmt: skip


def rows_of(select: Any, values: Values) -> Rows | None:
    """The rows of a query over constants: VALUES, ``unnest(ARRAY[…])``, generate_series()."""
    if not is_a(select, ast.SelectStmt) or select.op != enums.SetOperation.SETOP_NONE:
        return None
    if any(getattr(select, name) for name in _ELSEWHERE):
        return None
    if select.valuesLists:
        return _listed(select.valuesLists, values)
    targets: Sequence[Any] = select.targetList or ()
    if not select.fromClause:
        return _called(targets[0].val, values, targets[0].name) if len(targets) == 1 else None
    if len(select.fromClause) != 1:
        return None
    found = _from(select.fromClause[0], values)
    return None if found is None else _chosen(targets, found)


def _listed(lists: Sequence[Any], values: Values) -> Rows | None:
    rows: list[tuple[str, ...]] = []
    if len(lists) > MOST_VALUES:
        return None
    for one in lists:
        row = _all_known([constant_text(value, values) for value in one])
        if row is None:
            return None
        rows.append(row)
    return Rows(tuple(f"column{number + 1}" for number in range(len(rows[0]))), rows)


def _called(node: Any, values: Values, alias: str | None = None) -> Rows | None:
    """A call of a function that returns one column of known values."""
    if not is_a(node, ast.FuncCall):
        return None
    name = node.funcname[-1].sval
    arguments: Sequence[Any] = node.args or ()
    found: Sequence[str] | None = None
    if name == "unnest" and len(arguments) == 1:
        found = elements_of(arguments[0], values)
    elif name == "generate_series" and len(arguments) in (2, 3):
        texts = [constant_text(one, values) for one in arguments]
        found = numbers(texts[0], texts[1], texts[2] if len(texts) > 2 else "1")
    return None if found is None else Rows((alias or name,), [(value,) for value in found])


def _from(item: Any, values: Values) -> Rows | None:
    found: Rows | None = None
    if is_a(item, ast.RangeSubselect):
        found = rows_of(item.subquery, values)
    elif is_a(item, ast.RangeFunction) and len(item.functions) == 1 and not item.ordinality:
        found = _called(item.functions[0][0], values, item.alias.aliasname if item.alias else None)
    if found is None or item.alias is None or not item.alias.colnames:
        return found
    names = tuple(column.sval for column in item.alias.colnames)
    return Rows(names, found.rows) if len(names) == len(found.names) else None


def _chosen(targets: Sequence[Any], found: Rows) -> Rows | None:
    """The columns that a list of targets takes from the rows."""
    names: list[str] = []
    places: list[int] = []
    for target in targets:
        if not is_a(target.val, ast.ColumnRef):
            return None
        name = _name(target.val)[-1]
        if name == "*":
            names += found.names
            places += range(len(found.names))
        elif name in found.names:
            names.append(target.name or name)
            places.append(found.names.index(name))
        else:
            return None
    return Rows(tuple(names), [tuple(row[place] for place in places) for row in found.rows])
