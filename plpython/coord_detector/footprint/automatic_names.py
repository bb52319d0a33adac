"""The names that the server gives to what has none in the text.

Whatever is named here can be named by another statement: an index that was created without a
name is dropped by the one that the server chose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..names import Scope
from ..uses.output import figured_name

MOST_BYTES = 63
"""Longer names are cut off, at a whole character."""


def object_name(first: str, second: str | None, label: str) -> str:
    """Join with underscores; when that is too long, both names give, the longer one first."""
    one = first.encode()
    two = second.encode() if second is not None else None
    available = MOST_BYTES - len(label.encode()) - 1 - (two is not None)
    length_one, length_two = len(one), len(two or b"")
    if length_one + length_two <= available:
        return f"{first}_{label}" if second is None else f"{first}_{second}_{label}"
    while length_one + length_two > available:
        if length_one > length_two:
            length_one -= 1
        else:
            length_two -= 1
    cut = _clipped(one, length_one)
    return f"{cut}_{label}" if two is None else f"{cut}_{_clipped(two, length_two)}_{label}"


def _clipped(data: bytes, length: int) -> str:
    return data[:length].decode(errors="ignore")


def relation_name(
    scope: Scope,
    schema: str | None,
    first: str,
    second: str | None,
    label: str,
    is_constraint: bool = False,
) -> str:
    """A name that no relation of the schema has (as far as the script tells), nor a constraint."""

    def is_taken(name: str) -> bool:
        return scope.exists("relation", schema, name) or (
            is_constraint and scope.constraint_exists(schema, name)
        )

    family = "relation or constraint" if is_constraint else "relation"
    return _numbered(scope, (family, schema, first, second, label), is_taken)


def constraint_name(
    scope: Scope, schema: str | None, first: str, second: str | None, label: str
) -> str:
    """A name that no constraint in the schema has."""
    key = ("constraint", schema, first, second, label)
    return _numbered(scope, key, lambda name: scope.constraint_exists(schema, name))


def other_name(
    scope: Scope, family: str, schema: str | None, first: str, second: str | None, label: str
) -> str:
    """A name that no object of the kind has, as for statistics objects."""
    key = (family, schema, first, second, label)
    return _numbered(scope, key, lambda name: scope.exists(family, schema, name))


def _numbered(scope: Scope, key: _Wanted, is_taken: Callable[[str], bool]) -> str:
    """The first free name; a thousandth one does not try the 999 before it again."""
    _, _, first, second, label = key
    number = scope.numbers.get(key, 0)
    while True:
        name = object_name(first, second, f"{label}{number or ''}")
        if not is_taken(name):
            scope.numbers[key] = number
            return name
        number += 1


_Wanted = tuple[str, str | None, str, str | None, str]
"""Kind of object, schema, and what the name is made of."""


def addition(columns: Iterable[str]) -> str:
    """Column names in the middle of a name; no more than fills it."""
    text, length = "", 0
    for column in columns:
        text = f"{text}_{column}" if text else column
        length += len(column.encode()) + (1 if length else 0)
        if length > MOST_BYTES:
            break
    return text


def index_columns(parameters: Sequence[Any]) -> list[str]:
    """The names of an index's own columns, which are those of the table or made up."""
    names: dict[str, None] = {}
    numbers: dict[str, int] = {}
    for parameter in parameters:
        original = parameter.indexcolname or parameter.name or _expression_name(parameter.expr)
        name, number = original, numbers.get(original, 0)
        while name in names:
            number += 1
            suffix = str(number)
            name = _clipped(original.encode(), MOST_BYTES - len(suffix)) + suffix
        names[name] = None
        numbers[original] = number
    return list(names)


def _expression_name(node: Any) -> str:
    """An index calls an expression what a query would, if that has a name for it."""
    name = figured_name(node)
    return "expr" if name == "?column?" else name
