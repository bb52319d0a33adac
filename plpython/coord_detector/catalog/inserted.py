"""Rows that are inserted: which columns their values are for, and which keys they must keep."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Json, Touch
from . import queries
from .facts import BaseNames, Name, Query


def note(touches: Sequence[Touch], query: Query) -> list[Touch]:
    """Give values without a list of columns their columns, and each row the keys of its table."""
    names = BaseNames()
    tables: dict[int, Name] = {}
    for index, touch in enumerate(touches):
        names.follow(touch)
        if _is_row(touch) and touch.schema is not None:
            tables[index] = names.relation(touch.schema, touch.name)
    if not tables:
        return list(touches)
    wanted = sorted(set(tables.values()))
    arrays = [[one[0] for one in wanted], [one[1] for one in wanted]]
    columns: dict[Name, list[str]] = {
        (row["schema"], row["name"]): list(row["columns"])
        for row in query(queries.COLUMNS_IN_ORDER, arrays)
    }
    keys: dict[Name, list[Json]] = {}
    for row in query(queries.UNIQUE_KEYS, arrays):
        keys.setdefault((row["schema"], row["name"]), []).append(list(row["columns"]))
    for touch in touches:
        if touch.kind == "table column" and (touch.action, touch.facet) == ("create", "definition"):
            # Of a table that the script made, or what it added to one.
            place = names.relation(str(touch.schema), touch.name)
            columns.setdefault(place, []).append(str(touch.sub))
    result = list(touches)
    for index, table in tables.items():
        detail: dict[str, Json] = dict(touches[index].detail)
        rows = _rows(detail.pop("values", None), detail.pop("given", None) or columns.get(table))
        if len(rows) == 1:
            detail["row"] = rows[0]
        elif rows:
            detail["rows"] = rows
        if table in keys:
            detail["keys"] = keys[table]
        result[index] = touches[index]._replace(detail=detail)
    return result


def _rows(values: Json, columns: Json | list[str]) -> list[Json]:
    """The constants of each row, by column."""
    if not isinstance(values, list) or not isinstance(columns, list):
        return []
    return [
        {
            str(column): value[0]
            for column, value in zip(columns, row, strict=False)
            if isinstance(value, list) and value
        }
        for row in values
        if isinstance(row, list)
    ]


def _is_row(touch: Touch) -> bool:
    detail = touch.detail
    return detail.get("command") == "insert" and ("row" in detail or "values" in detail)
