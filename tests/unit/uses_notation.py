"""A short notation for the touches of uses, so that a table of expectations fits the page.

``public.t`` a relation, ``public.t row`` its rows as a whole, ``public.t.c`` a column,
``public.t.*`` all columns of one; ``!`` at the end: rows are changed; ``?`` in front: a candidate;
other kinds are spelled out, with the number of arguments after a slash. The facet ``data`` is not
shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from coord_detector import safe_parser, uses
from coord_detector.model import Touch
from coord_detector.names import Scope


def node_of(sql: str) -> Any:
    """The tree of the one statement in a text."""
    (parsed,) = safe_parser.parse_sql(sql)
    return parsed.node


def scope(*path: str) -> Scope:
    return Scope(path or ("public",), 1)


def notation(touches: Iterable[Touch]) -> set[str]:
    return {_one(touch) for touch in touches}


def _one(touch: Touch) -> str:
    detail = touch.detail
    name = f"{touch.schema}.{touch.name}" if touch.schema is not None else touch.name
    if touch.kind == "unknown":
        return f"opaque {touch.name}"
    if touch.kind == "table column":
        text = f"{name}.{touch.sub}"
    elif touch.kind == "table":
        text = name
        if detail.get("all_columns"):
            text += ".*"
        elif detail.get("whole_row"):
            text += " row"
    else:
        text = f"{touch.kind} {name}" + (f".{touch.sub}" if touch.sub else "")
    if "args" in detail:
        text += f"/{detail['args']}"
    if detail.get("access") == "write":
        text += "!"
    return ("?" if "candidate" in detail else "") + text


def uses_of_query(sql: str, *path: str) -> set[str]:
    return notation(uses.query_uses(node_of(sql), scope(*path)))


def uses_of_statement(sql: str, *path: str) -> set[str]:
    return notation(uses.dml_uses(node_of(sql), scope(*path)))


def uses_of_expression(sql: str, *relations: tuple[str | None, str]) -> set[str]:
    """The uses of an expression, as in CHECK or DEFAULT."""
    value = node_of(f"SELECT {sql}").targetList[0].val
    return notation(uses.expression_uses(value, scope(), relations))


def uses_of_body(sql: str, *path: str) -> set[str]:
    return notation(uses.routine_body_uses(node_of(sql), scope(*path)))


def uses_in_plpgsql(body: str, arguments: str = "", returns: str = "void") -> set[str]:
    sql = f"CREATE FUNCTION f({arguments}) RETURNS {returns} LANGUAGE plpgsql AS $f$ {body} $f$"
    return uses_of_body(sql)


def sets(expected: str | Sequence[str]) -> set[str]:
    """The expectation as a set: items separated by commas."""
    return (
        {item.strip() for item in expected.split(",") if item.strip()}
        if isinstance(expected, str)
        else set(expected)
    )
